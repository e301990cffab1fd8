"""How cameras did is counted in steps of a minute, whatever apps say and whenever they begin anew, in little memory."""

import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodeagent.model import StreamStats
from nodeagent.reporter.series import MOST_LABELS, STEPS, Series, SeriesKeeper
from tests.planner.generated_fleets import QUICK

STEP = 60.0


def stream(frames: int, counts: Any = None, camera: str = "dock") -> StreamStats:
    return StreamStats(camera, 25.0, frames, counts=counts)


def counted(lines: Any, objects: Any = 0, regions: Any = None) -> tuple[Any, Any, Any]:
    return objects, lines, regions


def kept(*heard: tuple[float, int, Any], runtime_ids: Sequence[str] = ()) -> Series | None:
    """The series after answers: seconds, frame number, counts."""
    keeper = SeriesKeeper()
    for number, (at, frames, counts) in enumerate(heard):
        runtime_id = runtime_ids[number] if runtime_ids else "one"
        keeper.heard("door", runtime_id, (stream(frames, counts),), at)
    return keeper.of("door", "dock", heard[-1][0])


def test_a_step_is_told_when_it_has_ended() -> None:
    assert kept((0.0, 100, counted({"in": 7}))) is None
    found = kept(
        (0.0, 100, counted({"in": 7})),
        (30.0, 850, counted({"in": 8})),
        (60.0, 1600, counted({"in": 9, "out": 1}, 3, {"yard": 2})),
        (125.0, 2250, counted({"in": 9, "out": 5}, 4, {"yard": 0})),
    )
    assert found is not None
    assert (found.fps, found.objects, found.age_seconds) == ([25.0, 10.0], [3, 4], 5.0)
    assert (found.lines, found.regions) == ({"in": [2, 0], "out": [1, 4]}, {"yard": [2, 0]})
    assert (found.counts_told, found.left_out) == (True, 0)


def test_an_app_that_counts_nothing_is_told_as_such() -> None:
    found = kept((0.0, 0, None), (60.0, 1500, None))
    assert found is not None
    assert (found.fps, found.objects, found.lines, found.counts_told) == ([25.0], (), {}, False)


def test_minutes_without_an_answer_are_unknown_and_their_crossings_not_lost() -> None:
    found = kept((0.0, 0, counted({"in": 0})), (60.0, 1500, counted({"in": 1})), (300.0, 7500, counted({"in": 9})))
    assert found is not None
    assert (found.fps, found.lines) == ([25.0, None, None, None, 25.0], {"in": [1, None, None, None, 8]})


@pytest.mark.parametrize("runtime_ids", [(), ("one", "one", "two", "two")], ids=["same container", "another"])
def test_an_app_that_began_anew_has_counted_from_nothing(runtime_ids: Sequence[str]) -> None:
    found = kept(
        (0.0, 1000, counted({"in": 50})),
        (20.0, 1500, counted({"in": 55})),
        (40.0, 100, counted({"in": 2})),
        (60.0, 600, counted({"in": 3})),
        runtime_ids=runtime_ids,
    )
    assert found is not None
    assert (found.lines, found.fps) == ({"in": [8]}, [pytest.approx(1100 / 60, abs=0.01)])


def test_rules_that_are_read_anew_take_nothing_back() -> None:
    found = kept((0.0, 0, counted({"in": 50})), (60.0, 1500, counted({"in": 4})), (120.0, 3000, counted({})))
    assert found is not None
    assert found.lines == {"in": [4, None]}


@pytest.mark.parametrize(
    "counts",
    [
        counted("all", None),
        counted({"in": "many", "out": -1, "x": True, "": 1, "\n": 1, "y" * 65: 1}, True),
        ("four", {}, ["yard"]),
        counted({}, 2.5, {"yard": None}),
        counted({}, -1),
    ],
)
def test_whatever_an_app_says_is_a_count_or_nothing(counts: Any) -> None:
    found = kept((0.0, 0, counts), (60.0, 1500, counts))
    assert found is not None
    assert (found.fps, [*found.objects], found.lines, found.regions) == ([25.0], [], {}, {})


