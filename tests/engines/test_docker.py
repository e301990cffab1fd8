import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import docker
import pytest

from nodeagent.apps.probe import probe
from nodeagent.engines.docker.container import command, container_name, create_arguments
from nodeagent.engines.docker.driver import DockerDriver
from nodeagent.engines.docker.engine import DockerEngine
from nodeagent.folders.disk import DiskFolders
from nodeagent.model import Permanent, Transient, Waiting
from nodeagent.operations import OpKind
from tests.engines.stands import DockerStand, Session, make_config, write_secret
from tests.engines.test_process import APP_CONF, count_descriptors
from tests.patience import in_time, patient

MIB = 1024 * 1024


# --- what the engine is asked for, without an engine ---


def arguments(**container: Any) -> dict[str, Any]:
    config = make_config(container=container)
    return create_arguments(config, name="n", labels={"a": "b"}, configs=Path("/state/configs"), api_version="1.41")


def test_everything_of_a_container_is_asked_for() -> None:
    given = arguments(
        env={"TZ": "UTC", "DB": "${secret:db:password}"},
        volumes=[
            {"host_path": "/models", "mount_path": "/workspace/models"},
            {"host_path": "/out", "mount_path": "/out", "read_only": False},
        ],
        runtime="nvidia",
        gpus=["GPU-1", "GPU-2"],
        shm_size_mib=64,
        memory_mib=512,
        cpus=1.5,
        stop_timeout_seconds=33,
        stop_signal="SIGINT",
    )
    host = dict(given.pop("host_config"))
    assert given == {
        "image": "dsfleet/none:test",
        "command": ["/workspace/configs/source_list.json", "--port", "9000"],
        "name": "n",
        "labels": {"a": "b"},
        "environment": {"TZ": "UTC", "DB_FILE": "/workspace/configs/.secrets/DB"},
        "stop_timeout": 33,
        "stop_signal": "SIGINT",
        "use_config_proxy": False,
    }
    assert host.pop("Mounts") == [
        {"Target": "/workspace/configs", "Source": "/state/configs", "Type": "bind", "ReadOnly": True},
        {"Target": "/workspace/models", "Source": "/models", "Type": "bind", "ReadOnly": True},
        {"Target": "/out", "Source": "/out", "Type": "bind", "ReadOnly": False},
    ]
    assert [dict(request) for request in host.pop("DeviceRequests")] == [
        {
            "Driver": "",
            "Count": 0,
            "DeviceIDs": ["GPU-1", "GPU-2"],
            "Capabilities": [["gpu", "video", "compute", "utility"]],
            "Options": {},
        }
    ]
    log = host.pop("LogConfig")
    assert (log["Type"], log["Config"]) == ("json-file", {"max-size": "10m", "max-file": "3"})
    assert host == {
        "NetworkMode": "host",
        "Runtime": "nvidia",
        "ShmSize": 64 * MIB,
        "Memory": 512 * MIB,
        "NanoCpus": 1_500_000_000,
        "RestartPolicy": {"Name": "no"},
    }


def test_an_engine_folder_is_writable_and_the_working_directory() -> None:
    config = make_config(engine_cache_path="/workspace/engines")
    given = create_arguments(
        config, name="n", labels={}, configs=Path("/c"), api_version="1.41", engines=Path("/state/engines/a")
    )
    assert given["working_dir"] == "/workspace/engines"
    assert {
        "Target": "/workspace/engines",
        "Source": "/state/engines/a",
        "Type": "bind",
        "ReadOnly": False,
    } in given["host_config"]["Mounts"]


def test_devices_are_asked_for_under_their_own_paths() -> None:
    assert arguments(devices=["/dev/video0", "/dev/video2"])["host_config"]["Devices"] == [
        {"PathOnHost": path, "PathInContainer": path, "CgroupPermissions": "rwm"}
        for path in ("/dev/video0", "/dev/video2")
    ]
    assert not arguments()["host_config"].get("Devices")


