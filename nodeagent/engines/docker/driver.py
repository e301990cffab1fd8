"""Runs instances as containers of a Docker Engine."""

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Callable, Collection
from pathlib import Path
from typing import Any

from docker.errors import APIError, NotFound

from crds.instance_config import InstanceConfig
from nodeagent.engines import counters
from nodeagent.engines.blocking_calls import BlockingCalls
from nodeagent.engines.counters import UsageCounters
from nodeagent.engines.docker.create_and_start import CreateAndStart
from nodeagent.engines.docker.drift import ContainerDrift
from nodeagent.engines.docker.engine import (
    CONFLICT,
    DockerEngine,
    errors_of,
    label_filters,
)
from nodeagent.engines.docker.events import EndOfStream, changed_instances
from nodeagent.engines.docker.log import ContainerLogs
from nodeagent.engines.docker.own_containers import REMOVING, RUNNING, OwnContainers
from nodeagent.engines.docker.port_holders import AskedPort, PortHolders
from nodeagent.engines.docker.states import ContainerState, ContainerStates
from nodeagent.engines.docker.usage import counters_of_container
from nodeagent.engines.labels import (
    LABEL_FLEET,
    LABEL_INSTANCE,
    LABEL_NODE,
    by_node_and_instance,
    leftover,
    notes_of,
    observed,
)
from nodeagent.engines.last_lines import last_lines
from nodeagent.engines.listening import ports_of_container
from nodeagent.engines.log_lines import LogPiece, LogRange
from nodeagent.folders.base import FoldersWithPaths
from nodeagent.model import Applied, Leftover, ObservedInstance, Permanent, PortHolder, Transient
from nodeagent.operations import Adopt, Create, Drift, Op, PullImage, Remove, SetBack, Start, Stop

