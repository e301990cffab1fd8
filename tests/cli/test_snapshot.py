"""`fleet snapshot` against a real API whose agents show what a test says."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import fleet
from controller.asking.base import CannotAsk
from controller.asking.wanted import Snapshot
from tests.cli.conftest import Run, Served

JPEG = b"\xff\xd8\xff\xe0 a picture\n\x00"
TAKEN = Snapshot(JPEG, "entrance", "node-a", 0.24, 77, 1920, 1080, "")


@pytest.fixture
def shown(small_fleet: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Served:
    small_fleet.agents.snapshots = {"dock": TAKEN, "lobby": TAKEN}
    monkeypatch.chdir(tmp_path)
    return small_fleet


@pytest.mark.parametrize("words", [["dock"], ["camera", "dock"], ["camera/dock"], ["cameras/dock"], ["cam/dock"]])
def test_a_camera_is_named_as_elsewhere_and_its_picture_told(shown: Served, run: Run, words: list[str]) -> None:
    result = run("snapshot", *words, "-o", "out.jpg")
    assert (result.exit_code, result.output) == (
        0,
        "out.jpg: 1920x1080, 0.2 s old, from instance entrance on node-a\n",
    )
    assert Path("out.jpg").read_bytes() == JPEG
    assert [wanted.camera for wanted, _ in shown.agents.wanted] == ["dock"]


def test_how_it_shall_be_reaches_the_controller(shown: Served, run: Run) -> None:
    assert run("snapshot", "dock", "--overlay", "--width", "640", "--at", "alert", "--max-age", "1m").exit_code == 0
    ((_, how),) = shown.agents.wanted
    assert (how.width, how.overlay, how.at, how.max_age_seconds) == (640, True, "alert", 60)
    assert Path("dock.jpg").read_bytes() == JPEG


def test_less_than_a_second_is_not_none_at_all(shown: Served, run: Run) -> None:
    assert run("snapshot", "dock", "--max-age", "0.4s").exit_code == 0
    ((_, how),) = shown.agents.wanted
    assert how.max_age_seconds == 1


def test_several_go_into_a_folder_and_what_fails_is_said_of_each(shown: Served, run: Run) -> None:
    assert run("snapshot", "camera", "dock", "lobby", "-o", "new/").exit_code == 0
    assert sorted(one.name for one in Path("new").iterdir()) == ["dock.jpg", "lobby.jpg"]
    result = run("snapshot", "none", "dock", "-o", "new")
    assert result.exit_code == 1
    assert result.stderr == 'error: no picture of camera/none: cameras.dsfleet.io "none" not found\n'
    assert result.stdout.startswith("new/dock.jpg: "), "the others are saved all the same"
    assert run("snapshot", "dock", "lobby", "-o", "one.jpg").exit_code == 2


def test_standard_output_holds_the_picture_alone(shown: Served) -> None:
    result = CliRunner().invoke(fleet, ["--server", shown.url, "snapshot", "dock", "-o", "-"])
    assert result.stdout_bytes == JPEG
    assert result.stderr == "camera/dock: 1920x1080, 0.2 s old, from instance entrance on node-a\n"


def test_a_terminal_gets_no_jpeg(shown: Served, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.commands.snapshot._is_terminal", lambda: True)
    result = run("snapshot", "dock", "-o", "-")
    assert result.exit_code == 2
    assert "nothing for a terminal" in result.stderr
    assert shown.agents.wanted == []


def test_why_there_is_none_is_one_sentence_with_what_is_known_of_the_camera(shown: Served, run: Run) -> None:
    shown.agents.refuses_with = CannotAsk("its newest frame is 34 s old")
    result = run("snapshot", "dock")
    assert result.exit_code == 1
    assert result.stderr.startswith(
        "error: no picture of camera/dock: its newest frame is 34 s old (the camera is not ready"
    )
    assert not Path("dock.jpg").exists()


@pytest.mark.parametrize(
    "words", [["ds/entrance"], ["camera/"], ["a/b/c"], ["dock", "--at", "../x"], ["dock", "--width", "1"], []]
)
def test_what_is_no_camera_or_no_option_is_refused_before_anything_is_asked(
    shown: Served, run: Run, words: list[str]
) -> None:
    assert run("snapshot", *words).exit_code in (1, 2)
    assert shown.agents.wanted == []


def test_what_cannot_be_written_is_said(shown: Served, run: Run) -> None:
    Path("file").write_text("")
    result = run("snapshot", "dock", "-o", "file/x.jpg")
    assert (result.exit_code, result.stderr) == (1, "error: file cannot be written: File exists\n")
    assert shown.agents.wanted
