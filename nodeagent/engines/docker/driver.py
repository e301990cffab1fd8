"""Runs instances as containers of a Docker Engine."""

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from docker.errors import APIError, NotFound

from crds.instance_config import InstanceConfig
from nodeagent.engines.blocking_calls import BlockingCalls
from nodeagent.engines.docker.container import container_name, create_arguments, must_equal
from nodeagent.engines.docker.engine import (
    BAD_REQUEST,
    CONFLICT,
    NOT_FOUND,
    DockerEngine,
    errors_of,
    explanation,
    label_filters,
)
from nodeagent.engines.docker.engine_folders import engine_folder_name, gpus_of_machine
from nodeagent.engines.docker.events import EndOfStream, changed_instances
from nodeagent.engines.docker.form import NAME, asked_form, drift_between, found_form, mount_at, update_bodies
from nodeagent.engines.docker.needs import wait_for_what_is_missing
from nodeagent.engines.docker.port_holders import PortHolders
from nodeagent.engines.docker.states import ContainerState, ContainerStates
from nodeagent.engines.labels import (
    LABEL_FLEET,
    LABEL_INSTANCE,
    LABEL_NODE,
    by_node_and_instance,
    is_ours,
    labels_of,
    labels_of_owner,
    leftover,
    observed,
)
from nodeagent.engines.last_lines import last_lines
from nodeagent.engines.listening import ports_of_container
from nodeagent.folders.base import FoldersWithPaths
from nodeagent.model import Applied, Leftover, ObservedInstance, Permanent, PortHolder, Transient
from nodeagent.operations import Adopt, Create, Drift, Op, PullImage, Remove, SetBack, Start, Stop

# Each kind of work has slots of its own: neither a pull nor a slow stop may keep a crashed neighbour from its restart.
_CALLS_AT_ONCE, _STOPS_AT_ONCE, _PULLS_AT_ONCE, _STREAMS_AT_ONCE = 16, 32, 3, 4
_RUNNING = frozenset({"running", "paused"})
# Nobody knows what it was given; the default of manifests.
_LEFTOVER_STOP_S = 20
_ANY_FOLDER = Path("/")
_REMOVAL_WAIT_S, _CLOSE_WAIT_S = 10.0, 1.0


