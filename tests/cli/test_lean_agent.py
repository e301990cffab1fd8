"""What `fleet agent` becomes."""

import os
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest

from bus.kafka_options import KafkaOptions
from cli.lean_agent import become_lean, interpreter_flags, saving_flags
from nodeagent.options import AgentOptions

_OPTIONS = AgentOptions(
    node_id=uuid.UUID("c23cec31-1270-43a3-ad1d-cad29a99857d"),
    kafka=KafkaOptions("a:1", "x.", embedded=True, security={"sasl.password": "sekret"}),
    state_dir=Path("/some\udcff/where"),
    secrets_dir=Path("/else"),
    controller_key="ab" * 32,
    capacity=3,
    gpus=("0", "1"),
)


def test_what_it_is_told_arrives_whole() -> None:
    assert AgentOptions.from_json(_OPTIONS.to_json()) == _OPTIONS


def test_passwords_are_neither_words_nor_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    become: list[Any] = []
    monkeypatch.setattr("os.execv", lambda program, command: become.append((program, command)))
    monkeypatch.setattr("sys.argv", ["fleet", "agent", "--capacity", "3"])
    monkeypatch.setattr("sys.orig_argv", ["python", "-s", "/venv/bin/fleet", "agent", "--capacity", "3"])
    become_lean(_OPTIONS, "info")
    [(program, command)] = become
    assert program == command[0] == sys.executable
    assert command[1:3] == ["-s", "-P"]
    assert command[-3:] == ["agent", "--capacity", "3"]
    assert "sekret" not in str(command) + str(os.environ)
    descriptor = int(command[-4])
    assert os.get_inheritable(descriptor)
    with os.fdopen(descriptor, "rb") as told:
        assert told.readline() == b"info\n"
        assert AgentOptions.from_json(told.read()) == _OPTIONS


@pytest.mark.parametrize(
    ("started_as", "words", "flags"),
    [
        (["python", "/venv/bin/fleet", "agent"], 2, ["-P"]),
        (["python", "-I", "-X", "dev", "/venv/bin/fleet", "agent"], 2, ["-I", "-X", "dev", "-P"]),
        (["python", "-W", "error", "-m", "cli", "agent", "-m"], 3, ["-W", "error"]),
    ],
)
def test_it_finds_its_modules_where_the_first_program_did(started_as: list[str], words: int, flags: list[str]) -> None:
    assert interpreter_flags(started_as, words) == flags


@pytest.mark.parametrize(
    ("keeps_none", "beside_its_source", "flags"),
    [
        (True, True, []),
        (False, True, ["-OO"]),
        (False, False, ["-OO", "-X", "pycache_prefix=/state/compiled"]),
    ],
)
def test_texts_are_left_out_where_that_is_done_once(
    monkeypatch: pytest.MonkeyPatch, keeps_none: bool, beside_its_source: bool, flags: list[str]
) -> None:
    monkeypatch.setattr("sys.dont_write_bytecode", keeps_none)
    monkeypatch.setattr("sys.pycache_prefix", None)
    monkeypatch.setattr("os.access", lambda *_: beside_its_source)
    assert saving_flags(Path("/state")) == ["-X", "no_debug_ranges", *flags]
