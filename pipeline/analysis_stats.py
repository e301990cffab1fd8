"""What is known of the analysis of one camera: how many frames were looked at, how fast, and how long that took."""

import threading
from collections import deque
from dataclasses import dataclass
from typing import Final

RATE_WINDOW_S: Final = 5.0

# Frames are measured one by one; so many make percentiles that say something, and bound the memory.
_LATENCIES: Final = 256

# A frame that waits longer than this for its turn means that the analysis is stuck, not that it is busy: a busy one takes the
# newest frame of each camera in turn.
STUCK_S: Final = 10.0


@dataclass(frozen=True)
class AnalysisSnapshot:
    """The analysis of one camera at one moment.

    Attributes:
        analysed: Frames that the detector has looked at.
        unchanged: Frames that it was spared.
        failed: Frames that could not be analysed.
        fps: Frames with a result per second, over the last ``RATE_WINDOW_S``.
        latency_ms: From decoding to the result, median of the last frames.
        latency_p95_ms: 95 % of them took at most so long.
        stuck: Whether a frame waits too long for its result.
    """

    analysed: int
    unchanged: int
    failed: int
    fps: float
    latency_ms: float
    latency_p95_ms: float
    stuck: bool


class AnalysisStats:
    """Counts for one camera. Its capture and a worker write, anyone may read; all moments are monotonic seconds."""

    def __init__(self, began_s: float) -> None:
        self._lock = threading.Lock()
        self._began_s = began_s
        self._analysed = 0
        self._unchanged = 0
        self._failed = 0
        self._finished_s: deque[float] = deque()
        self._latencies_s: deque[float] = deque(maxlen=_LATENCIES)
        self._owed_since_s: float | None = None

    def offered(self, now_s: float) -> None:
        """A frame was given to the analysis."""
        with self._lock:
            if self._owed_since_s is None:
                self._owed_since_s = now_s

    def finished(self, decoded_at_s: float, now_s: float, *, unchanged: bool) -> None:
        """A frame has its result."""
        with self._lock:
            self._owed_since_s = None
            self._analysed += not unchanged
            self._unchanged += unchanged
            self._finished_s.append(now_s)
            self._forget_old(now_s)
            self._latencies_s.append(now_s - decoded_at_s)

    def failed(self) -> None:
        """A frame could not be analysed; its result stays owing."""
        with self._lock:
            self._failed += 1

    def snapshot(self, now_s: float) -> AnalysisSnapshot:
        """Returns the analysis as it stands now."""
        with self._lock:
            self._forget_old(now_s)
            lived_s = min(RATE_WINDOW_S, max(now_s - self._began_s, 1e-3))
            in_order = sorted(self._latencies_s)
            return AnalysisSnapshot(
                analysed=self._analysed,
                unchanged=self._unchanged,
                failed=self._failed,
                fps=len(self._finished_s) / lived_s,
                latency_ms=1000 * _share(in_order, 0.5),
                latency_p95_ms=1000 * _share(in_order, 0.95),
                stuck=self._owed_since_s is not None and now_s - self._owed_since_s > STUCK_S,
            )

    def _forget_old(self, now_s: float) -> None:
        while self._finished_s and self._finished_s[0] <= now_s - RATE_WINDOW_S:
            self._finished_s.popleft()


def _share(in_order: list[float], share: float) -> float:
    return in_order[min(len(in_order) - 1, int(share * len(in_order)))] if in_order else 0.0
