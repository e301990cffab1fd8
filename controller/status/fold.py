"""Folds what the agents say into the observed fleet: the newest message of each kind wins."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from controller.model import Fleet, ObservedNode
from crds.messages import AgentInfo, AgentResponse

NODE_LOST_AFTER_SECONDS = 15
"""Three missed reports: agents report every 5 s."""

CLOCK_AHEAD_SECONDS = 5
"""A message dated further into the future than this was written by a clock that was wrong.

Shorter than `NODE_LOST_AFTER_SECONDS`: so long is an agent unheard whose clock was ahead by less, and was put right.
"""

AgentMessage = AgentInfo | AgentResponse

_NEVER = datetime.min.replace(tzinfo=UTC)


def connected(node: ObservedNode, now: datetime) -> bool:
    """True when the agent was heard within the last `NODE_LOST_AFTER_SECONDS`."""
    return now < lost_at(node)


def lost_at(node: ObservedNode) -> datetime:
    """From when on the agent is not connected, if nothing is heard of it until then."""
    return _NEVER if node.last_seen is None else node.last_seen + timedelta(seconds=NODE_LOST_AFTER_SECONDS)


def fold(fleet: Fleet, message: AgentMessage, seen_at: datetime) -> Fleet:
    """The fleet after one message.

    Args:
        fleet: the fleet as observed so far.
        message: a greeting or a report of this fleet whose signature was checked.
        seen_at: when it was written to the bus, or read from it.

    Returns:
        The same object when the message says nothing new.
    """
    return fold_all(fleet, ((message, seen_at),))


def fold_all(fleet: Fleet, messages: Iterable[tuple[AgentMessage, datetime]]) -> Fleet:
    """The fleet after several messages, each with the time it was seen: one copy of the map, however many they are."""
    changed: dict[str, ObservedNode] = {}
    for message, seen_at in messages:
        node_id = str(message.node_id)
        held = changed.get(node_id) or fleet.nodes.get(node_id) or ObservedNode(node_id)
        if _is_news(held, message):
            changed[node_id] = _with(held, message, seen_at)
    return Fleet({**fleet.nodes, **changed}) if changed else fleet


def _with(held: ObservedNode, message: AgentMessage, seen_at: datetime) -> ObservedNode:
    last_seen = seen_at if held.last_seen is None else max(held.last_seen, seen_at)
    if isinstance(message, AgentInfo):
        return replace(held, info=message, last_seen=last_seen)
    return replace(held, response=message, last_seen=last_seen)


def _is_news(held: ObservedNode, message: AgentMessage) -> bool:
    """True when the message is newer than the one of its kind that is held.

    A message delivered again is no sign of life, so it must not move `last_seen` either.
    """
    current = held.info if isinstance(message, AgentInfo) else held.response
    if current is None:
        return True
    if _order(message) > _order(current):
        return True
    # An agent whose clock was ahead and is right again would otherwise stay unheard until its old date comes.
    clock_was_ahead = held.last_seen is not None and current.sent_at - held.last_seen > timedelta(
        seconds=CLOCK_AHEAD_SECONDS
    )
    return clock_was_ahead and message != current


def _order(message: AgentMessage) -> tuple[datetime, int]:
    return (message.sent_at, message.sequence if isinstance(message, AgentResponse) else 0)
