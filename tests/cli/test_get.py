import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.patience import patient

ALL = """\
NAME          STATUS   INSTANCES   CAMERAS   GENERATION   AGE
node/node-a   Ready    1           0         <none>       42s

NAME                  NODE     STATUS    CAMERAS   RESTARTS   AGE
dsinstance/entrance   node-a   Running   1/2       0          42s

NAME           INSTANCE   NODE     READY   FPS    AGE
camera/dock    entrance   node-a   False   10.0   42s
camera/lobby   entrance   node-a   True    10.0   42s
"""
CAMERAS = """\
NAME    INSTANCE   NODE     READY   FPS    AGE
dock    entrance   node-a   False   10.0   42s
lobby   entrance   node-a   True    10.0   42s
"""
ONE_CAMERA = """\
NAME    INSTANCE   NODE     READY   FPS    AGE
lobby   entrance   node-a   True    10.0   42s
"""
pytestmark = pytest.mark.usefixtures("small_fleet")


def test_all_kinds_below_each_other(run: Callable[..., Any]) -> None:
    assert run("get", "all").stdout == ALL


@pytest.mark.parametrize("word", ["camera", "cameras", "cam", "Camera", "CAMERAS", "cameras.dsfleet.io"])
def test_any_word_for_a_kind(run: Callable[..., Any], word: str) -> None:
    assert run("get", word).stdout == CAMERAS


@pytest.mark.parametrize(
    "words", [("cam/lobby",), ("cam", "lobby"), ("cam", "-l", "area=hall"), ("cam", "-l", "area!=yard")]
)
def test_one_object(run: Callable[..., Any], words: tuple[str, ...]) -> None:
    assert run("get", *words).stdout == ONE_CAMERA


def test_without_headers_and_sorted(run: Callable[..., Any]) -> None:
    shown = run("get", "cam", "--no-headers", "--sort-by", "ready").stdout
    assert [line.split()[0] for line in shown.splitlines()] == ["dock", "lobby"]
    assert "there is no column 'nope': there are NAME, " in run("get", "cam", "--sort-by", "nope").stderr


def test_wide_has_more_columns(run: Callable[..., Any]) -> None:
    first = run("get", "cam", "-o", "wide").stdout.splitlines()[0]
    assert first.split() == [
        "NAME",
        "INSTANCE",
        "NODE",
        "READY",
        "FPS",
        "AGE",
        "DISPLAY-NAME",
        "ADDRESS",
        "DEGRADED",
        "REASON",
        "MESSAGE",
    ]


def test_names(run: Callable[..., Any]) -> None:
    assert run("get", "all", "-o", "name").stdout == "node/node-a\ndsinstance/entrance\ncamera/dock\ncamera/lobby\n"


def test_json_of_one_of_a_kind_and_of_several(run: Callable[..., Any]) -> None:
    assert json.loads(run("get", "cam/dock", "-o", "json").stdout)["metadata"]["name"] == "dock"
    assert json.loads(run("get", "cam", "-o", "json").stdout)["kind"] == "CameraList"
    several = json.loads(run("get", "cam,no", "-o", "json").stdout)
    assert several["kind"] == "List"
    assert [item["kind"] for item in several["items"]] == ["Camera", "Camera", "Node"]


def test_yaml_keeps_the_order_of_the_server(run: Callable[..., Any]) -> None:
    shown = run("get", "ds/entrance", "-o", "yaml").stdout
    assert shown.startswith("apiVersion: dsfleet.io/v1\nkind: DsInstance\nmetadata:\n  name: entrance\n")


def test_events_have_a_table(run: Callable[..., Any]) -> None:
    assert "Warning   CameraNotReady   camera/dock   no frame for 12 s" in run("get", "ev").stdout


def test_what_is_missing_is_said_after_what_is_there(run: Callable[..., Any]) -> None:
    result = run("get", "cam", "lobby", "attic")
    assert result.stdout == ONE_CAMERA
    assert result.stderr == 'error: the controller says NotFound: cameras.dsfleet.io "attic" not found\n'
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("cmaeras",), "error: there is no kind 'cmaeras': did you mean cameras?"),
        (("zzz",), "error: there is no kind 'zzz': there are nodes (no), dsinstances (ds), cameras (cam), events (ev)"),
        (("\x1b[31mcam",), "error: there is no kind '\\x1b[31mcam'"),
        (("cam/dock", "ds"), "error: 'ds' is not of the form KIND/NAME"),
        (("cam", "-l", "=x"), "error: the controller says BadRequest: "),
        (("cam/a", "-l", "a=b"), "a selector (-l) chooses objects; so does a name"),
        (("all", "-w"), "one kind, or one object, can be watched at a time"),
    ],
)
def test_sentences_for_mistakes(run: Callable[..., Any], words: tuple[str, ...], sentence: str) -> None:
    result = run("get", *words)
    assert sentence in result.stderr
    assert result.exit_code in (1, 2)
    assert "Traceback" not in result.output


def test_nothing_found_is_no_error(run: Callable[..., Any]) -> None:
    result = run("get", "cam,ds", "-l", "nobody=has-it")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "No cameras or dsinstances found.\n")


def _started(url: str, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "cli", "--server", url, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )


def test_watch_prints_the_table_then_changes_until_ctrl_c(small_fleet: Any, documents: Any) -> None:
    with _started(small_fleet.url, "get", "cam", "-w") as watching:
        assert watching.stdout is not None
        shown = [watching.stdout.readline() for _ in range(3)]
        assert "".join(shown) == CAMERAS
        small_fleet.put(documents.camera("dock", "True"))
        changed = {watching.stdout.readline() for _ in range(2)}
        assert changed == {"dock    entrance   node-a   True    10.0   42s\n", "lobby   Deleted\n"}
        watching.send_signal(signal.SIGINT)
        assert watching.wait(patient(10)) == 130
        assert watching.stderr is not None
        assert watching.stderr.read() == ""


def test_a_closed_pipe_ends_quietly(small_fleet: Any, documents: Any) -> None:
    small_fleet.put(*(documents.camera(f"camera-{number}") for number in range(2000)))
    with _started(small_fleet.url, "get", "cam") as listing:
        assert listing.stdout is not None
        listing.stdout.close()
        assert listing.wait(patient(20)) == 141
        assert listing.stderr is not None
        assert listing.stderr.read() == ""
