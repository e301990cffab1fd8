import threading
from collections.abc import Callable
from typing import Any

import click
import pytest

from cli.durations import Duration

pytestmark = pytest.mark.usefixtures("small_fleet")


def test_what_is_so_already(run: Callable[..., Any]) -> None:
    result = run("wait", "--for=condition=Ready", "cam/lobby", "ds/entrance")
    assert (result.exit_code, result.stdout) == (0, "camera/lobby condition met\ndsinstance/entrance condition met\n")
    assert run("wait", "--for=condition=ready=false", "cam/dock").exit_code == 0
    assert run("wait", "--for=delete", "cam/attic").stdout == "camera/attic is gone\n"


def test_what_becomes_so(run: Callable[..., Any], small_fleet: Any, documents: Any) -> None:
    later = [documents.camera("dock"), documents.camera("lobby"), documents.camera("roof")]
    timer = threading.Timer(0.5, small_fleet.put, later)
    timer.start()
    result = run("wait", "--for=condition=Ready", "cameras", "roof", "dock", "--timeout", "20s")
    timer.join()
    assert result.exit_code == 0
    assert set(result.stdout.splitlines()) == {"camera/roof condition met", "camera/dock condition met"}


@pytest.mark.parametrize(
    ("unread", "objects"),
    [
        ({"kafka": {"connected": True, "caughtUp": False}}, 1),
        ({"starting": "reading the manifests"}, 1),
        ({"revision": None}, 0),
        ({"candidate": None}, 0),  # in force, and not shown yet
    ],
)
@pytest.mark.parametrize("words", [("--for=condition=Ready", "cam", "--all"), ("--for=delete", "cam/attic")])
def test_a_controller_that_begins_is_waited_for(
    run: Callable[..., Any], served: Any, unread: dict[str, Any], objects: int, words: tuple[str, ...]
) -> None:
    totals = {kind: {"total": objects, "ready": 0} for kind in ("nodes", "instances", "cameras")}
    served.control.answer = {**served.control.answer, **totals, **unread}
    result = run("wait", *words, "--timeout", "0.3")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "error: after 0.3 s the controller still shows no fleet: `fleet status` says why\n"


def test_a_controller_whose_manifests_are_refused_shows_no_fleet_for_long(run: Callable[..., Any], served: Any) -> None:
    nothing = {kind: {"total": 0, "ready": 0} for kind in ("nodes", "instances", "cameras")}
    served.control.answer = {**served.control.answer, **nothing, "revision": None, "candidate": {"state": "Rejected"}}
    assert run("wait", "--for=delete", "cam/attic").exit_code == 0


def test_deletion(run: Callable[..., Any], small_fleet: Any, documents: Any) -> None:
    timer = threading.Timer(0.5, small_fleet.put, [documents.camera("lobby")])
    timer.start()
    result = run("wait", "--for=delete", "cam/dock", "--timeout", "20s")
    timer.join()
    assert (result.exit_code, result.stdout) == (0, "camera/dock is gone\n")


@pytest.mark.parametrize(
    ("words", "seen"),
    [
        (("--for=condition=Ready", "cam", "--all"), "camera/dock: Ready is False (NoFrames: ten a second)"),
        (("--for=condition=Ready", "cam/attic"), "camera/attic: it does not exist"),
        (("--for=condition=Stalled", "ds/entrance"), "dsinstance/entrance: it has no condition Stalled"),
    ],
)
def test_after_the_timeout_it_says_what_was_seen_last(
    run: Callable[..., Any], words: tuple[str, ...], seen: str
) -> None:
    for time in ("0.3", "1", "5", "30"):  # in one of which it has seen it, however busy the machine is
        result = run("wait", *words, "--timeout", time)
        if result.stderr.startswith("error: not so"):
            break
    assert (result.exit_code, result.stderr) == (1, f"error: not so after {time} s:\n  {seen}\n")


@pytest.mark.parametrize("words", [("cam", "--all"), ("cam/dock",), ("cam/attic",)])
def test_what_was_not_seen_in_time_is_not_judged(run: Callable[..., Any], words: tuple[str, ...]) -> None:
    result = run("wait", "--for=condition=Ready", *words, "--timeout", "0")
    assert (result.exit_code, result.stderr) == (1, "error: after 0 s the controller has not shown its cameras yet\n")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--for=condition=Ready", "cam", "-l", "nobody=has-it"), "there are no cameras to wait for"),
        (("--for=condition=Ready", "cam"), "say which objects: KIND/NAME..., or KIND with --all or -l"),
        (("--for=condition=Ready", "cam/dock", "--all"), "give names, or --all or -l, not both"),
        (("--for=Ready", "cam/dock"), "--for is condition=NAME, condition=NAME=STATUS or delete, not 'Ready'"),
        (("--for=delete", "events", "--all"), "events have no conditions to wait for"),
        (("--for=delete", "cam/dock", "--timeout", "soon"), "'soon' is no duration such as 60s, 2m or 1h30m"),
    ],
)
def test_sentences_for_mistakes(run: Callable[..., Any], words: tuple[str, ...], sentence: str) -> None:
    result = run("wait", *words)
    assert sentence in result.stderr
    assert result.exit_code in (1, 2)


@pytest.mark.parametrize(("text", "seconds"), [("60s", 60), ("2m", 120), ("1h30m", 5400), ("0.5", 0.5), (7, 7)])
def test_durations(text: object, seconds: float) -> None:
    assert Duration().convert(text, None, None) == seconds


@pytest.mark.parametrize("text", ["", "s", "-1s", "1w", "m5"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(click.BadParameter):
        Duration().convert(text, None, None)
