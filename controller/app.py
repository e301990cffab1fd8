"""The composition root of the controller: names the concrete parts, puts them together, runs them."""

import asyncio
import contextlib
import importlib.metadata
import os
import socket
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path

from fastapi import FastAPI

from bus.kafka import started_bus
from bus.kafka_options import CannotStart, KafkaOptions
from bus.signature import SigningKey
from controller.api.server import PortInUse, create_app, serve
from controller.first_version import FILE_NAME, first_version_ms
from controller.loop import Controller
from controller.picture.event_log import EVENT_LIMIT
from controller.picture.store import ObjectStore
from controller.planner.guard import RemovalLimits
from controller.source.fetch.directory import DirectorySource
from controller.source.fetch.git import GitSource
from controller.source.fetch.snapshot import SourceError
from controller.source.read.reader import Source
from controller.timings import Timings
from ports.folder_lock import FolderInUse, locked_folder
from ports.memory import give_back_what_is_freed, looking_for_cycles_among_what_is_new
from ports.ports import Ports


@dataclass(frozen=True)
class ControllerOptions:
    """What `fleet controller` is told."""

    kafka: KafkaOptions
    state_dir: Path
    manifests: Path | None = None
    """A directory of manifests; or else `git`."""
    git: str | None = None
    """Path or URL of a repository."""
    git_ref: str = "main"
    git_directory: str = ""
    git_interval_seconds: float | None = None
    """None: what suits the repository, one on this machine or a remote one."""
    fleet_id: str = "default"
    host: str = "127.0.0.1"
    port: int = 8420
    removal_limits: RemovalLimits = field(default_factory=RemovalLimits)
    allowed_hosts: tuple[str, ...] = ()
    """Names that it is reached by, besides that of its machine, localhost and IP addresses."""
    timings: Timings = field(default_factory=Timings)


def source_of(options: ControllerOptions) -> Source:
    """Where the manifests come from.

    Raises:
        CannotStart: nothing is named.
        SourceError: what is named cannot be a source.
    """
    if options.git is not None:
        return GitSource(
            options.git,
            options.git_ref,
            subdirectory=options.git_directory,
            interval_seconds=options.git_interval_seconds,
            cache_dir=options.state_dir / "git",
        )
    if options.manifests is not None:
        return DirectorySource(options.manifests)
    raise CannotStart("no manifests are named: give --manifests DIRECTORY or --git REPOSITORY")


def run(
    options: ControllerOptions, runner: Callable[[Coroutine[None, None, None]], None], ports: Ports = Ports()
) -> None:
    """Runs a controller.

    Args:
        options: what it is told.
        runner: runs it, and cancels it when it shall leave.
        ports: what it takes of its machine.

    Raises:
        CannotStart: it cannot start; nothing was touched.
    """
    give_back_what_is_freed()
    with looking_for_cycles_among_what_is_new(), contextlib.ExitStack() as held:
        try:
            held.enter_context(locked_folder(options.state_dir, "controller.lock"))
            source = source_of(options)
            key = SigningKey.load_or_create(options.state_dir / "controller.key", ports.disk)
            public_key = f"{key.public_key_hex}\n".encode()
            ports.disk.write(options.state_dir / "controller.pub", public_key, private=False)
            started_at_ms = first_version_ms(options.state_dir / FILE_NAME, ports.disk, ports.clock.now())
        except FolderInUse as error:
            raise CannotStart(
                f"another controller (pid {error.pid}) works on {options.state_dir}: stop it first, or give this one a "
                "state directory and a fleet (--fleet-id, --topic-prefix) of its own"
            ) from None
        except (OSError, ValueError, SourceError) as error:
            raise CannotStart(str(error)) from error
        runner(_run(options, source, key, ports, started_at_ms))


async def _run(options: ControllerOptions, source: Source, key: SigningKey, ports: Ports, started_at_ms: int) -> None:
    bus = started_bus(options.kafka, client_id="fleet-controller", group_id="fleet-controller")
    store, event_store = ObjectStore(started_at_ms), ObjectStore(started_at_ms, history_limit=EVENT_LIMIT)
    controller = Controller(
        fleet_id=options.fleet_id,
        bus=bus,
        key=key,
        source=source,
        state_dir=options.state_dir,
        store=store,
        event_store=event_store,
        name=f"{socket.gethostname()}, pid {os.getpid()}",
        limits=options.removal_limits,
        timings=options.timings,
        ports=ports,
    )
    version = importlib.metadata.version("dsfleet")
    app = create_app(
        store,
        event_store,
        controller.answers,
        fleet_version=version,
        host_names=_own_names(options),
        why_not_ready=lambda: controller.answers.why_not_ready,
        why_starting=lambda: controller.answers.why_starting,
        clock=ports.clock.now,
    )
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(controller.run())
            tasks.create_task(_serve(app, options))
    except* CannotStart as error:
        raise CannotStart(str(error.exceptions[0])) from None
    finally:
        await bus.aclose()


def _own_names(options: ControllerOptions) -> tuple[str, ...]:
    machine = socket.gethostname()
    return (options.host, machine, machine.partition(".")[0], *options.allowed_hosts)


async def _serve(app: FastAPI, options: ControllerOptions) -> None:
    listening = asyncio.Event()
    try:
        await serve(app, options.host, options.port, listening=lambda _: listening.set())
    except PortInUse as error:
        raise CannotStart(str(error.strerror)) from None
    except OSError as error:
        if listening.is_set():
            raise
        where = f"port {options.port} on {options.host}"
        raise CannotStart(f"cannot listen on {where}: {error.strerror}; choose another address") from None
