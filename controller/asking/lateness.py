"""How late an answer came: pure."""

from dataclasses import dataclass, replace
from typing import Final

_WINDOW_SECONDS: Final = 60.0


@dataclass(frozen=True)
class Lateness:
    """How much later than the quickest ones of the last minutes an answer came, by two clocks that are set to nothing alike.

    Each answer says when it was sent, by the monotonic clock of its machine. The differences to ours are all too large by what was
    lost on the way, so the least of them is next to the truth. What slept is found right again after two minutes.
    """

    least: float | None = None
    """The least difference of this minute, in seconds; None before there is one."""
    least_before: float | None = None
    """And of the minute before."""
    begun_at: float = 0.0

    def after(self, sent_at: float, came_at: float) -> tuple["Lateness", float]:
        """What is known after an answer, and how late that one was, in seconds.

        Args:
            sent_at: by the clock of its machine.
            came_at: by ours.
        """
        difference = came_at - sent_at
        known = self
        if self.least is None or came_at - self.begun_at >= _WINDOW_SECONDS:
            known = Lateness(difference, self.least, came_at)
        elif difference < self.least:
            known = replace(self, least=difference)
        least = min(one for one in (known.least, known.least_before) if one is not None)
        return known, max(0.0, difference - least)