# Each kind of work has slots of its own: neither a pull nor a slow stop may keep a crashed neighbour from its restart.
_CALLS_AT_ONCE, _STOPS_AT_ONCE, _PULLS_AT_ONCE, _STREAMS_AT_ONCE = 16, 32, 3, 4
# Nobody knows what it was given; the default of manifests.
_LEFTOVER_STOP_S = 20
_ANY_FOLDER = Path("/")
_LOOKS_BETWEEN_QUESTIONS = 12
_REMOVAL_WAIT_S, _CLOSE_WAIT_S = 10, 1.0


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
        self._folders = folders
        self._engine = DockerEngine(docker_host, _CALLS_AT_ONCE)
        self._own = OwnContainers(self._engine, fleet_id, node_id, folders)
        self._create_and_start = CreateAndStart(self._engine, self._own, (fleet_id, node_id), folders, self._seen_id)
        self._drift = ContainerDrift(self._engine, self._own, self._create_and_start, folders)
        self._calls = BlockingCalls("docker-call", _CALLS_AT_ONCE)
        self._stops = BlockingCalls("docker-stop", _STOPS_AT_ONCE)
        self._pulls = BlockingCalls("docker-pull", _PULLS_AT_ONCE)
        self._streams = BlockingCalls("docker-events", _STREAMS_AT_ONCE)
        self._states = ContainerStates()
        self._logs = ContainerLogs(self._engine, self._own, self._states)
        self._port_holders = PortHolders(self._engine, fleet_id)
        self._seen: dict[str, ContainerState] = {}
        self._of_others: tuple[int | None, list[dict[str, Any]]] = (None, [])
        """Containers of other nodes, and the version of the states when they were asked for."""
        self._looks_for_leftovers = 0
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
        return await self._calls.run(self._drift.of, configs, self._seen)

    async def perform(self, op: Op) -> None:
        """Does the operation."""
        match op:
            case PullImage(config=config):
                await self._pull(config.image)
            case Create(config=config, generation=generation):
                await self._calls.run_to_its_end(self._create_and_start.create, config, generation)
            case Start(config=config, generation=generation):
                await self._calls.run_to_its_end(self._create_and_start.start, config, generation)
            case SetBack():
                await self._calls.run_to_its_end(self._drift.set_back, op)
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
        pids = tuple(one.pid for one in self._seen.values() if one.settings["Id"] == runtime_id and one.pid)
        return await self._calls.run_together(self._port_holders.of, AskedPort(port, runtime_id, pids))

    def events(self) -> AsyncIterator[str]:
        """Names of instances whose container was made, started, left or was removed, from this very moment on."""
        return self._events(time.time())

    async def output(self, instance: str, lines: int) -> str:
        """The last lines of the container's log, without secrets; says so when it ran out of memory."""
        return await self._calls.run(self._output, instance, lines)

    def log(self, instance: str, wanted: LogRange) -> AsyncIterator[LogPiece]:
        """The lines that the engine keeps; a new container has none of those before it."""
        return self._logs.read(instance, wanted)

    async def usage(self) -> UsageCounters:
        """By the control groups of the containers."""
        running = {name: str(one.settings["Id"]) for name, one in self._seen.items() if one.running}
        found = await asyncio.gather(
            *(self._calls.run(counters_of_container, self._engine, one, name) for name, one in running.items())
        )
        used = {name: (key, one) for (name, key), one in zip(running.items(), found, strict=True) if one is not None}
        return UsageCounters(await self._calls.run(counters.of_this_machine), used)

    async def aclose(self) -> None:
        """Ends the streams of events and logs, and gives back the connections."""
        self._closed = True
        self._logs.close()
        for stop in self._open:
            stop()
        # Not for long: an engine that hangs may keep the one who is connecting to it.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_WAIT_S):
                await self._calls.run(self._engine.close)

    async def _pull(self, image: str) -> None:
        # Whatever its tag, an image that is there is not asked for again: instances start without the registry.
        if await self._calls.run_shared(self._engine.image_id, image) is not None:
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

    def _observe(self) -> dict[str, ObservedInstance]:
        instances: dict[str, ObservedInstance] = {}
        seen: dict[str, ContainerState] = {}
        with errors_of("look at the containers"):
            containers = self._own.all()
            for container in containers:
                name = container["Labels"].get(LABEL_INSTANCE)
                if not name or (state := self._states.of(self._engine.client(), container)) is None:
                    continue
                # What is being removed is gone: nothing can be done with it, and its successor need not wait. The list of
                # containers goes on to say that it runs.
                if state.status == REMOVING:
                    continue
                seen[name] = state
                image = self._engine.image_of(container["ImageID"])
                instances[name] = observed(
                    container["Labels"],
                    runtime_id=container["Id"],
                    running=state.running,
                    notes=notes_of(name, container["Id"], self._folders),
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

    def _leftovers(self, lives: Callable[[str], bool]) -> tuple[Leftover, ...]:
        with errors_of("look at the containers of other nodes"):
            found = [
                leftover(one["Labels"], one["Id"], running=one["State"] in RUNNING, ports=ports_of_container(one["Id"]))
                for one in self._containers_of_others()
                if not lives(one["Labels"].get(LABEL_NODE, ""))
            ]
        return tuple(sorted(found, key=by_node_and_instance))

    def _containers_of_others(self) -> list[dict[str, Any]]:
        """Asked for again when something has happened to a container of the fleet, and now and then."""
        asked_at, found = self._of_others
        version = self._states.version
        if version is None or version != asked_at or self._looks_for_leftovers % _LOOKS_BETWEEN_QUESTIONS == 0:
            found = self._own.of_the_fleet()
        self._looks_for_leftovers += 1
        # Each time: what a note says may have become this node's.
        found = [one for one in found if not self._own.is_ours(one["Labels"], one["Id"])]
        self._of_others = (version, found)
        return found

    def _leftover(self, runtime_id: str) -> dict[str, Any] | None:
        found = (one for one in self._own.of_the_fleet() if one["Id"] == runtime_id)
        return next((one for one in found if not self._own.is_ours(one["Labels"], runtime_id)), None)

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
            name = self._own.name_of(op.instance)
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

    def _stop(self, op: Stop) -> None:
        with errors_of(f"stop the container of instance {op.instance}"):
            if (container_id := self._meant(op)) is not None:
                with contextlib.suppress(NotFound):
                    self._engine.client().stop(container_id, timeout=op.timeout_seconds)

    def _meant(self, op: Stop | Remove) -> str | None:
        """The labels of what was seen were looked at, and never change."""
        seen = op.runtime_id is not None and op.runtime_id == self._seen_id(op.instance)
        return op.runtime_id if seen else self._own.meant(op)

    def _seen_id(self, instance: str) -> str | None:
        state = self._seen.get(instance)
        return None if state is None else str(state.settings["Id"])

    def _remove(self, op: Remove) -> None:
        with errors_of(f"remove the container of instance {op.instance}"):
            self._create_and_start.forget(op.instance)
            deadline = time.monotonic() + _REMOVAL_WAIT_S
            while (container_id := self._meant(op)) is not None:
                try:
                    self._engine.client().remove_container(container_id, force=True, v=True)
                except NotFound:
                    pass
                except APIError as error:
                    # Somebody is removing it: not done before it is gone, for it still holds the name.
                    if error.status_code != CONFLICT or time.monotonic() > deadline:
                        raise
                    self._own.wait_until_gone(container_id, _REMOVAL_WAIT_S)
                self._seen.pop(op.instance, None)
                if op.runtime_id is not None:
                    return

    def _output(self, instance: str, lines: int) -> str:
        with errors_of(f"read the log of instance {instance}"):
            container = self._own.find(instance)
            if container is None:
                return ""
            client = self._engine.client()
            text = last_lines(client.logs(container["Id"], tail=lines), lines)
            state = self._states.of(client, container)
            if state is not None and state.out_of_memory:
                text += "\n[the container ran out of memory and was killed]"
        return self._folders.redacted(instance, text.strip("\n"))
