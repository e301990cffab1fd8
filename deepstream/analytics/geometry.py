"""The geometry of lines, regions and directions: what they are drawn in, and from one frame to another."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, TypeVar

from deepstream.analytics.groups import (
    LARGEST_PIXEL,
    CrossingLine,
    DirectionDetection,
    LineCrossing,
    Overcrowding,
    Point,
    RoiFiltering,
)

Size = tuple[int, int]
"""Width and height in pixels."""
StreamGroup = RoiFiltering | Overcrowding | LineCrossing | DirectionDetection
StreamGroupT = TypeVar("StreamGroupT", RoiFiltering, Overcrowding, LineCrossing, DirectionDetection)


def shapes_field(group: StreamGroup) -> str:
    """The field of a group that holds its shapes by their labels."""
    return next(name for name, declared in group.keys().items() if declared.prefix)


def points_of(shape: Any) -> tuple[Point, ...]:
    """All points of a shape, in the order of files."""
    return (*shape.direction, *shape.line) if isinstance(shape, CrossingLine) else shape


def is_fractional(shape: Any) -> bool:
    """True when a shape is drawn in fractions of the picture: one number with a decimal point is enough."""
    return any(isinstance(at, float) for point in points_of(shape) for at in point)


def needs_frame(group: StreamGroup) -> bool:
    """True when a group has a shape in pixels, which tell nothing without the picture that they are pixels of."""
    shapes = getattr(group, shapes_field(group)).values()
    return not shapes or not all(map(is_fractional, shapes))


def scaled(group: StreamGroupT, from_size: Size | None, to_size: Size) -> StreamGroupT:
    """The group with its points moved from a frame of one size to a frame of another.

    Coordinates are rounded, halves to the even number, and those in the frame or on its edge are kept inside of it. Equal
    sizes change nothing, but fractions of the picture always become pixels.

    Args:
        group: what to scale.
        from_size: the frame of shapes in pixels; None leaves them as they are.
        to_size: the frame that they are wanted in.

    Raises:
        ValueError: a size is not positive.
    """
    if min(*(from_size or (1, 1)), *to_size) < 1:
        raise ValueError(f"a frame must have a width and a height: {from_size}, {to_size}")

    def moved(point: Point) -> Point:
        x, y = (_pixel(at, old, new) for at, old, new in zip(point, from_size or to_size, to_size, strict=True))
        return x, y

    def placed(point: Point) -> Point:
        x, y = (min(round(at * new), new - 1) for at, new in zip(point, to_size, strict=True))
        return x, y

    def in_the_frame(shape: Any) -> Any:
        if is_fractional(shape):
            return _with_points(shape, placed)
        return shape if from_size in (None, to_size) else _with_points(shape, moved)

    field = shapes_field(group)
    return group.model_copy(
        update={field: {label: in_the_frame(shape) for label, shape in getattr(group, field).items()}}
    )


def _pixel(at: float, old: int, new: int) -> int:
    """A coordinate in whole pixels of the other frame; exact, and faster than fractions."""
    quotient, rest = divmod(int(at) * new, old)
    nearest = quotient + (2 * rest > old or (2 * rest == old and quotient % 2 == 1))
    return min(nearest, new - 1 if at <= old else LARGEST_PIXEL)


def _with_points(shape: Any, moved: Callable[[Point], Point]) -> Any:
    if isinstance(shape, CrossingLine):
        direction, line = (tuple(moved(point) for point in pair) for pair in (shape.direction, shape.line))
        return shape.model_copy(update={"direction": direction, "line": line})
    return tuple(moved(point) for point in shape)


def meets_frame(line: tuple[Point, Point], frame: Size, *, endless: bool) -> bool:
    """True when a line has a point in common with the frame; an endless one goes on beyond its two points."""
    (x, y), (to_x, to_y) = line
    width, height = frame
    sides = [
        (to_x - x) * (corner_y - y) - (to_y - y) * (corner_x - x) for corner_x in (0, width) for corner_y in (0, height)
    ]
    if min(sides) > 0 or max(sides) < 0:
        return False
    # No point of a shape lies left of or above the frame.
    return endless or (min(x, to_x) <= width and min(y, to_y) <= height)


def region_meets_frame(corners: tuple[Point, ...], frame: Size) -> bool:
    """True when a region has a point in common with the frame.

    One that held the frame without its edge touching it would have points left of it, and there are none.
    """
    return any(meets_frame(edge, frame, endless=False) for edge in _edges(corners))


def crosses_itself(corners: tuple[Point, ...]) -> bool:
    """True when two edges of a region cross each other."""
    edges = list(_edges(corners))
    return any(_cross(one, other) for place, one in enumerate(edges) for other in edges[place + 1 :])


def _edges(corners: tuple[Point, ...]) -> Iterator[tuple[Point, Point]]:
    return pairwise((*corners, corners[0]))


def _cross(one: tuple[Point, Point], other: tuple[Point, Point]) -> bool:
    """True when each edge has its ends strictly on both sides of the other; edges that share a corner never have."""
    return _sides(one, other) < 0 and _sides(other, one) < 0


def _sides(edge: tuple[Point, Point], other: tuple[Point, Point]) -> float:
    """Less than 0 when the ends of the other edge lie on different sides of this one."""
    (x, y), (to_x, to_y) = edge
    first, second = ((to_x - x) * (end_y - y) - (to_y - y) * (end_x - x) for end_x, end_y in other)
    return first * second