def test_what_is_not_given_is_the_engines_choice() -> None:
    given = arguments(network="none", config_mount_path="/etc/app")
    assert given["stop_signal"] is None
    host = given["host_config"]
    assert set(host) == {"Mounts", "NetworkMode", "LogConfig", "RestartPolicy"}
    assert host["NetworkMode"] == "none"
    assert host["Mounts"][0]["Target"] == "/etc/app"


@pytest.mark.parametrize(
    ("kind", "given", "wanted"),
    [
        ("reference", (), ["/c/source_list.json", "--port", "9000"]),
        ("retinaface", (), None),
        ("reference", ("a", "b"), ["a", "b"]),
        ("retinaface", ("a",), ["a"]),
    ],
)
def test_the_command_is_the_manifests_the_apps_or_the_images(
    kind: str, given: tuple[str, ...], wanted: list[str] | None
) -> None:
    config = make_config(app_kind=kind, container={"command": given, "config_mount_path": "/c"})
    assert command(config) == wanted


def test_the_name_is_always_the_same() -> None:
    name = container_name("berlin", "0a1b2c3d-0000-4000-8000-000000000000", "lobby")
    assert name == "fleet-berlin-0a1b2c3d-lobby"


# --- with an engine ---

with_engine = pytest.mark.docker


@with_engine
def test_an_engine_is_found_by_the_next_container(docker_stand: DockerStand) -> None:
    script = "[ -e model.engine ] && echo found; touch model.engine && echo made; sleep 1000"

    async def test(session: Session) -> None:
        config = docker_stand.config(script=script, engine_cache_path="/workspace/engines")
        await session.begin(config, 1)
        # It runs before it has come so far.
        await session.until_says("made")
        await session.do(OpKind.REMOVE, config)
        await session.begin(config, 2)
        await session.until_says("found")

    docker_stand.run(test)


@with_engine
def test_the_engine_shows_what_was_asked_for_and_no_secret(docker_stand: DockerStand, tmp_path: Path) -> None:
    write_secret(docker_stand.secrets, "cam", "admin", "Geheim-4711")
    (tmp_path / "models").mkdir()
    volume = {"host_path": str(tmp_path / "models"), "mount_path": "/workspace/models"}
    script = "# ${secret:cam:userinfo}\ntouch /workspace/configs/x; touch /workspace/models/x; sleep 1000"

    async def test(session: Session) -> None:
        config = docker_stand.config(
            script=script, container={"volumes": [volume], "env": {"A": "b"}, "stop_signal": "SIGINT"}
        )
        await session.begin(config, 4)
        shown = docker_stand.inspect()
        assert "Geheim" not in json.dumps(shown)
        assert shown["HostConfig"]["RestartPolicy"]["Name"] == "no"
        assert shown["HostConfig"]["LogConfig"] == {
            "Type": "json-file",
            "Config": {"max-file": "3", "max-size": "10m"},
        }
        assert [
            (mount["Destination"], mount["RW"]) for mount in sorted(shown["Mounts"], key=lambda m: m["Destination"])
        ] == [
            ("/workspace/configs", False),
            ("/workspace/models", False),
        ]
        assert "A=b" in shown["Config"]["Env"]
        assert shown["Config"]["StopSignal"] == "SIGINT"
        labels = {key: value for key, value in shown["Config"]["Labels"].items() if key.startswith("dsfleet.io/")}
        assert labels == {
            "dsfleet.io/fleet": docker_stand.fleet_id,
            "dsfleet.io/node": docker_stand.node_id,
            "dsfleet.io/instance": "lobby",
            "dsfleet.io/generation": "4",
            "dsfleet.io/digest": config.digest,
            "dsfleet.io/part-digests": config.digests.model_dump_json(),
        }
        output = await session.until_says("models/x")
        assert output.count("Read-only file system") == 2

    docker_stand.run(test)


