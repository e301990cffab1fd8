"""`fleet label` and `fleet annotate`."""

from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from tests.writing.served import CAMERAS, Served

Run = Callable[..., Result]


def labels(api: Served, name: str) -> object:
    return api.get(f"{CAMERAS}/{name}")["metadata"].get("labels")


def test_labels_come_and_go(run: Run, api: Served, directory: Path) -> None:
    done = run("label", "cam", "lobby", "area=hall", "floor=2")
    assert done.stdout == "camera/lobby labeled\n", done.stderr
    assert labels(api, "lobby") == {"site": "hanoi", "area": "hall", "floor": "2"}
    assert "name: lobby   # by the door" in (directory / "cameras.yaml").read_text()
    assert run("label", "cam/lobby", "area=hall").stdout == "camera/lobby not labeled\n"
    assert run("label", "cam/lobby", "area-", "floor-").stdout == "camera/lobby unlabeled\n"
    assert labels(api, "lobby") == {"site": "hanoi"}
    gone = run("label", "cam/lobby", "area-")
    assert (gone.exit_code, gone.stdout) == (0, "camera/lobby not labeled\n")
    assert gone.stderr == "camera/lobby has no 'area'\n"


def test_another_value_takes_overwrite(run: Run, api: Served) -> None:
    kept = run("label", "cam/lobby", "cam/yard", "site=hq")
    assert (kept.exit_code, kept.stdout) == (1, "camera/yard labeled\n")
    assert "camera/lobby: 'site' has the value 'hanoi' already: --overwrite" in kept.stderr
    assert run("label", "cam/lobby", "site=hq", "--overwrite").stdout == "camera/lobby labeled\n"
    assert labels(api, "lobby") == labels(api, "yard") == {"site": "hq"}


def test_many_at_once(run: Run, api: Served) -> None:
    assert run("label", "cam", "-l", "site=hanoi", "area=hall").stdout == "camera/lobby labeled\n"
    everything = run("label", "cam", "--all", "floor=1", "--dry-run=server")
    assert everything.stdout.count("labeled (server dry run)") == 3
    assert labels(api, "yard") is None
    nothing = run("label", "cam", "-l", "site=nowhere", "floor=1")
    assert (nothing.exit_code, nothing.stdout, nothing.stderr) == (0, "", "No cameras found.\n")


def test_annotations(run: Run, api: Served) -> None:
    assert run("annotate", "ds/faces", "dsfleet.io/display-name=The faces").stdout == "dsinstance/faces annotated\n"
    assert "Display Name:  The faces" in run("describe", "ds/faces").stdout
    assert run("annotate", "ds/faces", "dsfleet.io/display-name-").stdout == "dsinstance/faces annotated\n"
    stale = run("annotate", "cam/yard", "note=x", "--resource-version", "1")
    assert stale.exit_code == 1
    assert "camera/yard is refused (Conflict):" in stale.stderr
    assert "annotations" not in api.get(f"{CAMERAS}/yard")["metadata"]


def test_words_that_say_nothing(run: Run) -> None:
    for words in (
        ["cam/lobby"],
        ["a=b"],
        ["cam", "a=b"],
        ["cam/lobby", "a=b", "a-"],
        ["cam/lobby", "=b"],
        ["cam", "a=b", "lobby"],
        ["cam/lobby", "--all", "a=b"],
        ["cam", "--all", "-l", "x=y", "a=b"],
        ["ev/x", "a=b"],
    ):
        assert run("label", *words).exit_code == 2, words
    refused = run("label", "cam/yard", "a b=c")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "metadata.labels" in refused.stderr
