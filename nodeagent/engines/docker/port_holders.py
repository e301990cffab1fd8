"""Who listens on a port of this machine, and whether that is in a container of the fleet."""

from collections.abc import Collection
from functools import partial

from docker.errors import NotFound

from nodeagent.engines.docker.engine import DockerEngine, errors_of
from nodeagent.engines.labels import LABEL_FLEET, words_of
from nodeagent.engines.listening import Listeners, container_of, name_of
from nodeagent.model import PortHolder


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

    def of(self, port: int, runtime_id: str | None, pids: Collection[int]) -> PortHolder | None:
        """Who listens on a port; None for nobody.

        Args:
            port: of this machine.
            runtime_id: the container that should; where several listen, one that should not is told.
            pids: the first process of that container, if it runs.

        Raises:
            Transient: the engine does not answer.
        """
        return self._listeners.holder(port, runtime_id, partial(self._find, port, runtime_id, pids))

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
