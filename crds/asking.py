"""What the controller asks an agent for, for a while, and what the agent answers: parts of topic 201, and topic 230.

A lease says what is wanted and for how long; nothing lies anywhere once it is over. A reader may be older or newer than the
writer: see docs/adr/0012-the-wire-evolves.md before a field changes.
"""

from typing import Any, Final

from pydantic import UUID4, Field

from crds.document import Message, UtcTime, WireModel

LOGS: Final = "logs"
"""The output of one instance."""
USAGE: Final = "usage"
"""What the node and its instances use of CPU and memory."""

LONGEST_LEASE_SECONDS: Final = 60
"""Whoever looks longer says so again."""

_LARGEST_NUMBER: Final = 2**53
"""Whole in every JSON parser."""

_unless_said: Any = {"exclude_if": lambda value: not value}


class LogsAsked(WireModel):
    """Which lines of an instance's output."""

    instance: str = Field(max_length=128)
    """By the name that its agent knows it by."""
    tail_lines: int | None = Field(default=None, ge=0)
    """The last ones of what there is; None for all."""
    since: UtcTime | None = None
    """Only what was written from then on, by the clock of the machine."""
    previous: bool = False
    """Of the run before this one."""
    follow: bool = False
    """Goes on with what is written later, also after a restart of the instance."""
    timestamps: bool = False
    """Each line begins with its time, RFC 3339 in UTC."""
    limit_bytes: int | None = Field(default=None, ge=0)
    """Ends after so many."""


class Lease(WireModel):
    """What one run of an agent is asked for, said with `CommandKind.ASK`. Said again with its number it is renewed."""

    number: int = Field(ge=1, le=_LARGEST_NUMBER)
    """Tells it from all others, those of another controller too."""
    boot_id: str = Field(max_length=64)
    """The run of the agent that it is for: read late, by another run, it does nothing."""
    seconds: int = Field(ge=0)
    """From its receipt on, by the monotonic clock of the machine, and never longer than `LONGEST_LEASE_SECONDS`; 0 ends it."""
    credit: int = Field(default=0, ge=0)
    """Answers of lower numbers than this may be sent: who asks has room for no more."""
    begins: bool = False
    """False for a renewal, which brings no lease back that is over."""
    what: str = Field(default="", max_length=64)
    """`logs`, `usage`, or what later versions know; an agent says in its greeting what it can be asked for."""
    logs: LogsAsked | None = None
    """Of which instance, and which lines, where logs are asked for."""


class Used(WireModel):
    """What something used in a window of time."""

    cpu_cores: float = Field(ge=0)
    """On average."""
    memory_bytes: int = Field(ge=0)
    """At its end, without what the kernel only caches of files."""


class UsageSample(WireModel):
    """What a node and its instances used in a window of time."""

    window_seconds: float = Field(gt=0)
    node: Used
    """The whole machine."""
    instances: dict[str, Used] = Field(default_factory=dict)
    """Those that run, by the names that the agent knows them by."""


class AgentAnswer(Message):
    """Topic 230: a part of what an agent was asked for. Nobody keeps it."""

    fleet_id: str
    node_id: UUID4
    boot_id: str = Field(max_length=64)
    """The run that the lease is for."""
    lease: int
    """The number of the lease."""
    sequence: int = Field(ge=0)
    """Counts the answers to one lease; the first says that it was heard, and perhaps no more than that."""
    lines: str = Field(default="", **_unless_said)
    """Whole lines, each with its line end, secrets masked."""
    usage: UsageSample | None = Field(default=None, **_unless_said)
    ends: bool = Field(default=False, **_unless_said)
    """True for the last one: all is said, or it cannot be."""
    problem: str = Field(default="", **_unless_said)
    """Why it cannot be, with `ends`."""
    sent_at: UtcTime
