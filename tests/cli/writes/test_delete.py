"""`fleet delete`."""

import re
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from tests.writing.conftest import CAMERAS as TEXT
from tests.writing.served import CAMERAS, Served

Run = Callable[..., Result]


def names(api: Served) -> list[str]:
    return sorted(one["metadata"]["name"] for one in api.get(CAMERAS)["items"])


def test_objects_go(run: Run, api: Served, directory: Path) -> None:
    dry = run("delete", "cam/gate", "--dry-run=server")
    assert dry.stdout == "camera/gate deleted (server dry run)\n"
    assert (directory / "cameras.yaml").read_text() == TEXT
    done = run("delete", "cam", "gate")
    assert (done.exit_code, done.stdout) == (0, "camera/gate deleted\n")
    assert names(api) == ["lobby", "yard"]
    assert (directory / "cameras.yaml").read_text() == TEXT.partition(
        "---\napiVersion: dsfleet.io/v1\nkind: Camera\nmetadata: {name: gate"
    )[0]
    again = run("delete", "cam", "gate")
    assert (again.exit_code, again.stdout) == (1, "")
    assert "camera/gate is refused (NotFound):" in again.stderr
    assert run("delete", "cam", "gate", "--ignore-not-found").exit_code == 0


def test_what_is_in_use_stays_and_says_why(run: Run, api: Served) -> None:
    refused = run("delete", "cam/lobby")
    assert refused.exit_code == 1
    assert "spec.cameras[0]: there is no camera 'lobby'" in refused.stderr
    assert "lobby" in names(api)


def test_the_guard_is_told_yes(run: Run, api: Served) -> None:
    refused = run("delete", "ds/faces")
    assert refused.exit_code == 1
    assert "removes 2 cameras: lobby, yard" in refused.stderr
    approval = re.search(r"--approve (sha256:\w+)", refused.stderr)
    assert approval
    done = run("delete", "ds/faces", "--approve", approval[1], "--reason", "old")
    assert (done.exit_code, done.stdout) == (0, "dsinstance/faces deleted\n"), done.stderr
    everything = run("delete", "cam", "--all")
    assert everything.exit_code == 0, everything.stderr
    assert everything.stdout == "camera/gate deleted\ncamera/lobby deleted\ncamera/yard deleted\n"
    assert names(api) == []


def test_by_labels_and_by_files(run: Run, api: Served, tmp_path: Path) -> None:
    assert run("label", "cam/gate", "old=yes").exit_code == 0
    done = run("delete", "cam", "-l", "old=yes", "-o", "name")
    assert done.stdout == "camera/gate\n"
    nothing = run("delete", "cam", "-l", "old=yes")
    assert (nothing.exit_code, nothing.stdout, nothing.stderr) == (0, "", "No cameras found.\n")
    file = tmp_path / "gate.yaml"
    file.write_text(f"---{TEXT.rpartition('---')[2]}")
    assert run("apply", "-f", str(file)).stdout == "camera/gate created\n"
    assert run("delete", "-f", str(file)).stdout == "camera/gate deleted\n"
    again = run("delete", "-f", str(file))
    assert f"error: {file}:2:1: camera/gate is refused (NotFound)" in again.stderr
    assert names(api) == ["lobby", "yard"]


def test_words_that_say_nothing(run: Run) -> None:
    for words in (
        [],
        ["cam"],
        ["cam/gate", "-f", "x.yaml"],
        ["-f", "x.yaml", "--all"],
        ["cam/gate", "--all"],
        ["cam", "--all", "-l", "a=b"],
        ["ev", "--all"],
    ):
        assert run("delete", *words).exit_code == 2, words
