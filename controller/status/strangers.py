"""How much of the controller's memory those may fill who are in no manifest: whoever may write to Kafka can be any number."""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from controller.observed import Fleet
from controller.status.fold import heard_at
from crds.messages import AgentInfo

_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_MIB: Final = 1024 * 1024

STRANGER_BYTES: Final = 64 * _MIB
"""All of it. A fleet of 1000 nodes takes several times as much itself, and a machine that runs a controller has it to spare."""

WAITING_BYTES: Final = STRANGER_BYTES // 2
"""Reports that cannot be read yet: their agents have not greeted, or are in no manifest. The topics are read side by side, so
at the start those of a whole fleet may wait: of 30,000 nodes with a kilobyte each."""
RECORD_OVERHEAD_BYTES: Final = 1024
"""What a waiting report counts for beside its bytes, so that many small ones are bounded, too."""

PENDING_BYTES: Final = 16 * 1024
"""A greeting as it is kept at most: texts of 4 bytes a character, and as much again for the objects."""
MOST_PENDING: Final = STRANGER_BYTES // 4 // PENDING_BYTES
"""Agents that ask to join, 1024: more than a person admits at a time. Those that come later are shown when others leave;
a manifest admits them all the same."""
_MOST_CHARACTERS: Final = 128
_MOST_GPUS: Final = 8

STRANGER_FOR: Final = timedelta(minutes=10)
"""So long anybody is remembered who is in no manifest, or greets with another key, after he was heard last: agents greet
every minute."""
PENDING_AGAIN_AFTER: Final = timedelta(seconds=30)
"""A pending agent that greets sooner is passed by: what the API shows of it would change as fast as anybody writes."""


def is_node_id(key: str) -> bool:
    """True for an id that a node can have, in the form that stands on the wire."""
    try:
        return str(UUID(key)) == key
    except ValueError:
        return False


def shortened(info: AgentInfo) -> AgentInfo:
    """A greeting of somebody who is in no manifest: only as much of it as is shown."""
    return info.model_copy(
        update={
            "hostname": info.hostname[:_MOST_CHARACTERS],
            "ip_address": info.ip_address[:_MOST_CHARACTERS],
            "agent_version": info.agent_version[:_MOST_CHARACTERS],
            "driver": info.driver[:_MOST_CHARACTERS],
            "description": info.description and info.description[:_MOST_CHARACTERS],
            "gpulist": tuple(gpu[:_MOST_CHARACTERS] for gpu in info.gpulist[:_MOST_GPUS]),
            "highest": info.highest
            and info.highest.model_copy(update={"digest": info.highest.digest[:_MOST_CHARACTERS]}),
        }
    )


def without_silent_strangers(
    fleet: Fleet, outsiders: Collection[str], disputed: Collection[str], now: datetime
) -> Fleet:
    """The fleet without those that were not heard for a while, and are in no manifest or greet with another key.

    Args:
        fleet: who was heard.
        outsiders: the ids of the nodes in it that do not belong to the fleet.
        disputed: the ids of those as which somebody greets with another key.
        now: the time, UTC.

    Returns:
        The same object when there are none.
    """
    gone = {node_id for node_id in outsiders if _leaves_at(fleet, node_id) < now}
    changed = {}
    for node in (fleet.nodes[node_id] for node_id in disputed):
        if any(one.seen_at + STRANGER_FOR < now for one in node.strangers):
            left = tuple(one for one in node.strangers if one.seen_at + STRANGER_FOR >= now)
            changed[node.node_id] = replace(node, strangers=left)
    if not gone and not changed:
        return fleet
    nodes = {**fleet.nodes, **changed}
    pulses = dict(fleet.pulses)
    for node_id in gone:
        del nodes[node_id]
        pulses.pop(node_id, None)
    return replace(fleet, nodes=nodes, pulses=pulses)


def strangers_leave_at(fleet: Fleet, outsiders: Collection[str], disputed: Collection[str]) -> datetime | None:
    """The time after which `without_silent_strangers` finds another one, if nobody speaks; None when it never does."""
    ends = [one.seen_at + STRANGER_FOR for node_id in disputed for one in fleet.nodes[node_id].strangers]
    ends += [_leaves_at(fleet, node_id) for node_id in outsiders]
    return min(ends, default=None)


def _leaves_at(fleet: Fleet, node_id: str) -> datetime:
    node = fleet.nodes[node_id]
    heard = [one.seen_at for one in node.strangers]
    if (at := heard_at(node, fleet.pulses.get(node_id))) is not None:
        heard.append(at)
    return max(heard, default=_NEVER) + STRANGER_FOR
