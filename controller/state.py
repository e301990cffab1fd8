"""What the controller knows: one frozen value, which pure functions make into the next one."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Self

from bus.base import Topic
from controller.attention import Attention, Seen
from controller.model import FleetPlan, Holds, NodeState, Revision
from controller.observed import Fleet, ObservedNode
from controller.planner.exclusive import Holding
from controller.planner.memo import PlanMemo
from controller.publish.admission import Answer
from controller.publish.published import Published, Sent
from controller.source.read.reader import Reading
from controller.status.hearing import Heard
from crds.messages import ControllerRun, GenerationRef


@dataclass(frozen=True)
class Candidate:
    """A reading of the manifests that is not in force, and why."""

    state: str
    """Rejected (it has errors), Parked (it waits for approval) or Unreadable."""
    message: str
    revision_id: str = ""
    description: str = ""
    problems: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    """The instances that a parked one would take away."""
    unwatched: tuple[str, ...] = ()
    """The cameras that nothing would watch any more."""
    changes: str = ""
    """The plan as text, for a parked one."""


@dataclass(frozen=True)
class Gate:
    """Which revision is in force, and which waits."""

    in_force: Revision | None = None
    in_force_since: datetime | None = None
    candidate: Candidate | None = None
    approved_ids: frozenset[str] = frozenset()
    """The revisions whose removals a person approved of."""
    is_recalled: bool = False
    """True while what is in force was read from disk, and was not compared with what is published yet."""
    in_the_end: PlanMemo = field(default_factory=PlanMemo, compare=False, repr=False)
    """The newest plan of what is in force that withholds no camera: what the next is made from."""

    @property
    def is_approved(self) -> bool:
        """True when a person approved of what the revision in force removes."""
        return self.in_force is not None and self.in_force.id in self.approved_ids


@dataclass(frozen=True)
class Looked:
    """What was known when it was found out which generations are due."""

    nodes: Mapping[str, NodeState]
    published: Mapping[str, Sent]
    observed: Mapping[str, ObservedNode]
    term: int
    is_approved: bool
    again: frozenset[str] = frozenset()
    """The ids of the nodes that are looked at again, whatever differs."""

    def is_same_as(self, other: "Looked | None") -> bool:
        """True when nothing differs, by identity."""
        return (
            other is not None
            and self.nodes is other.nodes
            and self.published is other.published
            and self.observed is other.observed
            and (self.term, self.is_approved, self.again) == (other.term, other.is_approved, other.again)
        )


@dataclass(frozen=True)
class TopicLoss:
    """Topics that lost all that lay on them, and what was done about it."""

    topics: tuple[Topic, ...]
    found_at: datetime
    are_agents_asked: bool = False
    """True when the agents were asked to greet and report again."""
    healed_at: datetime | None = None
    """When all that must lie there did again."""


@dataclass(frozen=True)
class Resent:
    """The newest records that were sent again."""

    last: str
    """The id of the last node of them: those after it have their turn next."""
    next_at: datetime
    """Until then no others are."""


@dataclass(frozen=True)
class Members(Container[str]):
    """The ids of nodes that belong to the fleet: who is on the way out of the manifests has a record of ours still."""

    recorded: Mapping[str, object]
    named: Mapping[str, object]

    def __contains__(self, node_id: object) -> bool:
        """True for a node that belongs to it."""
        return node_id in self.recorded or node_id in self.named


@dataclass(frozen=True)
class Superseded:
    """Another controller of this fleet, with the same key, leads it."""

    by: ControllerRun | None
    """Who; None for one of an older version, which does not say."""
    ref: GenerationRef
    """What it published, as this controller found out."""
    hostname: str
    """Of the node for which it did."""
    since: datetime

    @property
    def message(self) -> str:
        """A sentence for people."""
        who = f"another controller ({self.by})" if self.by else "another controller of an older version"
        return (
            f"{who} published {self.ref} for node {self.hostname}, with the key of this one: this one publishes nothing since "
            f"{self.since:%Y-%m-%dT%H:%M:%SZ} and only reads. Stop one of them; a restart makes this one lead again"
        )


@dataclass(frozen=True)
class State:
    """All that decisions are made from. What pins keys and which cameras are exclusive stands in the revision in force."""

    connected: bool = False
    """True when the brokers answer."""
    caught_up: bool = False
    """True when the topics were read to their ends: `observed` and `published` are then all that lies there."""
    copies_left: int = 0
    """How many copies of published records on the controller's own disk were not taken in yet."""
    loss: TopicLoss | None = None
    """The newest loss of topics that this controller met."""
    topic_differences: tuple[str, ...] = ()
    """What is not as it must be with the topics."""
    term: int | None = None
    """The epoch of this controller's records; None while it may not publish. It begins after the topics were read."""
    superseded: Superseded | None = None
    """Who took the fleet over; for good, until a restart."""
    unexplained: Mapping[str, datetime] = field(default_factory=lambda: MappingProxyType({}))
    """Since when an agent says that it holds what no record explains, by node id."""
    observed: Heard = field(default_factory=Heard)
    published: Published = field(default_factory=Published)
    untrusted: frozenset[str] = frozenset()
    """Keys of records on topic 210 that this controller did not sign."""
    reading: Reading | None = None
    """The manifests as they were read last."""
    is_reading_decided: bool = True
    """False while the reading waits to be taken into force or set aside."""
    gate: Gate = field(default_factory=Gate)
    kept: str | None = None
    """The id of the revision of which a copy lies on disk, or could not be written: nothing is published before that."""
    holds: Holds = field(default_factory=Holds)
    """The instances that people hold by request."""
    planned: PlanMemo | None = None
    """The newest plan, with what it was made from."""
    holding: Holding = field(default_factory=Holding, compare=False, repr=False)
    """Who may be reading exclusive cameras."""
    looked: Looked | None = field(default=None, compare=False, repr=False)
    """Kept so that nodes of which nothing differs are not asked about again."""
    resent: Resent | None = None
    answered: Mapping[str, tuple[Answer, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """By node id: what was said to the newest greeting of each agent that was answered."""
    failed: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """The digests of desired states that cannot be published, by node id: they are too large, or meet a bug, again."""

    attention: Attention = field(default_factory=Attention, compare=False, repr=False)
    """Which nodes a turn has to look at, as far as that was looked over: see `looked_over`. It follows from all the rest."""

    def looked_over(self) -> Self:
        """The state with its attention at what it holds now; the same object when that is so."""
        in_force, observed = self.gate.in_force, self.observed
        seen = Seen(
            in_force.node_by_id if in_force else None,
            observed.fleet.nodes,
            observed.fleet.keys,
            observed.waiting,
            self.published.by_node,
            self.answered,
            has_term=self.term is not None,
        )
        attention = self.attention.of(seen)
        return self if attention is self.attention else replace(self, attention=attention)

    @property
    def leads(self) -> bool:
        """True while it publishes: it began a term, and nobody began a later one."""
        return self.term is not None and self.superseded is None

    @property
    def fleet(self) -> Fleet:
        """What the agents said."""
        return self.observed.fleet

    @property
    def members(self) -> "Members":
        """The ids of the nodes that belong to the fleet, as far as that is known."""
        in_force = self.gate.in_force
        return Members(self.published.by_node, in_force.node_by_id if in_force else self.fleet.keys)

    @property
    def plan(self) -> FleetPlan | None:
        """The newest plan; None before there is one."""
        return self.planned.plan if self.planned else None
