"""What is known of one camera: how many frames it sent, how fast, how old the last one is, and what that means."""

import threading
from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pipeline.damage.judge import ClockJump
from pipeline.files.settings import CameraSettings

# One frame alone is no sign of life: it may have been on its way for long.
FRAMES_TO_BE_ALIVE: Final = 2

# A camera that neither sent a frame nor failed for so long is not reachable either.
CONNECT_LIMIT_S: Final = 5.0

FPS_WINDOW_S: Final = 5.0

# Bounds the memory of the window: above 240 frames a second, the frame rate is computed from fewer than 5 s.
_WINDOW_FRAMES: Final = 1200

# A decoder that begins in the middle of a stream has nothing to begin with until the next key frame: what it fails at until the
# first whole picture is no damage. Of more pictures than this it is.
_SETTLING_PICTURES: Final = 100


class CameraState(StrEnum):
    """The state of a camera, as ``/api/v1/metrics`` spells it.

    Attributes:
        CONNECTING: No frames yet, and no failure.
        ALIVE: It sends frames.
        SLOW: It sends frames, but fewer than it is expected to.
        NOT_REACHABLE: Anything else.
    """

    CONNECTING = "connecting"
    ALIVE = "alive"
    SLOW = "slow"
    NOT_REACHABLE = "not-reachable"


@dataclass(frozen=True)
class CameraSnapshot:
    """One camera at one moment.

    Attributes:
        frame_number: Frames that the camera sent since the program began; it never goes back, also when the camera reconnects.
        fps: Such frames per second, over the last ``FPS_WINDOW_S``.
        decode_ms: Time that decoding took, mean over the last few frames that were decoded.
        last_frame_age_s: Seconds since the last frame, None before the first.
        state: What the above amounts to.
        reason: Why the camera is slow or not reachable; empty otherwise, and where nobody knows why.
        losses: How often a connection that gave frames has ended.
        last_loss: Why the last of them did.
        decode_errors: Frames that could not be decoded, or only with gaps that the decoder filled.
        take_errors: Pictures that the rest of the program failed to take.
        left_out: Frames that were not decoded because they came too late to be: there is too little CPU for all cameras.
        pictures: Frames that were to be decoded, but for those with which a connection began before its first whole picture.
        broken_pictures: Those of them that could not be, or only with gaps.
        clock_jump: The last one of the stream's clock; None before the first.
    """

    frame_number: int
    fps: float
    decode_ms: float
    last_frame_age_s: float | None
    state: CameraState
    reason: str
    losses: int
    last_loss: str
    decode_errors: int
    take_errors: int
    left_out: int
    pictures: int = 0
    broken_pictures: int = 0
    clock_jump: ClockJump | None = None


