"""Which nodes a turn of the loop has to look at: those of which something is to be done, of all that are known.

Ten thousand agents report all day, and of nearly all of them nothing is to be done. What is to be looked at is found
again for the nodes alone that differ from the look before (ADR 24): by no time, so that it stays true as time passes.
"""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, TypeVar

from controller.differing import differing
from controller.observed import ObservedNode
from controller.publish.admission import Answer, answers_due
from controller.publish.generations import is_beyond, newest_observed
from controller.publish.published import Sent, is_lacked
from controller.status.runs import may_have_rivals
from controller.status.trust import key_of
from crds.messages import GenerationRef
from crds.node import Node

V = TypeVar("V")

_NOTHING: Mapping[str, Any] = MappingProxyType({})


def _nothing() -> Mapping[str, Any]:
    return _NOTHING


@dataclass(frozen=True)
class Seen:
    """What is looked at, each by node id."""

    named: Mapping[str, Node] | None = None
    """The nodes of the manifests in force; None before any are."""
    nodes: Mapping[str, ObservedNode] = field(default_factory=_nothing)
    keys: Mapping[str, str] = field(default_factory=_nothing)
    """The key that each node must sign with."""
    waiting: Mapping[str, tuple[bytes, datetime]] = field(default_factory=_nothing)
    """Reports that could not be read."""
    recorded: Mapping[str, Sent] = field(default_factory=_nothing)
    """The newest records."""
    answered: Mapping[str, tuple[Answer, ...]] = field(default_factory=_nothing)
    """What was said to greetings."""
    has_term: bool = False
    """True when the controller has begun its term: the key of a greeting is kept from then on."""

    def is_member(self, node_id: str) -> bool:
        """True for a node that belongs to the fleet."""
        return node_id in self.recorded or node_id in (self.keys if self.named is None else self.named)

    def is_same(self, other: "Seen") -> bool:
        """True when these are the very same things."""
        return self.has_term is other.has_term and all(
            one is another for one, another in zip(self.mappings, other.mappings, strict=True)
        )

    def nodes_that_differ_from(self, before: "Seen") -> AbstractSet[str]:
        """The ids of the nodes of which anything is another object than before."""
        found: set[str] = set()
        for old, new in zip(before.mappings, self.mappings, strict=True):
            found |= differing(old or _NOTHING, new or _NOTHING)
        return found

    @property
    def ids(self) -> AbstractSet[str]:
        """The ids of all nodes that anything is known of."""
        return {node_id for mapping in self.mappings for node_id in mapping or ()}

    @property
    def mappings(self) -> tuple[Mapping[str, object] | None, ...]:
        """All of them, in a lasting order."""
        return (self.named, self.nodes, self.keys, self.waiting, self.recorded, self.answered)


@dataclass(frozen=True)
class Attention:
    """What is to be looked at: few nodes, as a rule."""

    seen: Seen = field(default_factory=Seen, repr=False)
    unexplained: Mapping[str, GenerationRef] = field(default_factory=_nothing)
    """What agents of the fleet say they hold, as far as that is followed, where no record explains it."""
    lacked: Mapping[str, Sent] = field(default_factory=_nothing)
    """The newest records that the agents of their nodes do not say they hold."""
    lost: Mapping[str, Sent] = field(default_factory=_nothing)
    """The newest records that the topic does not hold."""
    unanswered: Mapping[str, tuple[Answer, ...]] = field(default_factory=_nothing)
    """The answers to greetings that are due."""
    contested: frozenset[str] = frozenset()
    """Nodes as which two machines may speak."""
    disputed: frozenset[str] = frozenset()
    """Nodes as which somebody greets with another key."""
    outsiders: frozenset[str] = frozenset()
    """Those that were heard and do not belong to the fleet."""
    rekeyed: frozenset[str] = frozenset()
    """Nodes that are to be known by another key than they are, or by none any more."""
    readable: frozenset[str] = frozenset()
    """Those whose report waits, and can be read by now."""

    def of(self, seen: Seen) -> "Attention":
        """What is to be looked at in these; this very object when they are the same as before."""
        before = self.seen
        if seen.is_same(before):
            return self
        # What belongs to all nodes at once: another one happens a few times while a controller runs.
        is_new = seen.has_term is not before.has_term or (seen.named is None) is not (before.named is None)
        ids = seen.ids | before.ids if is_new else seen.nodes_that_differ_from(before)
        find = _Finder(seen)
        return Attention(
            seen,
            unexplained=_renewed(self.unexplained, ids, find.unexplained),
            lacked=_renewed(self.lacked, ids, find.lacked),
            lost=_renewed(self.lost, ids, find.lost),
            unanswered=_renewed(self.unanswered, ids, find.unanswered),
            contested=_with(self.contested, ids, find.is_contested),
            disputed=_with(self.disputed, ids, find.is_disputed),
            outsiders=_with(self.outsiders, ids, find.is_outsider),
            rekeyed=_with(self.rekeyed, ids, find.is_rekeyed),
            readable=_with(self.readable, ids, find.is_readable),
        )


