import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controller.picture.placed import PlacedInstance, placed_instances
from controller.planner.planner import plan, previous_from
from controller.source.fetch.directory import load_directory
from controller.source.read.reader import Loaded
from tests.cli.conftest import NOW

EXAMPLE = Path(__file__).parents[2] / "manifests"
PLACEHOLDER = "rtsp://${secret:dock-camera:userinfo}127.0.0.1:8554/dock"
Run = Callable[..., Any]


@pytest.fixture
def manifests(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "manifests"))


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    folder = tmp_path / "secrets/dock-camera"
    folder.mkdir(parents=True)
    (folder / "username").write_text("viewer\n", encoding="utf-8")
    (folder / "password").write_text("p@ss/word\n", encoding="utf-8")
    return folder.parent


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def placed() -> dict[str, PlacedInstance]:
    reading = load_directory(EXAMPLE)
    assert isinstance(reading, Loaded)
    planned = plan(reading.revision, {})
    return placed_instances(planned, previous_from(planned, NOW))


@pytest.mark.parametrize("words", [("dsinstance/entrance",), ("ds/entrance",), ("dsinstance", "entrance")])
def test_all_files_stand_below_their_names(run_offline: Run, words: tuple[str, ...]) -> None:
    result = run_offline("render", *words, str(EXAMPLE))
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0] == "# dsinstance/entrance on node-a, in a fleet that starts empty; slots: 0 front-door, 1 lobby"
    files = [line for line in lines if line.startswith("# --- ")]
    assert files == [
        "# --- app_conf.json ---",
        "# --- source_list.json ---",
        "# --- pipeline.json ---",
        "# --- config_nvdsanalytics.txt ---",
    ]
    assert "line-crossing-in=260;180;380;180;320;0;320;360\n" in result.stdout
    assert result.stdout.endswith("320;360\n")


def test_one_file_is_printed_byte_by_byte(run_offline: Run) -> None:
    for file in placed()["yard"].config.files:
        result = run_offline("render", "ds/yard", str(EXAMPLE), "--file", file.path)
        assert result.stdout_bytes == file.content.encode()


def test_files_are_written(run_offline: Run, tmp_path: Path) -> None:
    folder = tmp_path / "out/yard"
    result = run_offline("render", "ds/yard", str(EXAMPLE), "-o", str(folder))
    expected = {file.path: file.content for file in placed()["yard"].config.files}
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == f"{len(expected)} files of dsinstance/yard written to {folder}\n"
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} == expected


