"""Whether what a camera sends is damaged, although it sends: a pure judge, told what was seen and when.

It judges live cameras. What a file shows is what was recorded, so of a file only pictures that cannot be decoded are damage.
"""

import dataclasses
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class DamageReason(StrEnum):
    """What is damaged; the worst first.

    Attributes:
        DECODE_ERRORS: Pictures cannot be decoded, or only with gaps.
        BLACK_PICTURE: The picture has one colour.
        FROZEN_PICTURE: Pictures come, and all are the same.
        CLOCK_JUMPED: The time stamps of the stream went back, or far ahead.
    """

    DECODE_ERRORS = "DecodeErrors"
    BLACK_PICTURE = "BlackPicture"
    FROZEN_PICTURE = "FrozenPicture"
    CLOCK_JUMPED = "ClockJumped"


@dataclass(frozen=True)
class Damage:
    """What is damaged; ``message`` is a sentence with numbers."""

    reason: DamageReason
    message: str


@dataclass(frozen=True)
class DamageLimits:
    """From when on something is damage.

    Attributes:
        window_s: The share of broken pictures is taken over so long, and over so many pictures as stand in ``least_frames``.
        least_frames: Of rare pictures the window holds so many, however long that takes.
        broken_begins: Share of broken pictures from which on it is damage: a second of them in the window.
        broken_ends: Share below which it is none any more.
        frozen_after_s: A picture that stays the same for so long is frozen. Encoders leave out what did not change, so a still
            scene is the same to the last bit until the next key frame brings the noise of the sensor; cameras that save
            bandwidth send one every 10 to 20 s. Three of them make a minute.
        frozen_looks: It was looked at so often meanwhile, by far fewer pictures nobody can tell.
        black_after_s: A picture of one colour for so long is no exposure that adapts.
        black_looks: It was looked at so often meanwhile.
        jump_lasts_s: A jump of the clock is told for so long, for those who look now and then.
        heals_after_s: Damage is told until it was not seen for so long.
    """

    window_s: float = 20.0
    least_frames: int = 10
    broken_begins: float = 0.05
    broken_ends: float = 0.01
    frozen_after_s: float = 60.0
    frozen_looks: int = 5
    black_after_s: float = 10.0
    black_looks: int = 3
    jump_lasts_s: float = 60.0
    heals_after_s: float = 5.0


USUAL_LIMITS: Final = DamageLimits()


@dataclass(frozen=True)
class Counted:
    """How many pictures were to be decoded until a moment, and how many of them were broken."""

    at_s: float
    pictures: int
    broken: int


@dataclass(frozen=True)
class PictureSeen:
    """The picture at the last look.

    Attributes:
        at_s: When that was.
        width: In pixels.
        height: In pixels.
        brightness: Mean of 0 to 255.
        same_since_s: Since when it is the same.
        same_looks: Looks at which it was.
        flat_since_s: Since when it has one colour; None when it has more.
        flat_looks: Looks at which it had one.
    """

    at_s: float
    width: int
    height: int
    brightness: float
    same_since_s: float
    same_looks: int = 1
    flat_since_s: float | None = None
    flat_looks: int = 0


@dataclass(frozen=True)
class ClockJump:
    """The last jump of the clock of a stream.

    Attributes:
        at_s: When it was.
        by_s: Seconds that the clock was ahead after it, negative for back.
    """

    at_s: float
    by_s: float


@dataclass(frozen=True)
class Seen:
    """What is known of a camera; picture and jump are None where they prove nothing."""

    counted: Counted
    picture: PictureSeen | None = None
    jump: ClockJump | None = None


@dataclass(frozen=True)
class Judgement:
    """What was judged last, and what the next judgement needs of it.

    Attributes:
        damage: None when nothing is damaged.
        last_seen_s: When damage was seen last.
        window: What was counted, the oldest first.
    """

    damage: Damage | None = None
    last_seen_s: float = 0.0
    window: tuple[Counted, ...] = ()


NOTHING_JUDGED: Final = Judgement()


def judge(before: Judgement, seen: Seen, now_s: float, limits: DamageLimits) -> Judgement:
    """Returns what is to be said of a camera that sends pictures. All moments are monotonic seconds.

    Args:
        before: What was judged before; ``NOTHING_JUDGED`` of a camera that was silent.
        seen: What is known of it.
        now_s: The time.
        limits: From when on something is damage.
    """
    window = _window(before.window, seen.counted, now_s, limits)
    is_broken = before.damage is not None and before.damage.reason is DamageReason.DECODE_ERRORS
    found = (
        _decode_errors(window, limits, is_broken=is_broken)
        or _black(seen.picture, limits)
        or _frozen(seen.picture, limits)
        or _jumped(seen.jump, now_s, limits)
    )
    if found is not None:
        return Judgement(found, now_s, window)
    if before.damage is not None and now_s - before.last_seen_s < limits.heals_after_s:
        return dataclasses.replace(before, window=window)
    return Judgement(window=window)


def _window(before: tuple[Counted, ...], counted: Counted, now_s: float, limits: DamageLimits) -> tuple[Counted, ...]:
    # Looks between which nothing came say nothing: so few are kept, however rare pictures are.
    window = before if before and counted.pictures == before[-1].pictures else (*before, counted)
    kept = 0
    while (
        kept + 1 < len(window)
        and window[kept + 1].at_s <= now_s - limits.window_s
        and counted.pictures - window[kept + 1].pictures >= limits.least_frames
    ):
        kept += 1
    return window[kept:]


def _decode_errors(window: tuple[Counted, ...], limits: DamageLimits, *, is_broken: bool) -> Damage | None:
    first, last = window[0], window[-1]
    pictures, broken, seconds = last.pictures - first.pictures, last.broken - first.broken, last.at_s - first.at_s
    if pictures < limits.least_frames or (seconds < limits.window_s and not is_broken):
        return None
    if broken / pictures < (limits.broken_ends if is_broken else limits.broken_begins):
        return None
    return Damage(
        DamageReason.DECODE_ERRORS, f"{broken} of {pictures} pictures in {seconds:.0f} s could not be decoded whole"
    )


def _black(picture: PictureSeen | None, limits: DamageLimits) -> Damage | None:
    if picture is None or picture.flat_since_s is None or picture.flat_looks < limits.black_looks:
        return None
    if (lasts_s := picture.at_s - picture.flat_since_s) < limits.black_after_s:
        return None
    message = f"the picture has one colour for {lasts_s:.0f} s, of brightness {picture.brightness:.0f} of 255"
    return Damage(DamageReason.BLACK_PICTURE, message)


def _frozen(picture: PictureSeen | None, limits: DamageLimits) -> Damage | None:
    if picture is None or picture.same_looks < limits.frozen_looks:
        return None
    if (lasts_s := picture.at_s - picture.same_since_s) < limits.frozen_after_s:
        return None
    return Damage(DamageReason.FROZEN_PICTURE, f"pictures come, and are the same for {lasts_s:.0f} s")


def _jumped(jump: ClockJump | None, now_s: float, limits: DamageLimits) -> Damage | None:
    if jump is None or now_s - jump.at_s > limits.jump_lasts_s:
        return None
    way = "ahead" if jump.by_s > 0 else "back"
    message = f"the clock of the stream jumped {abs(jump.by_s):.0f} s {way}, {now_s - jump.at_s:.0f} s ago"
    return Damage(DamageReason.CLOCK_JUMPED, message)
