"""Who listens on a port of this machine, and whether that is in a container of the fleet."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial

from docker.errors import NotFound

from nodeagent.engines.docker.engine import DockerEngine, errors_of
from nodeagent.engines.labels import LABEL_FLEET, words_of
from nodeagent.engines.listening import Listeners, container_of, listening_on, name_of
from nodeagent.model import PortHolder


@dataclass(frozen=True)
class AskedPort:
    """Of which it is asked who listens on it."""

    port: int
    """Of this machine."""
    runtime_id: str | None
    """The container that should; where several listen, one that should not is told."""
    pids: tuple[int, ...]
    """The first process of that container, if it runs."""


class PortHolders:
    """Finds them by the sockets that processes have open. Blocks: to be called in a thread.

    Args:
        engine: knows the containers.
        fleet_id: the fleet.
    """

    def __init__(self, engine: DockerEngine, fleet_id: str) -> None:
        self._engine = engine
        self._fleet_id = fleet_id
        self._listeners = Listeners()
        self._labels_of: dict[str, dict[str, str]] = {}

    def of(self, asked: Sequence[AskedPort]) -> Callable[[AskedPort], PortHolder | None]:
        """What says who listens on each of some ports; None for nobody. It raises Transient when the engine does not answer."""
        inodes = listening_on({one.port for one in asked})

        def holder(one: AskedPort) -> PortHolder | None:
            find = partial(self._find, one.port, one.runtime_id, one.pids)
            return self._listeners.holder(one.port, one.runtime_id, find, inodes.get(one.port, ()))

        return holder

    def _find(self, port: int, runtime_id: str | None, pids: Collection[int]) -> PortHolder | None:
        with errors_of(f"find out who listens on port {port}"):
            holders = [self._holder(pid, runtime_id) for pid in self._listeners.pids(port, pids)]
        if not holders:
            return self._listeners.hidden(port, pids)
        return min(holders, key=lambda one: one.runtime_id == runtime_id)

    def _holder(self, pid: int, expected: str | None) -> PortHolder:
        process = f"process {pid} ({name_of(pid)})"
        if (container_id := container_of(pid)) is None:
            return PortHolder(None, process)
        if container_id == expected:
            # As a rule. The engine is not asked: apps are looked at again and again, also while it hangs.
            return PortHolder(container_id, f"container {container_id[:12]}, {process}")
        labels = self._labels_of.get(container_id)
        if labels is None:
            try:
                labels = self._engine.client().inspect_container(container_id)["Config"]["Labels"] or {}
            except NotFound:
                return PortHolder(None, process)
            self._labels_of = {container_id: labels}  # it is asked for the same one again and again
        where = f"container {container_id[:12]}, {process}"
        if not labels.get(LABEL_FLEET):
            return PortHolder(None, where)
        ours = labels[LABEL_FLEET] == self._fleet_id
        return PortHolder(container_id if ours else None, f"{words_of(labels, self._fleet_id)} ({where})")
