"""The containers of one fleet and node: which they are, and which one is an instance's. Blocks: to be called in a thread."""

from collections.abc import Mapping
from typing import Any, Final

from docker.errors import NotFound

from nodeagent.engines.docker.container import container_name
from nodeagent.engines.docker.engine import DockerEngine
from nodeagent.engines.labels import LABEL_FLEET, LABEL_INSTANCE, is_ours, labels_of_owner
from nodeagent.folders.base import FoldersWithPaths
from nodeagent.operations import Remove, Stop

RUNNING: Final = frozenset({"running", "paused"})
"""The engine's words for what runs."""
REMOVING: Final = "removing"
"""The engine's word for what does not run any more and is being removed: nothing starts it again, and it still holds its name."""


class OwnContainers:
    """Finds the containers of this fleet and node; only what carries their labels, or was adopted, is one of them.

    Args:
        engine: has them.
        fleet_id: the fleet.
        node_id: this node.
        folders: the folders of the instances, with the notes about what was adopted.
    """

    def __init__(self, engine: DockerEngine, fleet_id: str, node_id: str, folders: FoldersWithPaths) -> None:
        self._engine = engine
        self._fleet_id = fleet_id
        self._node_id = node_id
        self._folders = folders
        self._owner = labels_of_owner(fleet_id, node_id)

    def name_of(self, instance: str) -> str:
        """The name of an instance's container."""
        return container_name(self._fleet_id, self._node_id, instance)

    def of_the_fleet(self, **labels: str) -> list[dict[str, Any]]:
        """Those of all nodes, with these labels beside."""
        return self._engine.containers({LABEL_FLEET: self._fleet_id, **labels})

    def all(self, **labels: str) -> list[dict[str, Any]]:
        """Those of this node, with these labels beside; copies first, so that the right ones come to stand in their place."""
        found = [one for one in self.of_the_fleet(**labels) if self.is_ours(one["Labels"], one["Id"])]
        return sorted(found, key=self._is_copy, reverse=True)

    def is_ours(self, labels: Mapping[str, str], container_id: str) -> bool:
        """Whether a container is one of this node."""
        return is_ours(labels, container_id, self._owner, self._folders)

    def find(self, instance: str) -> dict[str, Any] | None:
        """The container of an instance; the one with the right name, if somebody has made a copy of its labels."""
        found = self.all(**{LABEL_INSTANCE: instance})
        return found[-1] if found else None

    def meant(self, op: Stop | Remove) -> str | None:
        """The id of the container that an operation is about; None when it is gone."""
        container = self.find(op.instance)
        return container["Id"] if container is not None and op.runtime_id in {None, container["Id"]} else None

    def wait_until_gone(self, container_id: str, timeout_s: int) -> None:
        """Waits until somebody has removed a container; not for longer than that, which is no error."""
        try:
            self._engine.client().wait(container_id, timeout=timeout_s, condition="removed")
        except (NotFound, OSError):  # those of requests are OSErrors, too
            return

    def _is_copy(self, container: Mapping[str, Any]) -> bool:
        name = self.name_of(container["Labels"].get(LABEL_INSTANCE, ""))
        return f"/{name}" not in (container.get("Names") or ())
