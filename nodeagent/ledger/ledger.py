"""The newest accepted generation, on disk before anybody acts on it."""

import logging
from datetime import datetime
from pathlib import Path

from bus.codec import Undecodable, UnknownFormat, decode_signed
from crds.messages import AgentConfig
from nodeagent.ledger.acceptance import Decision, Verdict, accept
from ports.disk import Disk, RealDisk

_log = logging.getLogger(__name__)


class Ledger:
    """Holds the newest accepted generation of this node, as the signed bytes that came."""

    def __init__(
        self, *, path: Path, fleet_id: str, node_id: str, controller_key: str, disk: Disk = RealDisk()
    ) -> None:
        """Recalls what is on disk. A file that cannot be used counts as absent: absence never removes anything (S3).

        Args:
            path: the file; its folder is made when it does not exist.
            fleet_id: the fleet of this agent.
            node_id: the id of this node.
            controller_key: public key of the controller, 64 hexadecimal digits.
            disk: where the file is.
        """
        self._path = path
        self._disk = disk
        self._fleet_id = fleet_id
        self._node_id = node_id
        self._controller_key = controller_key
        self.unknown_format = ""
        """Why the file could not be used, when it is of a format of another version."""
        self.current: AgentConfig | None = self._recall()
        self._accepted: tuple[AgentConfig, bytes] | None = None
        """What was accepted and is not on disk yet; never in force."""

    def _recall(self) -> AgentConfig | None:
        try:
            envelope = self._disk.read(self._path)
        except FileNotFoundError:
            return None
        except OSError as error:
            _log.error("the ledger %s cannot be read, going on without it: %s", self._path, error)
            return None
        try:
            recalled = decode_signed(AgentConfig, envelope, [self._controller_key])
        except UnknownFormat as error:
            _log.error("the ledger %s cannot be used, going on without it: %s", self._path, error)
            self.unknown_format = f"the ledger cannot be used: {error}"
            return None
        except Undecodable as error:
            _log.error(
                "the ledger %s holds no record of this fleet's controller, going on without it: %s", self._path, error
            )
            return None
        if recalled.fleet_id != self._fleet_id or str(recalled.node_id) != self._node_id:
            _log.error(
                "the ledger %s is of fleet %s, node %s: going on without it",
                self._path,
                recalled.fleet_id,
                recalled.node_id,
            )
            return None
        _log.info("the ledger holds %s", recalled.ref)
        return recalled

    @property
    def holds_unwritten(self) -> bool:
        """True when something was accepted that is not on disk yet."""
        return self._accepted is not None

    def consider(self, envelope: bytes, now: datetime) -> Decision:
        """Decides on a record after those before it. It is neither on disk nor in force before `commit`.

        Args:
            envelope: the value of the record: anything at all.
            now: the time, UTC.

        Returns:
            The decision; an unreadable or wrongly signed record is refused.
        """
        try:
            incoming = decode_signed(AgentConfig, envelope, [self._controller_key])
        except UnknownFormat as error:
            return Decision(Verdict.UNKNOWN_FORMAT, str(error))
        except Undecodable as error:
            return Decision(Verdict.REFUSED, str(error))
        newest = self._accepted[0] if self._accepted else self.current
        decision = accept(newest, incoming, fleet_id=self._fleet_id, node_id=self._node_id, now=now)
        if decision.verdict is Verdict.ACCEPTED:
            self._accepted = incoming, envelope
        return decision

    def commit(self) -> bool:
        """Writes the newest accepted record to disk, and puts it in force; False when it was there already.

        Raises:
            OSError: it cannot be written; the old one stays in force, and the next call tries again.
        """
        if self._accepted is None:
            return False
        accepted, envelope = self._accepted
        self._disk.write(self._path, envelope)
        self.current, self._accepted = accepted, None
        return True
