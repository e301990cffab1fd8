"""The composition root of the agent: names the concrete parts, puts them together, runs them."""

import asyncio
import contextlib
import importlib.metadata
import logging
import os
from collections.abc import Callable, Coroutine

from bus.kafka import started_bus
from bus.kafka_options import CannotStart
from bus.signature import AGENT_KEY_FILE, SigningKey, public_key_from
from crds.fingerprint import fingerprint
from crds.messages import AgentInfo
from nodeagent.agent import Agent
from nodeagent.apps.probe import probe
from nodeagent.engines.base import Driver
from nodeagent.engines.counters import size_of_this_machine
from nodeagent.folders.base import FoldersWithPaths
from nodeagent.folders.disk import DiskFolders
from nodeagent.leaving import stop_instances
from nodeagent.ledger.ledger import Ledger
from nodeagent.ledger.starts import count_start
from nodeagent.model import Transient
from nodeagent.options import AgentOptions
from ports.folder_lock import FolderInUse, locked_folder
from ports.marks import MachineMarks
from ports.memory import give_back_what_is_freed, give_back_what_the_start_needed
from ports.ports import Ports

_log = logging.getLogger(__name__)

# Above twice the cores only latency grows, measured against a Docker Engine.
_MOST_OPERATIONS_AT_ONCE = 4
# By then it has read the topics, looked at everything, and started what did not run.
_STARTED_AFTER_SECONDS = 60.0


def mark_of(fleet_id: str, node_id: str) -> str:
    """The mark of a living agent: what runs under the id of a node that has none here is an orphan."""
    return f"agent {fleet_id} {node_id}"


def _driver(options: AgentOptions, folders: FoldersWithPaths) -> Driver:
    # Here, since the client of Docker is large, and of no use to an agent that runs processes.
    if options.driver == "process":
        from nodeagent.engines.process.driver import ProcessDriver  # noqa: PLC0415 - see above

        return ProcessDriver(options.fleet_id, str(options.node_id), folders)
    if options.driver == "docker":
        from nodeagent.engines.docker.driver import DockerDriver  # noqa: PLC0415 - see above

        return DockerDriver(options.fleet_id, str(options.node_id), folders, docker_host=options.docker_host)
    raise CannotStart(f"there is no driver {options.driver!r}: use docker or process")


def run(options: AgentOptions, runner: Callable[[Coroutine[None, None, None]], None]) -> None:
    """Runs an agent.

    Args:
        options: what it is told.
        runner: runs it, and cancels it when it shall leave.

    Raises:
        CannotStart: it cannot start; nothing was touched.
    """
    give_back_what_is_freed(most_arenas=1)
    mark = mark_of(options.fleet_id, str(options.node_id))
    with contextlib.ExitStack() as held:
        try:
            controller_key = public_key_from(options.controller_key)
            held.enter_context(locked_folder(options.state_dir, "agent.lock"))
            key = SigningKey.load_or_create(options.state_dir / AGENT_KEY_FILE)
        except FolderInUse as error:
            raise CannotStart(
                f"another agent (pid {error.pid}) works on {options.state_dir}: "
                "stop it first, or give this one a state directory of its own"
            ) from None
        except (OSError, ValueError) as error:
            raise CannotStart(str(error)) from error
        if not held.enter_context(MachineMarks().hold(mark)):
            _log.warning(
                "another agent of node %s lives on this machine: both look after the same instances", options.node_id
            )
        runner(_run(options, key, controller_key))


async def _run(options: AgentOptions, key: SigningKey, controller_key: str) -> None:
    ports = Ports()
    folders = DiskFolders(options.state_dir / "instances", options.secrets_dir)
    driver = _driver(options, folders)
    try:
        bus = started_bus(
            options.kafka,
            client_id=f"fleet-agent-{options.hostname}",
            group_id=f"fleet-agent-{options.node_id}",
        )
    except CannotStart:
        await driver.aclose()
        raise
    machine = size_of_this_machine()
    identity = AgentInfo(
        fleet_id=options.fleet_id,
        node_id=options.node_id,
        hostname=options.hostname,
        ip_address=options.ip_address,
        capacity=options.capacity,
        gpulist=options.gpus,
        description=options.description,
        agent_version=importlib.metadata.version("dsfleet"),
        driver=driver.name,
        public_key=key.public_key_hex,
        processors=machine.processors,
        memory_bytes=machine.memory_bytes,
        starts=count_start(options.state_dir / "starts", ports.disk),
        sent_at=ports.clock.now(),
    )
    ledger = Ledger(
        path=options.state_dir / "ledger" / "current.record",
        fleet_id=options.fleet_id,
        node_id=str(options.node_id),
        controller_key=controller_key,
        disk=ports.disk,
    )
    agent = Agent(
        bus=bus,
        driver=driver,
        folders=folders,
        ledger=ledger,
        key=key,
        controller_key=controller_key,
        probe=probe,
        identity=identity,
        lives=lambda node_id: ports.marks.held(mark_of(options.fleet_id, node_id)),
        concurrency=min(_MOST_OPERATIONS_AT_ONCE, 2 * (os.cpu_count() or 1)),
        ports=ports,
    )
    _log.info(
        "agent of node %s (%s), driver %s, fleet %s", options.node_id, options.hostname, driver.name, options.fleet_id
    )
    _log.info("it signs with the key %s (%s)", key.public_key_hex, fingerprint(key.public_key_hex))
    asyncio.get_running_loop().call_later(_STARTED_AFTER_SECONDS, give_back_what_the_start_needed)
    try:
        await agent.run()
    except asyncio.CancelledError:
        if options.stop_instances_on_exit:
            try:
                await stop_instances(driver)
            except Transient as error:
                _log.error("cannot stop the instances: %s", error)
        raise
    finally:
        await driver.aclose()
        await bus.aclose()