@with_engine
def test_a_rewritten_file_is_seen_inside_the_running_container(docker_stand: DockerStand) -> None:
    script = "while :; do cat /workspace/configs/turn; sleep 0.05; done"

    async def test(session: Session) -> None:
        await session.begin(docker_stand.config(script=script, files={"turn": "first\n"}))
        await session.until_says("first")
        docker_stand.prepare(docker_stand.config(script=script, files={"turn": "second\n"}))
        await session.until_says("second")

    docker_stand.run(test)


@with_engine
def test_a_name_that_others_hold_is_transient_and_they_are_left_alone(docker_stand: DockerStand) -> None:
    name = container_name(docker_stand.fleet_id, docker_stand.node_id, "lobby")
    other = docker_stand.client.containers.create(docker_stand.image, ["/bin/true"], name=name, network_mode="none")

    async def test(session: Session) -> None:
        config = docker_stand.config()
        docker_stand.prepare(config)
        with pytest.raises(Transient) as taken:
            await session.do(OpKind.CREATE, config)
        assert str(taken.value) == (
            f"container {other.id[:12]}, which is not of this fleet and node, has the name {name}"
        )
        await session.do(OpKind.REMOVE, config)
        other.reload()
        assert await session.driver.observe() == {}

    try:
        docker_stand.run(test)
    finally:
        other.remove(force=True)


@with_engine
def test_a_copy_of_the_labels_does_not_hide_the_container(docker_stand: DockerStand) -> None:
    async def test(session: Session) -> None:
        there = await session.begin(docker_stand.config())
        labels = docker_stand.inspect()["Config"]["Labels"]
        for extra in ({}, {"dsfleet.io/instance": ""}):
            docker_stand.client.containers.create(
                docker_stand.image, ["/bin/true"], labels={**labels, **extra}, network_mode="none"
            )
        assert await session.driver.observe() == {"lobby": there}

    docker_stand.run(test)


@with_engine
@pytest.mark.parametrize("missing", ["folder", "runtime"])
def test_what_the_machine_lacks_is_waited_for(docker_stand: DockerStand, tmp_path: Path, missing: str) -> None:
    path = tmp_path / "models"
    container: dict[str, Any] = {"volumes": [{"host_path": str(path), "mount_path": "/models"}]}
    on = f"folder {path}"
    if missing == "runtime":
        container, on = {"runtime": "nvidia"}, "container runtime nvidia"
        if "nvidia" in docker_stand.client.info()["Runtimes"]:
            pytest.skip("this engine has the nvidia runtime")

    async def test(session: Session) -> None:
        config = docker_stand.config(container=container)
        docker_stand.prepare(config)
        with pytest.raises(Waiting) as waiting:
            await session.do(OpKind.CREATE, config)
        assert waiting.value.on == on
        assert not path.exists()
        if missing == "folder":
            path.mkdir()
            there = await session.begin(config)
            assert there.running
            await session.do(OpKind.STOP, config)
            path.rmdir()
            with pytest.raises(Waiting) as waiting:
                await session.do(OpKind.START, config)
            assert waiting.value.on == on

    docker_stand.run(test)


@with_engine
def test_a_device_is_there_for_the_container_or_is_waited_for(docker_stand: DockerStand) -> None:
    async def test(session: Session) -> None:
        there = await session.begin(docker_stand.config(container={"devices": ["/dev/zero"]}))
        assert there.running
        [device] = docker_stand.inspect()["HostConfig"]["Devices"]
        assert (device["PathOnHost"], device["PathInContainer"]) == ("/dev/zero", "/dev/zero")
        await session.do(OpKind.REMOVE, docker_stand.config(container={"devices": ["/dev/zero"]}))
        missing = docker_stand.config(container={"devices": ["/dev/video250"]})
        with pytest.raises(Waiting, match="is the camera plugged in") as waiting:
            await session.begin(missing)
        assert waiting.value.on == "device /dev/video250"

    docker_stand.run(test)


@with_engine
def test_a_container_that_the_engine_refuses_is_permanent(docker_stand: DockerStand, tmp_path: Path) -> None:
    volume = {"host_path": str(tmp_path), "mount_path": "/workspace/configs"}

    async def test(session: Session) -> None:
        config = docker_stand.config(container={"volumes": [volume]})
        with pytest.raises(Permanent, match="Duplicate mount point"):
            await session.do(OpKind.CREATE, config)

    docker_stand.run(test)


