"""Classification of whole pictures by an ONNX network of the user's."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.cpu_limit import available_cpus, worker_count
from pipeline.detect.detector import DetectorError
from pipeline.detect.identity import identity_of_file
from pipeline.detect.labels_file import read_labels
from pipeline.detect.onnx_session import OnnxSession
from tasks.wire import MOST_CLASS_NAME_CHARACTERS, Answer, ImageClass, TaskKind
from tasks.worker.answering import Picture

# What networks are trained with that leave their size open.
_USUAL_SIZE: Final = 224
_USUAL_ANSWERS: Final = 5
# Rounding aside, probabilities sum up to 1.
_SUM_TOLERANCE: Final = 1e-2


@dataclass(frozen=True)
class ClassifierSettings:
    """A network whose one output is (N, classes).

    Attributes:
        model: The ONNX file.
        labels: A file with the name of one class per line; None for the names that the network's file may hold.
        colours: The order of the channels that the network was trained with.
        scale: Values of pixels, 0 to 255, are multiplied by it.
        answers: So many of the most probable classes are told.
    """

    model: Path
    labels: Path | None = None
    colours: Literal["rgb", "bgr"] = "rgb"
    scale: float = 1 / 255
    answers: int = _USUAL_ANSWERS


class Classifier:
    """Tells of which classes a picture may be. Output that is not probabilities already is made to by softmax."""

    kind = TaskKind.CLASSIFICATION

    def __init__(self, settings: ClassifierSettings) -> None:
        """Loads the network and its labels.

        Raises:
            DetectorError: If onnxruntime is not installed, the file is no such network, or the labels do not fit it.
        """
        self._settings = settings
        self.identity = identity_of_file(settings.model)
        # One picture at a time: the cores that we may use are all for it.
        threads = worker_count(available_cpus())
        self._session = OnnxSession(settings.model, open_size=_USUAL_SIZE, threads=threads)
        shapes = self._session.output_shapes
        if len(shapes) != 1 or len(shapes[0]) != 2 or shapes[0][1] == 0:
            raise DetectorError(f"{settings.model}: a classifier has one output (N, classes), this one has {shapes}")
        classes = shapes[0][1]
        # What the file says of itself nobody has checked: names that do not fit it are none.
        names = self._session.metadata.names or ()
        self.labels = names if len(names) == classes else ()
        if settings.labels is not None:
            self.labels = read_labels(settings.labels)
            if len(self.labels) != classes:
                raise DetectorError(
                    f"{settings.labels}: {len(self.labels)} labels for {classes} classes of {settings.model}"
                )

    def answer(self, picture: Picture) -> Answer:
        """Returns the most probable classes, the best first."""
        size = (self._session.width, self._session.height)
        sized = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        blob = cv2.dnn.blobFromImage(sized, self._settings.scale, swapRB=self._settings.colours == "rgb")
        ((scores,),) = self._session.run(np.asarray(blob, np.float32))
        probabilities = as_probabilities(scores.astype(np.float64))
        best = np.argsort(-probabilities, kind="stable")[: self._settings.answers]
        return tuple(
            ImageClass(int(class_id), float(probabilities[class_id]), self._class_name(int(class_id)))
            for class_id in best
        )

    def _class_name(self, class_id: int) -> str | None:
        return (self.labels[class_id][:MOST_CLASS_NAME_CHARACTERS] or None) if self.labels else None


def as_probabilities(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the scores if they are probabilities already, else their softmax.

    Raises:
        ValueError: If a score is not a number.
    """
    if not np.isfinite(scores).all():
        raise ValueError("the network answered with something that is not a number")
    if scores.min() >= 0 and abs(scores.sum() - 1) <= _SUM_TOLERANCE:
        return np.minimum(scores, 1.0)
    powers = np.exp(scores - scores.max())
    softmax: NDArray[np.float64] = powers / powers.sum()
    return softmax
