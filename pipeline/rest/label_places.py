"""Where labels go on a picture, so that none covers another and none leaves it. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

MOST_LABELS: Final = 100
"""Each is compared with those before it in some places: more would cost more than the picture."""
_ROWS_AWAY: Final = 4


@dataclass(frozen=True)
class Rectangle:
    """In pixels; what lies at ``right`` and ``bottom`` is outside of it."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """Where it ends."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """Where it ends."""
        return self.top + self.height

    def overlaps(self, other: "Rectangle") -> bool:
        """Whether both have a pixel in common."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


@dataclass(frozen=True)
class WantedLabel:
    """A label that wants a place.

    Attributes:
        about: What it is written at; a point has no width and no height.
        width: Of the label.
        height: Of the label.
        may_go_away: Whether it may stand some rows away rather than nowhere: a line is known by its name, a box by being near.
    """

    about: Rectangle
    width: int
    height: int
    may_go_away: bool = False


def place_labels(
    wanted: Sequence[WantedLabel], size: tuple[int, int], taken: Sequence[Rectangle] = ()
) -> list[Rectangle | None]:
    """Returns the place of each label, or None where there is none for it; the first ones choose first.

    Args:
        wanted: The most important one first.
        size: Width and height of the picture.
        taken: Where nothing else may stand.
    """
    places: list[Rectangle | None] = []
    full = list(taken)
    for label in wanted[:MOST_LABELS]:
        candidates = _candidates(label, size)
        place = next((one for one in candidates if not any(one.overlaps(other) for other in full)), None)
        places.append(place)
        if place is not None:
            full.append(place)
    return places + [None] * (len(wanted) - len(places))


def _candidates(label: WantedLabel, size: tuple[int, int]) -> Iterator[Rectangle]:
    """All within the picture, the nicest one first: above what it is about, within that, below, beside."""
    if label.width > size[0] or label.height > size[1]:
        return
    about = label.about
    above, below = about.top - label.height, about.bottom
    at_right = about.right - label.width
    offsets = [
        (about.left, above),
        (about.left, about.top),
        (at_right, above),
        (about.left, below),
        (at_right, below),
        (about.right, about.top),
        (about.left - label.width, about.top),
        (at_right, about.bottom - label.height),
    ]
    if label.may_go_away:
        for rows in range(1, _ROWS_AWAY + 1):
            away = rows * label.height
            offsets += [(about.left, above - away), (about.left, below + away)]
            offsets += [(about.left - label.width, above - away), (about.left - label.width, below + away)]
    for left, top in offsets:
        yield Rectangle(
            max(0, min(left, size[0] - label.width)),
            max(0, min(top, size[1] - label.height)),
            label.width,
            label.height,
        )
