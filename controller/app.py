"""The composition root of the controller: names the concrete parts, puts them together, runs them."""

import asyncio
import contextlib
import importlib.metadata
import logging
import os
import socket
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path

from fastapi import FastAPI

from bus.kafka import started_bus
from bus.kafka_options import CannotStart, KafkaOptions
from bus.signature import SigningKey
from controller.access.access_file import BadAccess
from controller.access.authentication import Openness, peer_at
from controller.access_keeper import AccessKeeper
from controller.api.access_control import AccessControl
from controller.api.authentication import warnings_for
from controller.api.listeners import PortInUse
from controller.api.page.login_paths import PageFacts
from controller.api.server import create_app, serve
from controller.api.tls import CannotUseTls, Tls, TlsFiles
from controller.audit_log import FILE_NAME as AUDIT_FILE_NAME
from controller.audit_log import AuditFile
from controller.certificates import OwnCertificate
from controller.first_version import FILE_NAME, first_version_ms
from controller.history.camera_file import FILE_NAME as CAMERA_FILE_NAME
from controller.history.camera_file import CameraFile
from controller.history.revision_file import FILE_NAME as REVISION_FILE_NAME
from controller.history.revision_file import RevisionFile
from controller.history.version_file import FILE_NAME as VERSION_FILE_NAME
from controller.history.version_file import VersionFile
from controller.loop import Controller
from controller.notifying.notifier import Notifier
from controller.notifying.webhooks_file import BadWebhooks
from controller.picture.event_log import EVENT_LIMIT
from controller.picture.store import ObjectStore
from controller.planner.guard import RemovalLimits
from controller.source.fetch.directory import DirectorySource
from controller.source.fetch.git import GitSource
from controller.source.fetch.snapshot import SourceError
from controller.timings import Timings
from controller.writing.bookkeeping import BookkeepingFile
from ports.folder_lock import FolderInUse, locked_folder
from ports.memory import give_back_what_is_freed, looking_for_cycles_among_what_is_new
from ports.ports import Ports

_log = logging.getLogger("controller.access")


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
    read_only: bool | None = None
    """True when the manifests are not edited through the API, False when they are; None: those of a remote without credentials are
    not."""
    write_branch: str = ""
    """The branch that takes edits, instead of the one that is read."""
    fleet_id: str = "default"
    host: str = "127.0.0.1"
    port: int = 8420
    removal_limits: RemovalLimits = field(default_factory=RemovalLimits)
    allowed_hosts: tuple[str, ...] = ()
    """Names that it is reached by, besides that of its machine, localhost and IP addresses."""
    tls: bool = False
    """With a certificate of its own, unless `tls_cert` names one."""
    tls_cert: Path | None = None
    tls_key: Path | None = None
    client_ca: Path | None = None
    """Whose certificates of clients are believed."""
    unix_socket: Path | None = None
    audit_log: Path | None = None
    """None: in the state directory."""
    webhooks: Path | None = None
    """The file of those who are told of events."""
    openness: Openness = field(default_factory=Openness)
    """Who needs no credential."""
    timings: Timings = field(default_factory=Timings)


def source_of(options: ControllerOptions) -> DirectorySource | GitSource:
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
            read_only=options.read_only,
            write_branch=options.write_branch,
        )
    if options.manifests is not None:
        return DirectorySource(options.manifests, read_only=bool(options.read_only))
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
            keeper = AccessKeeper(options.state_dir, ports.disk, ports.clock.now)
            keeper.load()
            tls = _tls(options, ports)
            public_key = f"{key.public_key_hex}\n".encode()
            ports.disk.write(options.state_dir / "controller.pub", public_key, private=False)
            started_at_ms = first_version_ms(options.state_dir / FILE_NAME, ports.disk, ports.clock.now())
        except FolderInUse as error:
            raise CannotStart(
                f"another controller (pid {error.pid}) works on {options.state_dir}: stop it first, or give this one a "
                "state directory and a fleet (--fleet-id, --topic-prefix) of its own"
            ) from None
        except (OSError, ValueError, BadAccess, CannotUseTls, SourceError) as error:
            raise CannotStart(str(error)) from error
        runner(_run(options, source, key, ports, keeper, tls, started_at_ms))