def test_files_of_others_stay(run_offline: Run, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine", encoding="utf-8")
    (tmp_path / "app_conf.json").write_text("old", encoding="utf-8")
    words = ("render", "ds/yard", str(EXAMPLE), "-o", str(tmp_path))
    refused = run_offline(*words)
    assert (refused.exit_code, (tmp_path / "app_conf.json").read_text(encoding="utf-8")) == (1, "old")
    assert refused.stderr.startswith(f"error: {tmp_path} is not empty: ")
    assert run_offline(*words, "--force").exit_code == 0
    assert (tmp_path / "notes").read_text(encoding="utf-8") == "mine"
    assert (tmp_path / "app_conf.json").read_text(encoding="utf-8") != "old"


def test_a_symbolic_link_is_replaced_and_not_followed(run_offline: Run, tmp_path: Path) -> None:
    theirs, folder = tmp_path / "theirs", tmp_path / "out"
    theirs.write_text("theirs", encoding="utf-8")
    folder.mkdir()
    (folder / "app_conf.json").symlink_to(theirs)
    assert run_offline("render", "ds/yard", str(EXAMPLE), "-o", str(folder), "--force").exit_code == 0
    assert theirs.read_text(encoding="utf-8") == "theirs"


def test_secrets_are_placeholders_unless_asked_for(run_offline: Run, secrets: Path, tmp_path: Path) -> None:
    words = ("render", "ds/yard", str(EXAMPLE))
    hidden = run_offline(*words).stdout
    assert PLACEHOLDER in hidden
    assert "viewer" not in hidden
    filled = ("--show-secrets", "--secrets-dir", str(secrets))
    assert "rtsp://viewer:p%40ss%2Fword@127.0.0.1:8554/dock" in run_offline(*words, *filled).stdout
    out = tmp_path / "out"
    assert run_offline(*words, *filled, "-o", str(out)).exit_code == 0
    assert mode(out) == 0o700
    assert {mode(path) for path in out.iterdir()} == {0o600}
    assert "viewer:p%40ss%2Fword@" in (out / "source_list.json").read_text(encoding="utf-8")


def test_a_secret_that_is_missing_is_named(run_offline: Run, tmp_path: Path) -> None:
    words = ("render", "ds/yard", str(EXAMPLE), "--show-secrets", "--secrets-dir", str(tmp_path))
    result = run_offline(*words)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"error: secret 'dock-camera': {tmp_path}/dock-camera/username is missing\n"
    # Another instance needs none.
    assert run_offline("render", "ds/entrance", *words[2:]).exit_code == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("ds/entrnace",), 1, "did you mean entrance?"),
        (("ds/zzz",), 1, "there are entrance, yard"),
        (("cam/dock",), 1, "only instances have files"),
        (("dss/yard",), 1, "there is no kind 'dss'"),
        (("ds",), 2, "name the instance"),
        (("ds/yard", "manifests", "more"), 2, "'more' is too much"),
        (("ds/yard", "--file", "source_lists.json"), 1, "did you mean source_list.json?"),
        (("ds/yard", "--show-secrets"), 2, "go together"),
        (("ds/yard", "--secrets-dir", "x"), 2, "go together"),
        (("ds/yard", "--force"), 2, "--force"),
        (("ds/yard", "manifests", "--server-state"), 2, "leave out PATH"),
    ],
)
def test_what_is_asked_wrongly_is_explained(
    run_offline: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], code: int, said: str
) -> None:
    monkeypatch.chdir(EXAMPLE.parent)
    result = run_offline("render", *words)
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in result.stderr


def test_problems_of_the_manifests_are_printed(run_offline: Run, manifests: Path) -> None:
    file = manifests / "instances/yard.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("width:", "widht:"), encoding="utf-8")
    result = run_offline("render", "ds/yard", str(manifests))
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"{file}:" in result.stderr
    assert result.stderr.endswith(f"error: 1 problem in 1 file of {manifests}\n")


def test_an_instance_on_no_node_says_why(run_offline: Run, manifests: Path) -> None:
    file = manifests / "nodes.yaml"
    text = file.read_text(encoding="utf-8")
    assert text.count("\nspec:\n") == 2
    file.write_text(text.replace("\nspec:\n", "\nspec:\n  unschedulable: true\n"), encoding="utf-8")
    result = run_offline("render", "ds/yard", str(manifests))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "dsinstance/yard is on no node and gets no files: every node that it may run on is unsched" in result.stderr


def test_a_running_fleet_says_what_is_in_force(run: Run, served: Any) -> None:
    served.control.placed = placed()
    result = run("render", "ds/yard", "--server-state")
    assert result.exit_code == 0
    first = "# dsinstance/yard on node-b, generation 1; slots: 0 dock, 1 yard-north, 2 yard-south"
    assert result.stdout.splitlines()[0] == first
    assert PLACEHOLDER in result.stdout
    refused = run("render", "ds/yrad", "--server-state")
    assert refused.exit_code == 1
    assert "did you mean yard?" in refused.stderr
    assert run("render", "ds/..%2Fstatus", "--server-state").exit_code == 1


def test_files_from_a_server_stay_in_their_folder(
    run_offline: Run, nonsense: Callable[..., str], tmp_path: Path
) -> None:
    answer = b'{"node":"n","generation":1,"cameras":[],"files":[{"path":"../evil","content":"x"}]}'
    url = nonsense(200, "application/json", answer)
    out = tmp_path / "out"
    result = run_offline("--server", url, "render", "ds/yard", "--server-state", "-o", str(out))
    assert (result.exit_code, "nothing was written" in result.stderr) == (1, True)
    assert not (tmp_path / "evil").exists()
    newer = nonsense(200, "application/json", b'{"files":1}')
    assert "cannot read" in run_offline("--server", newer, "render", "ds/yard", "--server-state").stderr