class CameraStats:
    """Counts for one camera. Its capture thread writes, anyone may read.

    The state follows from the age of the last frame alone, by our own clock, whatever the library underneath believes about its
    connection. All moments are monotonic seconds.
    """

    def __init__(self, began_s: float, settings: CameraSettings) -> None:
        self._lock = threading.Lock()
        self._began_s = began_s
        self._settings = settings
        self._frame_number = 0
        self._recent_s: deque[float] = deque(maxlen=_WINDOW_FRAMES)
        self._window_began_s = began_s
        self._decode_s = 0.0
        self._decoded = 0
        self._last_s: float | None = None
        self._run = 0
        self._reason = ""
        self._losses = 0
        self._last_loss = ""
        self._decode_errors = 0
        self._take_errors = 0
        self._left_out = 0
        self._settling = _SETTLING_PICTURES
        self._pictures = 0
        self._broken_pictures = 0
        self._clock_jump: ClockJump | None = None

    def treat(self, settings: CameraSettings) -> None:
        """Judges the camera by other limits from now on."""
        with self._lock:
            self._settings = settings

    def frame(self, now_s: float) -> int:
        """A frame came, which is a sign of life; returns its number."""
        with self._lock:
            if self._last_s is None or now_s - self._last_s > self._settings.not_reachable_after_s:
                self._run = 0
            if self._last_s is None or now_s - self._last_s > FPS_WINDOW_S:
                self._recent_s.clear()
                self._window_began_s = now_s
            self._run += 1
            if self._run >= FRAMES_TO_BE_ALIVE:
                self._reason = ""
            self._last_s = now_s
            self._recent_s.append(now_s)
            self._frame_number += 1
            return self._frame_number

    def broken_frame(self) -> None:
        """A frame came that cannot be decoded: it counts, but what sends such frames only is no camera."""
        with self._lock:
            self._frame_number += 1
            self._decode_errors += 1
            self._tried(is_whole=False)

    def decoded(self, took_s: float, *, gaps: int = 0) -> None:
        """Decoding something took so long, and had to fill gaps in so many pictures."""
        with self._lock:
            self._decoded += 1
            self._decode_s += (took_s - self._decode_s) / min(self._decoded, 16)
            self._decode_errors += gaps
            self._tried(is_whole=not gaps)

    def clock_jumped(self, jump: ClockJump) -> None:
        """The time stamps of the stream went back, or far ahead."""
        with self._lock:
            self._clock_jump = jump

    def take_failed(self) -> None:
        """A picture was not taken."""
        with self._lock:
            self._take_errors += 1

    def left_out(self) -> None:
        """A frame is not decoded, since it is too old already."""
        with self._lock:
            self._left_out += 1

    def failed(self, reason: str, *, lost: bool = False) -> None:
        """An attempt to connect failed, or a connection that gave frames was lost."""
        with self._lock:
            self._reason = reason
            self._settling = _SETTLING_PICTURES
            if lost:
                self._losses += 1
                self._last_loss = reason

    def alive_report_due(self, now_s: float, reported_s: float) -> bool:
        """Tells whether to say again that the camera is alive, after that was last said at this moment."""
        with self._lock:
            alive = self._state(now_s) in {CameraState.ALIVE, CameraState.SLOW}
            return alive and now_s - reported_s >= self._settings.alive_interval_s

    def snapshot(self, now_s: float) -> CameraSnapshot:
        """Returns the camera as it stands now."""
        with self._lock:
            state = self._state(now_s)
            return CameraSnapshot(
                frame_number=self._frame_number,
                fps=self._fps(now_s),
                decode_ms=self._decode_s * 1000,
                last_frame_age_s=None if self._last_s is None else max(0.0, now_s - self._last_s),
                state=state,
                reason=self._reason_of(state),
                losses=self._losses,
                last_loss=self._last_loss,
                decode_errors=self._decode_errors,
                take_errors=self._take_errors,
                left_out=self._left_out,
                pictures=self._pictures,
                broken_pictures=self._broken_pictures,
                clock_jump=self._clock_jump,
            )

    def _tried(self, *, is_whole: bool) -> None:
        self._settling = 0 if is_whole else max(0, self._settling - 1)
        if not self._settling:
            self._pictures += 1
            self._broken_pictures += not is_whole

    def _state(self, now_s: float) -> CameraState:
        limit_s = self._settings.not_reachable_after_s
        if self._last_s is not None and now_s - self._last_s <= limit_s and self._run >= FRAMES_TO_BE_ALIVE:
            return CameraState.SLOW if self._is_slow(now_s) else CameraState.ALIVE
        patience_s = max(CONNECT_LIMIT_S, limit_s)
        if self._run < FRAMES_TO_BE_ALIVE and not self._reason and now_s - self._began_s <= patience_s:
            return CameraState.CONNECTING
        return CameraState.NOT_REACHABLE

    def _is_slow(self, now_s: float) -> bool:
        """Judges full windows only, and spares one frame: whether that is in the window is chance."""
        full = self._window_began_s <= now_s - FPS_WINDOW_S
        return full and self._fps(now_s) + 1 / FPS_WINDOW_S < self._settings.minimum_fps

    def _reason_of(self, state: CameraState) -> str:
        match state:
            case CameraState.SLOW:
                # Without the frame rate itself: the reason is to stay the same as long as the state does.
                return f"fewer than {self._settings.minimum_fps:g} frames per second"
            case CameraState.NOT_REACHABLE:
                return self._reason
            case _:
                return ""

    def _fps(self, now_s: float) -> float:
        while self._recent_s and self._recent_s[0] <= now_s - FPS_WINDOW_S:
            self._recent_s.popleft()
        if len(self._recent_s) < FRAMES_TO_BE_ALIVE:
            return 0.0
        if self._window_began_s <= now_s - FPS_WINDOW_S and len(self._recent_s) < _WINDOW_FRAMES:
            return len(self._recent_s) / FPS_WINDOW_S
        # The window is not full yet: n frames make n - 1 intervals.
        return (len(self._recent_s) - 1) / max(now_s - self._recent_s[0], 1e-3)
