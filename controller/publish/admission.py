"""Who is admitted or refused on topic 201: every greeting is answered once, and again when the answer changes."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from controller.observed import ObservedNode, Stranger
from crds.messages import AgentCommand, AgentInfo, CommandKind

HEARTBEATS_FOR_SECONDS = 180
"""So long after an answer an agent may send heartbeats: it greets every minute, and two answers may be lost. A controller of
a version before them that takes over hears reports again after as long, at most."""


class Answer(NamedTuple):
    """What is said to one greeting."""

    public_key: str
    """Of the agent that greeted: several may greet as one node."""
    boot_id: str
    """Of the run of the agent; empty where it names none."""
    sequence: int
    """Which greeting of that run it is."""
    sent_at: datetime
    """When it was sent, by the clock of the machine."""
    kind: CommandKind


def answer_to(info: AgentInfo, *, is_known: bool) -> Answer:
    """The answer to a greeting of the agent of a node.

    Args:
        info: the greeting.
        is_known: True for a node that a manifest declares; the others are refused, and told what to do.
    """
    kind = CommandKind.ADMITTED if is_known else CommandKind.REFUSED
    return Answer(info.public_key, info.boot_id, info.sequence, info.sent_at, kind)


def answers_due(
    node: ObservedNode, key: str | None, given: Collection[Answer], *, is_known: bool
) -> tuple[Answer, ...]:
    """The answers that are due to those who greet as one node.

    Args:
        node: what is known of it.
        key: the key that it must sign with.
        given: the answers that were given.
        is_known: see `answer_to`.
    """
    wanted = [answer_to(node.info, is_known=is_known)] if node.info is not None else []
    wanted += [_to_stranger(one, key) for one in node.strangers]
    return tuple(answer for answer in wanted if answer not in given)


def _to_stranger(one: Stranger, key: str | None) -> Answer:
    # One that became the agent of its node since then is asked to greet once more.
    kind = CommandKind.ASK_INFO if one.public_key == key else CommandKind.REFUSED
    return Answer(one.public_key, "", 0, one.sent_at, kind)


def with_answer(given: Collection[Answer], answer: Answer) -> tuple[Answer, ...]:
    """The newest answers to those who greet as one node, after another one was given."""
    return (*(one for one in given if one.public_key != answer.public_key), answer)


def still_there(given: Collection[Answer], node: ObservedNode) -> tuple[Answer, ...]:
    """The answers to those who are not forgotten."""
    there = {one.public_key for one in node.strangers}
    if node.info is not None:
        there.add(node.info.public_key)
    return tuple(one for one in given if one.public_key in there)


def command(
    node_id: str, answer: Answer, reason: str, fleet_id: str, epoch: int, now: datetime, version: str = ""
) -> AgentCommand:
    """An answer as the message that says it, with the version of this program."""
    return AgentCommand(
        fleet_id=fleet_id,
        node_id=UUID(node_id),
        command=answer.kind,
        reason=reason,
        public_key=answer.public_key,
        controller_version=version,
        epoch=epoch,
        sent_at=now,
        heartbeats_for_seconds=HEARTBEATS_FOR_SECONDS if answer.kind is CommandKind.ADMITTED else 0,
    )
