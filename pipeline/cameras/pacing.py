"""When a frame is due: video is played at the speed at which it was recorded, and looked at as often as is wanted."""

from typing import Final

# A step of the time stamps that is not in (0, 5] s is a jump (a loop, a camera that set its clock), not a pause in the video.
_LONGEST_STEP_S: Final = 5.0

# Whoever is later than this does not try to catch up.
_LONGEST_LAG_S: Final = 3.0

# A camera's clock runs a little faster than ours; without a new start now and then the difference would add up to a delay.
_RESTART_S: Final = 60.0

# Used until two time stamps are known: 25 frames per second.
_USUAL_STEP_S: Final = 0.04

# Of the delay; so much early a frame is taken already. Otherwise a camera that sends exactly as often as frames are wanted would
# lose half of them: those that come a moment before they are due.
_EARLY_SHARE: Final = 0.25


class Pacer:
    """Turns time stamps into waiting times, for one camera.

    A file is held to its pace exactly. A live camera sets its own pace, and waiting would only add latency; it is given a slack,
    so that all that is held back is a server that sends a recording as fast as the network takes it.
    """

    def __init__(self, *, slack_s: float = 0.0) -> None:
        self._slack_s = slack_s
        self._last_pts_s: float | None = None
        self._step_s = _USUAL_STEP_S
        self._due = 0.0
        self._restarted = 0.0

    def delay_s(self, pts_s: float | None, now: float, late_s: float = 0.0) -> float:
        """Returns how long to wait before the frame with this time stamp is due; a frame without one follows at the last step.

        Args:
            pts_s: The time stamp.
            now: In monotonic seconds.
            late_s: So much later than usual it comes; a camera may always make up for that.
        """
        if self._last_pts_s is None:
            self._due = self._restarted = now
        else:
            step = self._step_s if pts_s is None else pts_s - self._last_pts_s
            if 0 < step <= _LONGEST_STEP_S:
                self._step_s = step
            self._due += self._step_s
        self._last_pts_s = pts_s if pts_s is not None else (self._last_pts_s or 0.0) + self._step_s
        restart = bool(self._slack_s) and now - self._restarted > _RESTART_S
        if restart or now - self._due > _LONGEST_LAG_S:
            self._due, self._restarted = now - late_s, now
        return max(0.0, self._due - now - self._slack_s)


class FrameSchedule:
    """Says which frames of a camera are wanted, if that is one every so many seconds.

    It is a schedule and not a gap: what comes after a late frame is not late too, so the rate is right in the long run. What
    was missed while nothing came is not made up for.
    """

    def __init__(self) -> None:
        self._planned_s: float | None = None

    def is_due(self, now_s: float, delay_s: float) -> bool:
        """Tells whether a frame that comes now is wanted."""
        return self._planned_s is None or now_s >= self._planned_s + delay_s * (1 - _EARLY_SHARE)

    def done(self, now_s: float, delay_s: float) -> None:
        """A wanted frame has come."""
        planned_s = now_s if self._planned_s is None else self._planned_s + delay_s
        self._planned_s = now_s if now_s - planned_s >= delay_s else planned_s
