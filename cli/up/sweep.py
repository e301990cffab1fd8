"""Takes away what agents left running: only what carries the labels of this fleet and one of its nodes."""

import asyncio
import signal
from collections.abc import Collection, Iterator
from uuid import UUID

from cli.up.layout import StateDirectory
from cli.up.settings import Settings
from ports.clock import SystemClock

_PATIENCE_SECONDS = 3.0


def sweep(settings: Settings, state: StateDirectory, node_ids: Collection[str]) -> list[str]:
    """Ends the instances of these nodes, and says of each that was left; usually there is none."""
    if settings.driver == "docker":
        return asyncio.run(_sweep_containers(settings, state, node_ids))
    return [f"ended process {pid}, which an agent had left" for pid in _sweep_processes(settings.fleet_id, node_ids)]


def _sweep_processes(fleet_id: str, node_ids: Collection[str]) -> list[int]:
    from nodeagent.engines.labels import LABEL_FLEET, LABEL_NODE, variable_of
    from nodeagent.engines.process.table import FoundProcess, find

    def left() -> Iterator[FoundProcess]:
        for process in find({variable_of(LABEL_FLEET): fleet_id}):
            if process.environment.get(variable_of(LABEL_NODE)) in node_ids:
                yield process

    swept = list(left())
    for process in swept:
        process.id.send(signal.SIGTERM)
    deadline = SystemClock().monotonic() + _PATIENCE_SECONDS
    while any(process.id.runs() for process in swept) and SystemClock().monotonic() < deadline:
        SystemClock().pause(0.05)
    for process in left():
        process.id.send(signal.SIGKILL)
    return [process.id.pid for process in swept]


async def _sweep_containers(settings: Settings, state: StateDirectory, node_ids: Collection[str]) -> list[str]:
    from nodeagent.engines.docker.driver import DockerDriver
    from nodeagent.folders.disk import DiskFolders
    from nodeagent.model import Permanent, Transient, Waiting
    from nodeagent.operations import Remove, Stop

    said = []
    for node_id in node_ids:
        folders = DiskFolders(state.agent(node_id) / "instances", settings.secrets_dir)
        driver = DockerDriver(settings.fleet_id, str(UUID(node_id)), folders, docker_host=settings.docker_host)
        try:
            for name, found in (await driver.observe()).items():
                if not found.running:
                    continue
                await driver.perform(Stop(name, "fleet up ends", timeout_seconds=3))
                await driver.perform(Remove(name, "fleet up ends"))
                said.append(f"ended container of dsinstance/{name}, which an agent had left")
        except (Transient, Permanent, Waiting) as error:
            said.append(f"the engine could not be asked what is left of node {node_id}: {error}")
        finally:
            await driver.aclose()
    return said
