"""Signs what the controller says, puts it on the bus, and keeps a copy of every node's newest record on disk."""

import logging
from collections.abc import Iterable
from pathlib import Path

from bus.base import Bus, Topic
from bus.codec import encode_plain, encode_signed
from bus.signature import SigningKey
from controller.publish.published import Copy, Sent, UnderWay, packed
from crds.messages import AgentCommand, AgentConfig, Refresh
from ports.ports import Ports

_log = logging.getLogger(__name__)

_SUFFIX = ".record"


class Publisher:
    """The way to the agents. Decides nothing."""

    def __init__(self, *, bus: Bus, key: SigningKey, directory: Path, ports: Ports) -> None:
        """Makes a publisher.

        Args:
            bus: where records go.
            key: the controller's key.
            directory: where copies of the records are kept; made when it does not exist.
            ports: its disk keeps the copies, in its threads.
        """
        self._bus = bus
        self._key = key
        self._directory = directory
        self._ports = ports
        self.under_way: dict[str, UnderWay] = {}
        """What is being published, by node id."""

    def paths_of_copies(self) -> tuple[Path, ...]:
        """Where the copies on disk are: what is left when the topics are lost. Blocks."""
        try:
            names = self._ports.disk.names(self._directory)
        except OSError as error:
            _log.warning("the copies of published records cannot be used: %s", error)
            return ()
        return tuple(self._directory / name for name in names if name.endswith(_SUFFIX))

    def copies(self, paths: Iterable[Path]) -> tuple[Copy, ...]:
        """The copies at these paths. Unreadable ones are said and passed by. Blocks."""
        found = []
        for path in paths:
            try:
                found.append(Copy(path, self._ports.disk.read(path)))
            except OSError as error:
                _log.warning("the copy of a published record at %s cannot be used: %s", path, error)
        return tuple(found)

    async def publish(self, config: AgentConfig) -> bytes:
        """Publishes a record; when this returns, every reader from the beginning will find it (invariant S17).

        Returns:
            The bytes that lie on the topic, as `published.packed` makes them small.

        Raises:
            bus.base.PublishFailed: no acknowledgement: publish it again.
            ValueError: it is larger than the topic allows.
        """
        envelope = encode_signed(config, self._key)
        node_id, small = str(config.node_id), packed(envelope)
        self.under_way[node_id] = UnderWay(config, small)
        try:
            await self._send(node_id, envelope)
        finally:
            self.under_way.pop(node_id, None)
        _log.info(
            "published generation %d (epoch %d) of node %s: %d instances, revision %s",
            config.generation,
            config.epoch,
            config.hostname,
            len(config.node_config_list),
            config.revision,
        )
        return small

    async def publish_again(self, sent: Sent) -> None:
        """Publishes the same bytes again.

        Raises:
            bus.base.PublishFailed: no acknowledgement.
        """
        config = sent.config
        _log.info("sending generation %d of node %s again", config.generation, config.hostname)
        await self._send(str(config.node_id), sent.envelope)

    async def answer(self, command: AgentCommand) -> None:
        """Publishes the answer to a greeting.

        Raises:
            bus.base.PublishFailed: no acknowledgement.
        """
        value = encode_signed(command, self._key)
        await self._bus.publish(Topic.AGENT_COMMAND, key=str(command.node_id), value=value)

    async def ask_agents(self, why: str) -> None:
        """Asks every agent, by topic 301, to greet and report now.

        Raises:
            bus.base.PublishFailed: no acknowledgement.
        """
        await self._bus.publish(Topic.REFRESH, key=None, value=encode_plain(Refresh(desc=why)))

    async def _send(self, node_id: str, envelope: bytes) -> None:
        await self._bus.publish(Topic.AGENT_CONFIG, key=node_id, value=envelope)
        path = self._directory / f"{node_id}{_SUFFIX}"
        try:
            await self._ports.threads.run(self._ports.disk.write, path, envelope, private=False)
        except OSError as error:
            # The topic is the record; the copy only helps when the topic is lost too.
            _log.warning("cannot keep a copy of the published record at %s: %s", path, error)
