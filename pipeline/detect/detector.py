"""What the rest of the pipeline knows of a detector."""

from collections.abc import Sequence
from typing import Protocol

from pipeline.model import CapturedFrame, Detection, ModelIdentity


class DetectorError(Exception):
    """A detector cannot be made; the message is one line that says what is wrong with which file or setting."""


class Detector(Protocol):
    """Finds objects in frames.

    Several threads call ``detect`` at once, but never with frames of the same camera.
    """

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the classes, by class id."""
        ...

    @property
    def identity(self) -> ModelIdentity:
        """Which model it is."""
        ...

    def detect(self, frames: Sequence[CapturedFrame]) -> list[tuple[Detection, ...]]:
        """Returns the objects in each frame, in the order of the frames, with boxes in pixels of that frame."""
        ...

    def forget(self, camera_id: str) -> None:
        """Drops what is remembered of a camera; it is gone, or shows another picture now."""
        ...
