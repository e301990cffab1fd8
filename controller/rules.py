"""What decisions go by and what stays as long as the controller runs."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from controller.planner.guard import RemovalLimits
from controller.timings import Timings
from crds.messages import ControllerRun

_BEFORE_ALL_OTHERS = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Rules:
    """Whose controller this is, and how it decides."""

    fleet_id: str
    public_key: str
    """Of the controller, 64 hexadecimal digits."""
    version: str = ""
    """Of this program, which agents are told; empty to say nothing of it."""
    limits: RemovalLimits = field(default_factory=RemovalLimits)
    timings: Timings = field(default_factory=Timings)
    run: ControllerRun = field(default_factory=lambda: ControllerRun(name="controller", started_at=_BEFORE_ALL_OTHERS))
    """This very run of it, by which two controllers find out that they are two."""

    @property
    def resend_after(self) -> timedelta:
        """How long an agent may lack what was published for it."""
        return timedelta(seconds=self.timings.resend_after_seconds)