class DockerDriver:
    """Runs each instance as one container, whose name and labels say what it is.

    Args:
        fleet_id: the fleet.
        node_id: this node.
        folders: the folders of the instances; the engine must see them under the same paths.
        docker_host: address of the engine, as in DOCKER_HOST; None takes what the environment says.
    """

    name = "docker"

    def __init__(
        self,
        fleet_id: str,
        node_id: str,
        folders: FoldersWithPaths,
        docker_host: str | None = None,
    ) -> None:
        self._fleet_id = fleet_id
        self._node_id = node_id
        self._folders = folders
        self._owner = labels_of_owner(fleet_id, node_id)
        self._engine = DockerEngine(docker_host, _CALLS_AT_ONCE)
        self._calls = BlockingCalls("docker-call", _CALLS_AT_ONCE)
        self._stops = BlockingCalls("docker-stop", _STOPS_AT_ONCE)
        self._pulls = BlockingCalls("docker-pull", _PULLS_AT_ONCE)
        self._streams = BlockingCalls("docker-events", _STREAMS_AT_ONCE)
        self._states = ContainerStates()
        self._port_holders = PortHolders(self._engine, fleet_id)
        self._seen: dict[str, ContainerState] = {}
        self._open: set[EndOfStream] = set()
        self._closed = False

    async def observe(self) -> dict[str, ObservedInstance]:
        """All containers of this fleet and node, in whatever state."""
        return await self._calls.run(self._observe)

    async def images(self, references: Collection[str]) -> dict[str, str]:
        """Ids of the images that are on this node."""
        return await self._calls.run(self._images, references)

    async def drift(self, configs: Collection[InstanceConfig]) -> dict[str, tuple[Drift, ...]]:
        """What the engine reports of their containers, beside what it would be asked for."""
        return await self._calls.run(self._drift, configs)

    async def perform(self, op: Op) -> None:
        """Does the operation."""
        match op:
            case PullImage(config=config):
                await self._pull(config.image)
            case Create(config=config, generation=generation):
                await self._calls.run_to_its_end(self._create, config, generation)
            case Start(config=config, generation=generation):
                await self._calls.run_to_its_end(self._start, config, generation)
            case SetBack():
                await self._calls.run_to_its_end(self._set_back, op)
            case Adopt():
                await self._calls.run_to_its_end(self._adopt, op)
            case Stop():
                await self._stops.run(self._stop, op)
            case Remove():
                await self._calls.run_to_its_end(self._remove, op)
            case _:
                raise Permanent(f"no driver does {op.kind}")

    async def leftovers(self, lives: Callable[[str], bool]) -> tuple[Leftover, ...]:
        """Containers of the fleet and other nodes."""
        return await self._calls.run(self._leftovers, lives)

    async def clean(self, leftover: Leftover) -> None:
        """Stops and removes the container."""
        await self._stops.run(self._clean, leftover)

    async def port_holder(self, port: int, runtime_id: str | None = None) -> PortHolder | None:
        """Who listens on a port, by the sockets that processes have open, and the containers that they are in."""
        pids = [state.pid for state in self._seen.values() if state.settings["Id"] == runtime_id and state.pid]
        return await self._calls.run(self._port_holders.of, port, runtime_id, pids)

    def events(self) -> AsyncIterator[str]:
        """Names of instances whose container was made, started, left or was removed, from this very moment on."""
        return self._events(time.time())

    async def output(self, instance: str, lines: int) -> str:
        """The last lines of the container's log, without secrets; says so when it ran out of memory."""
        return await self._calls.run(self._output, instance, lines)

    async def aclose(self) -> None:
        """Ends the streams of events and gives back the connections."""
        self._closed = True
        for stop in self._open:
            stop()
        # Not for long: an engine that hangs may keep the one who is connecting to it.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_WAIT_S):
                await self._calls.run(self._engine.close)

    async def _pull(self, image: str) -> None:
        # Whatever its tag, an image that is there is not asked for again: instances start without the registry.
        if await self._calls.run(self._engine.image_id, image) is not None:
            return
        cancelled = threading.Event()
        try:
            await self._pulls.run(self._engine.pull, image, cancelled)
        finally:
            cancelled.set()

    async def _events(self, since_s: float) -> AsyncIterator[str]:
        if self._closed:
            return
        stop = EndOfStream()
        self._open.add(stop)
        names = changed_instances(
            self._engine, self._streams, self._states, label_filters({LABEL_FLEET: self._fleet_id}), since_s, stop
        )
        try:
            async with contextlib.aclosing(names):
                async for name in names:
                    yield name
        finally:
            self._open.discard(stop)

    def _containers(self, **labels: str) -> list[dict[str, Any]]:
        return [one for one in self._of_the_fleet(**labels) if self._is_ours(one["Labels"], one["Id"])]

    def _of_the_fleet(self, **labels: str) -> list[dict[str, Any]]:
        return self._engine.containers({LABEL_FLEET: self._fleet_id, **labels})

    def _is_ours(self, labels: Mapping[str, str], container_id: str) -> bool:
        return is_ours(labels, container_id, self._owner, self._folders)

    def _find(self, instance: str) -> dict[str, Any] | None:
        """The container of an instance; the one with the right name, if somebody has made a copy of its labels."""
        found = self._containers(**{LABEL_INSTANCE: instance})
        return min(found, key=self._is_copy, default=None)

    def _is_copy(self, container: dict[str, Any]) -> bool:
        name = container_name(self._fleet_id, self._node_id, container["Labels"].get(LABEL_INSTANCE, ""))
        return f"/{name}" not in (container.get("Names") or ())

    def _meant(self, op: Stop | Remove) -> str | None:
        container = self._find(op.instance)
        return container["Id"] if container is not None and op.runtime_id in {None, container["Id"]} else None

    def _observe(self) -> dict[str, ObservedInstance]:
        instances: dict[str, ObservedInstance] = {}
        seen: dict[str, ContainerState] = {}
        with errors_of("look at the containers"):
            # Copies first, so that the right ones come to stand in their place.
            containers = sorted(self._containers(), key=self._is_copy, reverse=True)
            for container in containers:
                name = container["Labels"].get(LABEL_INSTANCE)
                if not name:
                    continue
                if (state := self._states.of(self._engine.client(), container)) is None:
                    continue
                seen[name] = state
                image = self._engine.image_of(container["ImageID"])
                instances[name] = observed(
                    container["Labels"],
                    runtime_id=container["Id"],
                    running=state.running,
                    applied=self._folders.read_applied(name),
                    started=self._folders.read_started(name),
                    started_at=state.started_at,
                    finished_at=state.finished_at,
                    exit_code=state.exit_code,
                    image_id=container["ImageID"],
                    image_platform=image.platform if image else "",
                    paused=state.paused,
                )
            self._states.keep_only([container["Id"] for container in containers])
        self._seen = seen
        return instances

    def _drift(self, configs: Collection[InstanceConfig]) -> dict[str, tuple[Drift, ...]]:
        with errors_of("compare the containers"):
            seen = [(one, self._seen[one.instance_name]) for one in configs if one.instance_name in self._seen]
            found = {config.instance_name: self._drift_of(config, state.settings) for config, state in seen}
        return {name: drift for name, drift in found.items() if drift}

    def _drift_of(self, config: InstanceConfig, container: Mapping[str, Any]) -> tuple[Drift, ...]:
        machine, image = self._engine.machine(), self._engine.image_of(container["Image"])
        engines = _ANY_FOLDER if config.engine_cache_path else None
        asked = asked_form(self._arguments(config, {}, engines), image.config if image else None, machine)
        found = found_form(container, machine)
        # Which folder that is hangs on the image and the GPUs that there were when it was made.
        for form in (asked, found):
            form.pop(mount_at(config.engine_cache_path), None)
        drift = drift_between(asked, found, image_known=image is not None)
        return tuple(replace(one, found=self._folders.redacted(config.instance_name, one.found)) for one in drift)

    def _set_back(self, op: SetBack) -> None:
        with errors_of(f"set back the container of instance {op.instance}"):
            if (there := self._find(op.instance)) is None or there["Id"] != op.runtime_id:
                return
            client = self._engine.client()
            container = client.inspect_container(op.runtime_id)
            if container["State"]["Paused"]:  # perhaps only since that was decided
                client.unpause(op.runtime_id)
            # As it is now, which may be better than it was when that was decided.
            names = {one.field for one in op.drift} & {one.field for one in self._drift_of(op.config, container)}
            arguments = self._arguments(op.config, {}, None)
            host, machine = arguments["host_config"], self._engine.machine()
            if NAME in names:
                client.rename(op.runtime_id, arguments["name"])
            self._engine.update(op.runtime_id, update_bodies(names, host, container["HostConfig"], machine))

    def _leftovers(self, lives: Callable[[str], bool]) -> tuple[Leftover, ...]:
        with errors_of("look at the containers of other nodes"):
            found = [
                leftover(
                    one["Labels"], one["Id"], running=one["State"] in _RUNNING, ports=ports_of_container(one["Id"])
                )
                for one in self._of_the_fleet()
                if not self._is_ours(one["Labels"], one["Id"]) and not lives(one["Labels"].get(LABEL_NODE, ""))
            ]
        return tuple(sorted(found, key=by_node_and_instance))

    def _leftover(self, runtime_id: str) -> dict[str, Any] | None:
        found = (one for one in self._of_the_fleet() if one["Id"] == runtime_id)
        return next((one for one in found if not self._is_ours(one["Labels"], runtime_id)), None)

    def _clean(self, leftover: Leftover) -> None:
        with errors_of(f"stop {leftover}"), contextlib.suppress(NotFound):
            if self._leftover(leftover.runtime_id) is not None:
                self._engine.client().stop(leftover.runtime_id, timeout=_LEFTOVER_STOP_S)
                self._engine.client().remove_container(leftover.runtime_id, force=True, v=True)

    def _adopt(self, op: Adopt) -> None:
        with errors_of(f"take over container {op.runtime_id[:12]} as instance {op.instance}"):
            there = self._leftover(op.runtime_id)
            if there is None:
                raise Transient(
                    f"container {op.runtime_id[:12]} of instance {op.instance} is not there to be taken over"
                )
            name = container_name(self._fleet_id, self._node_id, op.instance)
            if f"/{name}" not in (there.get("Names") or ()):
                self._engine.client().rename(op.runtime_id, name)
            self._folders.note_applied(Applied(op.config, op.generation, op.runtime_id))

    def _images(self, references: Collection[str]) -> dict[str, str]:
        found = {}
        for reference in references:
            with contextlib.suppress(Permanent):  # no name of an image: who pulls it is told
                if (image_id := self._engine.image_id(reference)) is not None:
                    found[reference] = image_id
        return found

    def _create(self, config: InstanceConfig, generation: int) -> None:
        name = container_name(self._fleet_id, self._node_id, config.instance_name)
        with errors_of(f"create container {name}"):
            if (there := self._find(config.instance_name)) is not None:
                must_equal(config, there["Labels"])
                return
            labels = labels_of(self._fleet_id, self._node_id, config, generation)
            try:
                self._engine.client().create_container(**self._arguments(config, labels, self._engine_folder(config)))
            except APIError as error:
                if error.status_code == CONFLICT:
                    self._name_is_taken(config, name)
                elif error.status_code == NOT_FOUND:
                    raise Transient(f"image {config.image} is not on this node") from error
                elif error.status_code == BAD_REQUEST:
                    wait_for_what_is_missing(config, self._engine)
                    raise Permanent(f"the engine refuses container {name}: {explanation(error)}") from error
                else:
                    raise

    def _arguments(self, config: InstanceConfig, labels: dict[str, str], engines: Path | None) -> dict[str, Any]:
        return create_arguments(
            config,
            name=container_name(self._fleet_id, self._node_id, config.instance_name),
            labels=labels,
            configs=self._folders.configs(config.instance_name),
            api_version=self._engine.client().api_version,
            engines=engines,
        )

    def _engine_folder(self, config: InstanceConfig) -> Path | None:
        if not config.engine_cache_path:
            return None
        image_id = self._engine.image_id(config.image)
        folder = engine_folder_name(image_id, gpus_of_machine(), config.container.gpus, config.digests.engines)
        return self._folders.engines(config.instance_name, folder)

    def _name_is_taken(self, config: InstanceConfig, name: str) -> None:
        holder = self._engine.client().inspect_container(name)
        labels = holder["Config"]["Labels"] or {}
        if not self._is_ours(labels, holder["Id"]) or labels.get(LABEL_INSTANCE) != config.instance_name:
            raise Transient(f"container {holder['Id'][:12]}, which is not of this fleet and node, has the name {name}")
        must_equal(config, labels)

    def _start(self, config: InstanceConfig, generation: int) -> None:
        name = config.instance_name
        with errors_of(f"start the container of instance {name}"):
            container = self._find(name)
            if container is None:
                raise Transient(f"instance {name} has no container to start")
            if container["State"] in _RUNNING:
                return
            # Before the start: an agent that is killed in between finds a stopped container with the right note, and
            # starts it. After it, there could be one that runs with new files and seems to run with the old ones.
            self._folders.note_applied(Applied(config, generation, container["Id"]))
            try:
                self._engine.client().start(container["Id"])
            except APIError as error:
                # Whatever the code: of a folder it is 400, of a device 500.
                wait_for_what_is_missing(config, self._engine)
                self._engine.remove_half_started(container["Id"], error)
                raise

    def _stop(self, op: Stop) -> None:
        with errors_of(f"stop the container of instance {op.instance}"):
            if (container_id := self._meant(op)) is not None:
                with contextlib.suppress(NotFound):
                    self._engine.client().stop(container_id, timeout=op.timeout_seconds)

    def _remove(self, op: Remove) -> None:
        with errors_of(f"remove the container of instance {op.instance}"):
            deadline = time.monotonic() + _REMOVAL_WAIT_S
            while (container_id := self._meant(op)) is not None:
                try:
                    self._engine.client().remove_container(container_id, force=True, v=True)
                except NotFound:
                    return
                except APIError as error:
                    # Somebody is removing it: not done before it is gone, for it still holds the name.
                    if error.status_code != CONFLICT or time.monotonic() > deadline:
                        raise
                    time.sleep(0.1)

    def _output(self, instance: str, lines: int) -> str:
        with errors_of(f"read the log of instance {instance}"):
            container = self._find(instance)
            if container is None:
                return ""
            client = self._engine.client()
            text = last_lines(client.logs(container["Id"], tail=lines), lines)
            state = self._states.of(client, container)
            if state is not None and state.out_of_memory:
                text += "\n[the container ran out of memory and was killed]"
        return self._folders.redacted(instance, text.strip("\n"))
