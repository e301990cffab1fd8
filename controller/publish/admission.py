"""Who is admitted or refused on topic 201: every greeting is answered once, and again when the answer changes."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from controller.model import Fleet
from crds.messages import AgentCommand, CommandKind

Answer = tuple[datetime, CommandKind]
"""When the greeting was sent, and what is said to it."""


def answered_before(fleet: Fleet, admitted: Collection[str]) -> dict[str, Answer]:
    """The answers that need not be given, by node id: the controller before this one gave them.

    Args:
        fleet: the agents that greeted.
        admitted: the ids of the nodes that were admitted, as something was published for them.
    """
    return {
        node_id: (node.info.sent_at, CommandKind.ADMITTED)
        for node_id, node in fleet.nodes.items()
        if node.info and node_id in admitted
    }


def unanswered(fleet: Fleet, known: Collection[str], answered: Mapping[str, Answer]) -> dict[str, Answer]:
    """The answers that are due, by node id.

    Args:
        fleet: the agents that greeted.
        known: the ids of the nodes that manifests declare; the others are refused, and told what to do.
        answered: the answers that were given.
    """
    found = {}
    for node_id, node in fleet.nodes.items():
        if node.info is None:
            continue
        answer = (node.info.sent_at, CommandKind.ADMITTED if node_id in known else CommandKind.REFUSED)
        if answered.get(node_id) != answer:
            found[node_id] = answer
    return found


def command(node_id: str, answer: Answer, *, fleet_id: str, epoch: int, now: datetime) -> AgentCommand:
    """An answer as the message that says it."""
    refused = answer[1] is CommandKind.REFUSED
    return AgentCommand(
        fleet_id=fleet_id,
        node_id=UUID(node_id),
        command=answer[1],
        reason=f"no Node manifest has nodeId {node_id}: commit one to admit this machine" if refused else "",
        epoch=epoch,
        sent_at=now,
    )
