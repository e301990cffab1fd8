"""The workers: they take frames out of the slots, have them looked at, and hand on what was found."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final, ParamSpec, TypeVar

from pipeline.detect.detector import Detector
from pipeline.model import CapturedFrame, Detection, FrameResult
from pipeline.stream import Stream
from pipeline.streams import Streams

_P = ParamSpec("_P")
_T = TypeVar("_T")

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
        while frames := self._streams.slots.take(self._batch_size, self._batch_deadline_s):
            try:
                self._analyse(frames)
            finally:
                self._streams.settle(frames)

    def _analyse(self, frames: Sequence[CapturedFrame]) -> None:
        pairs = [(stream, frame) for frame in frames if (stream := self._stream_of(frame)) is not None]
        changed = {frame.camera_id: self._survive(frame, stream.is_significant, frame) for stream, frame in pairs}
        looked_at = [frame for _, frame in pairs if changed[frame.camera_id]]
        found = dict(zip((frame.camera_id for frame in looked_at), self._detect(looked_at), strict=True))
        for stream, frame in pairs:
            is_known = changed[frame.camera_id] is False or found.get(frame.camera_id) is not None
            if is_known and self._survive(frame, self._finish, stream, frame, found.get(frame.camera_id)):
                self._failing.discard(frame.camera_id)
            else:
                stream.failed()

    def _stream_of(self, frame: CapturedFrame) -> Stream | None:
        stream = self._streams.find(frame.camera_id)
        return stream if stream is not None and stream.owns(frame) else None

    def _detect(self, frames: Sequence[CapturedFrame]) -> Sequence[Sequence[Detection] | None]:
        """Returns what is in each frame; None for one that the detector fails at."""
        if len(frames) > 1:
            try:
                return self._detector.detect(frames)
            except Exception:  # noqa: BLE001 - one of them is to blame; looked at one by one, it is that one alone
                return [found for frame in frames for found in self._detect([frame])]
        alone = [self._survive(frame, self._detector.detect, [frame]) for frame in frames]
        return [None if found is None else found[0] for found in alone]

    def _finish(self, stream: Stream, frame: CapturedFrame, detections: Sequence[Detection] | None) -> bool:
        self._tell(stream, stream.result_of(frame, detections))
        return True

    def _survive(self, frame: CapturedFrame, step: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T | None:
        """Returns what the step does; None if it fails, which costs this frame and no other, and is said until it works again."""
        try:
            return step(*args, **kwargs)
        except Exception:  # noqa: BLE001 - whatever a network or a strange picture raises, the other cameras go on
            if frame.camera_id not in self._failing:
                self._failing.add(frame.camera_id)
                _LOG.exception(
                    "camera=%s frame %d could not be analysed; said once until one can", frame.camera_id, frame.number
                )
            return None
