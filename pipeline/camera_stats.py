"""What is known of one camera: how many frames it gave, how fast, how old the last one is, and what that means."""

import threading
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

# A camera whose last frame is older than this is not reachable. Longer than the pause that a busy camera or network makes,
# short enough that a person hears of it before they notice.
ALIVE_LIMIT_S: Final = 3.0

# A library that holds the last picture back hands it out when the connection times out, long after it was sent. So one
# frame alone is no sign of life.
FRAMES_TO_BE_ALIVE: Final = 2

# A camera that neither gave a frame nor failed for so long is not reachable either.
CONNECT_LIMIT_S: Final = 5.0

FPS_WINDOW_S: Final = 5.0

# Bounds the memory of the window: above 240 frames a second, the frame rate is computed from fewer than 5 s.
_WINDOW_FRAMES: Final = 1200


class CameraState(StrEnum):
    """The state of a camera, as ``/api/v1/metrics`` spells it."""

    CONNECTING = "connecting"
    ALIVE = "alive"
    NOT_REACHABLE = "not-reachable"


@dataclass(frozen=True)
class CameraSnapshot:
    """One camera at one moment.

    Attributes:
        frame_number: Frames decoded since the program began; it never goes back, also when the camera reconnects.
        fps: Frames per second over the last ``FPS_WINDOW_S``.
        latency_ms: Time that decoding took, mean over the last few frames.
        last_frame_age_s: Seconds since the last frame, None before the first.
        state: What the above amounts to.
        reason: Why the camera is not reachable, empty otherwise.
        losses: How often a connection that gave frames has ended.
        last_loss: Why the last of them did.
    """

    frame_number: int
    fps: float
    latency_ms: float
    last_frame_age_s: float | None
    state: CameraState
    reason: str
    losses: int
    last_loss: str


class CameraStats:
    """Counts for one camera. Its capture thread writes, anyone may read.

    The state follows from the age of the last frame alone, by our own clock, whatever the library underneath believes about its
    connection. All moments are monotonic seconds.
    """

    def __init__(self, began: float) -> None:
        self._lock = threading.Lock()
        self._began = began
        self._frame_number = 0
        self._recent: deque[float] = deque(maxlen=_WINDOW_FRAMES)
        self._window_began = began
        self._latency_s = 0.0
        self._last: float | None = None
        self._run = 0
        self._reason = ""
        self._losses = 0
        self._last_loss = ""

    def frame(self, now: float, latency_s: float) -> None:
        """A frame was decoded, which took so long."""
        with self._lock:
            if self._last is None or now - self._last > ALIVE_LIMIT_S:
                self._run = 0
            if self._last is None or now - self._last > FPS_WINDOW_S:
                self._recent.clear()
                self._window_began = now
            self._run += 1
            if self._run >= FRAMES_TO_BE_ALIVE:
                self._reason = ""
            self._last = now
            self._frame_number += 1
            self._recent.append(now)
            self._latency_s += (latency_s - self._latency_s) / min(self._frame_number, 16)

    def failed(self, reason: str, *, lost: bool = False) -> None:
        """An attempt to connect failed, or a connection that gave frames was lost."""
        with self._lock:
            self._reason = reason
            if lost:
                self._losses += 1
                self._last_loss = reason

    def snapshot(self, now: float) -> CameraSnapshot:
        """Returns the camera as it stands now."""
        with self._lock:
            state = self._state(now)
            reason = self._reason or "no frames"
            return CameraSnapshot(
                frame_number=self._frame_number,
                fps=self._fps(now),
                latency_ms=self._latency_s * 1000,
                last_frame_age_s=None if self._last is None else max(0.0, now - self._last),
                state=state,
                reason=reason if state is CameraState.NOT_REACHABLE else "",
                losses=self._losses,
                last_loss=self._last_loss,
            )

    def _state(self, now: float) -> CameraState:
        if self._last is not None and now - self._last <= ALIVE_LIMIT_S and self._run >= FRAMES_TO_BE_ALIVE:
            return CameraState.ALIVE
        if self._run < FRAMES_TO_BE_ALIVE and not self._reason and now - self._began <= CONNECT_LIMIT_S:
            return CameraState.CONNECTING
        return CameraState.NOT_REACHABLE

    def _fps(self, now: float) -> float:
        while self._recent and self._recent[0] <= now - FPS_WINDOW_S:
            self._recent.popleft()
        if len(self._recent) < FRAMES_TO_BE_ALIVE:
            return 0.0
        if self._window_began <= now - FPS_WINDOW_S and len(self._recent) < _WINDOW_FRAMES:
            return len(self._recent) / FPS_WINDOW_S
        # The window is not full yet: n frames make n - 1 intervals.
        return (len(self._recent) - 1) / max(now - self._recent[0], 1e-3)
