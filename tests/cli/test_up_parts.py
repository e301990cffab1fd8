import asyncio
import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bus.signature import SigningKey
from cli.commands.up import option_variables
from cli.failure import Failure
from cli.parts_options import split_listen
from cli.up import children, preflight
from cli.up.children import Child
from cli.up.layout import StateDirectory
from cli.up.parts import Parts, Settings
from cli.up.screen import Lines
from cli.up.view import View, look
from controller.kept_keys import FILE_NAME, KeyFile
from crds.camera import Camera
from ports.disk import RealDisk
from tests.patience import patient
from tests.planner.short_manifests import revision


def _camera(name: str, address: str) -> Camera:
    metadata = {"name": name}
    spec = {"address": address}
    return Camera.model_validate({"apiVersion": "dsfleet.io/v1", "kind": "Camera", "metadata": metadata, "spec": spec})


def test_one_fleet_for_a_state_directory(tmp_path: Path) -> None:
    first, second = StateDirectory(tmp_path / "state"), StateDirectory(tmp_path / "state")
    assert first.fleet_id() == second.fleet_id()
    assert first.fleet_id() != StateDirectory(tmp_path / "other").fleet_id()
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    first.lock()
    with pytest.raises(Failure, match=rf"another `fleet up` \(pid {os.getpid()}\) uses .*/state: stop it, or choose"):
        second.lock()
    os.close(first._lock or 0)
    second.lock()
    os.close(second._lock or 0)


@pytest.mark.parametrize("left", [b"", b"\n", b" \n"])
def test_an_id_of_which_nothing_is_left_is_made_anew(tmp_path: Path, left: bytes) -> None:
    """As after a power cut: one that is empty is that of any other fleet to which the same happened."""
    state = StateDirectory(tmp_path / "state")
    (state.root / "fleet-id").write_bytes(left)

    made = state.fleet_id()

    assert made.startswith("up-")
    assert StateDirectory(tmp_path / "state").fleet_id() == made


def test_what_is_written_here_outlasts_a_power_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    durable: list[str] = []

    def watched(descriptor: int) -> None:
        durable.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)

    state = StateDirectory(tmp_path / "state")
    monkeypatch.setattr(os, "fsync", watched)
    made = state.fleet_id()

    assert len(durable) == 2
    assert durable[0].startswith(".fleet-id.")
    assert durable[1] == "state"
    assert state.fleet_id() == made
    assert len(durable) == 2


def test_a_state_directory_that_cannot_be_made() -> None:
    with pytest.raises(Failure, match="the state directory cannot be made: "):
        StateDirectory(Path("/proc/none"))


def test_addresses_to_listen_on() -> None:
    assert split_listen("127.0.0.1:80") == ("127.0.0.1", 80)
    assert split_listen("[::1]:80") == ("::1", 80)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(Failure, match=f"cannot listen on {listen}: another program listens there; choose"):
            preflight.require_free_port(listen)
    preflight.require_free_port(listen)