class _Finder:
    """What is to be found of one node."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        self._named = seen.named or _NOTHING

    def unexplained(self, node_id: str) -> GenerationRef | None:
        seen = self._seen
        node, sent = seen.nodes.get(node_id), seen.recorded.get(node_id)
        if node is None or (sent is None and node_id not in self._named):
            return None  # a greeting of a stranger must not push the epochs of the fleet
        config = sent.config if sent else None
        claim = newest_observed(node, config)
        return claim if claim is not None and is_beyond(claim, config) else None

    def lacked(self, node_id: str) -> Sent | None:
        node, sent = self._seen.nodes.get(node_id), self._seen.recorded.get(node_id)
        if sent is None or node is None or node.info is None:
            return None
        held = node.response.observed if node.response else node.info.highest
        return sent if is_lacked(sent, held) else None

    def lost(self, node_id: str) -> Sent | None:
        sent = self._seen.recorded.get(node_id)
        return None if sent is None or sent.on_topic else sent

    def unanswered(self, node_id: str) -> tuple[Answer, ...] | None:
        seen = self._seen
        node = seen.nodes.get(node_id)
        if node is None:
            return None
        given = seen.answered.get(node_id, ())
        is_known = node_id in self._named
        return answers_due(node, seen.keys.get(node_id), given, is_known=is_known) or None

    def is_contested(self, node_id: str) -> bool:
        node = self._seen.nodes.get(node_id)
        return node is not None and may_have_rivals(node)

    def is_disputed(self, node_id: str) -> bool:
        node = self._seen.nodes.get(node_id)
        return node is not None and bool(node.strangers)

    def is_outsider(self, node_id: str) -> bool:
        return node_id in self._seen.nodes and not self._seen.is_member(node_id)

    def is_rekeyed(self, node_id: str) -> bool:
        seen = self._seen
        kept, sent = seen.keys.get(node_id), seen.recorded.get(node_id)
        config = sent.config if sent else None
        observed = seen.nodes.get(node_id)
        return kept != key_of(self._named.get(node_id), kept, config, observed, is_caught_up=seen.has_term)

    def is_readable(self, node_id: str) -> bool:
        seen = self._seen
        if node_id not in seen.waiting or not seen.is_member(node_id):
            return False
        node = seen.nodes.get(node_id)
        return node_id in seen.keys or (node is not None and node.info is not None)


def _renewed(before: Mapping[str, V], ids: AbstractSet[str], find: Callable[[str], V | None]) -> Mapping[str, V]:
    found = {node_id: value for node_id in ids if (value := find(node_id)) is not None}
    gone = before.keys() & ids if before else ()
    if not found and not gone:
        return before
    return {**{key: value for key, value in before.items() if key not in ids}, **found}


def _with(before: frozenset[str], ids: AbstractSet[str], is_found: Callable[[str], bool]) -> frozenset[str]:
    found = {node_id for node_id in ids if is_found(node_id)}
    return before if not found and before.isdisjoint(ids) else (before - ids) | found
