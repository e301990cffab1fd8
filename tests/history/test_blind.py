"""When a camera was blind, and what for."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.history.blind import LATEST_CHANGES, blind_times, measured_blind_seconds
from controller.history.camera_changes import Condition, Rollout
from crds.change import ChangeClass
from tests.history.pasts import READY, conditions, rollout, status_of
from tests.planner.generated_fleets import QUICK

REASONS = (READY, READY, "NoFrames", "InstanceNotRunning", "WaitingForFrames", "NodeLost", "InstanceOutdated")


@st.composite
def pasts(draw: st.DrawFn) -> list[Condition]:
    steps = draw(st.lists(st.tuples(st.integers(0, 9), st.sampled_from(REASONS)), max_size=12))
    times = itertools.accumulate(seconds for seconds, _ in steps)
    return conditions(*((at, reason) for at, (_, reason) in zip(times, steps, strict=True)))


def shown(*said: tuple[int, str], rollouts: tuple[Rollout, ...] = ()) -> list[tuple[int, int | None, str]]:
    found = blind_times(conditions(*said), rollouts)
    return [(one.from_ms // 1000, None if one.to_ms is None else one.to_ms // 1000, one.cause) for one in found]


def test_it_is_blind_between_two_times_of_being_ready_for_the_reason_that_was_said_first() -> None:
    said = ((0, READY), (10, "NoFrames"), (15, "NodeLost"), (20, READY), (30, "NodeLost"))
    assert shown(*said) == [(10, 20, "NoFrames"), (30, None, "NodeLost")]
    assert shown((0, "WaitingForFrames"), (5, READY)) == [], "nobody knows what was before"


def test_what_is_published_and_not_begun_blinds_nobody() -> None:
    assert shown((0, READY), (10, "InstanceOutdated"), (300, READY)) == []
    said = ((0, READY), (10, "InstanceOutdated"), (300, "InstanceNotRunning"), (301, "InstanceOutdated"), (304, READY))
    assert shown(*said, rollouts=(rollout(10, 305),)) == [(300, 304, "generation 2 of gate (restart)")]


@pytest.mark.parametrize(
    ("rollouts", "expected"),
    [
        ((rollout(8, 14),), "generation 2 of gate (restart)"),
        ((rollout(8, None),), "generation 2 of gate (restart)"),
        ((rollout(8, 14), rollout(9, 14, 3, ChangeClass.RECREATE)), "generation 3 of gate (recreate)"),
        ((rollout(9, 14, 3, ChangeClass.RECREATE), rollout(8, 14)), "generation 3 of gate (recreate)"),
        ((rollout(2, 5),), "InstanceNotRunning"),
        ((rollout(12, 14),), "InstanceNotRunning"),
        ((), "InstanceNotRunning"),
    ],
)
def test_the_generation_that_was_under_way_is_the_cause(rollouts: tuple[Rollout, ...], expected: str) -> None:
    assert shown((0, READY), (10, "InstanceNotRunning"), (13, READY), rollouts=rollouts) == [(10, 13, expected)]


def test_a_camera_that_is_dark_by_itself_is_not_dark_for_a_generation() -> None:
    said = ((0, READY), (10, "NoFrames"), (13, READY))
    assert shown(*said, rollouts=(rollout(8, None),)) == [(10, 13, "NoFrames")]


@QUICK
@given(past=pasts())
def test_blind_times_lie_in_order_within_what_was_not_ready(past: list[Condition]) -> None:
    found = blind_times(past)
    edges = [at for one in found for at in (one.from_ms, one.to_ms) if at is not None]
    assert edges == sorted(edges)
    assert all(one.to_ms is not None for one in found[:-1])
    starts = {one.at_ms for one in past if one.status != "True"}
    assert all(one.from_ms in starts for one in found)
    is_ready = bool(past) and past[-1].status == "True"
    assert not (is_ready and found and found[-1].to_ms is None)


@QUICK
@given(past=pasts(), cut=st.integers(0, 12))
def test_what_is_over_is_not_told_otherwise_later(past: list[Condition], cut: int) -> None:
    over = [one for one in blind_times(past[:cut]) if one.to_ms is not None]
    assert list(blind_times(past)[: len(over)]) == over


def test_what_is_expected_of_a_change_is_the_median_of_the_latest_ones() -> None:
    rollouts = [rollout(100 * number, 100 * number + 50, number) for number in range(1, LATEST_CHANGES + 2)]
    # The oldest took a minute, and counts no more.
    lengths = [60, 4, 4, 5, 9, 4]
    said = [(0, READY)]
    for number, seconds in enumerate(lengths, 1):
        said += [(100 * number + 1, "InstanceNotRunning"), (100 * number + 1 + seconds, READY)]
    past = {"dock": conditions(*said), "far": conditions((0, READY), (10, "NoFrames"), (99, READY))}
    found = measured_blind_seconds(past, {"door": rollouts}, {"door": ["dock", "far", "unknown"], "hall": ["dock"]})
    assert found == {("door", ChangeClass.RESTART): 4.0}


def test_classes_are_told_apart() -> None:
    said = ((0, READY), (10, "WaitingForFrames"), (12, READY), (20, "WaitingForApp"), (50, READY))
    past = {"dock": [one._replace(status=status_of(one.reason)) for one in conditions(*said)]}
    rollouts = {"door": [rollout(9, 13), rollout(19, 51, 3, ChangeClass.REBUILD_ENGINE)]}
    assert measured_blind_seconds(past, rollouts, {"door": ["dock"]}) == {
        ("door", ChangeClass.RESTART): 2.0,
        ("door", ChangeClass.REBUILD_ENGINE): 30.0,
    }
