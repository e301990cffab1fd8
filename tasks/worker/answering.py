"""From the bytes of a picture to the answer: limits, decoding, the model. Whatever the bytes are, there is an answer."""

import logging
import time
from collections.abc import Iterable
from typing import Any, Final, Protocol

import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from pipeline.detect.detector import Detector
from pipeline.model import CapturedFrame, Detection, ModelIdentity
from tasks.image_header import BrokenHeader, UnknownImageFormat, read_header
from tasks.limits import ImageLimits
from tasks.wire import MOST_CLASS_NAME_CHARACTERS, Answer, DetectedPrimitive, TaskFailure, TaskKind
from tasks.worker.png_data import unpacks_too_far

_LOG = logging.getLogger(__name__)

# So many fit into a message of Kafka's own limit, 1 MB, five times over.
_MOST_RESULTS: Final = 1000

# Detectors know pictures by the camera that they come from; these come from none.
_NO_CAMERA: Final = "task"

Picture = NDArray[np.uint8]
"""Height by width by blue, green, red."""


class TaskModel(Protocol):
    """Answers pictures, one at a time."""

    @property
    def kind(self) -> TaskKind:
        """Of the tasks that it answers."""
        ...

    @property
    def identity(self) -> ModelIdentity:
        """Its name, and what tells it from others of that name."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of its classes, by class id."""
        ...

    def answer(self, picture: Picture) -> Answer:
        """Looks at one picture."""
        ...


class DetectionModel:
    """A detector of cameras' frames, for pictures without a camera."""

    kind = TaskKind.DETECTION

    def __init__(self, detector: Detector) -> None:
        """Wraps the detector, which must not need frames before the one that it looks at."""
        self._detector = detector
        self._number = 0

    @property
    def identity(self) -> ModelIdentity:
        """See ``TaskModel``."""
        return self._detector.identity

    @property
    def labels(self) -> tuple[str, ...]:
        """See ``TaskModel``."""
        return self._detector.labels

    def answer(self, picture: Picture) -> Answer:
        """See ``TaskModel``."""
        self._number += 1
        frame = CapturedFrame(
            camera_id=_NO_CAMERA,
            number=self._number,
            picture=VideoFrame.from_ndarray(picture, "bgr24"),
            decoded_at_s=time.monotonic(),
            seen_at_s=time.time(),
        )
        try:
            (detections,) = self._detector.detect([frame])
        finally:
            self._detector.forget(_NO_CAMERA)
        height, width = picture.shape[:2]
        return primitives_of(detections, width, height)


def primitives_of(detections: Iterable[Detection], width: int, height: int) -> tuple[DetectedPrimitive, ...]:
    """Returns the detections relative to their picture, the surest first, each box cut off at the picture's edges.

    Args:
        detections: In pixels.
        width: Of the picture, in pixels.
        height: Of the picture, in pixels.
    """
    surest = sorted(detections, key=lambda detection: -detection.confidence)[:_MOST_RESULTS]
    primitives = []
    for detection in surest:
        left, right = _inside(detection.left, detection.width, width)
        top, bottom = _inside(detection.top, detection.height, height)
        if right > left and bottom > top:
            primitives.append(
                DetectedPrimitive(
                    class_id=detection.class_id,
                    x_coord=(left + right) / 2,
                    y_coord=(top + bottom) / 2,
                    width=right - left,
                    height=bottom - top,
                    rotation=0.0,
                    probability=min(1.0, max(0.0, detection.confidence)),
                    class_name=detection.label[:MOST_CLASS_NAME_CHARACTERS] or None,
                )
            )
    return tuple(primitives)


def answer_image(image: bytes, model: TaskModel, limits: ImageLimits) -> Answer:
    """Returns the model's answer, or why there is none; never raises what a picture could be the cause of."""
    if len(image) > limits.image_bytes:
        return TaskFailure(f"the picture has {len(image)} bytes; at most {limits.image_bytes} are looked at")
    try:
        header = read_header(image)
    except (UnknownImageFormat, BrokenHeader) as error:
        return TaskFailure(f"not a picture: {error}")
    if header.pixels > limits.image_pixels:
        return TaskFailure(
            f"the picture has {header.width} x {header.height} pixels; at most {limits.image_pixels} are looked at"
        )
    if unpacks_too_far(image):
        return TaskFailure("the picture is broken: it unpacks to far more than its size")
    try:
        picture: Any = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR)
    except (cv2.error, MemoryError):
        picture = None
    if picture is None:
        return TaskFailure("the picture is broken: it cannot be decoded")
    try:
        return model.answer(picture)
    except Exception:  # noqa: BLE001 - a model is the user's own
        # One picture that the model stumbles over must not keep all others waiting.
        _LOG.exception("%s failed on a picture of %d x %d pixels", model.identity.name, header.width, header.height)
        return TaskFailure("the model failed on this picture")


def _inside(begin: float, length: float, whole: int) -> tuple[float, float]:
    """Returns where the stretch begins and ends, relative to the whole and within it."""
    return min(1.0, max(0.0, begin / whole)), min(1.0, max(0.0, (begin + length) / whole))
