"""What is known of the agents: the observed fleet, as frozen data that the rooms of the controller exchange."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from crds.messages import AgentInfo, AgentResponse
from crds.reported import Reported


@dataclass(frozen=True)
class AgentRun:
    """One run of an agent, as far as one topic tells of it."""

    boot_id: str
    sequence: int
    """The number of its newest message."""
    heard_at: datetime
    """When that was heard."""
    sent_at: datetime
    """When that was sent, by the clock of the machine."""
    starts: int = 0
    """How often agents were started on its state directory by then; 0 where nobody counts."""
    late: int = 0
    """Messages that it went on with after a newer run had been heard."""
    took_over_at: datetime | None = None
    """When it was found to be going on beside a newer run; None for a run that simply follows another."""
    host: str = ""
    """Hostname and address, as its greeting says them; a report says none."""
    report: str = ""
    """What its heartbeats call its newest report: see `crds.heartbeat.digest_of`."""
    number: int = 0
    """Which heartbeat since that report was the newest one when `Pulse` told of another run last."""
    link: bytes = b""
    """What the next one is verified with; empty when none may follow that report."""


@dataclass(frozen=True)
class ClockReading:
    """What one message says of the clock of its machine."""

    at: datetime
    """When it was heard."""
    ahead_seconds: float
    """How far the time in it is ahead of that; below zero for behind, or for a message that was long on its way."""


@dataclass(frozen=True)
class Stranger:
    """An agent that greeted as a node which is known by another key. Nothing else of what it says is kept."""

    public_key: str
    """64 hexadecimal digits; its greeting was signed with it."""
    hostname: str
    """What it calls its machine: the beginning of it, printable."""
    sent_at: datetime
    """When it greeted first, by its own clock."""
    seen_at: datetime
    """When it greeted last."""


@dataclass(frozen=True)
class ObservedNode:
    """What is known of one agent."""

    node_id: str
    info: AgentInfo | None = None
    response: AgentResponse | None = None
    """Its newest report, without what that says of instances."""
    last_seen: datetime | None = None
    """When its newest message came, by the controller's own clock. It may be alive since: see `Pulse`."""
    greeters: tuple[AgentRun, ...] = ()
    """The latest runs that greeted, the one that is believed last. The topics are read beside each other, so each has its
    own order."""
    reporters: tuple[AgentRun, ...] = ()
    """The latest runs that reported, the one that is believed last."""
    clock: tuple[ClockReading, ...] = ()
    """The latest readings of the clock of the machine, oldest first."""
    clock_ahead_seconds: int | None = None
    """How far that clock is ahead of the controller's, steadied; below zero for behind. None before that is known."""
    strangers: tuple[Stranger, ...] = ()
    """Who else greets as this node; a few, and none of them is believed."""
    reported: Reported = field(default_factory=Reported)
    """What its newest report says of instances."""


@dataclass(frozen=True)
class Pulse:
    """A sign of life that says nothing else: what is known of its node stays the very same object."""

    at: datetime
    """When it was heard, by the controller's own clock; the time of its record while old ones are read."""
    number: int = 0
    """Which one it is since the newest report of the run that is believed."""
    link: bytes = b""
    """What the next one is verified with."""
    report: str = ""
    """What it calls that report: after a newer one, numbers and links begin anew."""


@dataclass(frozen=True)
class Fleet:
    """The observed fleet: every agent that ever greeted or reported, by node id."""

    nodes: Mapping[str, ObservedNode] = field(default_factory=lambda: MappingProxyType({}))
    keys: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """The key that a node must sign with, by node id, as 64 hexadecimal digits: pinned by its manifest, named by a person,
    or that of its first greeting. A node without one may still greet with any."""
    pulses: Mapping[str, Pulse] = field(default_factory=lambda: MappingProxyType({}))
    """The newest sign of life of each node that gave one, by node id. It is of the run whose reports are believed, and may
    be older than the newest message of that. Thousands come in a second, so they stand beside what is known, and not in it."""
