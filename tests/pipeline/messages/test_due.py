"""What is due when."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.messages.due import Kind, Schedule, Timetable
from pipeline.model import FrameCounts, FrameResult
from tests.pipeline.messages.results import BUSY, frame_of, lines, person

ALL = tuple(Kind)


def schedule(*kinds: Kind, interval_s: float = 1.0, visual_interval_s: float = 1.0) -> Schedule:
    return Schedule(kinds or ALL, interval_s=interval_s, visual_interval_s=visual_interval_s)


def quiet(at_s: float, source_id: int = 0) -> FrameResult:
    return frame_of(at_s=at_s, source_id=source_id, counts=lines({}, {"in": 5}))


def crossed(at_s: float) -> FrameResult:
    return frame_of(at_s=at_s, counts=lines({"in": 1}, {"in": 6}))


def told(one: Schedule, *frames: FrameResult, pictures: bool = False) -> list[float]:
    """When anything was due."""
    return [frame.frame.decoded_at_s for frame in frames if one.due(frame, pictures=pictures)]


@pytest.mark.parametrize(
    ("labels", "kinds"),
    [
        ((), ()),
        (("person",), (Kind.OBJECTS, Kind.MOT)),
        (("face",), (Kind.OBJECTS, Kind.FACE)),
        (("Face", "object"), (Kind.OBJECTS, Kind.MOT, Kind.FACE)),
    ],
)
def test_every_frame_with_objects_is_told(labels: tuple[str, ...], kinds: tuple[Kind, ...]) -> None:
    objects = [person(label=label) for label in labels]
    one = schedule()
    for at_s in (0.0, 0.01, 0.02):
        assert one.due(frame_of("gate", *objects, at_s=at_s), pictures=False) == kinds


@pytest.mark.parametrize("kind", [kind for kind in ALL if kind is not Kind.CAMERA_STATE])
def test_nothing_is_due_that_has_no_topic(kind: Kind) -> None:
    counts = lines({"in": 1}, {"in": 1})
    full = frame_of("gate", person(), person(label="face"), counts=counts, alerts=(BUSY,))
    assert schedule(kind).due(full, pictures=True) == (kind,)
    others = [other for other in ALL if other is not kind]
    assert kind not in schedule(*others).due(full, pictures=True)


def test_counts_are_told_every_so_often() -> None:
    frames = [quiet(at_s / 4) for at_s in range(12)]
    assert told(schedule(), *frames) == [0.0, 1.0, 2.0]


def test_frames_that_come_late_do_not_shift_the_schedule() -> None:
    frames = [quiet(at_s) for at_s in (0.0, 0.9, 1.1, 1.9, 2.05, 3.2, 4.1)]
    assert told(schedule(), *frames) == [0.0, 1.1, 2.05, 3.2, 4.1]


def test_after_a_pause_nothing_is_made_up_for() -> None:
    frames = [quiet(at_s) for at_s in (0.0, 10.0, 10.1, 10.2, 11.0)]
    assert told(schedule(), *frames) == [0.0, 10.0, 11.0]


def test_every_crossing_is_told_at_once_and_begins_the_interval_anew() -> None:
    frames = [quiet(0.0), crossed(0.5), crossed(0.6), quiet(0.7), quiet(1.1), quiet(1.59), quiet(1.7)]
    assert told(schedule(), *frames) == [0.0, 0.5, 0.6, 1.7]


def test_without_an_interval_every_frame_is_told() -> None:
    frames = [quiet(at_s) for at_s in (0.0, 0.1, 0.2)]
    assert told(schedule(interval_s=0), *frames) == [0.0, 0.1, 0.2]


@pytest.mark.parametrize(
    ("counts", "is_told"),
    [
        (FrameCounts(), False),
        (FrameCounts(classes={"person": 2}), False),
        (FrameCounts(lines_cumulative={"in": 0}), True),
        (FrameCounts(regions={"yard": 0}), True),
        (FrameCounts(crowded={"yard": False}), True),
    ],
)
def test_only_streams_with_lines_or_regions_tell_counts(counts: FrameCounts, is_told: bool) -> None:
    assert schedule().due(frame_of(counts=counts), pictures=False) == ((Kind.ANALYTICS,) if is_told else ())


def test_streams_do_not_wait_for_each_other() -> None:
    one = schedule()
    assert told(one, quiet(0.0, 0), quiet(0.5, 1), quiet(0.9, 0), quiet(1.0, 0), quiet(1.4, 1), quiet(1.5, 1)) == [
        0.0,
        0.5,
        1.0,
        1.5,
    ]


def test_pictures_are_due_every_so_often_where_they_are_published() -> None:
    one = schedule(visual_interval_s=2.0)
    frames = [frame_of(at_s=float(at_s)) for at_s in range(6)]
    assert told(one, *frames, pictures=False) == []
    assert told(one, *frames, pictures=True) == [0.0, 2.0, 4.0]


@given(
    st.lists(st.tuples(st.floats(0, 2), st.integers(0, 2)), max_size=60),
    st.floats(0, 3),
)
def test_what_is_told_adds_up_and_no_pause_is_too_long(steps: list[tuple[float, int]], interval_s: float) -> None:
    one = schedule(Kind.ANALYTICS, interval_s=interval_s)
    at_s, total, added = 0.0, 0, 0
    last_told_s: float | None = None
    for step_s, crossings in steps:
        at_s += step_s
        total += crossings
        if one.due(frame_of(at_s=at_s, counts=lines({"in": crossings}, {"in": total})), pictures=False):
            added += crossings
            last_told_s = at_s
        assert added == total
        assert last_told_s is not None
        assert at_s - last_told_s <= interval_s + 1e-9


def test_a_timetable_remembers_one_number_per_stream() -> None:
    one = Timetable(1.0)
    for at in range(1000):
        one.is_due(at % 4, float(at))
    assert len(one._next_s) == 4
