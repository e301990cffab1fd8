"""Which camera is asked next, and when: pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType


@dataclass(frozen=True)
class Turns:
    """When the next picture of each camera is due, by the monotonic clock, in seconds."""

    due: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    def among(self, cameras: Sequence[str], now: float) -> "Turns":
        """The same for these cameras alone: those that are new are due now, the others keep their turns."""
        if cameras == tuple(self.due):
            return self
        return replace(self, due={camera: self.due.get(camera, now) for camera in cameras})

    @property
    def next(self) -> tuple[str, float] | None:
        """The camera whose turn is next, and when that is; of several the one that was asked for first. None without cameras."""
        return min(self.due.items(), key=lambda one: one[1], default=None)

    def after(self, camera: str, every_seconds: float, now: float) -> "Turns":
        """The turns once a camera was asked: its next one comes after as many seconds."""
        return replace(self, due={**self.due, camera: now + every_seconds}) if camera in self.due else self
