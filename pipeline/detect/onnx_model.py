"""Finds what a network of the user's finds."""

import logging
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from pipeline.detect.detector import DetectorError
from pipeline.detect.identity import identity_of_file
from pipeline.detect.labels_file import read_labels
from pipeline.detect.letterbox import Letterbox
from pipeline.detect.onnx_session import OnnxSession
from pipeline.detect.yolo_layouts import LAYOUTS, Candidates, LabelsDoNotFitError, Layout, candidates_of, layout_of
from pipeline.files.settings import OnnxSettings
from pipeline.frame_conversion import Pixels, bgr_of
from pipeline.model import CapturedFrame, Detection

_LOG = logging.getLogger(__name__)

# The surest of one frame; sorting out doubles takes the square of their number.
_MOST_CANDIDATES: Final = 1000

# As Ultralytics' exporter calls it. The others have outputs of nearly the same shape, with other things in it.
_TASK: Final = "detect"


class OnnxDetector:
    """Runs a YOLO network, of any of the layouts that ``yolo_layouts`` tells apart.

    It remembers nothing, so stills are as good as frames.
    """

    def __init__(self, settings: OnnxSettings) -> None:
        """Loads the network and its labels.

        Raises:
            DetectorError: If onnxruntime is not installed, the file is no such network, or the labels do not fit it.
        """
        self._settings = settings
        names = None if settings.labels is None else read_labels(settings.labels)
        self._session = OnnxSession(settings.model, input_size=settings.input_size)
        self.identity = identity_of_file(settings.model)
        task = self._session.metadata.task
        if task not in (None, _TASK):
            raise DetectorError(f"{settings.model}: it is a network for the task {task!r}; one for {_TASK!r} is needed")
        self._layout, classes = _layout(self._session, settings, names)
        if self._layout is Layout.YOLOX and settings.scale != 1:
            _LOG.warning(
                "%s: YOLOX is trained with colours bgr and scale 1, unless it is an old one; the scale is %.3g: it may find nothing",
                settings.model,
                settings.scale,
            )
        names = names or self._session.metadata.names
        self.labels = names or tuple(str(class_id) for class_id in range(classes or 0))

    def detect(self, frames: Sequence[CapturedFrame]) -> list[tuple[Detection, ...]]:
        """See ``Detector``.

        Raises:
            DetectorError: If the network fails.
        """
        if not frames:
            return []
        pictures = [bgr_of(frame.picture) for frame in frames]
        boxes = [self._letterbox(picture) for picture in pictures]
        inputs = cv2.dnn.blobFromImages(
            [box.put(picture) for box, picture in zip(boxes, pictures, strict=True)],
            self._settings.scale,
            swapRB=self._settings.colours == "rgb",
        )
        (outputs,) = self._session.run(np.asarray(inputs, np.float32))
        minimum = self._settings.minimum_confidence
        return [
            self._objects(
                candidates_of(self._layout, output, (self._session.width, self._session.height), minimum), box
            )
            for output, box in zip(outputs, boxes, strict=True)
        ]

    def forget(self, camera_id: str) -> None:
        """See ``Detector``; there is nothing to drop."""

    def _letterbox(self, picture: Pixels) -> Letterbox:
        height, width = picture.shape[:2]
        return Letterbox.fitting((width, height), (self._session.width, self._session.height))

    def _objects(self, found: Candidates, letterbox: Letterbox) -> tuple[Detection, ...]:
        surest = np.argsort(-found.confidences, kind="stable")[:_MOST_CANDIDATES]
        boxes = letterbox.to_frame(found.boxes[surest])
        confidences, class_ids = found.confidences[surest], found.class_ids[surest]
        sizes = boxes[:, 2:] - boxes[:, :2]
        whole = np.flatnonzero((sizes > 0).all(axis=1))
        boxes, sizes, confidences, class_ids = boxes[whole], sizes[whole], confidences[whole], class_ids[whole]
        kept: Sequence[int] = range(len(boxes))
        if self._layout is not Layout.END_TO_END and len(boxes):
            corners_and_sizes = np.concatenate((boxes[:, :2], sizes), axis=1)
            kept = cv2.dnn.NMSBoxesBatched(
                corners_and_sizes.tolist(), confidences.tolist(), class_ids.tolist(), 0.0, self._settings.nms_iou
            )
        return tuple(
            Detection(
                left=float(boxes[index, 0]),
                top=float(boxes[index, 1]),
                width=float(sizes[index, 0]),
                height=float(sizes[index, 1]),
                class_id=int(class_ids[index]),
                label=self._label(int(class_ids[index])),
                confidence=min(1.0, float(confidences[index])),
            )
            for index in kept
        )

    def _label(self, class_id: int) -> str:
        return self.labels[class_id] if class_id < len(self.labels) else str(class_id)


def _layout(session: OnnxSession, settings: OnnxSettings, names: tuple[str, ...] | None) -> tuple[Layout, int | None]:
    if len(session.output_shapes) != 1:
        shapes = ", ".join(map(str, session.output_shapes))
        raise DetectorError(f"{session.model}: it has outputs {shapes}; one is needed: export it without the others")
    said, wanted = session.metadata.names, LAYOUTS[settings.layout] if settings.layout else None
    known, source = (names, f"in {settings.labels}") if names else (said, "in its metadata: name them in a file")
    try:
        layout, classes = layout_of(
            session.tried[0], (session.width, session.height), None if known is None else len(known), wanted
        )
    except LabelsDoNotFitError as error:
        raise DetectorError(f"{session.model}: {error} {source}") from None
    except ValueError as error:
        raise DetectorError(f"{session.model}: {error}") from None
    # Such an output does not tell how many classes there are, but the file may.
    if classes is None and names and said and len(names) != len(said):
        raise DetectorError(
            f"{session.model}: its metadata is of {len(said)} classes, but there are {len(names)} labels {source}"
        )
    return layout, classes
