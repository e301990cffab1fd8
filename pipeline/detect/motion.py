"""Finds what moves, by subtracting a background that is learnt for each camera."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2

from pipeline.detect.identity import built_in_identity
from pipeline.files.settings import MotionSettings
from pipeline.frame_pixels import FramePixels, reduction_factor
from pipeline.model import CapturedFrame, Detection

_LABEL: Final = "object"

# Of the mixture of Gaussians: frames that it remembers, and the squared distance in deviations from which on a pixel is no
# background. OpenCV's own defaults; 10 instead of 16 finds 2 % more of the objects, and 1 % more that are none.
_HISTORY_FRAMES: Final = 500
_VARIANCE_THRESHOLD: Final = 16.0

# Closes the gaps between parts of one object. Higher than wide, as people are: their parts lie above each other. Much larger ones
# find no more, and make one object of two that pass.
_CLOSING: Final = cv2.getStructuringElement(cv2.MORPH_RECT, (3, 5))

# Components that can be numbered with 16 bits; the rest is for those at odd edges.
_MOST_SMALL_NUMBERS: Final = 2**16 - 2**12

# When so much of the picture is no background any more, no object has come: the light, or what the camera looks at, is another.
_NEW_SCENE_SHARE: Final = 0.6


@dataclass
class _Background:
    """What is remembered of one camera.

    Attributes:
        subtractor: The background.
        size: Width and height of the frames that it was learnt from, in pixels.
        last_number: Of the frame that it has seen last.
        is_new: Whether it has not seen any yet.
    """

    subtractor: cv2.BackgroundSubtractorMOG2
    size: tuple[int, int]
    last_number: int
    is_new: bool = True


class MotionDetector:
    """Finds what moves, class 0, ``object``; its confidence is the share of its box that moves.

    The first frame of a camera is the background, so nothing is found in it; a detector of stills this is not. So is a frame of
    another size, or with a number that goes back, and the first after the whole picture has changed.
    """

    labels = (_LABEL,)

    def __init__(self, settings: MotionSettings) -> None:
        """Begins without any background."""
        self.identity = built_in_identity("motion", settings)
        self._settings = settings
        self._lock = threading.Lock()
        self._backgrounds: dict[str, _Background] = {}

    def detect(self, frames: Sequence[CapturedFrame]) -> list[tuple[Detection, ...]]:
        """See ``Detector``."""
        # All at once and first: a camera that is forgotten meanwhile is not remembered again by this.
        with self._lock:
            backgrounds = [self._background_for(frame) for frame in frames]
        return [self._look(frame, background) for frame, background in zip(frames, backgrounds, strict=True)]

    def forget(self, camera_id: str) -> None:
        """See ``Detector``."""
        with self._lock:
            self._backgrounds.pop(camera_id, None)

    def _background_for(self, frame: CapturedFrame) -> _Background:
        size = (frame.picture.width, frame.picture.height)
        known = self._backgrounds.get(frame.camera_id)
        if known is None or known.size != size or frame.number <= known.last_number:
            known = self._backgrounds[frame.camera_id] = _Background(_new_subtractor(), size, frame.number)
        known.last_number = frame.number
        return known

    def _look(self, frame: CapturedFrame, background: _Background) -> tuple[Detection, ...]:
        factor = reduction_factor(frame.picture.width, self._settings.picture_width)
        reduced = _reduced(frame.pixels, factor)
        moving = background.subtractor.apply(reduced)
        if background.is_new:
            background.is_new = False
            return ()
        if cv2.countNonZero(moving) > _NEW_SCENE_SHARE * moving.size:
            background.subtractor = _new_subtractor()
            background.subtractor.apply(reduced)
            return ()
        return self._objects(cv2.morphologyEx(moving, cv2.MORPH_CLOSE, _CLOSING), factor)

    def _objects(self, moving: "cv2.typing.MatLike", factor: int) -> tuple[Detection, ...]:
        least = moving.size * self._settings.minimum_area_percent / 100
        # Small numbers take a third of the time. Components are at most a quarter of the pixels.
        numbers = cv2.CV_16U if moving.size // 4 < _MOST_SMALL_NUMBERS else cv2.CV_32S
        _, _, found, _ = cv2.connectedComponentsWithStats(moving, connectivity=8, ltype=numbers)
        return tuple(
            Detection(
                left=float(left * factor),
                top=float(top * factor),
                width=float(width * factor),
                height=float(height * factor),
                class_id=0,
                label=_LABEL,
                confidence=area / (width * height),
            )
            # The first is what does not move.
            for left, top, width, height, area in found[1:].tolist()
            if area >= least
        )


def _new_subtractor() -> cv2.BackgroundSubtractorMOG2:
    # Without its detection of shadows: given brightness and colours apart, as here, it changes nothing; given brightness alone, it
    # takes an eighth of the objects for shadows.
    return cv2.createBackgroundSubtractorMOG2(_HISTORY_FRAMES, _VARIANCE_THRESHOLD, detectShadows=False)


def _reduced(pixels: FramePixels, factor: int) -> "cv2.typing.MatLike":
    """Returns brightness and colours at the same size, as channels.

    The colours cost a tenth of the time, and find a fifth more of small or dull objects: those as bright as the ground.
    """
    return cv2.merge([pixels.luma(factor), *pixels.colours(factor)])
