"""What tests of more than one room need: the real servers, when they are there, and a way to wait."""

import collections
import contextlib
import fcntl
import gc
import os
import signal
import socket
import tempfile
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import docker
import hypothesis
import pytest

from deploy import build_busybox_image, build_pipeline_image
from deploy.kafka import run_kafka
from deploy.rootfs_image import BuildError
from tests import held_ports, patience, workers
from tests.process_state import process_state

_DEFAULT_ENGINE = "unix:///var/run/docker.sock"


# Collecting makes a hundred thousand objects that stay: to look for cycles among them again and again finds none.
gc.disable()


def pytest_configure(config: pytest.Config) -> None:
    """Lets Ctrl-C mean what it means in a terminal: a runner in the background hands on that it is ignored."""
    # How long an example takes says how busy the machine is, and nothing of the code. Each run looks at others.
    usual = hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow], max_examples=50)
    hypothesis.settings.register_profile("usual", usual)
    hypothesis.settings.register_profile("thorough", usual, max_examples=1000)
    hypothesis.settings.load_profile(config.getoption("--hypothesis-profile", None) or "usual")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """All that stays is there."""
    gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Gives every test the longer until it counts as hung, the slower the machine is, and workers a good mixture."""
    if hasattr(config, "workerinput"):
        items[:] = workers.in_order(items)
    usual, slowness = float(config.getoption("timeout") or config.getini("timeout")), patience.slowness()
    for item in items:
        mark = item.get_closest_marker("timeout")
        seconds = float(mark.args[0]) if mark else usual
        item.add_marker(pytest.mark.timeout(seconds * slowness), append=False)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Has workers take tests one by one, but for those that share something."""
    return workers.Scheduling(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says once for each reason, and not once for each test, what was skipped."""
    reasons = collections.Counter(
        str(report.longrepr[2]).removeprefix("Skipped: ") for report in terminalreporter.stats.get("skipped", [])
    )
    for reason, count in reasons.most_common():
        terminalreporter.write_line(f"{count} skipped: {reason}")


@pytest.fixture(autouse=True)
def _nothing_is_left_behind() -> Iterator[None]:
    """Fails the test that leaves something of the whole process otherwise than it was."""
    before = process_state()
    yield
    after = process_state()
    left = [name for name in before if before[name] != after[name]]
    assert not left, f"left behind: {', '.join(left)}"


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
        with _one_at_a_time("busybox-image"):
            return build_busybox_image.build(docker_client)
    except BuildError as error:
        unavailable("docker", str(error))


@pytest.fixture(scope="session")
def pipeline_image(docker_client: docker.DockerClient, unavailable: Callable[[str, str], NoReturn]) -> str:
    """The reference of the reference workload's image, made from this checkout."""
    try:
        with _one_at_a_time("pipeline-image"):
            return build_pipeline_image.build(docker_client)
    except BuildError as error:
        unavailable("docker", str(error))


@contextlib.contextmanager
def _one_at_a_time(name: str) -> Iterator[None]:
    """Lets the workers of all test runs of this user do it in turn: the second finds what the first one made."""
    with Path(tempfile.gettempdir(), f"fleet-test-{os.getuid()}-{name}").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """`free_port()` returns a port of the loopback interface that nobody listens on, and that no other test gets."""
    return held_ports.hold_port


@pytest.fixture(scope="session")
def wait_until() -> Callable[..., Any]:
    """`wait_until(look, what, seconds)` returns its first true value, or fails: tests/patience.py."""
    return patience.wait_until
