import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli import ages, event_rows
from tests.cli.conftest import NOW
from tests.history.pasts import READY, conditions

DOCK = """\
Name:         dock
Kind:         Camera
Labels:       area=yard
Annotations:  <none>
Created:      2026-01-02T03:04:05Z (AGE ago)
Spec:
  Address:  rtsp://127.0.0.1:8554/dock
  Limits:
    Minimum Fps:  2
Status:
  Ready:   false
  Fps:     10.0
  Nodes:   node-a
  Instances:
  - Name:  entrance
  Reason:  NoFrames
Conditions:
  TYPE    STATUS   REASON     SINCE   MESSAGE
  Ready   False    NoFrames   AGE     ten a second
Events:
  TYPE      REASON           AGE        MESSAGE
  Warning   CameraNotReady   AGE (x3)   no frame for 12 s
"""


@pytest.fixture(autouse=True)
def _ages_stand_still(monkeypatch: pytest.MonkeyPatch, small_fleet: Any) -> None:
    for module in ("cli.commands.describe", "cli.event_rows"):
        monkeypatch.setattr(f"{module}.age_of", lambda _: "AGE")


@pytest.mark.parametrize("words", [("cam", "dock"), ("camera/dock",)])
def test_describe_shows_everything_about_one_object(run: Callable[..., Any], words: tuple[str, ...]) -> None:
    assert run("describe", *words).stdout == DOCK


def test_describe_shows_the_newest_alert_of_each_rule(run: Callable[..., Any], served: Any) -> None:
    dock = json.loads(run("get", "cam/dock", "-o", "json").stdout)
    alert = {"id": "20260102T030405Z-3f9a1c", "began": NOW.isoformat(), "ended": None, "message": "Wear a helmet"}
    dock["status"]["alerts"] = [
        {"rule": "busy", "number": 12, "active": True, "count": 3, "seen": "3 person", "region": "", **alert},
        {
            "rule": "no-helmet",
            "number": 1,
            "active": False,
            "count": 1,
            "seen": "1 nohelmet",
            "region": "yard",
            **alert,
        },
    ]
    served.put(dock)
    shown = run("describe", "cam/dock").stdout
    assert (
        """\
Alerts:
  RULE        STATE    BEGAN   NUMBER   SEEN                 ID
  busy        active   AGE     12       3 person             20260102T030405Z-3f9a1c
  no-helmet   ended    AGE     1        1 nohelmet in yard   20260102T030405Z-3f9a1c
Events:"""
        in shown
    )
    assert "Alerts" not in shown.partition("Conditions:")[0]


def test_describe_without_a_name_shows_all_of_a_kind(run: Callable[..., Any]) -> None:
    shown = run("describe", "cameras").stdout
    assert shown.startswith(DOCK)
    assert "Name:         lobby" in shown
    assert shown.rstrip().endswith("Events:  <none>")


def test_describe_says_what_people_call_an_object(run: Callable[..., Any], served: Any) -> None:
    assert "Display Name" not in run("describe", "cam/dock").stdout
    dock = json.loads(run("get", "cam/dock", "-o", "json").stdout)
    dock["metadata"]["annotations"] = {"dsfleet.io/display-name": "Dock 1, left gate"}
    served.put(dock)
    assert "Display Name:  Dock 1, left gate\n" in run("describe", "cam/dock").stdout
    assert " Dock 1, left gate " in run("get", "cam", "-o", "wide").stdout


BLIND = """\
Blind:
  AGE   SECONDS       CAUSE
  AGE   4.0           NoFrames
  AGE   40.0 and on   NodeLost
Events:
"""


def test_describe_shows_when_a_camera_was_blind(run: Callable[..., Any], served: Any) -> None:
    said = conditions((-9, READY), (-7, "NoFrames"), (-3, READY), (2, "NodeLost"))
    served.history.conditions["dock"] = [one._replace(at_ms=one.at_ms + int(NOW.timestamp() * 1000)) for one in said]
    assert BLIND in run("describe", "cam/dock").stdout
    assert "Blind" not in run("describe", "cam/lobby").stdout
    assert "Blind" not in run("describe", "ds/entrance").stdout


def test_describe_of_an_object_that_is_not_there(run: Callable[..., Any]) -> None:
    result = run("describe", "ds", "attic")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == 'error: the controller says NotFound: dsinstances.dsfleet.io "attic" not found\n'


EVENTS = """\
LAST SEEN   TYPE      REASON           OBJECT        MESSAGE
AGE (x3)    Warning   CameraNotReady   camera/dock   no frame for 12 s
"""


def test_events_of_all_and_of_one_object(run: Callable[..., Any]) -> None:
    assert run("events").stdout == EVENTS
    assert run("events", "--for", "cam/dock").stdout == EVENTS
    nothing = run("events", "--for", "cam/lobby")
    assert (nothing.exit_code, nothing.stdout) == (0, "")
    assert nothing.stderr == "No events found for cam/lobby.\n"
    assert len(json.loads(run("events", "-o", "json").stdout)["items"]) == 1


def test_events_for_needs_one_object(run: Callable[..., Any]) -> None:
    assert "--for names one object, such as camera/dock-1" in run("events", "--for", "cameras").stderr
    assert "--for names one object, such as camera/dock-1, not 'dock'" in run("events", "--for", "dock").stderr


def test_messages_cannot_take_the_terminal_over(documents: Any) -> None:
    cells = event_rows.cells_of(documents.event("dock", "a\x1b[2Jb\nc\u202ed"))
    assert cells[-1] == "a\\x1b[2Jb\\nc\\x202ed"


def test_events_are_followed(small_fleet: Any, documents: Any) -> None:
    command = [sys.executable, "-m", "cli", "--server", small_fleet.url, "events", "-w"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as following:
        assert following.stdout is not None
        assert "LAST SEEN" in following.stdout.readline()
        assert "camera/dock" in following.stdout.readline()
        small_fleet.put(events=(documents.event("dock", count=3), documents.event("gate", "the gate is dark")))
        assert "camera/gate   the gate is dark" in following.stdout.readline()
        following.terminate()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"), (119, "119s"), (120, "2m"), (123, "2m3s"), (3600, "60m"), (4 * 3600 + 60, "4h1m"),
        (30 * 3600, "30h"), (49 * 3600, "2d1h"), (400 * 86400, "400d"), (-5, "0s"),
    ],
)  # fmt: skip
def test_ages(seconds: int, text: str) -> None:
    then = datetime(2026, 1, 2, tzinfo=UTC)
    assert ages.age_of(then.isoformat(), then + timedelta(seconds=seconds)) == text
    assert ages.age_of("no time") == "<unknown>"
