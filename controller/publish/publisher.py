"""Signs what the controller says, puts it on the bus, and keeps a copy of every node's newest record on disk."""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Final

from bus.base import Bus, Topic
from bus.codec import encode_plain, encode_signed
from bus.signature import SigningKey
from controller.publish.published import Copy, Sent, UnderWay, packed, unpacked
from crds.messages import AgentCommand, AgentConfig, Refresh
from ports.ports import Ports

_log = logging.getLogger(__name__)

_SUFFIX = ".record"
_COPIES_AT_ONCE: Final = 100
"""So many are given to a thread together."""


class Publisher:
    """The way to the agents. Decides nothing."""

    def __init__(
        self, *, bus: Bus, key: SigningKey, directory: Path, ports: Ports, copy_after_seconds: float = 0.5
    ) -> None:
        """Makes a publisher.

        Args:
            bus: where records go.
            key: the controller's key.
            directory: where copies of the records are kept; made when it does not exist.
            ports: its disk keeps the copies, in its threads.
            copy_after_seconds: after a record was published its copy is written.
        """
        self._bus = bus
        self._key = key
        self._directory = directory
        self._ports = ports
        self._copy_after_seconds = copy_after_seconds
        self.under_way: dict[str, UnderWay] = {}
        """What is published and not known to be yet, by node id: it may be read back before."""
        self._uncopied: dict[str, bytes] = {}
        """The newest records of which no copy was begun, by node id: see `published.packed`."""
        self._has_uncopied = asyncio.Event()

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
        await self._send(node_id, envelope, small)
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
        await self._send(str(config.node_id), sent.envelope, sent.packed)

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

    async def keep_copies(self) -> None:
        """Keeps a copy of what was published, of each node the newest, a while after it: generations go first. Never ends."""
        while True:
            await self._has_uncopied.wait()
            self._has_uncopied.clear()
            await asyncio.sleep(self._copy_after_seconds)
            await self.write_copies()

    async def write_copies(self) -> None:
        """Writes the copies that were not written yet. What the disk does not take is said."""
        while self._uncopied:
            some = dict(islice(self._uncopied.items(), _COPIES_AT_ONCE))
            for node_id in some:
                del self._uncopied[node_id]
            await self._ports.threads.run(self._write_copies, some)

    def finish(self) -> None:
        """Writes the copies that are due, for a controller that ends in order; one that is killed does without. Blocks."""
        self._write_copies(self._uncopied)

    def _write_copies(self, records: Mapping[str, bytes]) -> None:
        files = (
            (self._directory / f"{node_id}{_SUFFIX}", unpacked(record))
            for node_id, record in records.items()
            # Otherwise a newer one is due, or was written while this thread was at work: by `finish`.
            if self._uncopied.get(node_id, record) is record
        )
        try:
            self._ports.disk.write_all(files, private=False)
        except OSError as error:
            # The topic is the record; the copy only helps when the topic is lost too.
            _log.warning("cannot keep a copy of a published record: %s", error)

    async def _send(self, node_id: str, envelope: bytes, small: bytes) -> None:
        await self._bus.publish(Topic.AGENT_CONFIG, key=node_id, value=envelope)
        self._uncopied[node_id] = small
        self._has_uncopied.set()
