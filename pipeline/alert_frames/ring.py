"""Which frames go when there are too many, too much of them, or when they are too old. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pipeline.files.alert_rules import AlertSettings

_DAY_S: Final = 86400.0


@dataclass(frozen=True)
class KeptFile:
    """A frame on the disk.

    Attributes:
        folder: Name of the folder of its camera.
        alert_id: Of the alert that it is of.
        size: In bytes.
        kept_at_s: Since when, in monotonic seconds.
    """

    folder: str
    alert_id: str
    size: int
    kept_at_s: float


def surplus(kept: Sequence[KeptFile], bounds: AlertSettings, now_s: float) -> Iterator[KeptFile]:
    """Yields the frames that go, oldest first.

    Args:
        kept: All that there are, in the order in which they came.
        bounds: Of how many there may be.
        now_s: Monotonic seconds.
    """
    of_camera = Counter(one.folder for one in kept)
    left = sum(one.size for one in kept)
    for one in kept:
        is_old = now_s - one.kept_at_s > bounds.frames_days * _DAY_S
        if is_old or of_camera[one.folder] > bounds.frames_per_camera or left > bounds.frames_megabytes * 1_000_000:
            of_camera[one.folder] -= 1
            left -= one.size
            yield one
