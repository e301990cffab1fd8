import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import controller.app
from bus.kafka_options import CannotStart, KafkaOptions
from cli.lean_agent import run_lean
from cli.main import fleet
from controller.app import source_of
from controller.planner.guard import RemovalLimit, RemovalLimits
from controller.source.fetch.git import GitSource
from nodeagent.options import AgentOptions

NODE_ID = "c23cec31-1270-43a3-ad1d-cad29a99857d"
KEY = "ab" * 32
NOWHERE = "127.0.0.1:1"


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves the log of the tests as it is."""
    monkeypatch.setattr("cli.commands.controller.start_log", lambda _: None)
    monkeypatch.setattr("cli.lean_agent.become_lean", lambda options, _: sys.exit(run_lean(options)))


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The options of what would have been run."""
    options: list[Any] = []
    monkeypatch.setattr(controller.app, "run", lambda given, _: options.append(given))
    # As they come out at the other end.
    monkeypatch.setattr(
        "cli.lean_agent.become_lean", lambda given, _: options.append(AgentOptions.from_json(given.to_json()))
    )
    monkeypatch.setattr("cli.commands.controller.start_log", lambda _: None)
    return options


def test_options_of_the_controller(started: list[Any], run_offline: Callable[..., Any], tmp_path: Path) -> None:
    settings = tmp_path / "kafka.conf"
    settings.write_text("# a comment\n\nsecurity.protocol = SSL\nssl.key.password=a=b\n", encoding="utf-8")
    words = ["--git", "g", "--ref", "r", "--git-directory", "d", "--git-interval", "2", "--listen", "[::1]:9"]
    words += ["--kafka-config", str(settings), "--embedded-broker-client"]
    words += ["--removal-limit-percent", "5", "--camera-limit-percent", "7.5", "--camera-limit-count", "3"]
    assert run_offline("controller", *words).exit_code == 0
    assert started == [
        controller.app.ControllerOptions(
            kafka=KafkaOptions(
                "127.0.0.1:9092",
                embedded=True,
                security={"security.protocol": "SSL", "ssl.key.password": "a=b"},
            ),
            state_dir=Path("/var/lib/fleet/controller"),
            git="g",
            git_ref="r",
            git_directory="d",
            git_interval_seconds=2,
            host="::1",
            port=9,
            removal_limits=RemovalLimits(RemovalLimit(5.0, 1), RemovalLimit(7.5, 3)),
        )
    ]


@pytest.mark.parametrize(("repository", "seconds"), [(".", 1.0), ("https://git.example.com/fleet.git", 30.0)])
def test_a_repository_on_this_machine_is_looked_at_every_second(
    started: list[Any], run_offline: Callable[..., Any], tmp_path: Path, repository: str, seconds: float
) -> None:
    assert run_offline("controller", "--git", repository, "--state-dir", str(tmp_path)).exit_code == 0
    source = source_of(started[0])
    assert isinstance(source, GitSource)
    assert source.interval_seconds == seconds


def test_options_from_the_environment(started: list[Any], tmp_path: Path) -> None:
    environment = {
        "FLEET_NODE_ID": NODE_ID,
        "FLEET_CONTROLLER_KEY": KEY,
        "FLEET_STATE_DIR": str(tmp_path),
        "FLEET_BOOTSTRAP_SERVERS": "a:1,b:2",
        "FLEET_GPUS": "0 1",
        "FLEET_STOP_INSTANCES_ON_EXIT": "1",
        "FLEET_DRIVER": "process",
    }
    assert CliRunner(env=environment).invoke(fleet, ["agent", "--hostname", "edge-1"]).exit_code == 0
    [options] = started
    assert options == AgentOptions(
        node_id=uuid.UUID(NODE_ID),
        kafka=KafkaOptions("a:1,b:2"),
        state_dir=tmp_path,
        secrets_dir=Path("/etc/fleet/secrets"),
        controller_key=KEY,
        driver="process",
        hostname="edge-1",
        gpus=("0", "1"),
        stop_instances_on_exit=True,
    )


