"""The groups of an nvdsanalytics file. Source: nvdsanalytics_property_parser.cpp, DeepStream 9.1.

Points are pixels of the frame that `config-width` and `config-height` of `[property]` name, not of the camera's. Shapes
that were drawn elsewhere may hold fractions of the picture instead; no file can, so they are scaled before one is written.
"""

import re
from enum import IntEnum, StrEnum
from typing import Annotated, Any, Final

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    WithJsonSchema,
)

from deepstream.groups import KeyGroup, Natural, as_tuples, key
from deepstream.keyfile_values import Reader

LABEL_RULE = "a label is made of letters, digits, _ and -: it becomes part of the name of a key"
_LABEL = re.compile(r"[A-Za-z0-9_-]+")


def _checked_label(value: Any) -> Any:
    if isinstance(value, str) and not _LABEL.fullmatch(value):
        raise ValueError(LABEL_RULE)
    return value


def _is_flat(value: Any) -> bool:
    return isinstance(value, tuple | list) and bool(value) and all(isinstance(one, int | float) for one in value)


def _paired(value: Any) -> Any:
    """Points of the flat list that files hold; any other value is left to pydantic."""
    if not _is_flat(value):
        return as_tuples(value)
    if len(value) % 2:
        raise ValueError(f"{len(value)} numbers are no points: each point is x;y, so their number is even")
    return tuple(zip(value[::2], value[1::2], strict=True))


def _as_polygon(value: Any) -> Any:
    points = _paired(value)
    if isinstance(points, tuple | list) and len(points) < 3:
        raise ValueError("a region needs 3 points or more: fewer enclose nothing")
    return points


def _as_direction(value: Any) -> Any:
    if _is_flat(value) and len(value) != 4:
        raise ValueError(f"{len(value)} numbers are no direction: it is 4, from x;y to x;y")
    return _paired(value)


def _as_crossing_line(value: Any) -> Any:
    if not _is_flat(value):
        return as_tuples(value)
    if len(value) != 8:
        raise ValueError(
            f"{len(value)} numbers are no crossing line: it is 8, the direction from x;y to x;y, then the line from x;y to x;y"
        )
    points = _paired(value)
    return {"direction": points[:2], "line": points[2:]}


Label = Annotated[str, BeforeValidator(_checked_label), Field(pattern=f"^{_LABEL.pattern}$")]
"""The name of a region, line or direction, as messages and the screen show it."""

LARGEST_PIXEL: Final = 2**31 - 1
"""Files hold 32 bits."""


