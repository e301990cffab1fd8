"""Folds what the agents say into the observed fleet: the newest message of each kind wins."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from controller.model import ObservedNode
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


def fold(known: ObservedNode, message: AgentMessage, seen_at: datetime) -> ObservedNode:
    """What is known of an agent after one message.

    Args:
        known: what is known so far.
        message: a greeting or a report of this agent whose signature was checked.
        seen_at: when it was written to the bus, or read from it.

    Returns:
        The same object when the message says nothing new.
    """
    if not _is_news(known, message):
        return known
    last_seen = seen_at if known.last_seen is None else max(known.last_seen, seen_at)
    if isinstance(message, AgentInfo):
        return replace(known, info=message, last_seen=last_seen)
    return replace(known, response=message, last_seen=last_seen)


def _is_news(known: ObservedNode, message: AgentMessage) -> bool:
    """True when the message is newer than the one of its kind that is known.

    A message delivered again is no sign of life, so it must not move `last_seen` either.
    """
    current = known.info if isinstance(message, AgentInfo) else known.response
    if current is None:
        return True
    if _order(message) > _order(current):
        return True
    # An agent whose clock was ahead and is right again would otherwise stay unheard until its old date comes.
    clock_was_ahead = known.last_seen is not None and current.sent_at - known.last_seen > timedelta(
        seconds=CLOCK_AHEAD_SECONDS
    )
    return clock_was_ahead and message != current


def _order(message: AgentMessage) -> tuple[datetime, int]:
    return (message.sent_at, message.sequence if isinstance(message, AgentResponse) else 0)
