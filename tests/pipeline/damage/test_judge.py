import itertools
from dataclasses import replace

import pytest

from pipeline.damage.judge import (
    NOTHING_JUDGED,
    ClockJump,
    Counted,
    Damage,
    DamageLimits,
    DamageReason,
    Judgement,
    PictureSeen,
    Seen,
    judge,
)

LIMITS = DamageLimits()
SOUND = PictureSeen(at_s=0, width=320, height=180, brightness=100, same_since_s=0)


def _reasons(seconds: int, *rates: tuple[int, int, int], every_s: float = 1.0) -> list[str]:
    """What is told in each second, of a camera with so many pictures a second of which so many are broken, until a second."""
    judgement, told, pictures, broken = NOTHING_JUDGED, [], 0, 0
    for second in range(seconds):
        of_second = next(rate for rate in rates if second < rate[2])
        pictures, broken = pictures + of_second[0], broken + of_second[1]
        now_s = second * every_s
        judgement = judge(judgement, Seen(Counted(now_s, pictures, broken)), now_s, LIMITS)
        told.append(judgement.damage.reason.value if judgement.damage else "")
    return told


def _changes(told: list[str]) -> list[tuple[str, int]]:
    """What is told, and for how many seconds."""
    return [(reason, len(list(group))) for reason, group in itertools.groupby(told)]


def test_broken_pictures_are_told_after_a_full_window_and_until_the_window_is_clean_again() -> None:
    told = _changes(_reasons(90, (10, 3, 40), (10, 0, 90)))
    assert [reason for reason, _ in told] == ["", "DecodeErrors", ""]
    assert told[0][1] == 20
    # 20 s until the last broken one has left the window, and 5 s of patience.
    assert 40 <= told[0][1] + told[1][1] <= 40 + 20 + 5


@pytest.mark.parametrize(("broken", "told"), [(1, [("", 120)]), (0, [("", 120)])])
def test_a_second_of_broken_pictures_in_a_while_is_no_damage(broken: int, told: list[tuple[str, int]]) -> None:
    # One of 25 pictures in each second: 4 %.
    assert _changes(_reasons(120, (25, broken, 120))) == told


def test_a_share_between_begin_and_end_changes_nothing() -> None:
    # 10 % until it is damage, then 3 %, at which it neither begins nor ends, then clean.
    told = _changes(_reasons(200, (100, 10, 30), (100, 3, 120), (100, 0, 200)))
    assert [reason for reason, _ in told] == ["", "DecodeErrors", ""]
    assert told[1][1] > 90
    assert _changes(_reasons(120, (100, 3, 120))) == [("", 120)]


def test_rare_pictures_are_judged_by_their_number() -> None:
    # One each 60 s, of which all are broken: the tenth one tells it.
    told = _reasons(40, (1, 1, 20), (1, 0, 40), every_s=60)
    assert _changes(told)[0] == ("", 10)
    assert _changes(told)[1][0] == "DecodeErrors"
    assert told[-1] == ""


def test_the_window_stays_small_whatever_comes() -> None:
    judgement = NOTHING_JUDGED
    for second in range(5000):
        counted = Counted(second, second // 60, 0)
        judgement = judge(judgement, Seen(counted), second, LIMITS)
        assert len(judgement.window) <= 23


def _picture(**known: float) -> PictureSeen:
    return replace(SOUND, at_s=100.0, same_since_s=100.0, **known)


@pytest.mark.parametrize(
    ("picture", "expected"),
    [
        (_picture(), None),
        (replace(SOUND, at_s=59.0, same_looks=60), None),
        (
            replace(SOUND, at_s=60.0, same_looks=60),
            Damage(DamageReason.FROZEN_PICTURE, "pictures come, and are the same for 60 s"),
        ),
        # Two pictures that are alike, ten minutes apart, prove nothing.
        (replace(SOUND, at_s=600.0, same_looks=2), None),
        (replace(SOUND, at_s=9.0, flat_since_s=0.0, flat_looks=10), None),
        (replace(SOUND, at_s=600.0, flat_since_s=0.0, flat_looks=2), None),
        # A black picture is the same all the time, too: what it is says more.
        (
            replace(SOUND, at_s=70.0, brightness=16.4, same_looks=70, flat_since_s=0.0, flat_looks=70),
            Damage(DamageReason.BLACK_PICTURE, "the picture has one colour for 70 s, of brightness 16 of 255"),
        ),
        (None, None),
    ],
)
def test_pictures(picture: PictureSeen | None, expected: Damage | None) -> None:
    assert judge(NOTHING_JUDGED, Seen(Counted(0, 1, 0), picture), 100.0, LIMITS).damage == expected


def test_damage_is_told_until_it_was_not_seen_for_a_while() -> None:
    frozen = replace(SOUND, at_s=60.0, same_looks=60)
    judgement = judge(NOTHING_JUDGED, Seen(Counted(0, 1, 0), frozen), 60.0, LIMITS)
    assert judgement.damage is not None
    moving = replace(SOUND, at_s=61.0, same_since_s=61.0)
    for now_s, is_told in ((61.0, True), (64.9, True), (65.0, False)):
        judgement = judge(judgement, Seen(Counted(now_s, int(now_s), 0), moving), now_s, LIMITS)
        assert (judgement.damage is not None) is is_told


@pytest.mark.parametrize(
    ("by_s", "now_s", "message"),
    [
        (3600.0, 10.0, "the clock of the stream jumped 3600 s ahead, 0 s ago"),
        (-7.0, 70.0, "the clock of the stream jumped 7 s back, 60 s ago"),
        (-7.0, 70.1, None),
    ],
)
def test_a_jump_of_the_clock_is_told_for_a_minute(by_s: float, now_s: float, message: str | None) -> None:
    seen = Seen(Counted(now_s, 1, 0), jump=ClockJump(10.0, by_s))
    found: Judgement = judge(NOTHING_JUDGED, seen, now_s, LIMITS)
    assert (found.damage.message if found.damage else None) == message