def _checked_coordinate(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("expected a number, not in quotes")  # noqa: TRY004 - pydantic passes a TypeError on
    if value < 0:
        raise ValueError(f"{value} lies left of or above the picture: DeepStream refuses the whole file")
    if isinstance(value, float) and not value <= 1:
        raise ValueError(f"{value} is neither a whole number of pixels nor a fraction of the picture, from 0.0 to 1.0")
    if value > LARGEST_PIXEL:
        raise ValueError(f"{value} is more than DeepStream can read, {LARGEST_PIXEL}")
    return value


Coordinate = Annotated[
    int | float,
    PlainValidator(_checked_coordinate),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": LARGEST_PIXEL}),
]
"""A whole number of pixels, or, with a decimal point, a fraction of the picture from 0.0 to 1.0."""
Point = tuple[Coordinate, Coordinate]
"""x from the left, y from the top."""
Polygon = Annotated[tuple[Point, ...], BeforeValidator(_as_polygon), Field(min_length=3)]
Direction = Annotated[tuple[Point, Point], BeforeValidator(_as_direction)]


class CrossingLine(BaseModel):
    """A line, and the direction in which it must be crossed to count. The order of the fields is that of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    direction: tuple[Point, Point] = Field(
        description="Two points; objects that cross the line the way from the first to the second are counted."
    )
    line: tuple[Point, Point] = Field(description="The two ends of the line.")


Line = Annotated[CrossingLine, BeforeValidator(_as_crossing_line)]


class OsdMode(IntEnum):
    """What is drawn into the picture."""

    NONE = 0
    SHAPES = 1
    """Lines, regions and their labels."""
    SHAPES_AND_COUNTS = 2
    """Their counts too."""


class Mode(StrEnum):
    """How sure the tracker must be of a movement before it counts."""

    LOOSE = "loose"
    BALANCED = "balanced"
    STRICT = "strict"


_CLASSES = "Class ids of the objects that are looked at; -1 means all."


class AnalyticsProperty(KeyGroup):
    """`[property]`: what holds for all streams."""

    enable: bool | None = key("enable", Reader.BOOLEAN, "False lets the frames pass untouched. Must be written.")
    config_width: Natural | None = key(
        "config-width", Reader.INTEGER, "Width in pixels of the frame that all points are given in. Must be written."
    )
    config_height: Natural | None = key(
        "config-height", Reader.INTEGER, "Height in pixels of the frame that all points are given in. Must be written."
    )
    osd_mode: OsdMode | None = key(
        "osd-mode", Reader.INTEGER, "What is drawn: 0 nothing, 1 lines and regions, 2 their counts too. Default 2."
    )
    display_font_size: int | None = key(
        "display-font-size", Reader.INTEGER, "Size of the text that is drawn, in points. Default 12."
    )
    obj_cnt_win_in_ms: int | None = key(
        "obj-cnt-win-in-ms",
        Reader.INTEGER,
        "Length in milliseconds of the window that the counts of objects are smoothed over.",
        ge=1,
        le=10**9,
    )
    display_obj_cnt: bool | None = key(
        "display-obj-cnt", Reader.BOOLEAN, "True draws the number of objects of each class."
    )


class RoiFiltering(KeyGroup):
    """`[roi-filtering-stream-N]`: marks and counts the objects inside of regions."""

    enable: bool | None = key("enable", Reader.BOOLEAN, "Absent means off.")
    regions: dict[Label, Polygon] = key(
        "roi-",
        Reader.INTEGER_LIST,
        "By label, the corners of a region in order, 3 or more points; one region at least.",
        prefix=True,
    )
    inverse_roi: bool | None = key(
        "inverse-roi", Reader.BOOLEAN, "True means the objects outside of the regions. Default false."
    )
    class_ids: tuple[int, ...] | None = key("class-id", Reader.INTEGER_LIST, _CLASSES)


class Overcrowding(KeyGroup):
    """`[overcrowding-stream-N]`: tells when a region holds too many objects for too long."""

    enable: bool | None = key("enable", Reader.BOOLEAN, "Absent means off.")
    regions: dict[Label, Polygon] = key(
        "roi-",
        Reader.INTEGER_LIST,
        "By label, the corners of a region in order, 3 or more points; one region at least.",
        prefix=True,
    )
    object_threshold: Natural | None = key(
        "object-threshold", Reader.INTEGER, "Number of objects that makes a crowd. Default 1."
    )
    time_threshold_ms: Natural | None = key(
        "time-threshold",
        Reader.INTEGER,
        "How long the crowd must last before it is told, in milliseconds. Default 2000.",
    )
    class_ids: tuple[int, ...] | None = key("class-id", Reader.INTEGER_LIST, _CLASSES)


class LineCrossing(KeyGroup):
    """`[line-crossing-stream-N]`: counts the objects that cross lines in a direction."""

    enable: bool | None = key("enable", Reader.BOOLEAN, "Absent means off.")
    lines: dict[Label, Line] = key(
        "line-crossing-",
        Reader.INTEGER_LIST,
        "By label, a line and the direction in which crossing it counts; one line at least.",
        prefix=True,
    )
    extended: bool | None = key(
        "extended", Reader.BOOLEAN, "True counts objects that cross the line beyond its ends too. Default true."
    )
    mode: Mode | None = key(
        "mode", Reader.STRING, "How sure a crossing must be: loose, balanced or strict. Default loose."
    )
    class_ids: tuple[int, ...] | None = key("class-id", Reader.INTEGER_LIST, _CLASSES)


class DirectionDetection(KeyGroup):
    """`[direction-detection-stream-N]`: tells which objects move in a direction."""

    enable: bool | None = key("enable", Reader.BOOLEAN, "Absent means off.")
    directions: dict[Label, Direction] = key(
        "direction-",
        Reader.INTEGER_LIST,
        "By label, two points; the direction is the way from the first to the second. One at least.",
        prefix=True,
    )
    mode: Mode | None = key(
        "mode", Reader.STRING, "How sure a direction must be: loose, balanced or strict. Default balanced."
    )
    class_ids: tuple[int, ...] | None = key("class-id", Reader.INTEGER_LIST, _CLASSES)
