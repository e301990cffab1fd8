"""Makes the containers of instances and starts them, with one call to the engine each. Blocks: to be called in a thread.

Nothing is asked before that the engine's refusal tells as well: the name of a container is always the same, so that the
engine itself refuses a second one, and its id is known from when it was made, or from the last look.
"""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from docker.errors import APIError, NotFound

from crds.instance_config import InstanceConfig
from nodeagent.engines.docker.container import create_arguments, must_equal
from nodeagent.engines.docker.engine import BAD_REQUEST, CONFLICT, NOT_FOUND, DockerEngine, errors_of, explanation
from nodeagent.engines.docker.engine_folders import engine_folder_name, gpus_of_machine
from nodeagent.engines.docker.needs import wait_for_what_is_missing
from nodeagent.engines.docker.own_containers import REMOVING, RUNNING, OwnContainers
from nodeagent.engines.labels import LABEL_INSTANCE, labels_of
from nodeagent.folders.base import FoldersWithPaths
from nodeagent.model import Applied, Permanent, Transient

_REMOVAL_WAIT_S = 10
_NAME_WAIT_S = 0.02


class CreateAndStart:
    """What Create and Start do.

    Args:
        engine: makes the containers.
        own: finds them.
        owner: the fleet and the node.
        folders: the folders of the instances.
        seen: the id of an instance's container in the last look; None when there was none.
    """

    def __init__(
        self,
        engine: DockerEngine,
        own: OwnContainers,
        owner: tuple[str, str],
        folders: FoldersWithPaths,
        seen: Callable[[str], str | None],
    ) -> None:
        self._engine = engine
        self._own = own
        self._owner = owner
        self._folders = folders
        self._seen = seen
        self._made: dict[str, str] = {}
        """Ids of what was made and not started yet, by instance."""

    def create(self, config: InstanceConfig, generation: int) -> None:
        """Makes the container of an instance, unless it is there."""
        instance = config.instance_name
        name = self._own.name_of(instance)
        with errors_of(f"create container {name}"):
            # Under whatever name: one that was seen may have been renamed by hand, and there must not be two.
            if self._seen(instance) is not None and (there := self._own.find(instance)) is not None:
                must_equal(config, there["Labels"])
                return
            labels = labels_of(*self._owner, config, generation)
            arguments = self.arguments(config, labels, self._engine_folder(config))
            self._made[instance] = self._created(config, arguments)

    def start(self, config: InstanceConfig, generation: int) -> None:
        """Starts the container of an instance, if it does not run, and writes down what it was started with."""
        instance = config.instance_name
        with errors_of(f"start the container of instance {instance}"):
            known = self._made.pop(instance, None) or self._seen(instance)
            if known is not None:
                with contextlib.suppress(NotFound):  # it is another one by now, or something else is not there
                    self._start(config, generation, known)
                    return
            container = self._own.find(instance)
            if container is None:
                raise Transient(f"instance {instance} has no container to start")
            if container["State"] in RUNNING:
                self._note(config, generation, container["Id"])
                return
            try:
                self._start(config, generation, container["Id"])
            except NotFound:
                wait_for_what_is_missing(config, self._engine)
                raise

    def forget(self, instance: str) -> None:
        """A container of an instance was removed."""
        self._made.pop(instance, None)

    def arguments(self, config: InstanceConfig, labels: dict[str, str], engines: Path | None) -> dict[str, Any]:
        """The arguments of `APIClient.create_container` for an instance."""
        return create_arguments(
            config,
            name=self._own.name_of(config.instance_name),
            labels=labels,
            configs=self._folders.configs(config.instance_name),
            api_version=self._engine.client().api_version,
            engines=engines,
        )

    def _created(self, config: InstanceConfig, arguments: dict[str, Any]) -> str:
        """The id of the new container, or of the one that has its name and is the same."""
        name, deadline = arguments["name"], time.monotonic() + _REMOVAL_WAIT_S
        while True:
            try:
                return str(self._engine.client().create_container(**arguments)["Id"])
            except APIError as error:
                if error.status_code == NOT_FOUND:
                    raise Transient(f"image {config.image} is not on this node") from error
                if error.status_code == BAD_REQUEST:
                    wait_for_what_is_missing(config, self._engine)
                    raise Permanent(f"the engine refuses container {name}: {explanation(error)}") from error
                if error.status_code != CONFLICT or time.monotonic() > deadline:
                    raise
            if (there := self._with_that_name(config, name)) is not None:
                return there

    def _with_that_name(self, config: InstanceConfig, name: str) -> str | None:
        """The id of the container that has the name; None as soon as somebody has taken it away.

        Raises:
            Transient: it is another's, or was made for another form of the instance.
        """
        try:
            holder = self._engine.client().inspect_container(name)
        except NotFound:
            time.sleep(_NAME_WAIT_S)  # the name outlives its container for a moment
            return None
        labels, holder_id = holder["Config"]["Labels"] or {}, str(holder["Id"])
        if not self._own.is_ours(labels, holder_id) or labels.get(LABEL_INSTANCE) != config.instance_name:
            raise Transient(f"container {holder_id[:12]}, which is not of this fleet and node, has the name {name}")
        if holder["State"]["Status"] == REMOVING:
            self._own.wait_until_gone(holder_id, _REMOVAL_WAIT_S)
            return None
        must_equal(config, labels)
        return holder_id

    def _start(self, config: InstanceConfig, generation: int, container_id: str) -> None:
        # Before the start: an agent that is killed in between finds a stopped container with the right note, and
        # starts it. After it, there could be one that runs with new files and seems to run with the old ones.
        self._note(config, generation, container_id)
        try:
            self._engine.client().start(container_id)
        except NotFound:
            raise
        except APIError as error:
            if self._runs(container_id):  # and is paused, which the engine refuses
                return
            # Whatever the code: of a folder it is 400, of a device 500.
            wait_for_what_is_missing(config, self._engine)
            self._engine.remove_half_started(container_id, error)
            raise

    def _runs(self, container_id: str) -> bool:
        return any(one["Id"] == container_id and one["State"] in RUNNING for one in self._own.all())

    def _note(self, config: InstanceConfig, generation: int, container_id: str) -> None:
        name, applied = config.instance_name, Applied(config, generation, container_id)
        # What crashes is started again as it was: then both notes stand already.
        if self._folders.read_applied(name) != applied or self._folders.read_started(name) is None:
            self._folders.note_applied(applied)

    def _engine_folder(self, config: InstanceConfig) -> Path | None:
        if not config.engine_cache_path:
            return None
        image_id = self._engine.image_id(config.image)
        folder = engine_folder_name(image_id, gpus_of_machine(), config.container.gpus, config.digests.engines)
        return self._folders.engines(config.instance_name, folder)
