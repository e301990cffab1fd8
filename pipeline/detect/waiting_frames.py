"""Which frame is looked at next: the rules of the slots, without threads and without a clock."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from pipeline.model import CapturedFrame

# A camera that gave no frame for so long makes no work, so batches are not measured by it: if two of four cameras are dead
# and there are two workers, each is to have one of the others. As long as a camera may be silent before it is not reachable.
_GIVES_NOTHING_S: Final = 3.0


@dataclass
class _Slot:
    """The place of one camera.

    Attributes:
        frame: The newest frame that no worker has taken yet.
        since_s: Since when some frame has been here; a newer one that takes its place changes nothing about that.
        last_put_s: When a frame came last.
        replaced: Frames whose place a newer one has taken.
    """

    frame: CapturedFrame | None = None
    since_s: float = 0.0
    last_put_s: float = -math.inf
    replaced: int = 0


class WaitingFrames:
    """The newest frame of each camera, and who is in work. All moments are monotonic seconds.

    A frame is ready if it waits and no frame of its camera is in work. The camera that was served least recently comes first, so
    each other camera has at most one turn while a frame is ready. That is fair in time, not by frames: all cameras of which frames
    are left out are looked at equally often in a second, however many they send; one that sends fewer frames than that has all
    of them looked at, and what it leaves goes to the others (max-min fairness of the analysed frames per second).
    """

    def __init__(self, workers: int) -> None:
        """Begins without cameras, for so many workers that share the frames."""
        self._workers = workers
        # The camera that was served least recently first.
        self._slots: dict[str, _Slot] = {}
        # The frame, and since when its camera has waited for it. A forgotten camera stays here until its worker is done: if it
        # is added again meanwhile, it must not come to a second worker.
        self._in_work: dict[str, tuple[CapturedFrame, float]] = {}

    def add(self, camera_id: str) -> None:
        """Makes a slot for a camera; one that has one keeps it."""
        self._slots.setdefault(camera_id, _Slot())

    def forget(self, camera_id: str) -> None:
        """Drops a camera with its frame; frames of a camera without a slot are not taken."""
        self._slots.pop(camera_id, None)

    def put(self, frame: CapturedFrame, now_s: float) -> bool:
        """Puts a frame into its slot, in the place of an older one; tells whether it made the camera ready."""
        slot = self._slots.get(frame.camera_id)
        if slot is None:
            return False
        was_empty = slot.frame is None
        if was_empty:
            slot.since_s = now_s
        else:
            slot.replaced += 1
        slot.frame = frame
        slot.last_put_s = now_s
        return was_empty and frame.camera_id not in self._in_work

    def batch_due_s(self, most: int, deadline_s: float, now_s: float) -> float | None:
        """Returns when a batch is to be taken, None if nothing is ready.

        That is now if it would be full, and else when the frame that has been ready for longest has waited for the deadline. It
        follows from the frames that are ready alone: a worker whose frames were taken by another one has nothing to wait for.
        """
        waiting_since = [slot.since_s for _, slot in self._ready()]
        if not waiting_since:
            return None
        if len(waiting_since) >= self._batch_limit(most, now_s):
            return now_s
        return min(waiting_since) + deadline_s

    def take(self, most: int, now_s: float) -> list[CapturedFrame]:
        """Takes what is ready into work, at most so many frames and at most a worker's share of the cameras."""
        batch = []
        for camera_id, slot in list(self._ready())[: self._batch_limit(most, now_s)]:
            if slot.frame is not None:
                batch.append(slot.frame)
                self._in_work[camera_id] = (slot.frame, slot.since_s)
            slot.frame = None
            self._slots[camera_id] = self._slots.pop(camera_id)
        return batch

    def done(self, frames: Iterable[CapturedFrame]) -> None:
        """A worker is done with the frames that it took."""
        for frame in frames:
            if self._in_work.get(frame.camera_id, (None,))[0] is frame:
                del self._in_work[frame.camera_id]

    def is_any_ready(self) -> bool:
        """Tells whether there is something to take."""
        return next(self._ready(), None) is not None

    def counts(self, camera_id: str) -> tuple[int, int]:
        """Returns how many frames of a camera wait, 0 or 1, and how many have been replaced."""
        slot = self._slots.get(camera_id)
        return (0, 0) if slot is None else (int(slot.frame is not None), slot.replaced)

    def longest_wait_s(self, now_s: float) -> float:
        """Returns for how long a camera has waited for a frame of it to be done, at most; 0 if none waits."""
        waiting = (slot.since_s for slot in self._slots.values() if slot.frame is not None)
        in_work = (since_s for _, since_s in self._in_work.values())
        return max(0.0, now_s - min((*waiting, *in_work), default=now_s))

    def _ready(self) -> Iterator[tuple[str, _Slot]]:
        return (
            (camera_id, slot)
            for camera_id, slot in self._slots.items()
            if slot.frame is not None and camera_id not in self._in_work
        )

    def _batch_limit(self, most: int, now_s: float) -> int:
        """A share that every worker can have.

        One that takes more leaves fewer to the others, again and again the same cameras, which would have more turns than these.
        """
        giving = sum(now_s - slot.last_put_s <= _GIVES_NOTHING_S for slot in self._slots.values())
        return max(1, min(most, giving // self._workers))
