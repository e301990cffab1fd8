"""Jumps of the clock that a live stream is stamped with."""

from typing import Final

# Steps that differ so much from the time that went by are no delay of a network, nor pictures that were left out.
_AHEAD_S: Final = 5.0
_BACK_S: Final = -2.0

# Seconds after which time stamps begin anew: 32 bits in RTP, 33 in MPEG's streams, both at 90 kHz (RFC 3550, ISO/IEC 13818-1).
_WRAPS_S: Final = (2**32 / 90_000, 2**33 / 90_000)

# A stream with sound is set right once, when its first report (RTCP) tells how sound and pictures belong together.
_SETTLING_S: Final = 10.0


class StreamClock:
    """Compares the time stamps of one connection with our own clock. All moments are monotonic seconds."""

    def __init__(self) -> None:
        self._began_s: float | None = None
        self._last: tuple[float, float] | None = None

    def jump_s(self, stamp_s: float | None, now_s: float) -> float | None:
        """Returns by how many seconds the clock has jumped with this frame, negative for back; None if it has not.

        That a camera pauses, or what it sent waits somewhere and comes at once, is no jump.

        Args:
            stamp_s: When the frame is to be decoded, by the stream; None if it does not say.
            now_s: When it came.
        """
        if stamp_s is None:
            return None
        last, self._last = self._last, (stamp_s, now_s)
        if self._began_s is None:
            self._began_s = now_s
        if last is None or now_s - self._began_s < _SETTLING_S:
            return None
        step_s, went_by_s = stamp_s - last[0], now_s - last[1]
        steps_s = (step_s, *(step_s + wrap_s for wrap_s in _WRAPS_S))
        if any(_BACK_S <= step <= went_by_s + _AHEAD_S for step in steps_s):
            return None
        return step_s - went_by_s
