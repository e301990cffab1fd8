"""What waits for an endpoint: folded, bounded, and nothing that is neither told, nor waits, nor counts as lost."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from controller.notifying import backlog
from controller.notifying.backlog import MOST_WAITING, Backlog
from tests.notifying.happenings import happening


def test_a_camera_that_flaps_is_one_event_of_each_reason_with_a_count() -> None:
    flaps = [happening(number, reason=reason) for number, reason in enumerate(["CameraNotReady", "CameraReady"] * 30)]
    batch = Backlog().taking(flaps).batch(100)
    assert [(one.reason, one.count, one.message) for one in batch.happenings] == [
        ("CameraNotReady", 30, "No frames, 58"),
        ("CameraReady", 30, "No frames, 59"),
    ]
    assert batch.happenings[0].first_at == "2026-01-01T00:00:00Z"
    assert batch.happenings[0].at == "2026-01-01T00:00:58Z"


def test_what_happened_last_is_told_last() -> None:
    some = [happening(1, "dock"), happening(2, "gate"), happening(3, "dock")]
    assert [one.name for one in Backlog().taking(some).batch(100).happenings] == ["gate", "dock"]


def test_what_happens_again_while_it_is_told_is_told_again_with_its_own_count() -> None:
    waiting = Backlog().taking([happening(1), happening(2)])
    batch = waiting.batch(100)
    (left,) = waiting.taking([happening(3)]).without(batch).batch(100).happenings
    assert (left.count, left.message, left.first_at) == (1, "No frames, 3", "2026-01-01T00:00:03Z")


def test_a_full_backlog_loses_what_nobody_must_look_at_first_and_counts_it() -> None:
    calm = [replace(happening(1, f"calm-{number}"), severity="Normal", count=2) for number in range(10)]
    bad = [happening(2, f"bad-{number}") for number in range(MOST_WAITING)]
    full = Backlog().taking([*calm, *bad])
    assert len(full.waiting) == MOST_WAITING
    assert all(one.severity == "Warning" for one in full.waiting.values())
    assert full.lost == 20
    more = full.taking([happening(3, "one-more")])
    assert (len(more.waiting), more.lost) == (MOST_WAITING, 21)
    assert ("Camera", "bad-0", "CameraNotReady") not in more.waiting
    assert more.without(more.batch(100)).lost == 0


@given(
    st.lists(
        st.one_of(
            st.lists(st.tuples(st.integers(0, 5), st.sampled_from("AB")), max_size=8),
            st.integers(1, 4),
        ),
        max_size=30,
    )
)
def test_each_event_is_told_or_waits_or_is_lost(steps: list[list[tuple[int, str]] | int]) -> None:
    most, backlog.MOST_WAITING = backlog.MOST_WAITING, 3  # type: ignore[misc]
    try:
        waiting, under_way, taken, told, lost_told, number = Backlog(), None, 0, 0, 0, 0
        for step in steps:
            if isinstance(step, list):
                some = [happening(number := number + 1, f"c{name}", reason) for name, reason in step]
                waiting, taken = waiting.taking(some), taken + len(some)
                assert len(waiting.waiting) <= 3
            elif under_way is None:
                under_way = waiting.batch(step)
            else:
                # What was thrown out for want of room while it was told counts as lost all the same: rather too many.
                before = waiting
                waiting = waiting.without(under_way)
                told += sum(
                    one.count for one in under_way.happenings if (one.kind, one.name, one.reason) in before.waiting
                )
                lost_told, under_way = lost_told + under_way.lost, None
        waits = sum(one.count for one in waiting.waiting.values())
        assert told + waits + waiting.lost + lost_told >= taken
        rest = waiting.without(waiting.batch(10))
        assert rest.is_empty
    finally:
        backlog.MOST_WAITING = most  # type: ignore[misc]
