"""What time it is. Waiting is not here: asyncio waits by the time of its loop, which a simulation brings along."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Two readings of one clock."""

    def now(self) -> datetime:
        """The time of day, UTC. It may jump: a person or a time server can set it."""
        ...

    def monotonic(self) -> float:
        """Seconds since some moment, for measuring how long things take. It never goes back."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """See `Clock`."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """See `Clock`."""
        return time.monotonic()

    def pause(self, seconds: float) -> None:
        """Holds this thread up. For commands that have nothing else to do; a loop would stand still."""
        time.sleep(seconds)
