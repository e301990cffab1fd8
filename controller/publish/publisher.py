"""Signs records, puts them on the bus, and keeps a copy of the newest of every node on disk."""

import asyncio
import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bus.base import Bus, Topic
from bus.codec import Undecodable, decode_signed, encode_signed
from bus.signature import SigningKey
from crds.messages import AgentConfig, GenerationRef

_log = logging.getLogger(__name__)

# An agent that does not hold the newest record after this time gets it again: topics can lose records (the ring of the
# embedded broker does), and a re-delivery costs nothing (invariant S7).
RESEND_AFTER = timedelta(seconds=30)


def raise_first(results: Iterable[object]) -> None:
    """Raises the first error among the results of tasks that ran side by side: one failure stops no neighbour."""
    for result in results:
        if isinstance(result, BaseException):
            raise result


@dataclass
class _Published:
    config: AgentConfig
    envelope: bytes
    sent_at: datetime
    on_topic: bool
    """False for a copy from disk that the topic does not hold any more."""


class Publisher:
    """The newest record of every node, as it lies on topic 210."""

    def __init__(self, *, fleet_id: str, bus: Bus, key: SigningKey, directory: Path) -> None:
        """Starts with nothing known.

        Args:
            fleet_id: records of other fleets are not taken in.
            bus: where records go.
            key: the controller's key.
            directory: where copies of the records are kept; made when it does not exist.
        """
        self._fleet_id = fleet_id
        self._bus = bus
        self._key = key
        self._directory = directory
        self._published: dict[str, _Published] = {}

    @property
    def published(self) -> dict[str, AgentConfig]:
        """The newest record of every node, by node id."""
        return {node_id: one.config for node_id, one in self._published.items()}

    def remember(self, envelope: bytes, seen_at: datetime, *, key: str, on_topic: bool) -> AgentConfig:
        """Takes in a record that lies on the topic or on disk, unless a newer one of the node is known.

        Args:
            envelope: the value of the record.
            seen_at: when it was read, UTC.
            key: the key that it lies under: the node that it must be for.
            on_topic: False for a copy from disk.

        Raises:
            Undecodable: it is not a record that this controller signed for this fleet and node.
        """
        config = decode_signed(AgentConfig, envelope, [self._key.public_key_hex])
        node_id = str(config.node_id)
        if config.fleet_id != self._fleet_id or node_id != key:
            raise Undecodable(f"it is of fleet {config.fleet_id!r}, for node {node_id}")
        known = self._published.get(node_id)
        if known is None or config.ref.order > known.config.ref.order:
            self._published[node_id] = _Published(config, envelope, seen_at, on_topic)
        elif on_topic and config.ref == known.config.ref:
            known.on_topic = True
        return config

    def miss(self, node_id: str) -> None:
        """Takes note that the record of a node was deleted from the topic: the newest one will be sent again."""
        known = self._published.get(node_id)
        if known is not None:
            known.on_topic = False

    def remember_from_disk(self, seen_at: datetime) -> None:
        """Takes in the copies on disk: what is left when the topics are lost. Unreadable ones are said and passed by."""
        for path in sorted(self._directory.glob("*.record")):
            try:
                self.remember(path.read_bytes(), seen_at, key=path.stem, on_topic=False)
            except (OSError, Undecodable) as error:
                _log.warning("the copy of a published record at %s cannot be used: %s", path, error)

    async def publish(self, config: AgentConfig, now: datetime) -> None:
        """Publishes a record; when this returns, every reader from the beginning will find it (invariant S17).

        Raises:
            bus.base.PublishFailed: no acknowledgement: publish it again.
            ValueError: it is larger than the topic allows.
        """
        envelope = encode_signed(config, self._key)
        await self._send(str(config.node_id), envelope)
        self._published[str(config.node_id)] = _Published(config, envelope, now, on_topic=True)
        _log.info(
            "published generation %d (epoch %d) of node %s: %d instances, revision %s",
            config.generation,
            config.epoch,
            config.hostname,
            len(config.node_config_list),
            config.revision,
        )

    async def resend_missing(self, held: Mapping[str, GenerationRef | None], now: datetime) -> None:
        """Sends newest records again, the same bytes: those that the topic lost, and those that an agent lacks.

        Args:
            held: for each connected node, the newest generation that its agent says it holds.
            now: the time, UTC.

        Raises:
            bus.base.PublishFailed: no acknowledgement for some; the others were sent.
        """
        missing = []
        for node_id, one in sorted(self._published.items()):
            ref = held.get(node_id)
            behind = node_id in held and (ref is None or ref.order < one.config.ref.order)
            if one.on_topic and not (behind and now - one.sent_at > RESEND_AFTER):
                continue
            _log.info("sending generation %d of node %s again", one.config.generation, one.config.hostname)
            missing.append(self._send_again(node_id, one, now))
        raise_first(await asyncio.gather(*missing, return_exceptions=True))

    async def _send_again(self, node_id: str, one: _Published, now: datetime) -> None:
        await self._send(node_id, one.envelope)
        one.sent_at, one.on_topic = now, True

    async def _send(self, node_id: str, envelope: bytes) -> None:
        await self._bus.publish(Topic.AGENT_CONFIG, key=node_id, value=envelope)
        self._keep_copy(node_id, envelope)

    def _keep_copy(self, node_id: str, envelope: bytes) -> None:
        path = self._directory / f"{node_id}.record"
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_suffix(".tmp")
            unfinished.write_bytes(envelope)
            os.replace(unfinished, path)  # noqa: PTH105 - atomic replacement is what is meant
        except OSError as error:
            # The topic is the record; the copy only helps when the topic is lost too.
            _log.warning("cannot keep a copy of the published record at %s: %s", path, error)
