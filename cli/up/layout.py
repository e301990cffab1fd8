"""The state directory of `fleet up`: what is kept where, and that only one `fleet up` uses it at a time."""

import fcntl
import os
import secrets
from pathlib import Path

from cli.failure import Failure
from ports.disk import RealDisk

_PRIVATE = 0o700


class StateDirectory:
    """Everything that `fleet up` keeps between two runs. Ledgers and generations go on where they were."""

    def __init__(self, root: Path) -> None:
        """Makes the directory, readable by its owner alone.

        Raises:
            Failure: it cannot be made.
        """
        self.root = root.absolute()
        self._lock: int | None = None
        try:
            for folder in (self.root, self.logs, self.secrets):
                folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        except OSError as error:
            raise Failure(f"the state directory cannot be made: {error}; choose another with --state-dir") from None

    @property
    def logs(self) -> Path:
        """What the parts print."""
        return self.root / "logs"

    @property
    def secrets(self) -> Path:
        """Secrets that were made up for simulated cameras."""
        return self.root / "secrets"

    @property
    def controller(self) -> Path:
        """State of the controller."""
        return self.root / "controller"

    @property
    def broker_address(self) -> Path:
        """Where the embedded broker says that it listens."""
        return self.root / "broker-address"

    def agent(self, node_id: str) -> Path:
        """State of the agent of a node."""
        return self.root / "agents" / node_id

    def lock(self) -> None:
        """Claims the directory until this process ends, however it ends.

        Raises:
            Failure: another `fleet up` has it.
        """
        self._lock = os.open(self.root / "up.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(self._lock, 32, 0).decode(errors="replace").strip() or "unknown"
            raise Failure(
                f"another `fleet up` (pid {holder}) uses {self.root}: stop it, or choose another --state-dir"
            ) from None
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)

    def fleet_id(self) -> str:
        """The id of the fleet of this directory: two of them on one machine must not touch each other's instances."""
        file, disk = self.root / "fleet-id", RealDisk()
        # Older versions left an empty file when the power went.
        if not file.exists() or not disk.read(file).strip():
            disk.write(file, f"up-{secrets.token_hex(4)}\n".encode())
        return disk.read(file).decode().strip()
