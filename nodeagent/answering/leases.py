"""Which leases are in force: pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from crds.asking import CAN_BE_ASKED, LOGS, LONGEST_LEASE_SECONDS, PICTURES, SERIES, SNAPSHOT, Lease

MOST_LEASES: Final = 16
MOST_OF_LOGS: Final = 8
MOST_OF_PICTURES: Final = 4
"""Two sizes, of a controller and of the one before it."""
MOST_OF_SNAPSHOTS: Final = 4
"""Each takes half a MiB while it is sent."""

_MOST_REMEMBERED: Final = 256


class Verdict(StrEnum):
    """What becomes of a lease that was said."""

    BEGINS = "begins"
    RENEWED = "renewed"
    ENDS = "ends"
    """Who asked has enough."""
    REFUSED = "refused"
    PASSED_BY = "passed by"
    """It is for another run, or it was said again after it was over."""


@dataclass(frozen=True)
class Held:
    """A lease in force."""

    lease: Lease
    """As it was said last."""
    until: float
    """By the monotonic clock, in seconds."""


@dataclass(frozen=True)
class Leases:
    """All that are in force, and the latest that are over."""

    held: Mapping[int, Held] = field(default_factory=lambda: MappingProxyType({}))
    """By their numbers."""
    over: tuple[int, ...] = ()
    """The numbers of those that are not any more, the latest last: what is delivered twice begins once."""

    def without(self, numbers: Collection[int]) -> "Leases":
        """The same with some of them over."""
        if not numbers:
            return self
        held = {number: one for number, one in self.held.items() if number not in numbers}
        return Leases(held, (*self.over, *numbers)[-_MOST_REMEMBERED:])

    def expired(self, now: float) -> tuple[int, ...]:
        """The numbers of those that nobody renewed in time."""
        return tuple(number for number, one in self.held.items() if one.until <= now)

    @property
    def next_end(self) -> float | None:
        """When the next one ends that nobody renews; None when there is none."""
        return min((one.until for one in self.held.values()), default=None)


def take(leases: Leases, lease: Lease, boot_id: str, now: float) -> tuple[Leases, Verdict, str]:
    """What is in force after a lease was said, what becomes of that one, and why it is refused.

    Args:
        leases: what was in force before.
        lease: what was said.
        boot_id: this run of the agent.
        now: by the monotonic clock, in seconds.
    """
    if lease.boot_id != boot_id or lease.number in leases.over:
        return leases, Verdict.PASSED_BY, ""
    known = leases.held.get(lease.number)
    if lease.seconds == 0:
        return (leases.without([lease.number]), Verdict.ENDS, "") if known else (leases, Verdict.PASSED_BY, "")
    until = now + min(lease.seconds, LONGEST_LEASE_SECONDS)
    if known is not None:
        said = {"credit": lease.credit, "pictures": lease.pictures or known.lease.pictures}
        renewed = replace(known, lease=known.lease.model_copy(update=said), until=until)
        return replace(leases, held={**leases.held, lease.number: renewed}), Verdict.RENEWED, ""
    if why := _refusal(leases, lease):
        return leases.without([lease.number]), Verdict.REFUSED, why
    return replace(leases, held={**leases.held, lease.number: Held(lease, until)}), Verdict.BEGINS, ""


def _refusal(leases: Leases, lease: Lease) -> str:
    if not lease.begins:
        return "the agent does not know of it any more: ask again"
    if lease.what not in CAN_BE_ASKED or _says_nothing(lease):
        return "its agent cannot be asked for that"
    if len(leases.held) >= MOST_LEASES:
        return f"its agent answers {MOST_LEASES} at a time, and so many ask: try again in a minute"
    alike = sum(one.lease.what == lease.what for one in leases.held.values())
    if lease.what == LOGS and alike >= MOST_OF_LOGS:
        return f"its agent shows {MOST_OF_LOGS} logs at a time, and so many are looked at: try again in a minute"
    if lease.what == PICTURES and alike >= MOST_OF_PICTURES:
        return f"its agent sends pictures to {MOST_OF_PICTURES} at a time, and so many ask: try again in a minute"
    if lease.what == SNAPSHOT and alike >= MOST_OF_SNAPSHOTS:
        return f"its agent sends {MOST_OF_SNAPSHOTS} snapshots at a time, and so many are asked for: try again in some seconds"
    return ""


def _says_nothing(lease: Lease) -> bool:
    """True when it does not say of what."""
    said_of = {LOGS: lease.logs, PICTURES: lease.pictures, SERIES: lease.series, SNAPSHOT: lease.snapshot}
    return lease.what in said_of and said_of[lease.what] is None