@with_engine
def test_a_program_that_is_not_in_the_image_is_transient_and_seen(docker_stand: DockerStand) -> None:
    async def test(session: Session) -> None:
        config = docker_stand.config(container={"command": ["/no/program"]})
        with pytest.raises(Transient, match="/no/program"):
            await session.begin(config)
        there = await session.find()
        assert there is not None
        assert (there.running, there.started_at, there.exit_code) == (False, None, None)

    docker_stand.run(test)


@with_engine
@pytest.mark.parametrize("image", ["UPPER/case:1", "a:b:c", "x@sha256:short", "-x", "a/" + "b" * 600])
def test_an_image_whose_name_is_none_is_permanent(docker_stand: DockerStand, image: str) -> None:
    async def test(session: Session) -> None:
        with pytest.raises(Permanent, match="is not the name of an image"):
            await session.do(OpKind.PULL_IMAGE, docker_stand.config(image=image))

    docker_stand.run(test)


@with_engine
def test_an_image_that_is_there_is_not_asked_for_again(
    docker_stand: DockerStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        pytest.fail("it was pulled")

    monkeypatch.setattr(DockerEngine, "pull", refuse)
    docker_stand.run(lambda session: session.do(OpKind.PULL_IMAGE, docker_stand.config()))


class Registry:
    """A registry on the loopback, to which engines speak plain HTTP; it answers with what it is given, or never."""

    def __init__(self, answer: bytes | None) -> None:
        self._answer = answer
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self.asked = threading.Event()
        self._held: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self._held.append(connection)
            request = connection.recv(4096)
            if not request.startswith(b"GET"):  # a TLS hello
                connection.close()
                continue
            self.asked.set()
            if self._answer is not None:
                connection.sendall(self._answer)
                connection.close()

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join()
        for connection in self._held:
            connection.close()


def http(status: str, body: str) -> bytes:
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"Connection: close\r\n\r\n{body}"
    ).encode()


@pytest.fixture
def registry(request: pytest.FixtureRequest) -> Iterator[Registry]:
    registry = Registry(request.param)
    yield registry
    registry.close()


@with_engine
@pytest.mark.parametrize(
    "registry",
    [
        http("404 Not Found", '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}'),
        http("403 Forbidden", '{"errors":[{"code":"DENIED","message":"denied"}]}'),
        http("500 Internal Server Error", "oops"),
        http("200 OK", "not json"),
    ],
    indirect=True,
    ids=["unknown", "denied", "broken", "nonsense"],
)
def test_what_a_registry_refuses_is_transient(docker_stand: DockerStand, registry: Registry) -> None:
    async def test(session: Session) -> None:
        image = f"127.0.0.1:{registry.port}/a/b:c"
        with pytest.raises(Transient, match=f"cannot pull image {image}: "):
            await session.do(OpKind.PULL_IMAGE, docker_stand.config(image=image))

    docker_stand.run(test)


@with_engine
@pytest.mark.parametrize("registry", [None], indirect=True)
def test_a_cancelled_pull_returns_at_once_and_keeps_nobody_waiting(
    docker_stand: DockerStand, registry: Registry
) -> None:
    async def test(session: Session) -> None:
        config = docker_stand.config(image=f"127.0.0.1:{registry.port}/a/b:c")
        pull = asyncio.ensure_future(session.do(OpKind.PULL_IMAGE, config))
        assert await asyncio.to_thread(registry.asked.wait, patient(10))
        there = await session.begin(docker_stand.config("dock"))
        assert there.running
        # The registry never answers.
        pull.cancel()
        await asyncio.wait({pull}, timeout=patient(5))
        assert pull.cancelled()

    docker_stand.run(test)