def _tls(options: ControllerOptions, ports: Ports) -> Tls | None:
    """How connections are secured, if they are.

    Raises:
        CannotUseTls: the files cannot be used.
        OSError: they cannot be made.
    """
    if (options.tls_cert is None) != (options.tls_key is None):
        raise CannotUseTls("--tls-cert and --tls-key belong together: give both, or --tls alone")
    if options.tls_cert is not None and options.tls_key is not None:
        return Tls(TlsFiles(options.tls_cert, options.tls_key, options.client_ca))
    if not options.tls:
        if options.client_ca is not None:
            raise CannotUseTls("--client-ca needs --tls, or --tls-cert and --tls-key")
        return None
    own = OwnCertificate(options.state_dir, ports.disk, (*_own_names(options), "localhost", "127.0.0.1", "::1"))
    own.renew(ports.clock.now())
    files = TlsFiles(own.certificate, own.key, options.client_ca, lambda: own.renew(ports.clock.now()))
    return Tls(files)


async def _run(
    options: ControllerOptions,
    source: DirectorySource | GitSource,
    key: SigningKey,
    ports: Ports,
    keeper: AccessKeeper,
    tls: Tls | None,
    started_at_ms: int,
) -> None:
    store, event_store = ObjectStore(started_at_ms), ObjectStore(started_at_ms, history_limit=EVENT_LIMIT)
    notifier = _notifier(options, store, event_store, ports)
    bus = started_bus(options.kafka, client_id="fleet-controller", group_id="fleet-controller")
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
        bookkeeping=BookkeepingFile(options.state_dir / "beside-manifests.sqlite3"),
        notifier=notifier,
        versions=VersionFile(options.state_dir / VERSION_FILE_NAME),
        revisions=RevisionFile(options.state_dir / REVISION_FILE_NAME),
        cameras=CameraFile(options.state_dir / CAMERA_FILE_NAME),
        ports=ports,
    )
    version = importlib.metadata.version("dsfleet")
    page = PageFacts(options.fleet_id, source.place, ports.clock.now())
    app = create_app(
        store,
        event_store,
        controller.answers,
        fleet_version=version,
        host_names=_own_names(options),
        why_not_ready=lambda: controller.answers.why_not_ready,
        why_starting=lambda: controller.answers.why_starting,
        make_whole=controller.answers.make_whole,
        writes=controller.writer,
        asking=controller.asking,
        versions=controller.versions,
        past=controller.past,
        history=controller.cameras,
        page=page,
        access=AccessControl(
            keeper, AuditFile(options.audit_log or options.state_dir / AUDIT_FILE_NAME), options.openness
        ),
        clock=ports.clock.now,
        monotonic=ports.clock.monotonic,
    )
    for warning in warnings_for(
        options.openness,
        has_access=keeper.current is not None,
        is_loopback=options.host == "localhost" or peer_at(options.host).is_local,
        has_tls=tls is not None,
    ):
        _log.warning("%s", warning)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(controller.run())
            tasks.create_task(controller.notify())
            tasks.create_task(keeper.keep_looking())
            tasks.create_task(_serve(app, options, tls))
    except* CannotStart as error:
        raise CannotStart(str(error.exceptions[0])) from None
    finally:
        await bus.aclose()


def _notifier(
    options: ControllerOptions, store: ObjectStore, event_store: ObjectStore, ports: Ports
) -> Notifier | None:
    """Who tells others of events, if anybody is to be told.

    Raises:
        CannotStart: the file that names them cannot be followed.
    """
    if options.webhooks is None:
        return None
    try:
        return Notifier(
            options.webhooks,
            fleet_id=options.fleet_id,
            state_dir=options.state_dir,
            objects=store,
            events=event_store,
            ports=ports,
        )
    except BadWebhooks as error:
        raise CannotStart(str(error)) from None
    except OSError as error:
        raise CannotStart(f"--webhooks {options.webhooks} cannot be read: {error.strerror}") from None


def _own_names(options: ControllerOptions) -> tuple[str, ...]:
    machine = socket.gethostname()
    return (options.host, machine, machine.partition(".")[0], *options.allowed_hosts)


async def _serve(app: FastAPI, options: ControllerOptions, tls: Tls | None) -> None:
    listening = asyncio.Event()
    try:
        await serve(
            app,
            options.host,
            options.port,
            tls=tls,
            unix_socket=options.unix_socket,
            listening=lambda _: listening.set(),
        )
    except PortInUse as error:
        raise CannotStart(str(error.strerror)) from None
    except OSError as error:
        if listening.is_set():
            raise
        where = f"port {options.port} on {options.host}" + (f" and {options.unix_socket}" * bool(options.unix_socket))
        raise CannotStart(f"cannot listen on {where}: {error.strerror}; choose another address") from None
