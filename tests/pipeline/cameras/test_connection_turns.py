import contextlib
import heapq
import random
import threading
import time
from itertools import pairwise

import pytest
from hypothesis import given, settings, strategies

from pipeline.cameras.connection_turns import ConnectionTurns, retry_delay_s, retry_pause_s
from tests.patience import patient


def _openings(lasting_s: list[float], **limits: float) -> list[tuple[float, float, float]]:
    """Lets cameras ask at once, each opening for so long; returns when each asked, began and ended, by a simulated clock."""
    turns = ConnectionTurns(**limits)  # type: ignore[arg-type] - whole where they must be
    events = [(0.0, camera) for camera in range(len(lasting_s))]
    began: dict[int, float] = {}
    while events:
        now_s, camera = heapq.heappop(events)
        if camera in began:
            turns.leave(camera)
        elif wait_s := turns.ask(camera, now_s):
            heapq.heappush(events, (now_s + wait_s, camera))
        else:
            began[camera] = now_s
            heapq.heappush(events, (now_s + lasting_s[camera], camera))
    return [(0.0, began[camera], began[camera] + lasting_s[camera]) for camera in range(len(lasting_s))]


def _most_at_once(openings: list[tuple[float, float, float]]) -> int:
    return max(sum(begin <= moment < end for _, begin, end in openings) for _, moment, _ in openings)


def test_forty_cameras_that_come_back_at_once_are_opened_a_few_at_a_time() -> None:
    openings = _openings([0.1] * 40)
    begins = sorted(begin for _, begin, _ in openings)
    assert all(after - before >= 0.0099 for before, after in pairwise(begins))
    assert _most_at_once(openings) <= 8
    assert begins[-1] <= 1.5


def test_a_few_at_a_time_also_if_they_take_longer_than_the_spacing() -> None:
    assert _most_at_once(_openings([0.4] * 16)) == 8


@given(lasting_s=strategies.lists(strategies.floats(0.001, 3.1), min_size=1, max_size=120))
@settings(deadline=None)
def test_nobody_waits_beyond_patience_and_those_before(lasting_s: list[float]) -> None:
    openings = _openings(lasting_s)
    in_order = sorted(openings, key=lambda opening: opening[1])
    # Who asks again does so a spacing late at most, which delays those behind.
    assert all(begin - asked <= 0.5 + 2 * 0.011 * (place + 1) for place, (asked, begin, _) in enumerate(in_order))


def _back_after_s(dead: int, seed: int) -> float:
    """The longest time from one attempt to the next of a camera among so many that never answer, by a simulated clock.

    A camera that heals just after an attempt has begun is out for so long.
    """
    dice = random.Random(seed)
    turns = ConnectionTurns()
    attempts: list[float] = []
    # (when, camera, what): each camera asks, opens for 3 s in vain, pauses, asks again.
    events: list[tuple[float, int, str]] = [(dice.uniform(0, 0.1), camera, "ask") for camera in range(dead)]
    heapq.heapify(events)
    asked: dict[int, float] = {}
    failures = dict.fromkeys(range(dead), 0)
    while events[0][0] < 60:
        now_s, camera, what = heapq.heappop(events)
        if what == "end":
            turns.leave(camera)
            failures[camera] += 1
            pause_s = retry_pause_s(failures[camera], now_s - asked.pop(camera), dice)
            heapq.heappush(events, (now_s + pause_s, camera, "ask"))
            continue
        asked.setdefault(camera, now_s)
        if wait_s := turns.ask(camera, now_s):
            heapq.heappush(events, (now_s + wait_s, camera, "ask"))
            continue
        heapq.heappush(events, (now_s + 3.0, camera, "end"))
        if camera == 0:
            attempts.append(now_s)
    return max(after - before for before, after in pairwise(attempts))


@pytest.mark.parametrize("dead", [1, 8, 40, 100, 150])
def test_a_camera_that_healed_is_back_soon_however_many_are_dead(dead: int) -> None:
    assert max(_back_after_s(dead, seed) for seed in range(5)) < 4.7


def test_who_gives_up_waiting_holds_up_nobody() -> None:
    turns = ConnectionTurns(at_once=1)
    assert turns.ask("first", 0.0) == 0.0
    assert turns.ask("second", 0.1) > 0
    assert turns.ask("third", 0.1) > 0
    turns.leave("second")
    turns.leave("first")
    assert turns.ask("third", 0.2) == 0.0


def test_a_turn_waits_and_ends_with_the_block_whatever_happens_in_it() -> None:
    turns = ConnectionTurns(at_once=1, patience_s=60)
    never = threading.Event()
    inside: list[int] = []
    crowds: list[int] = []

    def open_camera(number: int) -> None:
        with contextlib.suppress(OSError), turns.turn(never):
            inside.append(number)
            crowds.append(len(inside))
            time.sleep(0.01)
            inside.remove(number)
            raise OSError("refused")

    openers = [threading.Thread(target=open_camera, args=(number,)) for number in range(10)]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join(patient(10))
    assert crowds == [1] * 10


def test_who_is_asked_to_stop_waits_no_longer() -> None:
    turns = ConnectionTurns(at_once=1, patience_s=60)
    stop = threading.Event()
    ended = threading.Event()

    def wait() -> None:
        with turns.turn(stop):
            ended.set()

    with turns.turn(threading.Event()):
        waiting = threading.Thread(target=wait)
        waiting.start()
        assert not ended.wait(0.3)
        stop.set()
        assert ended.wait(patient(10))
    waiting.join()
    assert turns.ask("next", time.monotonic() + 1) == 0.0


def test_retries_slow_down_and_spread() -> None:
    dice = random.Random(7)
    delays = {failures: [retry_delay_s(failures, dice) for _ in range(200)] for failures in (1, 2, 5, 5000)}
    assert all(0.5 <= delay <= 3.5 for some in delays.values() for delay in some)
    assert max(delays[1]) <= 1.0 < max(delays[2]) <= 2.0
    assert max(delays[5000]) - min(delays[5000]) > 2.5


def test_who_has_waited_for_an_answer_in_vain_hardly_pauses() -> None:
    dice = random.Random(7)
    pauses = [retry_pause_s(9, 3.5, dice) for _ in range(200)]
    assert 0.5 <= min(pauses) < max(pauses) <= 0.75
    assert max(retry_pause_s(9, 0.0, dice) for _ in range(200)) > 3
