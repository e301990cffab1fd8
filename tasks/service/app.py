"""Puts the service together and serves it until it is cancelled."""

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import anyio.to_thread
import uvicorn
from confluent_kafka import KafkaException

from pipeline.files.json_reader import ConfigError
from tasks.kafka_settings import KafkaAddress
from tasks.service.database import open_database
from tasks.service.http_api import create_app
from tasks.service.image_files import ImageFiles
from tasks.service.intake import Intake, IntakeLimits
from tasks.service.known_models import KnownModels
from tasks.service.outbox import Outbox
from tasks.service.result_reader import ResultReader
from tasks.service.service_parts import ServiceParts
from tasks.service.task_store import TaskStore
from tasks.service.tokens import Tokens
from tasks.service.users import Users
from tasks.wire import USUAL_ID_BYTES

_LOG = logging.getLogger(__name__)

USERS_NAME: Final = "users"
USUAL_PARTITIONS: Final = 8

# Each may hold one picture, 20 MB at worst.
_CALLS_AT_ONCE: Final = 16
# Whoever comes beyond these is told to come again.
_MOST_CONNECTIONS: Final = 200
_GOODBYE_S: Final = 1
# Longer than clients keep an idle connection, or an upload may be sent into one that is just being closed: by default both give up
# after the same five seconds.
_KEEP_ALIVE_S: Final = 65


class ServiceBroke(Exception):  # noqa: N818 - says what happened
    """A part of the service ended that must not."""


@dataclass(frozen=True)
class ServiceOptions:
    """How the service runs.

    Attributes:
        address: The Kafka brokers.
        data: Folder of the pictures and, without ``database_url``, of the database.
        users_file: Who may use it.
        database_url: Of PostgreSQL; it may hold a password.
        database_password: Of PostgreSQL, if the URL holds none.
        host: To listen on.
        port: To listen on; 0 for any free one.
        id_bytes: Of a task's id in messages.
        partitions: Of topics that have to be made: so many workers can share the load.
        limits: How much is taken.
    """

    address: KafkaAddress
    data: Path
    users_file: Path
    database_url: str | None = field(default=None, repr=False)
    database_password: str | None = field(default=None, repr=False)
    host: str = "127.0.0.1"
    port: int = 8430
    id_bytes: int = USUAL_ID_BYTES
    partitions: int = USUAL_PARTITIONS
    limits: IntakeLimits = field(default_factory=IntakeLimits)


async def serve(options: ServiceOptions, listening: Callable[[int], None]) -> None:
    """Serves until it is cancelled.

    Args:
        options: How.
        listening: Is told the port as soon as connections are accepted.

    Raises:
        ConfigError: If a file, the database or a setting will not do.
        OSError: If it cannot be listened there, or the folder cannot be used.
        ServiceBroke: If a part of it ended by an error.
    """
    listener = _listen(options.host, options.port)
    with contextlib.closing(listener):
        parts, outbox, reader, close = await asyncio.to_thread(_open, options)
        anyio.to_thread.current_default_thread_limiter().total_tokens = _CALLS_AT_ONCE
        stop = threading.Event()
        server = _server(parts)
        broken: list[str] = []

        def guarded(name: str, part: Callable[[threading.Event], None]) -> None:
            try:
                part(stop)
            except Exception:  # noqa: BLE001 - whatever it was, the service must not look alive without this part
                _LOG.exception("%s broke", name)
                broken.append(name)
                server.should_exit = True

        threads = [
            threading.Thread(target=guarded, args=(name, part.run), name=name, daemon=True)
            for name, part in (("outbox", outbox), ("results", reader))
        ]
        for thread in threads:
            thread.start()
        listening(listener.getsockname()[1])  # the backlog of the socket takes connections already
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await asyncio.shield(running)
        finally:
            server.should_exit = True
            stop.set()
            outbox.wake()
            await running
            await asyncio.to_thread(_join, threads)
            close()
        if broken:
            raise ServiceBroke(f"ended because its part {broken[0]!r} did; the log says why")


def _open(options: ServiceOptions) -> tuple[ServiceParts, Outbox, ResultReader, Callable[[], None]]:
    options.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    users = Users(options.users_file)
    files = ImageFiles(options.data / "images")
    engine = open_database(options.database_url, options.data, options.database_password)
    store, models = TaskStore(engine, id_bytes=options.id_bytes), KnownModels(engine)
    max_image_bytes = options.limits.image.image_bytes
    try:
        outbox = Outbox(
            options.address,
            store,
            files,
            id_bytes=options.id_bytes,
            partitions=options.partitions,
            max_image_bytes=max_image_bytes,
        )
        reader = ResultReader(options.address, store, models, id_bytes=options.id_bytes, stored=outbox.wake)
    except KafkaException as error:
        engine.dispose()
        raise ConfigError(f"Kafka's client refuses its settings: {error.args[0].str()}") from None
    parts = ServiceParts(
        users=users,
        tokens=Tokens(engine, users),
        store=store,
        models=models,
        files=files,
        intake=Intake(store, files, options.limits, outbox.wake),
        is_kafka_away=lambda: outbox.link.is_away or reader.link.is_away,
        max_image_bytes=max_image_bytes,
    )
    return parts, outbox, reader, engine.dispose


def _join(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.join(_GOODBYE_S / 2)


class _QuietServer(uvicorn.Server):
    """Leaves signals to the program that it is a part of."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def _server(parts: ServiceParts) -> uvicorn.Server:
    logging.getLogger("uvicorn").handlers = logging.getLogger("tasks").handlers
    config = uvicorn.Config(
        create_app(parts),
        access_log=False,
        log_config=None,
        log_level="warning",
        lifespan="off",
        ws="none",
        # A proxy's X-Forwarded-For must not change who the client is: guesses of passwords are counted by it.
        proxy_headers=False,
        server_header=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_GOODBYE_S,
    )
    return _QuietServer(config)


def _listen(host: str, port: int) -> socket.socket:
    family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise OSError(error.errno, f"cannot listen on {host}:{port}: {error.strerror}") from None
    return listener