@with_engine
def test_a_container_out_of_memory_says_so(docker_stand: DockerStand) -> None:
    async def test(session: Session) -> None:
        began_at = int(time.time()) - 1
        config = docker_stand.config(
            # Again and again: an engine that is busy begins to listen for this after the container has started.
            script="echo growing; exec 2>/dev/null; while :; do tail /dev/zero; sleep 0.05; done",
            container={"memory_mib": 16, "cpus": 1},
        )
        there = await session.begin(config)
        # The engine hears of it by another way than of the end, and may hear of the end first.
        wanted = {"event": "oom", "container": there.runtime_id}

        async def told() -> list[Any]:
            # Those that there were, and no stream: who waits for the next one of an engine that tells none waits for ever.
            events = docker_stand.client.events(since=began_at, until=int(time.time()), filters=wanted, decode=True)
            return await asyncio.to_thread(list, events)

        await session.until(told, "the engine tells that the container ran out of memory")
        docker_stand.kill(there)
        await session.until_left()
        output = await session.driver.output("lobby", 5)
        assert output.splitlines()[0] == "growing"
        assert output.splitlines()[-1] == "[the container ran out of memory and was killed]"

    docker_stand.run(test)


@with_engine
def test_a_container_that_somebody_removes_is_told_and_gone(docker_stand: DockerStand) -> None:
    async def test(session: Session) -> None:
        events = session.driver.events()
        there = await session.begin(docker_stand.config())
        assert await anext(events) == "lobby"
        await asyncio.to_thread(docker_stand.client.api.remove_container, there.runtime_id, force=True)
        async with in_time():
            while await session.driver.observe():
                assert await anext(events) == "lobby"

    docker_stand.run(test)


@with_engine
def test_many_containers_at_once(docker_stand: DockerStand) -> None:
    async def test(session: Session) -> None:
        configs = [docker_stand.config(f"i{number}") for number in range(12)]
        await asyncio.gather(*(session.begin(config) for config in configs))
        assert all(there.running for there in (await session.driver.observe()).values())
        await asyncio.gather(*(session.do(OpKind.STOP, config, timeout_seconds=10) for config in configs))
        assert {there.exit_code for there in (await session.driver.observe()).values()} == {0}
        await asyncio.gather(*(session.do(OpKind.REMOVE, config) for config in configs))
        assert await session.driver.observe() == {}

    docker_stand.run(test)


@with_engine
def test_the_real_pipeline_runs_and_answers(
    docker_stand: DockerStand, pipeline_image: str, free_port: Callable[[], int]
) -> None:
    config = docker_stand.config(
        image=pipeline_image,
        app_kind="reference",
        script=json.dumps({"sources": []}),
        files={"app_conf.json": json.dumps(APP_CONF)},
        container={"command": [], "network": "host"},
        rest_port=free_port(),
    )

    async def test(session: Session) -> None:
        there = await session.begin(config)

        async def ready() -> bool:
            found = await probe(config, there.runtime_id, datetime.now(UTC))
            return found.answered and found.ready

        await session.until(ready, "the pipeline is ready")
        await session.do(OpKind.STOP, config)
        left = await session.find()
        assert left is not None
        assert (left.running, left.exit_code) == (False, 0)
        assert "stopped by SIGTERM" in await session.driver.output("lobby", 3)

    docker_stand.run(test)


@with_engine
def test_other_fleets_on_the_same_engine_are_not_seen(
    docker_stand: DockerStand, docker_client: docker.DockerClient
) -> None:
    neighbour = DockerStand(docker_stand.root / "neighbour", docker_client, docker_stand.image)
    neighbour.node_id = docker_stand.node_id
    try:
        neighbour.run(lambda session: session.begin(neighbour.config()))

        async def test(session: Session) -> None:
            assert await session.driver.observe() == {}
            await session.begin(docker_stand.config())
            await session.do(OpKind.REMOVE, docker_stand.config())

        docker_stand.run(test)
        assert neighbour.inspect()["State"]["Running"]
    finally:
        neighbour.close()


