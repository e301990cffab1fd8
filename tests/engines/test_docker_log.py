"""Which lines of a container's log are whose: pure."""

from datetime import UTC, datetime, timedelta

import pytest

from nodeagent.engines.docker.log import _Span, _span
from nodeagent.engines.docker.states import ContainerState
from nodeagent.engines.log_lines import LogRange, NoLog, ns_of

BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)
LEFT = BEGAN - timedelta(seconds=2)
SECOND = 1_000_000_000


def state(*, running: bool = True, left_at: datetime | None = None, began: datetime | None = BEGAN) -> ContainerState:
    return ContainerState("x", running, began, None, None, False, False, 1, {}, left_at)


def test_a_run_begins_between_the_end_of_the_one_before_and_its_own_start() -> None:
    now = _span(state(left_at=LEFT), LogRange())
    before = _span(state(left_at=LEFT), LogRange(previous=True))
    assert now == _Span(ns_of(BEGAN) - SECOND)
    assert before == _Span(0, ns_of(BEGAN) - SECOND)
    assert _span(state(), LogRange()) == _Span(0), "the first run has all"
    assert _span(state(running=False, left_at=BEGAN + timedelta(hours=1)), LogRange()).since_ns > ns_of(LEFT)


def test_what_is_wanted_may_be_less() -> None:
    since = ns_of(BEGAN) + SECOND
    assert _span(state(left_at=LEFT), LogRange(since_ns=since)) == _Span(since)
    assert _span(state(left_at=LEFT), LogRange(since_ns=5, previous=True)).since_ns == 5


def test_there_may_be_no_such_run() -> None:
    with pytest.raises(NoLog, match="never started"):
        _span(state(began=None), LogRange())
    with pytest.raises(NoLog, match="no earlier run"):
        _span(state(), LogRange(previous=True))


def test_parts_of_long_lines_of_two_streams_are_not_mixed_up() -> None:
    time = b"2026-03-01T12:00:00.000000000Z "
    frames = [(1, time + b"out-"), (2, time + b"err-"), (1, time + b"put\n"), (2, time + b"or\n"), (1, time + b"open")]
    assert [line.text for line in _Span(0).lines(iter(frames))] == [b"out-put", b"err-or", b"open"]
