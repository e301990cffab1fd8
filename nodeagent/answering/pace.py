"""How fast something may be said: pure."""

from dataclasses import dataclass, replace
from typing import Self


@dataclass(frozen=True)
class Pace:
    """So many bytes a second, after so many at once."""

    bytes_per_second: float
    at_once: float
    left: float
    """Below zero while what was said is more than was allowed by then."""
    at: float
    """When that was so, in seconds of a monotonic clock."""

    @classmethod
    def of(cls, bytes_per_second: float, at_once: float, now: float) -> Self:
        """One at which nothing was said."""
        return cls(bytes_per_second, at_once, at_once, now)

    def after(self, size: int, now: float) -> Self:
        """The pace after so many bytes."""
        left = min(self.at_once, self.left + (now - self.at) * self.bytes_per_second) - size
        return replace(self, left=left, at=now)

    @property
    def wait_seconds(self) -> float:
        """How long nothing is to be said now."""
        return max(0.0, -self.left / self.bytes_per_second)
