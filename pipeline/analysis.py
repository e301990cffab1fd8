"""The workers: they take frames out of the slots, have them looked at, and hand on what was found."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

from pipeline.detect.detector import Detector
from pipeline.model import CapturedFrame, Detection, FrameResult
from pipeline.stream import Stream
from pipeline.streams import Streams

_LOG = logging.getLogger(__name__)

# After the slots are closed, the workers have their last batches to finish; so long they may take together.
_GOODBYE_S: Final = 0.3


class Analysis:
    """Looks at frames in a number of threads until the slots are closed."""

    def __init__(
        self,
        streams: Streams,
        detector: Detector,
        tell: Callable[[Stream, FrameResult], None],
        *,
        workers: int,
        batch_size: int,
        batch_deadline_s: float,
    ) -> None:
        self._streams = streams
        self._detector = detector
        self._tell = tell
        self._batch_size = batch_size
        self._batch_deadline_s = batch_deadline_s
        self._failing: set[str] = set()
        self._threads = [threading.Thread(target=self._work, name=f"worker {n}", daemon=True) for n in range(workers)]

    def start(self) -> None:
        """Starts the threads."""
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """Waits a moment for the threads to end."""
        deadline_s = time.monotonic() + _GOODBYE_S
        for thread in self._threads:
            thread.join(max(0.0, deadline_s - time.monotonic()))

    def _work(self) -> None:
        slots = self._streams.slots
        while frames := slots.take(self._batch_size, self._batch_deadline_s):
            try:
                self._analyse(frames)
            finally:
                slots.done(frames)

    def _analyse(self, frames: Sequence[CapturedFrame]) -> None:
        pairs = [(stream, frame) for frame in frames if (stream := self._streams.find(frame.camera_id)) is not None]
        changed = [(stream, frame) for stream, frame in pairs if stream.is_significant(frame)]
        found = self._detect([frame for _, frame in changed])
        detections = {frame.camera_id: objects for (_, frame), objects in zip(changed, found, strict=True)}
        for stream, frame in pairs:
            if frame.camera_id in detections and detections[frame.camera_id] is None:
                stream.failed()
            else:
                self._tell(stream, stream.result_of(frame, detections.get(frame.camera_id)))

    def _detect(self, frames: Sequence[CapturedFrame]) -> Sequence[Sequence[Detection] | None]:
        """Returns what is in each frame; None for one that the detector fails at."""
        try:
            return self._detector.detect(frames) if frames else []
        except Exception:  # noqa: BLE001 - whatever a network raises, the other cameras go on
            if len(frames) > 1:
                return [found for frame in frames for found in self._detect([frame])]
            camera_id = frames[0].camera_id
            if camera_id not in self._failing:
                self._failing.add(camera_id)
                _LOG.exception("camera=%s the detector failed; said once", camera_id)
            return [None]