@with_engine
def test_states_are_asked_for_again_only_after_an_event(
    docker_stand: DockerStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    inspect = docker.APIClient.inspect_container

    def counted(client: docker.APIClient, container: str) -> Any:
        asked.append(container)
        return inspect(client, container)

    monkeypatch.setattr(docker.APIClient, "inspect_container", counted)

    async def asks(session: Session) -> int:
        before = len(asked)
        await session.driver.observe()
        return len(asked) - before

    async def test(session: Session) -> None:
        there = await session.begin(docker_stand.config())
        await session.begin(docker_stand.config("dock"))
        assert [await asks(session), await asks(session)] == [2, 2]
        events = session.driver.events()
        listener = asyncio.ensure_future(anext(events))

        async def remembers() -> bool:
            return await asks(session) == 0

        await session.until(remembers, "states are remembered")
        listener.cancel()
        await asyncio.wait({listener})

        told = session.driver.events()
        following = asyncio.ensure_future(_collect(told))
        await session.until(remembers, "states are remembered")
        # Back in the same state before anybody looks: the list alone could not tell.
        await asyncio.to_thread(docker_stand.client.api.restart, there.runtime_id, timeout=0)

        async def newer() -> bool:
            found = await session.find()
            assert found is not None
            return found.started_at is not None and there.started_at is not None and found.started_at > there.started_at

        await session.until(newer, "the new start is seen")
        following.cancel()
        await asyncio.wait({following})

        async def asks_again() -> bool:
            return await asks(session) == 2

        await session.until(asks_again, "nothing is remembered when nobody listens")

    docker_stand.run(test)


async def _collect(names: Any) -> None:
    async for _ in names:
        pass


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # the SDK's, when nobody listens
def test_an_engine_that_stays_away_costs_no_descriptors(tmp_path: Path) -> None:
    async def test() -> None:
        driver = DockerDriver("f", "n", DiskFolders(tmp_path, tmp_path), f"unix://{tmp_path}/nobody.sock")
        errors = []
        for _ in range(20):
            with pytest.raises(Transient) as away:
                await driver.observe()
            errors.append(away.value)
        before = count_descriptors()
        for _ in range(20):
            with pytest.raises(Transient) as away:
                await driver.observe()
            errors.append(away.value)
        assert count_descriptors() <= before
        await driver.aclose()

    asyncio.run(test())


class Engine:
    """A socket that takes connections and answers each request with the same bytes, or never."""

    def __init__(self, path: Path, answer: bytes) -> None:
        self.address = f"unix://{path}"
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen()
        self._answer = answer
        self._held: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self._held.append(connection)
            connection.recv(65536)
            if self._answer:
                connection.sendall(self._answer)
                connection.close()

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join()
        for connection in self._held:
            connection.close()


@pytest.mark.parametrize("answer", [b"", http("200 OK", "no JSON"), http("200 OK", "[]"), b"nonsense"])
def test_an_engine_that_hangs_or_talks_nonsense_is_transient_and_holds_nobody(tmp_path: Path, answer: bytes) -> None:
    engine = Engine(tmp_path / "socket", answer)

    async def test() -> None:
        driver = DockerDriver("f", "n", DiskFolders(tmp_path, tmp_path), engine.address)
        look = asyncio.ensure_future(driver.observe())
        if answer:
            with pytest.raises(Transient, match="no Docker Engine answers at unix"):
                await look
            with pytest.raises(Transient, match="no Docker Engine answers at unix:"):
                await anext(driver.events())
        else:
            await asyncio.wait({look}, timeout=0.1)
            assert not look.done()
            look.cancel()
            await asyncio.wait({look})
        await driver.aclose()

    async def whole() -> None:
        async with in_time():
            await test()

    try:
        asyncio.run(whole())
    finally:
        engine.close()


def test_a_closed_driver_says_so(tmp_path: Path) -> None:
    async def test() -> None:
        driver = DockerDriver("f", "n", DiskFolders(tmp_path, tmp_path), f"unix://{tmp_path}/nobody.sock")
        await driver.aclose()
        with pytest.raises(Transient, match="the driver was closed"):
            await driver.observe()
        assert [name async for name in driver.events()] == []

    asyncio.run(test())
