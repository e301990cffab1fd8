"""What the analytics go by: the content of an nvdsanalytics file, as frozen data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Point = tuple[float, float]
"""x from the left, y from the top, in pixels of the frame that ``AnalyticsRules`` names."""


class Mode(StrEnum):
    """How sure the tracker must be of a movement before it counts."""

    LOOSE = "loose"
    BALANCED = "balanced"
    STRICT = "strict"


@dataclass(frozen=True)
class RoiFilteringRule:
    """``[roi-filtering-stream-N]``: regions by label; without class ids, all classes count."""

    regions: Mapping[str, tuple[Point, ...]]
    inverse: bool = False
    class_ids: frozenset[int] | None = None


@dataclass(frozen=True)
class OvercrowdingRule:
    """``[overcrowding-stream-N]``: regions by label, crowded once they have held so many objects for so long."""

    regions: Mapping[str, tuple[Point, ...]]
    object_threshold: int = 1
    time_threshold_ms: int = 2000
    class_ids: frozenset[int] | None = None


@dataclass(frozen=True)
class CrossingLine:
    """A line from ``begin`` to ``end``, and the direction, as two points, in which it is crossed to count."""

    direction: tuple[Point, Point]
    begin: Point
    end: Point


@dataclass(frozen=True)
class LineCrossingRule:
    """``[line-crossing-stream-N]``: lines by label; an extended line has no ends."""

    lines: Mapping[str, CrossingLine]
    extended: bool = True
    mode: Mode = Mode.LOOSE
    class_ids: frozenset[int] | None = None


@dataclass(frozen=True)
class DirectionRule:
    """``[direction-detection-stream-N]``: directions by label, each the way from the first point to the second."""

    directions: Mapping[str, tuple[Point, Point]]
    mode: Mode = Mode.BALANCED
    class_ids: frozenset[int] | None = None


@dataclass(frozen=True)
class StreamRules:
    """The rules of one stream; a group that is absent or not enabled is None."""

    roi_filtering: RoiFilteringRule | None = None
    overcrowding: OvercrowdingRule | None = None
    line_crossing: LineCrossingRule | None = None
    direction: DirectionRule | None = None


@dataclass(frozen=True)
class AnalyticsRules:
    """The whole file.

    Attributes:
        width: Of the frame that all points are given in, in pixels.
        height: Of it.
        streams: By number of the stream, which is its ``source_id``.
    """

    width: int = 0
    height: int = 0
    streams: Mapping[int, StreamRules] = field(default_factory=dict)

    def of(self, source_id: int) -> StreamRules:
        """The rules of one stream, empty if there are none."""
        return self.streams.get(source_id, _NO_RULES)


_NO_RULES = StreamRules()
