"""What is left out when a camera cannot be decoded as fast as it sends."""

import math
from typing import Final

# So late may a frame be, and be decoded all the same.
LATE_S: Final = 0.5

# From here on it is as good as on time again.
CAUGHT_UP_S: Final = 0.25

# It is judged once in so long: what a network held back for a moment is decoded faster than that.
WINDOW_S: Final = 1.0

# Who waits for the camera for so much of the time is not late by its own fault.
_IDLE_SHARE: Final = 0.5

# As of the time stamps in ``Pacer``: anything else is a jump.
_LONGEST_STEP_S: Final = 5.0


class Backlog:
    """Says which frames of one connection to a live camera are left out, not decoded, so that those that are decoded are not old.

    Where the CPU does not suffice, frames wait in the buffers of the network, which hold many seconds; pictures would be that old for
    as long as there is too much to do. So once all frames of a second came late, all are left out up to the first key frame that does
    not. Late is what comes later after its time stamp than the quickest did; but when the camera was waited for most of the time, its
    clock or its network has changed, and what it sends is as new as can be.
    """

    def __init__(self) -> None:
        """Begins with a connection."""
        self.late_s = 0.0
        """How late the last frame came."""
        self._quickest_s = math.inf
        self._last_pts_s: float | None = None
        self._left_out = False
        self._window_began_s: float | None = None
        self._waited_s = 0.0
        self._least_late_s = math.inf

    def came(self, pts_s: float | None, now_s: float) -> float:
        """A frame with this time stamp was received; returns how late that was, in seconds."""
        if pts_s is not None:
            if self._last_pts_s is not None and not 0 <= pts_s - self._last_pts_s <= _LONGEST_STEP_S:
                self._quickest_s = now_s - pts_s - self.late_s
            self._last_pts_s = pts_s
            self._quickest_s = min(self._quickest_s, now_s - pts_s)
            self.late_s = now_s - pts_s - self._quickest_s
        return self.late_s

    def leaves_out(self, now_s: float, waited_s: float, *, key_frame: bool) -> bool:
        """Tells whether the frame that came last is not to be decoded.

        Args:
            now_s: In monotonic seconds.
            waited_s: So long the camera was waited for since the frame before.
            key_frame: Whether it can be decoded without those before it.
        """
        self._waited_s += waited_s
        self._least_late_s = min(self._least_late_s, self.late_s)
        if self._window_began_s is None:
            self._begin_window(now_s)
        elif now_s - self._window_began_s >= WINDOW_S:
            self._judge(now_s - self._window_began_s)
            self._begin_window(now_s)
        if self._left_out and key_frame and self.late_s <= CAUGHT_UP_S:
            self._left_out = False
        return self._left_out

    def _judge(self, window_s: float) -> None:
        if self._waited_s > _IDLE_SHARE * window_s:
            self._quickest_s += self._least_late_s
            self.late_s -= self._least_late_s
        elif self._least_late_s > LATE_S:
            self._left_out = True

    def _begin_window(self, now_s: float) -> None:
        self._window_began_s, self._waited_s, self._least_late_s = now_s, 0.0, math.inf
