"""Who listens on a port: the sockets of real processes, and of real containers."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import Any, cast

import pytest

from nodeagent.engines.docker import port_holders
from nodeagent.engines.docker.engine import DockerEngine
from nodeagent.engines.listening import Listeners, container_of, listening_on, listening_ports, name_of
from nodeagent.engines.listening_sockets import listening_sockets
from nodeagent.engines.process.driver import ProcessDriver
from nodeagent.model import PortHolder, Transient
from nodeagent.operations import OpKind
from tests.engines.stands import DockerStand, ProcessStand, Session
from tests.held_ports import hold_port

LISTENS = """
import socket, sys, time
server = socket.create_server(("127.0.0.1", int(sys.argv[-1])))
print("listening", flush=True)
time.sleep(1000)
"""
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="sockets are found by Linux's /proc")


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield server


def test_the_process_that_listens_is_found(listening: socket.socket) -> None:
    port = listening.getsockname()[1]
    listeners = Listeners()
    for likely in ((), (os.getpid(),), (1, 2**22 + 1), ()):
        assert listeners.pids(port, likely) == {os.getpid()}
    assert port in listening_ports([os.getpid()])
    assert name_of(os.getpid())
    assert container_of(2**22 + 1) is None
    listening.close()
    assert listeners.pids(port, (os.getpid(),)) == frozenset()
    assert port not in listening_ports([os.getpid()])


def test_who_may_not_be_seen_is_not_the_one_who_is_expected_and_can_be(
    listening: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = listening.getsockname()[1]
    # As if the socket were one of another user.
    monkeypatch.setattr("nodeagent.engines.listening._sockets", lambda _pid: {})
    assert Listeners().pids(port) == frozenset()
    holder = Listeners().hidden(port, [os.getpid()])
    assert holder is not None
    assert holder.runtime_id is None
    # Whose files cannot be seen may well be the one, and nobody is expected to be unseen.
    assert Listeners().hidden(port, [2**22 + 1]) is None
    assert Listeners().hidden(port, []) is None
    listening.close()
    assert Listeners().hidden(port, [os.getpid()]) is None


def test_who_listens_is_found_out_again_only_when_it_is_another_socket_or_somebody_else_is_expected(
    listening: socket.socket,
) -> None:
    port, listeners, asked = listening.getsockname()[1], Listeners(), []

    def find() -> PortHolder | None:
        asked.append(port)
        return PortHolder("id-1", "itself") if listeners.pids(port, [os.getpid()]) else None

    def holder(expected: str) -> PortHolder | None:
        return listeners.holder(port, expected, find, listening_on([port]).get(port, ()))

    assert holder("id-1") == holder("id-1") == PortHolder("id-1", "itself")
    assert len(asked) == 1
    assert holder("id-2") == PortHolder("id-1", "itself")
    assert len(asked) == 2
    listening.close()
    assert holder("id-2") is None
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        assert holder("id-2") == PortHolder("id-1", "itself")
    assert len(asked) == 4


def test_who_begins_to_listen_during_a_look_is_not_taken_for_somebody_else() -> None:
    port = hold_port()
    listeners = Listeners()
    with socket.socket() as own:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        own.bind(("127.0.0.1", port))
        assert listeners.pids(port) == frozenset()  # the first half of a look
        own.listen()
        assert listeners.hidden(port, [os.getpid()]) is None


def test_two_that_share_a_port_are_both_found(listening: socket.socket) -> None:
    port = hold_port()
    with socket.socket() as own:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        own.bind(("127.0.0.1", port))
        own.listen()
        listeners = Listeners()
        assert listeners.pids(port) == {os.getpid()}
        program = (
            "import socket, sys; s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1); "
            f"s.bind(('127.0.0.1', {port})); s.listen(); print('x', flush=True); sys.stdin.read()"
        )
        with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == b"x\n"
            assert listeners.pids(port, (os.getpid(),)) == {os.getpid(), other.pid}


def test_a_port_is_held_by_the_very_process_of_an_instance_and_by_no_other(process_stand: ProcessStand) -> None:
    port = hold_port()
    config = process_stand.config(script=LISTENS, rest_port=port)

    async def test(session: Session) -> None:
        driver = ProcessDriver(
            process_stand.fleet_id,
            process_stand.node_id,
            process_stand.directories,
            command_prefix=(sys.executable,),
        )
        other = ProcessDriver(process_stand.fleet_id, "another-node", process_stand.directories)
        stranger = ProcessDriver("another-fleet", process_stand.node_id, process_stand.directories)
        assert await driver.port_holder(port) is None
        process_stand.prepare(config)
        await Session(process_stand, driver).do(OpKind.START, config)
        there = (await driver.observe())["lobby"]
        await session.until_says("listening")
        for one in (driver, other):
            for expected in (there.runtime_id, None, "1:1"):
                holder = await one.port_holder(port, expected)
                assert holder is not None
                assert holder.runtime_id == there.runtime_id
                assert holder.words.startswith(f"instance lobby of node {process_stand.node_id} (process ")
        holder = await stranger.port_holder(port, there.runtime_id)
        assert holder is not None
        assert holder.runtime_id is None
        of_another = f"instance lobby of node {process_stand.node_id} of fleet {process_stand.fleet_id} (process "
        assert holder.words.startswith(of_another)

    process_stand.run(test)


def test_an_engine_that_hangs_is_not_asked_about_the_container_that_should_listen(
    listening: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Hanging:
        def client(self) -> Any:
            raise TimeoutError("read timed out")

    port, container = listening.getsockname()[1], "a" * 64
    monkeypatch.setattr(port_holders, "container_of", lambda _pid: container)
    holders = port_holders.PortHolders(cast("DockerEngine", Hanging()), "fleet")
    expected = port_holders.AskedPort(port, container, (os.getpid(),))
    another = port_holders.AskedPort(port, "b" * 64, ())
    holder_of = holders.of([expected, another])
    holder = holder_of(expected)
    assert holder is not None
    assert holder.runtime_id == container
    with pytest.raises(Transient, match="the Docker Engine does not answer: read timed out"):
        holder_of(another)


@pytest.mark.docker
def test_a_port_is_held_by_the_very_container_of_an_instance_and_by_no_other(docker_stand: DockerStand) -> None:
    port = hold_port()
    script = f"exec httpd -f -p 127.0.0.1:{port} -h /bin"

    async def test(session: Session) -> None:
        config = docker_stand.config(script=script, container={"network": "host"}, rest_port=port)
        there = await session.begin(config)
        holder = await session.until(lambda: session.driver.port_holder(port, there.runtime_id), "it listens")
        assert holder is not None
        assert holder.runtime_id == there.runtime_id
        holder = await session.driver.port_holder(port)
        assert holder is not None
        assert holder.runtime_id == there.runtime_id
        assert holder.words.startswith(
            f"instance lobby of node {docker_stand.node_id} (container {there.runtime_id[:12]}, process "
        )
        await session.do(OpKind.REMOVE, config)
        with closing(socket.create_server(("127.0.0.1", port))):
            holder = await session.driver.port_holder(port, there.runtime_id)
        assert holder is not None
        assert (holder.runtime_id, str(os.getpid()) in holder.words) == (None, True)

    docker_stand.run(test)


def test_the_kernel_and_its_files_tell_the_same(listening: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    port, inode = listening.getsockname()[1], str(os.fstat(listening.fileno()).st_ino)
    with socket.socket(socket.AF_INET6) as six, socket.create_connection(("127.0.0.1", port)):
        six.bind(("::1", 0))
        six.listen()
        other, inode_of_six = six.getsockname()[1], str(os.fstat(six.fileno()).st_ino)

        def told() -> None:
            assert set(listening_sockets(port)) == {(port, inode)}
            assert set(listening_sockets(other)) == {(other, inode_of_six)}
            assert {(port, inode), (other, inode_of_six)} <= set(listening_sockets())
            assert listening_sockets(hold_port()) == ()
            silent = hold_port()
            assert listening_on([silent]) == listening_on([]) == {}
            assert listening_on([port, other, silent]) == {port: {inode}, other: {inode_of_six}}

        told()

        def refuses(*_: object) -> Iterator[tuple[int, str]]:
            raise PermissionError("a sandbox")

        monkeypatch.setattr("nodeagent.engines.listening_sockets._asked", refuses)
        told()
