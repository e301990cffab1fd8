"""Whose turn it is, whatever cameras come and go."""

from hypothesis import given
from hypothesis import strategies as st

from nodeagent.answering.picture_turns import Turns

EVERY = 10.0

cameras = st.lists(st.sampled_from("abcdefgh"), unique=True).map(tuple)


@given(st.lists(st.tuples(cameras, st.integers(0, 12))))
def test_each_camera_is_asked_in_turn_none_too_often_and_none_is_forgotten(
    steps: list[tuple[tuple[str, ...], int]],
) -> None:
    turns, now = Turns(), 0.0
    asked_at: dict[str, float] = {}
    for wanted, asked in steps:
        turns = turns.among(wanted, now)
        assert set(turns.due) == set(wanted)
        asked_at = {camera: at for camera, at in asked_at.items() if camera in wanted}
        for _ in range(asked):
            if (found := turns.next) is None:
                break
            camera, due = found
            now = max(now, due) + 1 / 6
            assert now - asked_at.get(camera, -EVERY) >= EVERY
            assert all(due <= other for other in turns.due.values())
            asked_at[camera] = now
            turns = turns.after(camera, EVERY, now)
        now += 1.0


def test_who_asks_for_the_same_again_changes_nothing_and_who_is_gone_comes_back_at_once() -> None:
    turns = Turns().among(("a", "b"), 5.0)
    assert turns.next == ("a", 5.0)
    turns = turns.after("a", EVERY, 5.0)
    assert turns.among(("a", "b"), 6.0) is turns
    assert turns.next == ("b", 5.0)
    assert turns.among(("b",), 6.0).after("a", EVERY, 6.0).due == {"b": 5.0}
    assert turns.among(("b",), 6.0).among(("a", "b"), 7.0).due == {"a": 7.0, "b": 5.0}
    assert Turns().next is None