def test_an_engine_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Failure, match=r"no Docker Engine answers at unix:///.*: start one, .* or use --driver process"):
        preflight.require_docker((), f"unix://{tmp_path}/none.sock")


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """Makes a module of some code for children to run; returns its name."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def make(code: str) -> str:
        (tmp_path / "a_part.py").write_text(code, encoding="utf-8")
        return "a_part"

    return make


def _child(module: str, log: Path, said: list[str], first_delay_seconds: float = 1.0) -> Child:
    return Child("part", module, list, log, said.append, first_delay_seconds=first_delay_seconds)


def test_a_child_that_dies_is_started_again(module: Callable[[str], str], tmp_path: Path) -> None:
    said: list[str] = []

    async def scenario() -> None:
        child = _child(module("import time; print('up', flush=True); time.sleep(60)"), tmp_path / "log", said, 0.05)
        child.start()
        await _until(lambda: child.last_line() == "up")
        first = child.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await _until(lambda: child.pid not in (None, first))
        assert await child.stop(5, asyncio.Event())
        assert child.pid is None
        assert said == [f"part (pid {first}) was killed by SIGKILL; starting it again in 0.05 s"]

    asyncio.run(scenario())


def test_a_child_that_cannot_start_says_why_with_growing_delays(module: Callable[[str], str], tmp_path: Path) -> None:
    said: list[str] = []

    async def scenario() -> None:
        child = _child(module("import sys; sys.exit('no disk \x1b[2J')"), tmp_path / "log", said, 0.02)
        child.start()
        await _until(lambda: len(said) == 3)
        await child.stop(5, asyncio.Event())

    asyncio.run(scenario())
    endings = [line.partition(") ")[2] for line in said]
    assert endings[:2] == [
        "left with code 1 (no disk \\x1b[2J); starting it again in 0.02 s",
        "left with code 1 (no disk \\x1b[2J); starting it again in 0.04 s",
    ]


@pytest.mark.parametrize("hurried", [True, False])
def test_a_child_that_does_not_leave_is_killed(module: Callable[[str], str], tmp_path: Path, hurried: bool) -> None:
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"

    async def scenario() -> None:
        child = _child(module(deaf), tmp_path / "log", [])
        child.start()
        await _until(lambda: child.last_line() == "up")
        hurry = asyncio.Event()
        if hurried:
            hurry.set()
        assert not await child.stop(30 if hurried else 0.2, hurry)
        assert child.pid is None

    asyncio.run(scenario())


def test_children_end_with_their_parent(module: Callable[[str], str], tmp_path: Path) -> None:
    name = module("import os, time; print(os.getpid(), flush=True); time.sleep(60)")
    parent = (
        "import os, subprocess, sys, time\n"
        f"run = [sys.executable, '-m', 'cli.up.leash', str(os.getpid()), sys.executable, '-m', {name!r}]\n"
        "subprocess.Popen(run); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        child = int(started.stdout.readline())
        started.kill()
        asyncio.run(_until(lambda: not _runs(child)))


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(patient(15)):
        while not condition():  # noqa: ASYNC110 - other processes set no event of ours
            await asyncio.sleep(0.01)


def test_options_of_our_own_do_not_reach_children() -> None:
    ours = {"FLEET_STATE_DIR": "a", "FLEET_GIT": "b", "FLEET_LOG_LEVEL": "debug", "FLEET_TEST_KAFKA": "c", "HOME": "d"}
    kept = children._environment(ours, option_variables())
    assert {key for key in kept if key in ours} == {"FLEET_LOG_LEVEL", "FLEET_TEST_KAFKA", "HOME"}


@pytest.fixture
def view(small_fleet: Any) -> View:
    from cli.connection import Api

    seen = look(Api(small_fleet.url))
    assert seen is not None
    return seen


def test_lines_say_each_change_once(view: View, capsys: pytest.CaptureFixture[str]) -> None:
    screen = Lines()
    screen.show(None)
    screen.show(view)
    first = capsys.readouterr().out.splitlines()
    assert first == [
        "node/node-a  status=Ready  instances=1  cameras=0  generation=<none>",
        "dsinstance/entrance  node=node-a  status=Running  cameras=1/2  restarts=0",
        "camera/dock  instance=entrance  node=node-a  ready=False",
        "camera/lobby  instance=entrance  node=node-a  ready=True",
    ]
    screen.show(view)
    assert capsys.readouterr().out == ""
    fewer = view.tables["cameras"]._replace(cells=view.tables["cameras"].cells[1:])
    screen.show(view._replace(tables={**view.tables, "cameras": fewer}, notices=["Rejected: it has 1 error."]))
    screen.show(None)
    screen.show(None)
    assert (
        capsys.readouterr().out == "camera/dock  deleted\nRejected: it has 1 error.\nthe controller does not answer\n"
    )


def test_nobody_to_look_at() -> None:
    from cli.connection import Api

    assert look(Api("http://127.0.0.1:9")) is None


def test_simulated_cameras_come_and_go_beside_others_that_go_on(tmp_path: Path, free_port: Callable[[], int]) -> None:
    pytest.importorskip("av", reason="the camera simulator needs PyAV")
    said: list[str] = []
    port, state = free_port(), StateDirectory(tmp_path / "state")
    settings = Settings(tmp_path, "127.0.0.1:1", "process", tmp_path / "secrets", "up-1")
    log = state.logs / f"cameras-{port}.log"

    def camera(name: str) -> Camera:
        return _camera(name, f"rtsp://127.0.0.1:{port}/{name}")

    def logged(words: str) -> bool:
        return log.exists() and words in log.read_text(encoding="utf-8")

    async def scenario() -> None:
        parts = Parts(settings, state, said.append)
        try:
            with socket.create_server(("127.0.0.1", port)):
                parts.simulate([camera("a")])
                parts.simulate([camera("a")])
                assert not parts._simulators
            parts.simulate([camera("a")])
            await _until(lambda: logged(f"serving on port {port}"))
            simulator = parts._simulators[port].pid
            parts.simulate([camera("a"), camera("b")])
            await _until(lambda: logged("added b, removed none"))
            parts.simulate([])
            parts.simulate([camera("b")])
            await _until(lambda: logged("added none, removed a"))
            assert parts._simulators[port].pid == simulator
        finally:
            await parts.stop(asyncio.Event())

    asyncio.run(scenario())
    taken = f"no cameras are simulated on port {port}, which stands in their addresses: another program listens there"
    assert said[:2] == [taken, f"simulating a (port {port})"]
    assert said[2:] == [f"simulating b (port {port})", f"no longer simulating a (port {port})"]
    assert json.loads((state.root / f"cameras-{port}.json").read_text(encoding="utf-8")) == [{"name": "b"}]


def test_cameras_do_not_take_the_port_of_the_api(tmp_path: Path, free_port: Callable[[], int]) -> None:
    said: list[str] = []
    port, state = free_port(), StateDirectory(tmp_path / "state")
    parts = Parts(Settings(tmp_path, f"127.0.0.1:{port}", "process", tmp_path, "up-1"), state, said.append)
    parts.simulate([_camera("a", f"rtsp://127.0.0.1:{port}/a")])
    assert not parts._simulators
    assert said == [
        f"no cameras are simulated on port {port}, which stands in their addresses: that is the port of the API"
    ]


def test_the_controller_is_told_the_keys_of_the_agents_before_it_starts(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path / "state")
    parts = Parts(Settings(tmp_path, "127.0.0.1:1", "process", tmp_path, "up-1"), state, str)
    nodes = revision({"node/a": {}, "node/b": {}}).nodes
    for _ in range(2):
        parts.trust(nodes)
        kept = KeyFile(state.controller / FILE_NAME, RealDisk()).load().keys
        keys = [SigningKey.load_or_create(state.agent(node.node_id) / "agent.key").public_key_hex for node in nodes]
        assert [kept[node.node_id] for node in nodes] == keys
