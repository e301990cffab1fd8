"""What the numbers of a network's output mean: the ways in which YOLO networks are exported."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pipeline.files.settings import LayoutName

Numbers = NDArray[np.float64]

# Widths of the cells, in pixels, that YOLOv5 puts three boxes into, and later ones a single one; the larger variants have one more.
_STRIDES: Final = ((8, 16, 32), (8, 16, 32, 64))
_BOXES_PER_CELL: Final = 3
_END_TO_END_COLUMNS: Final = 6
# Boxes may reach out of the picture.
_FURTHEST_SHARE: Final = 2.0
# A few small ones may lie in a corner by chance; RT-DETR gives 300.
_FEWEST_THAT_TELL: Final = 50


class Layout(StrEnum):
    """How the boxes of one picture are laid out."""

    YOLOV5 = "(boxes, 5 + classes)"
    """Centre x and y, width, height, whether there is an object, and how much it is of each class."""

    YOLOV8 = "(4 + classes, boxes)"
    """As above, without the fifth and on its side; YOLO11 too."""

    END_TO_END = "(boxes, 6)"
    """Left, top, right, bottom, confidence, class: doubles are sorted out already."""

    YOLOX = "(cells, 5 + classes)"
    """As YOLOV5, with places relative to a cell, in its widths, and logarithms of sizes; as YOLOX is exported unless it is told to
    decode."""


LAYOUTS: Final[Mapping[LayoutName, Layout]] = {
    "yolov5": Layout.YOLOV5,
    "yolov8": Layout.YOLOV8,
    "end-to-end": Layout.END_TO_END,
    "yolox": Layout.YOLOX,
}
"""By the names that settings give them."""


class LabelsDoNotFitError(ValueError):
    """There are more or fewer names than the output has classes."""


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
    outputs: NDArray[Any], input_size: tuple[int, int], label_count: int | None, wanted: Layout | None = None
) -> tuple[Layout, int | None]:
    """Returns the layout of an output, and how many classes it knows; None if that cannot be told.

    What is wanted is taken if the shape allows it. Else six columns are end to end, unless there are as many rows as YOLOs make for
    this input. Else, with labels, the side that is as long as they ask for holds the numbers of a box; without, the shorter side does.
    A box for each cell, whose places are all within a few pixels of the corner, is in widths of cells: YOLOX. Otherwise boxes within
    two pixels of the corner are in shares of the picture.

    Args:
        outputs: For one picture, whatever is on it.
        input_size: Width and height of the picture.
        label_count: None if nothing names the classes.
        wanted: What the settings say.

    Raises:
        LabelsDoNotFitError: If it is not for so many labels.
        ValueError: If it is none of them; the message says what it is.
    """
    shape = outputs.shape
    if len(shape) != 3 or 0 in shape:
        raise ValueError(
            f"its output {shape} is none of (N, boxes, 5 + classes), (N, 4 + classes, boxes), (N, boxes, 6)"
        )
    if wanted is not None:
        return wanted, _classes_as_wanted(shape, input_size, label_count, wanted)
    _, rows, columns = shape
    if rows not in _rows_of_cells(input_size) and _are_shares(outputs[0] if rows > columns else outputs[0].T):
        raise ValueError(
            f"its output {shape} has boxes in shares of the picture, as RT-DETR gives them; they must be in pixels, or name its layout"
        )
    if columns == _END_TO_END_COLUMNS and rows not in _rows_of_cells(input_size):
        return Layout.END_TO_END, None
    layout, classes = _by_shape(shape, label_count)
    if layout is Layout.YOLOV5 and rows in _cells(input_size) and not _are_spread(outputs[0], input_size):
        return Layout.YOLOX, classes
    return layout, classes


def _by_shape(shape: tuple[int, ...], label_count: int | None) -> tuple[Layout, int]:
    _, rows, columns = shape
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
        raise LabelsDoNotFitError(
            f"its output {shape} is of {known[likely]} classes, but there are {label_count} labels"
        )
    return likely, known[likely]


def _classes_as_wanted(
    shape: tuple[int, ...], input_size: tuple[int, int], label_count: int | None, wanted: Layout
) -> int | None:
    _, rows, columns = shape
    if wanted is Layout.END_TO_END:
        if columns != _END_TO_END_COLUMNS:
            raise ValueError(f"its output {shape} is not {wanted}, the layout that the settings name")
        return None
    classes = rows - 4 if wanted is Layout.YOLOV8 else columns - 5
    if classes < 1 or (wanted is Layout.YOLOX and rows not in _cells(input_size)):
        raise ValueError(f"its output {shape} is not {wanted}, the layout that the settings name")
    if label_count not in (None, classes):
        raise LabelsDoNotFitError(f"its output {shape} is of {classes} classes, but there are {label_count} labels")
    return classes


def _are_spread(rows: NDArray[Any], input_size: tuple[int, int]) -> bool:
    """Tells whether the middles of the boxes lie all over the picture: a network puts a box near each of its cells, seen or not.

    In widths of cells they are a few at most; in pixels the last cell is at the far edge.
    """
    furthest = np.asarray(rows[:, :2], np.float64).max(axis=0)
    return bool((furthest > np.asarray(input_size) / 2).any())


def _are_shares(rows: NDArray[Any]) -> bool:
    """Tells whether no box goes beyond two pixels, though not all of them are nought, with which exporters fill up."""
    furthest = np.abs(np.nan_to_num(np.asarray(rows[:, :4], np.float64))).max()
    return len(rows) >= _FEWEST_THAT_TELL and bool(0 < furthest <= _FURTHEST_SHARE)


def candidates_of(
    layout: Layout, output: NDArray[Any], input_size: tuple[int, int], minimum_confidence: float
) -> Candidates:
    """Returns what the output of one picture says of objects at least so sure; what is no number is left out."""
    numbers = np.asarray(output, np.float64)
    match layout:
        case Layout.END_TO_END:
            found = _end_to_end(numbers)
        case Layout.YOLOV8:
            found = _best_classes(numbers.T[:, :4], numbers.T[:, 4:])
        case Layout.YOLOV5:
            found = _best_classes(numbers[:, :4], numbers[:, 5:] * numbers[:, 4:5])
        case Layout.YOLOX:
            found = _best_classes(_from_cells(numbers[:, :4], input_size), numbers[:, 5:] * numbers[:, 4:5])
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


def _from_cells(relative: Numbers, input_size: tuple[int, int]) -> Numbers:
    """Returns centre and size of boxes in pixels; cells come row by row, the smallest ones first (YOLOX, `decode_outputs`)."""
    width, height = input_size
    grids = []
    for strides in _STRIDES:
        grids = [(stride, width // stride, height // stride) for stride in strides]
        if sum(across * down for _, across, down in grids) == len(relative):
            break
    cells = np.concatenate(
        [
            np.stack(
                (
                    *(axis.ravel() for axis in np.meshgrid(np.arange(across), np.arange(down))),
                    np.full(across * down, stride),
                ),
                1,
            )
            for stride, across, down in grids
        ]
    ).astype(np.float64)
    widths = cells[:, 2:]
    # What is far too large for a number is no box, and left out as such.
    with np.errstate(over="ignore"):
        return np.concatenate(((relative[:, :2] + cells[:, :2]) * widths, np.exp(relative[:, 2:]) * widths), axis=1)


def _cells(input_size: tuple[int, int]) -> set[int]:
    width, height = input_size
    return {sum((width // stride) * (height // stride) for stride in strides) for strides in _STRIDES}


def _rows_of_cells(input_size: tuple[int, int]) -> set[int]:
    """How many boxes YOLOs make of a picture: one in each cell, or three."""
    cells = _cells(input_size)
    return cells | {_BOXES_PER_CELL * number for number in cells}
