"""What the numbers of a network's output mean: the three ways in which YOLO networks are exported."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

# Widths of the cells, in pixels, that YOLOv5 puts three boxes into; the larger variants have one more.
_STRIDES: Final = ((8, 16, 32), (8, 16, 32, 64))
_BOXES_PER_CELL: Final = 3
_END_TO_END_COLUMNS: Final = 6


class Layout(StrEnum):
    """How the boxes of one picture are laid out."""

    YOLOV5 = "(boxes, 5 + classes)"
    """Centre x and y, width, height, whether there is an object, and how much it is of each class."""

    YOLOV8 = "(4 + classes, boxes)"
    """As above, without the fifth and on its side; YOLO11 too."""

    END_TO_END = "(boxes, 6)"
    """Left, top, right, bottom, confidence, class: doubles are sorted out already."""


@dataclass(frozen=True)
class Candidates:
    """Boxes that may be objects; one row or number for each.

    Attributes:
        boxes: Left, top, right, bottom, in pixels of the input.
        confidences: 0 to 1.
        class_ids: From 0.
    """

    boxes: Numbers
    confidences: Numbers
    class_ids: NDArray[np.int64]


def layout_of(
    shape: tuple[int, ...], input_size: tuple[int, int], label_count: int | None
) -> tuple[Layout, int | None]:
    """Returns the layout of an output, and how many classes it knows; None if that cannot be told.

    Six columns are end to end, unless there are as many rows as YOLOv5 makes for this input. Else, with labels, the side that is as
    long as they ask for holds the numbers of a box; without, the shorter side does.

    Args:
        shape: Of the output for one picture.
        input_size: Width and height of the picture.
        label_count: None if there is no file of labels.

    Raises:
        ValueError: If it is none of them, or not for so many labels; the message says what it is.
    """
    if len(shape) != 3 or 0 in shape:
        raise ValueError(
            f"its output {shape} is none of (N, boxes, 5 + classes), (N, 4 + classes, boxes), (N, boxes, 6)"
        )
    _, rows, columns = shape
    if columns == _END_TO_END_COLUMNS and rows not in _yolov5_rows(input_size):
        return Layout.END_TO_END, None
    known = {Layout.YOLOV8: rows - 4, Layout.YOLOV5: columns - 5}
    if label_count is not None:
        for layout, classes in known.items():
            if classes == label_count:
                return layout, classes
    if rows == columns:
        raise ValueError(f"its output {shape} does not tell which side the boxes are on; a file of labels would")
    likely = Layout.YOLOV8 if rows < columns else Layout.YOLOV5
    if known[likely] < 1:
        raise ValueError(f"its output {shape} has no room for a class beside the box")
    if label_count is not None:
        raise ValueError(f"its output {shape} is of {known[likely]} classes, but there are {label_count} labels")
    return likely, known[likely]


def candidates_of(layout: Layout, output: NDArray[Any], minimum_confidence: float) -> Candidates:
    """Returns what the output of one picture says of objects at least so sure; what is no number is left out."""
    numbers = np.asarray(output, np.float64)
    match layout:
        case Layout.END_TO_END:
            found = _end_to_end(numbers)
        case Layout.YOLOV8:
            found = _best_classes(numbers.T[:, :4], numbers.T[:, 4:])
        case Layout.YOLOV5:
            found = _best_classes(numbers[:, :4], numbers[:, 5:] * numbers[:, 4:5])
    # What is not a number is not at least anything either.
    good = (found.confidences >= minimum_confidence) & np.isfinite(found.boxes).all(axis=1) & (found.class_ids >= 0)
    good &= np.isfinite(found.confidences) & (found.confidences > 0)
    return Candidates(found.boxes[good], found.confidences[good], found.class_ids[good])


def _end_to_end(rows: Numbers) -> Candidates:
    classes = np.where(np.isfinite(rows[:, 5]), rows[:, 5], -1)
    return Candidates(rows[:, :4], rows[:, 4], np.clip(np.rint(classes), -1, 1 << 30).astype(np.int64))


def _best_classes(centred: Numbers, scores: Numbers) -> Candidates:
    scores = np.where(np.isfinite(scores), scores, -1.0)
    best = scores.argmax(axis=1)
    centres, halves = centred[:, :2], centred[:, 2:] / 2
    boxes = np.concatenate((centres - halves, centres + halves), axis=1)
    return Candidates(boxes, scores[np.arange(len(best)), best], best)


def _yolov5_rows(input_size: tuple[int, int]) -> set[int]:
    width, height = input_size
    return {_BOXES_PER_CELL * sum((width // stride) * (height // stride) for stride in strides) for strides in _STRIDES}
