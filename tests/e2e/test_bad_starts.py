import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bus.signature import SigningKey
from tests.e2e.manifest_folder import ManifestFolder
from tests.e2e.running_fleet import PATIENCE_S, Program, environment, eventually, fleet_command
from tests.patience import patient

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def taken_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        yield taken.getsockname()[1]


@pytest.fixture
def manifests(tmp_path: Path, free_port: Callable[[], int]) -> Path:
    return ManifestFolder(tmp_path / "manifests", camera_port=free_port()).path


@pytest.fixture(scope="module")
def nobody(free_port: Callable[[], int]) -> list[str]:
    """Options that name a Kafka where nobody listens."""
    return ["--bootstrap-servers", f"127.0.0.1:{free_port()}"]


@pytest.fixture(scope="module")
def programs(
    tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int], taken_port: int, nobody: list[str]
) -> Iterator[dict[str, Program]]:
    """Programs that take a while to find out what is wrong, all at once."""
    root = tmp_path_factory.mktemp("bad-starts")
    key = SigningKey.generate().public_key_hex
    agent = ["agent", "--controller-key", key, "--docker-host", "unix:///nonexistent", *nobody]
    controller = ["controller", "--manifests", str(root / "missing"), *nobody, "--listen"]
    commands = {
        "agent": agent,
        "controller": [*controller, f"127.0.0.1:{free_port()}"],
        "controller-on-taken-port": [*controller, f"127.0.0.1:{taken_port}"],
    }
    started = {
        name: Program(fleet_command(*command, "--state-dir", str(root / name)), root / f"{name}.log")
        for name, command in commands.items()
    }
    yield started
    for program in started.values():
        if program.runs:
            program.stop()


def said_by(program: Program) -> str:
    return program.log.read_text(encoding="utf-8")


def one_sentence(output: str) -> str:
    assert "Traceback" not in output
    last = output.splitlines()[-1]
    assert last.startswith("error: ")
    return last


def refused(*arguments: str) -> str:
    """Runs `fleet ...`, which must refuse with one sentence; returns that."""
    done = subprocess.run(
        fleet_command(*arguments), capture_output=True, text=True, env=environment(), timeout=patient(60), check=False
    )
    assert done.returncode == 1, done.stderr
    return one_sentence(done.stderr)


def test_up_names_the_port_that_is_in_use(tmp_path: Path, manifests: Path, taken_port: int) -> None:
    options = ["--manifests", str(manifests), "--state-dir", str(tmp_path / "state")]
    assert f"127.0.0.1:{taken_port}: another program listens" in refused(
        "up", *options, "--listen", f"127.0.0.1:{taken_port}"
    )


def test_up_without_an_engine(tmp_path: Path, manifests: Path, free_port: Callable[[], int]) -> None:
    options = ["--manifests", str(manifests), "--state-dir", str(tmp_path / "state"), "--driver", "docker"]
    options += ["--listen", f"127.0.0.1:{free_port()}"]
    assert "unix:///nonexistent" in refused("up", *options, "--docker-host", "unix:///nonexistent")


def test_up_without_manifests(tmp_path: Path) -> None:
    said = refused("up", "--manifests", str(tmp_path / "missing"), "--state-dir", str(tmp_path / "state"))
    assert str(tmp_path / "missing") in said


@pytest.mark.parametrize("garbage", ["zz", "/nonexistent/controller.pub", "0123456789abcdef"])
def test_agent_with_a_controller_key_that_is_none(tmp_path: Path, nobody: list[str], garbage: str) -> None:
    options = ["--state-dir", str(tmp_path / "state"), "--driver", "process", *nobody]
    assert garbage in refused("agent", *options, "--controller-key", garbage)


def test_second_agent_on_the_same_state_directory(programs: dict[str, Program], nobody: list[str]) -> None:
    first = programs["agent"]
    eventually(lambda: "agent of node" in said_by(first), "the first agent works")
    state = str(first.log.parent / "agent")
    key = SigningKey.generate().public_key_hex
    said = refused("agent", "--state-dir", state, "--controller-key", key, "--driver", "process", *nobody)
    assert f"another agent (pid {first.pid})" in said
    assert first.runs


def test_second_controller_on_the_same_state_directory(programs: dict[str, Program], nobody: list[str]) -> None:
    first = programs["controller"]
    eventually(lambda: "Kafka does not answer" in said_by(first), "the first controller works")
    state = str(first.log.parent / "controller")
    said = refused("controller", "--manifests", state, "--state-dir", state, *nobody)
    assert f"another controller (pid {first.pid}) works on {state}: stop it first" in said
    assert first.runs


def test_without_kafka_and_engine_an_agent_keeps_trying_and_says_so(programs: dict[str, Program]) -> None:
    agent = programs["agent"]
    eventually(lambda: "Kafka is away" in said_by(agent), "it says that Kafka is away")
    eventually(lambda: "the engine does not answer" in said_by(agent), "it says that the engine does not answer")
    assert agent.runs
    assert agent.stop() == 0
    assert "Traceback" not in said_by(agent)


def test_without_kafka_and_manifests_a_controller_keeps_trying_and_says_so(programs: dict[str, Program]) -> None:
    controller = programs["controller"]
    eventually(lambda: "Kafka does not answer" in said_by(controller), "it says that Kafka does not answer")
    assert controller.runs
    assert controller.stop() == 0
    assert "Traceback" not in said_by(controller)


def test_controller_names_the_port_that_is_in_use(programs: dict[str, Program], taken_port: int) -> None:
    controller = programs["controller-on-taken-port"]
    assert controller.wait(PATIENCE_S) == 1
    assert str(taken_port) in one_sentence(said_by(controller))
