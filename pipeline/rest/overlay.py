"""Draws what the analytics know onto a picture: first all shapes, then labels on dark plates, which cover no other."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.files.rules import AnalyticsRules, Point, StreamRules
from pipeline.model import FrameCounts, FrameResult, TrackedObject
from pipeline.rest.label_places import Rectangle, WantedLabel, place_labels

Picture = NDArray[np.uint8]
"""Rows, columns, and blue, green, red."""

_Colour = tuple[int, int, int]
_LINE: Final = (0, 255, 255)
_REGION: Final = (0, 220, 0)
_CROWDED: Final = (0, 0, 255)
_DIRECTION: Final = (255, 0, 255)
_BOX: Final = (255, 170, 0)
_SHADOW: Final = (0, 0, 0)

# Of a picture of 1280 x 720 pixels, these are easy to read and hide little; they follow the smaller side from there.
_HEIGHT: Final = 720
_WIDTH: Final = 1280
_TEXT_SCALE: Final = 0.7
_SMALLEST_TEXT_SCALE: Final = 0.35

# Of the width of the picture; and characters, since what draws them takes as long as they are many.
_WIDEST_LABEL: Final = 0.5
_LONGEST_LABEL: Final = 64

# Of the picture: where the labels of all objects would cover more, they say only their numbers, or they would hide what they name.
_MOST_COVERED: Final = 1 / 8

# Points farther out than this are drawn as if they were here: what draws them counts in 32 bits.
_FARTHEST: Final = 1_000_000.0

_Pixel = tuple[int, int]


@dataclass(frozen=True)
class _Pen:
    """How thick lines and how large letters are in this picture."""

    thickness: int
    text_scale: float

    @classmethod
    def for_size(cls, width: int, height: int) -> "_Pen":
        scale = min(height / _HEIGHT, width / _WIDTH)
        return cls(max(1, round(2 * scale)), max(_SMALLEST_TEXT_SCALE, _TEXT_SCALE * scale))


@dataclass(frozen=True)
class _Label:
    """A text that is to be written at something.

    Attributes:
        text: What it says.
        short: What it says where there is no room for that; empty for nothing.
        about: What it is written at.
        colour: Of its letters.
        is_rule: Whether it is of a line, a region or a direction.
    """

    text: str
    short: str
    about: Rectangle
    colour: _Colour
    is_rule: bool = False


@dataclass
class _Drawing:
    """A picture on which shapes are drawn, and the labels that come after them."""

    picture: Picture
    pen: _Pen
    labels: list[_Label] = field(default_factory=list)

    def name(self, text: str, at: _Pixel, colour: _Colour) -> None:
        self.labels.append(_Label(text, "", Rectangle(*at, 0, 0), colour, is_rule=True))


def draw_overlay(picture: Picture, result: FrameResult, rules: AnalyticsRules) -> Picture:
    """Returns a copy of the picture with regions, lines, directions and boxes on it.

    Args:
        picture: The frame of the result in any size.
        result: Its boxes are in pixels of its own frame.
        rules: Their points are in pixels of the frame that they name.
    """
    drawn = picture.copy()
    height, width = drawn.shape[:2]
    drawing = _Drawing(drawn, _Pen.for_size(width, height))
    if rules.width > 0 and rules.height > 0:
        _draw_rules(drawing, rules.of(result.source_id), result.counts, (width / rules.width, height / rules.height))
    frame = result.frame.picture
    # What a line has counted says more than the number of one object, one that has crossed it more than others, a near one more than a far one.
    things = sorted(result.objects, key=lambda one: (not one.crossed, -one.detection.height, one.track_id))
    for thing in things:
        _draw_box(drawing, thing, (width / frame.width, height / frame.height))
    _write_labels(drawing)
    return drawn


def _draw_rules(drawing: _Drawing, rules: StreamRules, counts: FrameCounts, scale: Point) -> None:
    picture, pen = drawing.picture, drawing.pen
    if rules.roi_filtering is not None:
        for label, corners in rules.roi_filtering.regions.items():
            _draw_region(drawing, f"{label}: {counts.regions.get(label, 0)}", _pixels(corners, scale), _REGION)
    if rules.overcrowding is not None:
        for label, corners in rules.overcrowding.regions.items():
            crowded = counts.crowded.get(label, False)
            text, colour = (f"{label}: crowded", _CROWDED) if crowded else (label, _REGION)
            _draw_region(drawing, text, _pixels(corners, scale), colour)
    if rules.direction is not None:
        for label, way in rules.direction.directions.items():
            begin, end = _pixels(way, scale)
            _draw_arrow(picture, pen, begin, end, _DIRECTION)
            drawing.name(label, begin, _DIRECTION)
    if rules.line_crossing is not None:
        for label, line in rules.line_crossing.lines.items():
            begin, end = _pixels((line.begin, line.end), scale)
            _draw_line(picture, pen, begin, end, _LINE)
            tail, tip = _pixels(line.direction, scale)
            _draw_arrow(picture, pen, tail, tip, _LINE)
            drawing.name(f"{label}: {counts.lines_cumulative.get(label, 0)}", begin, _LINE)


def _draw_region(drawing: _Drawing, text: str, corners: Sequence[_Pixel], colour: _Colour) -> None:
    picture, pen = drawing.picture, drawing.pen
    outline = [np.array(corners, np.int32).reshape(-1, 1, 2)]
    cv2.polylines(picture, outline, True, _SHADOW, pen.thickness + 2, cv2.LINE_AA)
    cv2.polylines(picture, outline, True, colour, pen.thickness, cv2.LINE_AA)
    drawing.name(text, min(corners, key=lambda corner: (corner[1], corner[0])), colour)


def _draw_line(picture: Picture, pen: _Pen, begin: _Pixel, end: _Pixel, colour: _Colour) -> None:
    cv2.line(picture, begin, end, _SHADOW, pen.thickness + 2, cv2.LINE_AA)
    cv2.line(picture, begin, end, colour, pen.thickness, cv2.LINE_AA)


def _draw_arrow(picture: Picture, pen: _Pen, begin: _Pixel, end: _Pixel, colour: _Colour) -> None:
    cv2.arrowedLine(picture, begin, end, _SHADOW, pen.thickness + 2, cv2.LINE_AA, 0, 0.25)
    cv2.arrowedLine(picture, begin, end, colour, pen.thickness, cv2.LINE_AA, 0, 0.25)


def _draw_box(drawing: _Drawing, thing: TrackedObject, scale: Point) -> None:
    box = thing.detection
    corners = ((box.left, box.top), (box.left + box.width, box.top + box.height))
    begin, end = _pixels(corners, scale)
    colour = _LINE if thing.crossed else _BOX
    cv2.rectangle(drawing.picture, begin, end, colour, drawing.pen.thickness, cv2.LINE_AA)
    about = Rectangle(*begin, end[0] - begin[0], end[1] - begin[1])
    drawing.labels.append(_Label(f"{box.label} {thing.track_id}", str(thing.track_id), about, colour))


def _write_labels(drawing: _Drawing) -> None:
    """Writes each where there is room for it, or what is short of it; how many have none is written in a corner."""
    height, width = drawing.picture.shape[:2]
    taken: list[Rectangle] = []

    def write(labels: Sequence[tuple[_Label, str]]) -> list[_Label]:
        """Returns those that have no place."""
        plates = [_Plate.of(text, drawing.pen, width) for _, text in labels]
        wanted = [
            WantedLabel(label.about, plate.width, plate.height, may_go_away=label.is_rule)
            for (label, _), plate in zip(labels, plates, strict=True)
        ]
        places = place_labels(wanted, (width, height), taken)
        for (label, _), plate, place in zip(labels, plates, places, strict=True):
            if place is not None:
                taken.append(place)
                plate.write(drawing, place, label.colour)
        return [label for (label, _), place in zip(labels, places, strict=True) if place is None]

    plates = [_Plate.of(one.text, drawing.pen, width) for one in drawing.labels if one.short]
    is_crowded = sum(one.width * one.height for one in plates) > _MOST_COVERED * width * height
    left = write([(label, label.short if is_crowded and label.short else label.text) for label in drawing.labels])
    if not is_crowded:
        left = write([(one, one.short) for one in left if one.short]) + [one for one in left if not one.short]
    if left:
        corner = Rectangle(width, height, 0, 0)
        write([(_Label("", "", corner, _BOX, is_rule=True), f"+{len(left)}")])


@dataclass(frozen=True)
class _Plate:
    """A text with the dark plate behind it, in pixels."""

    letters: str
    width: int
    height: int
    base: int
    """From its top to the line that letters stand on."""

    @classmethod
    def of(cls, text: str, pen: _Pen, picture_width: int) -> "_Plate":
        # The letters that OpenCV has are ASCII.
        letters = text[:_LONGEST_LABEL].encode("ascii", "replace").decode()
        across, up, below = cls._size(letters, pen)
        if across > (most := _WIDEST_LABEL * picture_width) and len(letters) > 1:
            letters = letters[: max(1, int(len(letters) * most / across) - 1)] + ".."
            across, up, below = cls._size(letters, pen)
        edge = pen.thickness + 1
        return cls(letters, across + 2 * edge, up + below + edge, up + edge)

    @staticmethod
    def _size(letters: str, pen: _Pen) -> tuple[int, int, int]:
        (across, up), below = cv2.getTextSize(letters, cv2.FONT_HERSHEY_SIMPLEX, pen.text_scale, pen.thickness)
        return across, up, below

    def write(self, drawing: _Drawing, place: Rectangle, colour: _Colour) -> None:
        picture, pen = drawing.picture, drawing.pen
        font: Any = cv2.FONT_HERSHEY_SIMPLEX
        picture[place.top : place.bottom, place.left : place.right] = _SHADOW
        at = (place.left + pen.thickness + 1, place.top + self.base)
        cv2.putText(picture, self.letters, at, font, pen.text_scale, colour, pen.thickness, cv2.LINE_AA)


def _pixels(points: Sequence[Point], scale: Point) -> list[_Pixel]:
    return [(_pixel(x * scale[0]), _pixel(y * scale[1])) for x, y in points]


def _pixel(place: float) -> int:
    return round(min(max(place, -_FARTHEST), _FARTHEST))
