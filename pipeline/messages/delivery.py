"""What became of the messages, and what that says of the broker. Pure: moments are arguments, in monotonic seconds."""

from collections import Counter
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

# Nothing taken for so long though something waits: a broker that is only busy answers sooner, and people hear of it soon enough.
_STALLED_AFTER_S: Final = 5.0

# The same while the client has no complaint: it may be asking about a topic that is just being made.
_STALLED_SILENTLY_AFTER_S: Final = 15.0


class Lane(IntEnum):
    """Messages that are worth the same, and share what is kept of them; those worth most first."""

    COUNTS = 0
    OBJECTS = 1
    PICTURES = 2


@dataclass(frozen=True)
class Delivery:
    """What became of the messages to Kafka.

    Attributes:
        connected: False from when messages waited and none was taken, until one is.
        waiting: Messages that are kept until the broker takes them.
        delivered: Messages that it took.
        dropped: Messages that there was no room or no time for, or that the broker refused.
    """

    connected: bool = True
    waiting: int = 0
    delivered: int = 0
    dropped: int = 0


@dataclass(frozen=True)
class Turn:
    """The broker went away, or is back.

    Attributes:
        connected: Whether it is back.
        reason: What the client complained of last, empty if of nothing.
        dropped: Messages dropped while it was away.
        was_there: Whether it has ever answered.
    """

    connected: bool
    reason: str = ""
    dropped: int = 0
    was_there: bool = True


class DeliveryTally:
    """Counts messages from when they are handed to the client until it says what became of them. Not for several threads at once."""

    def __init__(self) -> None:
        self._waiting: Counter[Lane] = Counter()
        self._delivered = 0
        self._dropped = 0
        self._connected = True
        self._progress_s = 0.0
        self._complaint = ""
        self._has_answered = False
        self._was_there = False
        self._dropped_before = 0

    def is_open(self, lane: Lane) -> bool:
        """Tells whether a message is worth being made.

        While the broker is away pictures are not, and while it has never been there objects are not either: perhaps nobody has
        set one up. One message of the lane waits all the same, to see when it is back.
        """
        if self._connected or lane is Lane.COUNTS or not self._waiting[lane]:
            return True
        return lane is Lane.OBJECTS and self._was_there

    def accepted(self, lane: Lane, now_s: float) -> None:
        """A message was handed to the client."""
        if not self._waiting.total():
            self._progress_s = now_s
        self._waiting[lane] += 1

    def delivered(self, lane: Lane, now_s: float) -> None:
        """The broker took a message."""
        self._waiting[lane] -= 1
        self._delivered += 1
        self._answered(now_s)

    def refused(self, lane: Lane, now_s: float) -> None:
        """The broker answered that it does not want a message."""
        self._waiting[lane] -= 1
        self._dropped += 1
        self._answered(now_s)

    def expired(self, lane: Lane) -> None:
        """The client gave a message up, or did not take it."""
        self._waiting[lane] -= 1
        self._dropped += 1

    def skipped(self) -> None:
        """A message was not even made."""
        self._dropped += 1

    def complained(self, reason: str) -> None:
        """The client says what is wrong between it and the broker."""
        self._complaint = reason

    def look(self, now_s: float) -> Turn | None:
        """Returns how things have turned since the last look, None if they have not."""
        if not self._connected:
            if not self._has_answered:
                return None
            self._connected = True
            return Turn(connected=True, dropped=self._dropped - self._dropped_before)
        stalled_s = _STALLED_AFTER_S if self._complaint else _STALLED_SILENTLY_AFTER_S
        if not self._waiting.total() or now_s - self._progress_s < stalled_s:
            return None
        self._connected, self._has_answered, self._dropped_before = False, False, self._dropped
        return Turn(connected=False, reason=self._complaint, was_there=self._was_there)

    def delivery(self) -> Delivery:
        """Returns the counts so far."""
        return Delivery(self._connected, self._waiting.total(), self._delivered, self._dropped)

    def _answered(self, now_s: float) -> None:
        self._progress_s, self._complaint = now_s, ""
        self._has_answered = self._was_there = True
