"""What tests of more than one room need: the real servers, when they are there, and a way to wait."""

import collections
import contextlib
import os
import signal
import socket
import time
import urllib.parse
from collections.abc import Callable, Iterator
from typing import Any, NoReturn, TypeVar

import docker
import pytest

from deploy import build_busybox_image, build_pipeline_image, owned_process
from deploy.kafka import run_kafka
from deploy.rootfs_image import BuildError

T = TypeVar("T")

_POLL_S = 0.02
_DEFAULT_ENGINE = "unix:///var/run/docker.sock"


def pytest_configure() -> None:
    """Lets Ctrl-C mean what it means in a terminal: a runner in the background hands on that it is ignored."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the fleets of tests/e2e behind all else: they watch cameras until the run ends, and would slow down what follows."""
    items.sort(key=lambda item: "/e2e/" in item.nodeid)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says once for each reason, and not once for each test, what was skipped."""
    reasons = collections.Counter(
        str(report.longrepr[2]).removeprefix("Skipped: ") for report in terminalreporter.stats.get("skipped", [])
    )
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"{count} skipped: {reason}")


@pytest.fixture(scope="session")
def unavailable() -> Callable[[str, str], NoReturn]:
    """`unavailable("kafka", reason)` skips the test, or fails it when FLEET_TEST_REQUIRE names kafka."""
    required = {name.strip() for name in os.environ.get("FLEET_TEST_REQUIRE", "").split(",")}

    def stop(name: str, reason: str) -> NoReturn:
        if name in required:
            pytest.fail(f"FLEET_TEST_REQUIRE asks for {name}: {reason}", pytrace=False)
        pytest.skip(reason)

    return stop


@pytest.fixture(scope="session")
def kafka_bootstrap(unavailable: Callable[[str, str], NoReturn]) -> str:
    """The address of a real Apache Kafka; it is shared, so each test takes topic and group names of its own."""
    address = os.environ.get("FLEET_TEST_KAFKA", "")
    if not address:
        unavailable("kafka", "no Apache Kafka: FLEET_TEST_KAFKA=host:port is not set")
    if run_kafka.count_brokers(address) == 0:
        unavailable("kafka", f"no Apache Kafka answers at FLEET_TEST_KAFKA={address}")
    return address


@pytest.fixture(scope="session")
def docker_client(unavailable: Callable[[str, str], NoReturn]) -> Iterator[docker.DockerClient]:
    """A client of the Docker Engine of DOCKER_HOST; the engine may lack a bridge, so use network "host" or "none"."""
    address = os.environ.get("DOCKER_HOST") or _DEFAULT_ENGINE
    # Asked first with a plain socket: the client leaks its own when nobody listens.
    if not _listens(address):
        unavailable("docker", f"no Docker Engine answers at {address}")
    client = docker.from_env()
    try:
        client.ping()
        yield client
    finally:
        client.close()


def _listens(address: str) -> bool:
    parts = urllib.parse.urlsplit(address)
    family = socket.AF_UNIX if parts.scheme == "unix" else socket.AF_INET
    target: Any = parts.path if parts.scheme == "unix" else (parts.hostname, parts.port or 2375)
    with contextlib.closing(socket.socket(family)) as probe:
        probe.settimeout(2.0)
        try:
            probe.connect(target)
        except OSError:
            return False
    return True


@pytest.fixture(scope="session")
def busybox_image(docker_client: docker.DockerClient, unavailable: Callable[[str, str], NoReturn]) -> str:
    """The reference of a 2 MB image with a shell."""
    try:
        return build_busybox_image.build(docker_client)
    except BuildError as error:
        unavailable("docker", str(error))


@pytest.fixture(scope="session")
def pipeline_image(docker_client: docker.DockerClient, unavailable: Callable[[str, str], NoReturn]) -> str:
    """The reference of the reference workload's image, made from this checkout."""
    try:
        return build_pipeline_image.build(docker_client)
    except BuildError as error:
        unavailable("docker", str(error))


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """`free_port()` returns a port of the loopback interface that nobody listens on."""
    return owned_process.free_port


@pytest.fixture(scope="session")
def wait_until() -> Callable[..., Any]:
    """`wait_until(predicate, timeout_s, what)` returns the predicate's first true value, or fails in time."""

    def wait(predicate: Callable[[], T], timeout_s: float, what: str) -> T:
        deadline = time.monotonic() + timeout_s
        while not (value := predicate()):
            if time.monotonic() > deadline:
                pytest.fail(f"after {timeout_s:g} s still not: {what}; last value: {value!r}")
            time.sleep(_POLL_S)
        return value

    return wait
