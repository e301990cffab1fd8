"""What somebody else changed of the containers of instances, and the way back. Blocks: to be called in a thread."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from crds.instance_config import InstanceConfig
from nodeagent.engines.docker.create_and_start import CreateAndStart
from nodeagent.engines.docker.engine import DockerEngine, errors_of
from nodeagent.engines.docker.form import NAME, asked_form, drift_between, found_form, mount_at, update_bodies
from nodeagent.engines.docker.own_containers import OwnContainers
from nodeagent.engines.docker.states import ContainerState
from nodeagent.folders.base import FoldersWithPaths
from nodeagent.operations import Drift, SetBack

_ANY_FOLDER = Path("/")


class ContainerDrift:
    """Compares containers with what the engine would be asked for; see `form`.

    Args:
        engine: has them.
        own: finds them.
        create_and_start: knows what is asked for.
        folders: the folders of the instances; they know what may not be shown.
    """

    def __init__(
        self, engine: DockerEngine, own: OwnContainers, create_and_start: CreateAndStart, folders: FoldersWithPaths
    ) -> None:
        self._engine = engine
        self._own = own
        self._create_and_start = create_and_start
        self._folders = folders
        self._compared: dict[str, tuple[InstanceConfig, ContainerState, tuple[Drift, ...]]] = {}
        """What the last call compared, with an image that was there: the same form and the same state differ in the same things."""

    def of(
        self, configs: Collection[InstanceConfig], seen: Mapping[str, ContainerState]
    ) -> dict[str, tuple[Drift, ...]]:
        """What differs, by name of the instance; instances of which nothing does, or that were not seen, are left out.

        Args:
            configs: the forms that they should have.
            seen: what the last look saw.
        """
        found, compared = {}, {}
        with errors_of("compare the containers"):
            for config in configs:
                name = config.instance_name
                if (state := seen.get(name)) is None:
                    continue
                before = self._compared.get(name)
                if before is not None and before[0] is config and before[1] is state:
                    compared[name], found[name] = before, before[2]
                    continue
                found[name] = self._between(config, state.settings)
                if self._engine.image_of(state.settings["Image"]) is not None:
                    compared[name] = (config, state, found[name])
        self._compared = compared
        return {name: drift for name, drift in found.items() if drift}

    def set_back(self, op: SetBack) -> None:
        """Undoes what the engine can undo of a running container."""
        with errors_of(f"set back the container of instance {op.instance}"):
            if (there := self._own.find(op.instance)) is None or there["Id"] != op.runtime_id:
                return
            client = self._engine.client()
            container = client.inspect_container(op.runtime_id)
            if container["State"]["Paused"]:  # perhaps only since that was decided
                client.unpause(op.runtime_id)
            # As it is now, which may be better than it was when that was decided.
            names = {one.field for one in op.drift} & {one.field for one in self._between(op.config, container)}
            arguments = self._create_and_start.arguments(op.config, {}, None)
            host, machine = arguments["host_config"], self._engine.machine()
            if NAME in names:
                client.rename(op.runtime_id, arguments["name"])
            self._engine.update(op.runtime_id, update_bodies(names, host, container["HostConfig"], machine))

    def _between(self, config: InstanceConfig, container: Mapping[str, Any]) -> tuple[Drift, ...]:
        machine, image = self._engine.machine(), self._engine.image_of(container["Image"])
        engines = _ANY_FOLDER if config.engine_cache_path else None
        asked = asked_form(
            self._create_and_start.arguments(config, {}, engines), image.config if image else None, machine
        )
        found = found_form(container, machine)
        # Which folder that is hangs on the image and the GPUs that there were when it was made.
        for form in (asked, found):
            form.pop(mount_at(config.engine_cache_path), None)
        drift = drift_between(asked, found, image_known=image is not None)
        return tuple(replace(one, found=self._folders.redacted(config.instance_name, one.found)) for one in drift)
