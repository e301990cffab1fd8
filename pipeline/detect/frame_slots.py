"""Between captures and workers: one slot per camera, in which the newest frame wins.

A queue grows without end once the detector is slower than the cameras. Here each camera has one frame waiting at most, so memory
and delay stay bounded however slow the detector is, and all cameras get their turn.
"""

import threading
import time
from collections.abc import Iterable

from pipeline.detect.waiting_frames import WaitingFrames
from pipeline.model import CapturedFrame


class FrameSlots:
    """Hands the newest frames of the cameras to the workers. Any thread may call.

    Which frame comes next is decided by ``WaitingFrames``; this adds the waiting. A camera is with at most one worker at a time.
    """

    def __init__(self, workers: int) -> None:
        """Begins without cameras, for so many threads that call ``take``."""
        self._frames = WaitingFrames(workers)
        self._work = threading.Condition()
        self._closed = False

    def add(self, camera_id: str) -> None:
        """Makes a slot for a camera; one that has one keeps it."""
        with self._work:
            self._frames.add(camera_id)

    def forget(self, camera_id: str) -> None:
        """Drops a camera with its frame. Frames of it that are still in work, or still come, do no harm."""
        with self._work:
            self._frames.forget(camera_id)

    def put(self, frame: CapturedFrame) -> None:
        """Puts a frame into its camera's slot, in the place of an older one that nobody has taken; it never waits.

        Frames of cameras without a slot are dropped.
        """
        with self._work:
            if self._frames.put(frame, time.monotonic()):
                self._work.notify()

    def take(self, most: int, deadline_s: float) -> list[CapturedFrame]:
        """Waits for frames and returns them, at most one of a camera; an empty list once the slots are closed.

        The caller must hand them to ``done`` whatever becomes of them; their cameras have no turn until then.

        Args:
            most: Frames in a batch. It is also at most a worker's share of the cameras, so that no other worker is idle.
            deadline_s: So long a frame waits for others to fill the batch.
        """
        with self._work:
            while not self._closed:
                now_s = time.monotonic()
                due_s = self._frames.batch_due_s(most, deadline_s, now_s)
                if due_s is not None and due_s <= now_s:
                    batch = self._frames.take(most, now_s)
                    self._wake_for_what_is_ready()
                    return batch
                self._work.wait(None if due_s is None else due_s - now_s)
        return []

    def done(self, frames: Iterable[CapturedFrame]) -> None:
        """A worker is done with frames that it took."""
        with self._work:
            self._frames.done(frames)
            self._wake_for_what_is_ready()

    def counts(self, camera_id: str) -> tuple[int, int]:
        """Returns how many frames of a camera wait, 0 or 1, and how many were replaced by newer ones."""
        with self._work:
            return self._frames.counts(camera_id)

    def longest_wait_s(self, now_s: float) -> float:
        """Returns for how long a camera has waited for a frame of it to be done, at most; 0 if none waits.

        It is counted from the moment at which the first frame came into the slot, not from the newest one: otherwise a camera
        that goes on sending would hide that nobody takes its frames.

        Args:
            now_s: In monotonic seconds.
        """
        with self._work:
            return self._frames.longest_wait_s(now_s)

    def close(self) -> None:
        """Ends all waiting, now and later."""
        with self._work:
            self._closed = True
            self._work.notify_all()

    def _wake_for_what_is_ready(self) -> None:
        """Whoever leaves something behind wakes one more worker; so none sleeps while there is something to do."""
        if self._frames.is_any_ready():
            self._work.notify()
