"""Draws what the analytics know onto a picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.files.rules import AnalyticsRules, Point, StreamRules
from pipeline.model import FrameCounts, FrameResult, TrackedObject

Picture = NDArray[np.uint8]
"""Rows, columns, and blue, green, red."""

_Colour = tuple[int, int, int]
_LINE: Final = (0, 255, 255)
_REGION: Final = (0, 220, 0)
_CROWDED: Final = (0, 0, 255)
_DIRECTION: Final = (255, 0, 255)
_BOX: Final = (255, 170, 0)
_SHADOW: Final = (0, 0, 0)

# Of a picture 720 pixels high, these are easy to read and hide little; they follow the height from there.
_HEIGHT: Final = 720
_TEXT_SCALE: Final = 0.7
_SMALLEST_TEXT_SCALE: Final = 0.35

# Points farther out than this are drawn as if they were here: what draws them counts in 32 bits.
_FARTHEST: Final = 1_000_000.0

_Pixel = tuple[int, int]


@dataclass(frozen=True)
class _Pen:
    """How thick lines and how large letters are in this picture."""

    thickness: int
    text_scale: float

    @classmethod
    def for_height(cls, height: int) -> "_Pen":
        return cls(max(1, round(2 * height / _HEIGHT)), max(_SMALLEST_TEXT_SCALE, _TEXT_SCALE * height / _HEIGHT))


def draw_overlay(picture: Picture, result: FrameResult, rules: AnalyticsRules) -> Picture:
    """Returns a copy of the picture with regions, lines, directions and boxes on it.

    Args:
        picture: The frame of the result in any size.
        result: Its boxes are in pixels of its own frame.
        rules: Their points are in pixels of the frame that they name.
    """
    drawn = picture.copy()
    height, width = drawn.shape[:2]
    pen = _Pen.for_height(height)
    frame = result.frame.picture
    for thing in result.objects:
        _draw_box(drawn, pen, thing, (width / frame.width, height / frame.height))
    # On top: what a line has counted says more than the number of one object.
    if rules.width > 0 and rules.height > 0:
        _draw_rules(drawn, pen, rules.of(result.source_id), result.counts, (width / rules.width, height / rules.height))
    return drawn


def _draw_rules(picture: Picture, pen: _Pen, rules: StreamRules, counts: FrameCounts, scale: Point) -> None:
    if rules.roi_filtering is not None:
        for label, corners in rules.roi_filtering.regions.items():
            _draw_region(picture, pen, f"{label}: {counts.regions.get(label, 0)}", _pixels(corners, scale), _REGION)
    if rules.overcrowding is not None:
        for label, corners in rules.overcrowding.regions.items():
            crowded = counts.crowded.get(label, False)
            text, colour = (f"{label}: crowded", _CROWDED) if crowded else (label, _REGION)
            _draw_region(picture, pen, text, _pixels(corners, scale), colour)
    if rules.direction is not None:
        for label, way in rules.direction.directions.items():
            begin, end = _pixels(way, scale)
            _draw_arrow(picture, pen, begin, end, _DIRECTION)
            _write(picture, pen, label, begin, _DIRECTION)
    if rules.line_crossing is not None:
        for label, line in rules.line_crossing.lines.items():
            begin, end = _pixels((line.begin, line.end), scale)
            _draw_line(picture, pen, begin, end, _LINE)
            tail, tip = _pixels(line.direction, scale)
            _draw_arrow(picture, pen, tail, tip, _LINE)
            _write(picture, pen, f"{label}: {counts.lines_cumulative.get(label, 0)}", begin, _LINE)


def _draw_region(picture: Picture, pen: _Pen, text: str, corners: Sequence[_Pixel], colour: _Colour) -> None:
    outline = [np.array(corners, np.int32).reshape(-1, 1, 2)]
    cv2.polylines(picture, outline, True, _SHADOW, pen.thickness + 2, cv2.LINE_AA)
    cv2.polylines(picture, outline, True, colour, pen.thickness, cv2.LINE_AA)
    _write(picture, pen, text, min(corners, key=lambda corner: (corner[1], corner[0])), colour)


def _draw_line(picture: Picture, pen: _Pen, begin: _Pixel, end: _Pixel, colour: _Colour) -> None:
    cv2.line(picture, begin, end, _SHADOW, pen.thickness + 2, cv2.LINE_AA)
    cv2.line(picture, begin, end, colour, pen.thickness, cv2.LINE_AA)


def _draw_arrow(picture: Picture, pen: _Pen, begin: _Pixel, end: _Pixel, colour: _Colour) -> None:
    cv2.arrowedLine(picture, begin, end, _SHADOW, pen.thickness + 2, cv2.LINE_AA, 0, 0.25)
    cv2.arrowedLine(picture, begin, end, colour, pen.thickness, cv2.LINE_AA, 0, 0.25)


def _draw_box(picture: Picture, pen: _Pen, thing: TrackedObject, scale: Point) -> None:
    box = thing.detection
    corners = ((box.left, box.top), (box.left + box.width, box.top + box.height))
    begin, end = _pixels(corners, scale)
    colour = _LINE if thing.crossed else _BOX
    cv2.rectangle(picture, begin, end, colour, pen.thickness, cv2.LINE_AA)
    _write(picture, pen, f"{box.label} {thing.track_id}", begin, colour)


def _write(picture: Picture, pen: _Pen, text: str, anchor: _Pixel, colour: _Colour) -> None:
    """Writes in the colour on black, above the anchor, or as near to that as the picture has room."""
    # The letters that OpenCV has are ASCII.
    letters = text.encode("ascii", "replace").decode()
    font: Any = cv2.FONT_HERSHEY_SIMPLEX
    (text_width, text_height), below = cv2.getTextSize(letters, font, pen.text_scale, pen.thickness)
    height, width = picture.shape[:2]
    left = max(0, min(anchor[0], width - text_width))
    base = max(text_height + below, min(anchor[1] - below, height - below))
    cv2.rectangle(picture, (left, base - text_height - below), (left + text_width, base + below), _SHADOW, cv2.FILLED)
    cv2.putText(picture, letters, (left, base), font, pen.text_scale, colour, pen.thickness, cv2.LINE_AA)


def _pixels(points: Sequence[Point], scale: Point) -> list[_Pixel]:
    return [(_pixel(x * scale[0]), _pixel(y * scale[1])) for x, y in points]


def _pixel(place: float) -> int:
    return round(min(max(place, -_FARTHEST), _FARTHEST))
