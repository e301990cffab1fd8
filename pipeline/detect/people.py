"""Finds people who stand upright, with the detector that OpenCV brings along: nothing to download, no network."""

import math
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from pipeline.detect.identity import built_in_identity
from pipeline.files.settings import PeopleSettings
from pipeline.frame_conversion import Pixels, bgr_of
from pipeline.model import CapturedFrame, Detection

_LABEL: Final = "person"

# What the detector was trained with: a person in a window of 64 by 128, with 16 pixels around them on all sides (Dalal, Triggs:
# Histograms of Oriented Gradients for Human Detection). Its boxes are windows; cut down to the person, feet are where they are.
_WINDOW: Final = (64, 128)
_MARGIN: Final = 16

# Each size of people is looked for at 1.05 times the one before: with 1.2, more than half of them are lost.
_SCALE_STEP: Final = 1.05

# A person is found in several windows; what only one window holds is left out, because two in three of those are wrong.
_GROUP_THRESHOLD: Final = 1

# Of two boxes that overlap more, the less sure one is the same person.
_NMS_IOU: Final = 0.45

# Far below, boxes are all over the picture: 41 at 0.1, for five people.
_LEAST_CONFIDENCE: Final = 0.25

# Of what lies on the plane that parts people from the rest.
_PLANE: Final = 0.5


class PeopleDetector:
    """Finds people, class 0, ``person``.

    The confidence is the logistic function of the distance from the plane that parts people from the rest: 0.5 on the plane, 0.73
    at 1, 0.88 at 2. A minimum below 0.25 is taken as 0.25. It remembers nothing, so stills are as good as frames.
    """

    labels = (_LABEL,)

    def __init__(self, settings: PeopleSettings) -> None:
        """Loads the detector that is part of OpenCV."""
        self.identity = built_in_identity("people", settings)
        self._width = settings.picture_width
        self._least = max(settings.minimum_confidence, _LEAST_CONFIDENCE)
        # Never above the plane: who is surer than the minimum is not to be lost because the windows around them are not.
        searched = min(self._least, _PLANE)
        self._searched_distance = math.log(searched / (1 - searched))
        self._hog = cv2.HOGDescriptor()
        self._hog.setSVMDetector(np.asarray(cv2.HOGDescriptor.getDefaultPeopleDetector(), np.float32))

    def detect(self, frames: Sequence[CapturedFrame]) -> list[tuple[Detection, ...]]:
        """See ``Detector``."""
        return [self._look(bgr_of(frame.picture)) for frame in frames]

    def forget(self, camera_id: str) -> None:
        """See ``Detector``; there is nothing to drop."""

    def _look(self, picture: Pixels) -> tuple[Detection, ...]:
        height, width = picture.shape[:2]
        factor = max(1.0, width / self._width)
        size = (max(1, round(width / factor)), max(1, round(height / factor)))
        windows, distances = self._hog.detectMultiScale(
            _at_least_a_window(cv2.resize(picture, size, interpolation=cv2.INTER_AREA)),
            hitThreshold=self._searched_distance,
            winStride=(8, 8),
            padding=(_MARGIN, _MARGIN),
            scale=_SCALE_STEP,
            groupThreshold=_GROUP_THRESHOLD,
        )
        found = [
            _person(window, distance, (width / size[0], height / size[1]), (width, height))
            for window, distance in zip(windows, np.ravel(distances).tolist(), strict=True)
        ]
        people = [one for one in found if one.width > 0 and one.height > 0 and one.confidence >= self._least]
        boxes = [(person.left, person.top, person.width, person.height) for person in people]
        kept = cv2.dnn.NMSBoxes(boxes, [person.confidence for person in people], 0.0, _NMS_IOU) if people else ()
        return tuple(people[int(index)] for index in kept)


def _at_least_a_window(picture: "cv2.typing.MatLike") -> "cv2.typing.MatLike":
    """OpenCV writes beyond its memory when a picture is much smaller than the window; so its lower right edge is repeated."""
    height, width = picture.shape[:2]
    below, right = max(0, _WINDOW[1] - height), max(0, _WINDOW[0] - width)
    return cv2.copyMakeBorder(picture, 0, below, 0, right, cv2.BORDER_REPLICATE) if below or right else picture


def _person(
    window: Sequence[int], distance: float, factors: tuple[float, float], frame_size: tuple[int, int]
) -> Detection:
    """Returns the person in a window of the reduced picture, cut off at the edges of the frame."""
    left, top, width, height = (float(number) for number in window)
    across, down = width * _MARGIN / _WINDOW[0], height * _MARGIN / _WINDOW[1]
    x, right = (min(max(0.0, edge * factors[0]), frame_size[0]) for edge in (left + across, left + width - across))
    y, bottom = (min(max(0.0, edge * factors[1]), frame_size[1]) for edge in (top + down, top + height - down))
    return Detection(x, y, right - x, bottom - y, 0, _LABEL, 1 / (1 + math.exp(-distance)))
