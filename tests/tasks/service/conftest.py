"""The service's parts on real databases, its HTTP interface without a network, and PostgreSQL when it is installed."""

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import httpx
import psycopg
import pytest
from fastapi import FastAPI
from sqlalchemy import Engine

from tasks.kafka_settings import KafkaAddress
from tasks.limits import ImageLimits
from tasks.service import users as users_module
from tasks.service.database import open_database
from tasks.service.http_api import create_app
from tasks.service.image_files import ImageFiles
from tasks.service.intake import Intake, IntakeLimits
from tasks.service.known_models import KnownModels
from tasks.service.service_parts import ServiceParts
from tasks.service.steps import AskedKind
from tasks.service.task_store import TaskStore
from tasks.service.tokens import Tokens
from tasks.service.users import Users, write_user
from tests.held_ports import hold_port
from tests.patience import patient
from tests.tasks.service.own_postgres import postgres_programs, running_postgres
from tests.tasks.worker.conftest import ROOT, classifier, own_kafka, reach, start_worker, topics  # noqa: F401 - fixtures

PASSWORDS = {"alice": "correct horse", "bob": "battery staple"}
LIMITS = IntakeLimits(ImageLimits(100_000, 1_000_000), unanswered=6, unanswered_per_user=4)


@pytest.fixture(scope="session")
def postgres(unavailable: Callable[[str, str], NoReturn]) -> Iterator[str]:
    """The URL of a real PostgreSQL without a database of ours, reached through a socket in a temporary folder."""
    programs = postgres_programs()
    if programs is None:
        unavailable("postgres", "no PostgreSQL: initdb is not installed")
    with running_postgres(programs) as url:
        yield url


@pytest.fixture
def postgres_url(postgres: str) -> Iterator[str]:
    """The URL of an empty database of the test's own."""
    name = f"t{os.urandom(4).hex()}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type] # our own name
    yield postgres.replace("/postgres?", f"/{name}?")
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[arg-type]


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str | None:
    """What `--database-url` would say: None for SQLite."""
    return None if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def open_engine(database_url: str | None, tmp_path: Path) -> Iterator[Callable[[], Engine]]:
    """`open_engine()` opens the database once more, as another service would."""
    with contextlib.ExitStack() as opened:

        def open_it() -> Engine:
            engine = open_database(database_url, tmp_path)
            opened.callback(engine.dispose)
            return engine

        yield open_it


@pytest.fixture
def engine(open_engine: Callable[[], Engine]) -> Engine:
    return open_engine()


@pytest.fixture
def store(engine: Engine) -> TaskStore:
    return TaskStore(engine, id_bytes=8)


@pytest.fixture(scope="session", autouse=True)
def _hashes_cost_nothing() -> Iterator[None]:
    """What is made to be slow for who guesses is so for tests: the file says by which numbers a hash was made."""
    assert (users_module._N, users_module._R, users_module._P) == (2**15, 8, 3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(users_module, "_N", 16)
        yield


@pytest.fixture(scope="session")
def users_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("users") / "users"
    for name, password in PASSWORDS.items():
        write_user(file, name, password)
    return file


class Client:
    """Calls the interface without a network."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        async def call() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
                return await client.request(method, path, **options)

        return asyncio.run(call())

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)


@dataclass
class Api:
    """The HTTP interface, and what is behind it."""

    client: Client
    parts: ServiceParts
    headers: dict[str, dict[str, str]]
    woken: list[bool] = field(default_factory=list)

    def as_user(self, method: str, path: str, *, user: str = "alice", **more: Any) -> httpx.Response:
        return self.client.request(method, path, headers=self.headers[user], **more)

    def upload(self, image: bytes, *, user: str = "alice", **fields: str) -> httpx.Response:
        files = {"image": ("../../etc/passwd", image, "image/png")}
        return self.as_user("POST", "/tasks", user=user, files=files, data=fields)


@pytest.fixture
def api(engine: Engine, store: TaskStore, tmp_path: Path, users_file: Path) -> Api:
    users = Users(users_file)
    tokens = Tokens(engine, users)
    files = ImageFiles(tmp_path / "images")
    woken: list[bool] = []
    intake = Intake(store, files, LIMITS, lambda: woken.append(True))
    # No time passes between guesses, however long the hash of a password takes.
    parts = ServiceParts(
        users,
        tokens,
        store,
        KnownModels(engine),
        files,
        intake,
        lambda: False,
        LIMITS.image.image_bytes,
        now_s=lambda: 0.0,
    )
    headers = {
        name: {"Authorization": f"Bearer {tokens.give(name, users.credential(name) or '')}"} for name in PASSWORDS
    }
    return Api(Client(create_app(parts)), parts, headers, woken)


class ServiceProcess:
    """`fleet tasks serve` with its stderr in a file, and a client that has a token."""

    def __init__(
        self, address: KafkaAddress, data: Path, users_file: Path, port: int, log: Path, *arguments: str
    ) -> None:
        self.log = log
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "cli", "tasks", "serve", *reach(address), "--data", str(data)]
        command += ["--users-file", str(users_file), "--listen", f"127.0.0.1:{port}", *arguments]
        with log.open("wb") as stderr:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr, cwd=ROOT)
        self.client = httpx.Client(base_url=self.url, timeout=patient(30))

    def listens(self) -> bool:
        assert self.process.poll() is None, self.said()
        return "serving on" in self.said()

    def log_in(self, user: str = "alice") -> None:
        given = self.client.post("/token", data={"username": user, "password": PASSWORDS[user]})
        assert given.status_code == 200, given.text
        self.client.headers["Authorization"] = f"Bearer {given.json()['access_token']}"

    def upload(self, image: bytes, kind: AskedKind = AskedKind.CLASSIFICATION) -> int:
        made = self.client.post("/tasks", files={"image": image}, data={"kind": kind})
        assert made.status_code == 201, made.text
        return int(made.json()["id"])

    def result(self, task_id: int) -> Any:
        return self.client.get(f"/tasks/{task_id}/result").json()

    def said(self) -> str:
        return self.log.read_text()

    def leave(self) -> int:
        """Returns the exit code after SIGTERM."""
        self.process.terminate()
        return self.process.wait(patient(15))

    def stop(self) -> None:
        self.client.close()
        self.process.kill()
        self.process.wait()


@pytest.fixture
def start_service(
    tmp_path: Path, users_file: Path, wait_until: Callable[..., Any]
) -> Iterator[Callable[..., ServiceProcess]]:
    """`start_service(address, *arguments)` returns a service that alice is logged in to."""
    started: list[ServiceProcess] = []

    def start(address: KafkaAddress, *arguments: str) -> ServiceProcess:
        log = tmp_path / f"service-{len(started)}.log"
        service = ServiceProcess(address, tmp_path / "data", users_file, hold_port(), log, *arguments)
        started.append(service)
        wait_until(service.listens, "the service listens", 30)
        service.log_in()
        return service

    yield start
    for service in started:
        service.stop()