def test_the_id_of_a_node_is_made_up_once(started: list[Any], run_offline: Callable[..., Any], tmp_path: Path) -> None:
    words = ("agent", "--state-dir", str(tmp_path / "state"), "--controller-key", KEY)
    first = run_offline(*words)
    assert first.exit_code == 0
    assert f"this machine is node {started[0].node_id}: put that into spec.nodeId" in first.stdout
    assert run_offline(*words).stdout == ""
    assert started[0].node_id == started[1].node_id
    assert started[0].node_id.version == 4


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("controller",), "say where the manifests are: --manifests DIRECTORY or --git REPOSITORY, one of them"),
        (("controller", "--manifests", "a", "--git", "b"), "say where the manifests are"),
        (("controller", "--manifests", "a", "--listen", "8420"), "--listen '8420' is not of the form 127.0.0.1:8420"),
        (("controller", "--manifests", "a", "--listen", "a:70000"), "--listen 'a:70000' is not of the form"),
        (("agent",), "Missing option '--controller-key'"),
        (("agent", "--controller-key", KEY, "--node-id", "a"), "--node-id holds 'a', which is no UUID"),
        (("agent", "--controller-key", KEY, "--node-id", str(uuid.UUID(int=1))), "which is no UUID of version 4"),
        (("agent", "--controller-key", KEY, "--state-dir", "/proc/none"), "the state directory cannot be used: "),
    ],
)
def test_sentences_for_mistakes(
    started: list[Any], run_offline: Callable[..., Any], words: tuple[str, ...], sentence: str
) -> None:
    result = run_offline(*words)
    assert sentence in result.stderr
    assert result.exit_code in (1, 2)
    assert not started


def test_an_id_that_was_made_up_is_kept_and_an_empty_file_holds_none(
    started: list[Any], run_offline: Callable[..., Any], tmp_path: Path
) -> None:
    state = tmp_path / "state"
    words = ("agent", "--controller-key", KEY, "--state-dir", str(state))
    assert run_offline(*words).exit_code == 0
    assert state.stat().st_mode & 0o777 == 0o700
    assert run_offline(*words).exit_code == 0
    (state / "node-id").write_text("")
    assert run_offline(*words).exit_code == 0

    first, second, third = (one.node_id for one in started)
    assert first == second != third
    assert (state / "node-id").read_text() == f"{third}\n"
    assert [one.name for one in state.iterdir()] == ["node-id"]


def test_an_id_that_cannot_be_written_whole_is_not_written_at_all(
    started: list[Any], run_offline: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    result = run_offline("agent", "--controller-key", KEY, "--state-dir", str(tmp_path))
    assert "the state directory cannot be used" in result.stderr
    assert (list(tmp_path.iterdir()), started) == ([], [])


def test_a_bad_kafka_configuration_is_named_and_not_shown(
    started: list[Any], run_offline: Callable[..., Any], tmp_path: Path
) -> None:
    settings = tmp_path / "kafka.conf"
    settings.write_text("ok=1\nsecret-word\n", encoding="utf-8")
    result = run_offline("controller", "--manifests", "a", "--kafka-config", str(settings))
    assert result.stderr == f"error: {settings}:2: expected key=value, such as security.protocol=SSL\n"


def test_what_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch, run_offline: Callable[..., Any]) -> None:
    def refuse(*_: object) -> None:
        raise CannotStart("the disk is full")

    monkeypatch.setattr(controller.app, "run", refuse)
    monkeypatch.setattr("cli.commands.controller.start_log", lambda _: None)
    result = run_offline("controller", "--manifests", "a")
    assert (result.exit_code, result.stderr) == (1, "error: the disk is full\n")


@pytest.mark.parametrize("part", ["controller", "agent"])
@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("acks=sekret", "error: not a security setting of Kafka clients: acks\n"),
        ("security.protocol=sekret", "error: librdkafka refuses its settings: "),
    ],
)
def test_kafka_settings_that_cannot_be_used_are_one_sentence_without_their_values(
    run_offline: Callable[..., Any], quiet: None, tmp_path: Path, part: str, setting: str, sentence: str
) -> None:
    settings = tmp_path / "kafka.conf"
    settings.write_text(f"{setting}\n", encoding="utf-8")
    words = ["--state-dir", str(tmp_path / "state"), "--kafka-config", str(settings), "--bootstrap-servers", NOWHERE]
    own = ["--manifests", str(tmp_path)] if part == "controller" else ["--controller-key", KEY, "--driver", "process"]
    result = run_offline(part, *words, *own)
    assert result.exit_code == 1
    assert sentence in result.stderr
    assert result.stderr.count("\n") == 1
    assert "sekret" not in result.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--git", ".", "--ref=..bad"), "..bad"),
        (("--manifests", ".", "--listen", "192.0.2.1:8420"), "cannot listen on port 8420 on 192.0.2.1: "),
        (("--manifests", ".", "--listen", "host.invalid:8420"), "cannot listen on port 8420 on host.invalid: "),
    ],
)
def test_a_controller_that_cannot_start_says_why_in_one_sentence(
    run_offline: Callable[..., Any], quiet: None, tmp_path: Path, words: tuple[str, ...], sentence: str
) -> None:
    result = run_offline("controller", "--state-dir", str(tmp_path), "--bootstrap-servers", NOWHERE, *words)
    assert result.exit_code == 1
    assert sentence in result.stderr
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1