def test_numbers_are_bounded() -> None:
    found = kept((0.0, 0, counted({"in": 0})), (60.0, 2**62, counted({"in": 2**62}, 2**62)))
    assert found is not None
    assert (found.fps, found.objects, found.lines) == ([655.34], [65534], {"in": [65534]})


def test_a_crowd_is_counted_as_well_as_a_few() -> None:
    crossings = [3, 254, 255, 9, 70_000]
    totals = itertools.accumulate(crossings)
    heard = [(60.0 * (minute + 1), 1500 * (minute + 1), counted({"in": total})) for minute, total in enumerate(totals)]
    found = kept((0.0, 0, counted({"in": 0})), *heard)
    assert found is not None
    assert found.lines == {"in": [3, 254, 255, 9, 65534]}


def test_so_much_is_kept_of_each_camera_and_of_all() -> None:
    room = (6 * 2 + MOST_LABELS + 1) * STEPS  # frames of six cameras, and all of one
    keeper = SeriesKeeper(most_bytes=room)
    many = {f"line-{number}": number for number in range(50)}
    for minute in range(STEPS + 50):
        streams = [stream(1500 * minute, counted(many), f"cam-{number}") for number in range(6)]
        keeper.heard("door", "one", streams, minute * STEP)
    first, last = (keeper.of("door", f"cam-{number}", (STEPS + 50) * STEP) for number in (0, 5))
    assert first is not None
    assert (len(first.fps), len(first.lines), first.left_out) == (STEPS, MOST_LABELS, 50 - MOST_LABELS)
    assert last is not None
    assert (len(last.fps), len(last.lines), last.left_out) == (STEPS, 0, 50)
    assert keeper._bytes_left == 0
    keeper.keep_only(())
    assert keeper._bytes_left == room
    assert keeper.of("door", "cam-0", 0.0) is None


def test_a_camera_that_its_app_does_not_name_for_hours_is_forgotten() -> None:
    keeper = SeriesKeeper()
    for minute in range(STEPS + 2):
        streams = [stream(1500 * minute), *([stream(1500 * minute, camera="roof")] if minute < 2 else [])]
        keeper.heard("door", "one", streams, minute * STEP)
    assert keeper.of("door", "roof", 0.0) is None
    assert keeper.of("door", "dock", 0.0) is not None


STEPS_OF_AN_APP = st.tuples(
    st.sampled_from((5.0, 20.0, 45.0, 61.0, 200.0)),
    st.integers(1, 400),
    st.integers(0, 9),
    st.sampled_from((0, 0, 0, 1)),
)


@QUICK
@given(steps=st.lists(STEPS_OF_AN_APP, max_size=40))
def test_no_crossing_is_negative_or_counted_twice_and_none_is_lost_that_was_seen(
    steps: list[tuple[float, int, int, int]],
) -> None:
    keeper, now, frames, crossed, runtime = SeriesKeeper(), 0.0, 0, 0, 0
    keeper.heard("door", "0", (stream(0, counted({"in": 0})),), now)
    seen = 0
    for seconds, new_frames, crossings, anew in steps:
        now += seconds
        if anew:
            runtime, frames, crossed = runtime + 1, 0, 0
        frames, crossed, seen = frames + new_frames, crossed + crossings, seen + crossings
        keeper.heard("door", str(runtime), (stream(frames, counted({"in": crossed})),), now)
    now += STEP
    keeper.heard("door", str(runtime), (stream(frames, counted({"in": crossed})),), now)
    found = keeper.of("door", "dock", now)
    assert found is not None
    assert all(one is None or one >= 0 for one in (*found.lines["in"], *found.fps))
    if now < STEPS * STEP:
        assert sum(one or 0 for one in found.lines["in"]) == seen


def test_an_app_that_names_a_camera_twice_takes_no_room_from_others() -> None:
    keeper = SeriesKeeper()
    free = keeper._bytes_left
    for step in range(5):
        keeper.heard("door", "one", (stream(1500 * step), stream(1500 * step)), STEP * step)
    found = keeper.of("door", "dock", 4 * STEP)
    assert found is not None
    assert found.fps == [25.0] * 4
    keeper.keep_only(())
    assert keeper._bytes_left == free
