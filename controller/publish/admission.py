"""Admits or refuses the agents that greet, on topic 201."""

import asyncio
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from bus.base import Bus, Topic
from bus.codec import encode_signed
from bus.signature import SigningKey
from controller.model import Fleet
from controller.publish.publisher import raise_first
from crds.messages import AgentCommand, CommandKind


class Admission:
    """Answers every greeting once, and again when the answer changes."""

    def __init__(self, *, fleet_id: str, bus: Bus, key: SigningKey) -> None:
        """Starts with nobody answered.

        Args:
            fleet_id: the fleet.
            bus: the way to the agents.
            key: the controller's key.
        """
        self._fleet_id = fleet_id
        self._bus = bus
        self._key = key
        self._answered: dict[str, tuple[datetime, CommandKind]] = {}

    def skip(self, fleet: Fleet, admitted: Collection[str]) -> None:
        """Takes greetings as answered: they were, by the controller before this one.

        Args:
            fleet: the agents that greeted.
            admitted: the ids of the nodes that were admitted, as something was published for them.
        """
        self._answered = {
            node_id: (node.info.sent_at, CommandKind.ADMITTED)
            for node_id, node in fleet.nodes.items()
            if node.info and node_id in admitted
        }

    async def answer(self, fleet: Fleet, known: Collection[str], *, epoch: int, now: datetime) -> None:
        """Answers what is not answered yet.

        Args:
            fleet: the agents that greeted.
            known: the ids of the nodes that manifests declare; the others are refused, and told what to do.
            epoch: the term of the controller.
            now: the time, UTC.

        Raises:
            bus.base.PublishFailed: some answer was not acknowledged; the next call tries again.
        """
        answers = []
        for node_id, node in fleet.nodes.items():
            if node.info is None:
                continue
            kind = CommandKind.ADMITTED if node_id in known else CommandKind.REFUSED
            answer = (node.info.sent_at, kind)
            if self._answered.get(node_id) != answer:
                answers.append(self._send(node_id, answer, epoch, now))
        raise_first(await asyncio.gather(*answers, return_exceptions=True))

    async def _send(self, node_id: str, answer: tuple[datetime, CommandKind], epoch: int, now: datetime) -> None:
        refused = answer[1] is CommandKind.REFUSED
        command = AgentCommand(
            fleet_id=self._fleet_id,
            node_id=UUID(node_id),
            command=answer[1],
            reason=f"no Node manifest has nodeId {node_id}: commit one to admit this machine" if refused else "",
            epoch=epoch,
            sent_at=now,
        )
        await self._bus.publish(Topic.AGENT_COMMAND, key=node_id, value=encode_signed(command, self._key))
        self._answered[node_id] = answer
