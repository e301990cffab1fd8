"""Who is admitted or refused on topic 201: every greeting is answered once, and again when the answer changes."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from controller.model import Fleet
from crds.messages import AgentCommand, CommandKind

HEARTBEATS_FOR_SECONDS = 180
"""So long after an answer an agent may send heartbeats: it greets every minute, and two answers may be lost. A controller of
a version before them that takes over hears reports again after as long, at most."""

Answer = tuple[datetime, CommandKind]
"""When the greeting was sent, and what is said to it."""

Addressee = tuple[str, str]
"""Node id and key of an agent: several may greet as one node."""


def answered_before(fleet: Fleet, admitted: Collection[str]) -> dict[Addressee, Answer]:
    """The answers that need not be given: the controller before this one gave them.

    Args:
        fleet: the agents that greeted.
        admitted: the ids of the nodes that were admitted, as something was published for them.
    """
    return {
        (node_id, node.info.public_key): (node.info.sent_at, CommandKind.ADMITTED)
        for node_id, node in fleet.nodes.items()
        if node.info and node_id in admitted
    }


def unanswered(fleet: Fleet, known: Collection[str], answered: Mapping[Addressee, Answer]) -> dict[Addressee, Answer]:
    """The answers that are due.

    Args:
        fleet: the agents that greeted.
        known: the ids of the nodes that manifests declare; the others are refused, and told what to do.
        answered: the answers that were given.
    """
    due = {}
    for node_id, node in fleet.nodes.items():
        if node.info is not None:
            kind = CommandKind.ADMITTED if node_id in known else CommandKind.REFUSED
            due[node_id, node.info.public_key] = (node.info.sent_at, kind)
        for one in node.strangers:
            # One that became the agent of its node since then is asked to greet once more.
            is_believed_now = fleet.keys.get(node_id) == one.public_key
            kind = CommandKind.ASK_INFO if is_believed_now else CommandKind.REFUSED
            due[node_id, one.public_key] = (one.sent_at, kind)
    return {to: answer for to, answer in due.items() if answered.get(to) != answer}


def command(
    to: Addressee, answer: Answer, reason: str, fleet_id: str, epoch: int, now: datetime, version: str = ""
) -> AgentCommand:
    """An answer as the message that says it, with the version of this program."""
    (node_id, public_key), (_, kind) = to, answer
    return AgentCommand(
        fleet_id=fleet_id,
        node_id=UUID(node_id),
        command=kind,
        reason=reason,
        public_key=public_key,
        controller_version=version,
        epoch=epoch,
        sent_at=now,
        heartbeats_for_seconds=HEARTBEATS_FOR_SECONDS if kind is CommandKind.ADMITTED else 0,
    )
