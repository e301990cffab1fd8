"""A stand for each driver, so that one suite holds all of them to the same contract.

Instances run shell scripts: `source_list.json` holds the script, and both the container's command and the process
driver's command prefix are a shell that is given this file.
"""

import asyncio
import contextlib
import copy
import os
import signal
import subprocess
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar

import docker
import pytest

from crds.container import ContainerSettings
from crds.digest import digest
from crds.instance_config import InstanceConfig
from nodeagent.engines.base import Driver
from nodeagent.engines.docker.driver import DockerDriver
from nodeagent.engines.fake import FakeDriver, FakeEngine
from nodeagent.engines.labels import labels_of, variable_of
from nodeagent.engines.process import table
from nodeagent.engines.process.driver import ProcessDriver
from nodeagent.folders.disk import DiskFolders
from nodeagent.folders.memory import MemoryFolders
from nodeagent.model import ObservedInstance
from nodeagent.operations import PAUSED, OpKind
from tests.differ.operations import operation
from tests.patience import Patience, in_time

T = TypeVar("T")

_PATIENCE_S = 5.0
SLEEPS = "echo sleeping; trap 'exit 0' TERM; while :; do sleep 0.05; done"
STUBBORN = "trap '' TERM; echo stubborn; while :; do sleep 0.05; done"
LEAVES_ON_SIGINT = "trap '' TERM; trap 'exit 3' INT; echo waiting; while :; do sleep 0.05; done"
LEAVES = "echo leaving; exit 7"


def make_config(
    name: str = "lobby",
    *,
    script: str = SLEEPS,
    app_kind: str = "reference",
    image: str = "dsfleet/none:test",
    container: dict[str, Any] | None = None,
    files: dict[str, str] | None = None,
    rest_port: int = 9000,
    engine_cache_path: str = "",
) -> InstanceConfig:
    """A resolved instance, whose digest fits."""
    rendered = {"source_list.json": script, **(files or {})}
    settings = ContainerSettings.model_validate(container or {})
    content = {
        "instance_name": name,
        "app_kind": app_kind,
        "image": image,
        "container": settings.model_dump(mode="json"),
        "rest_port": rest_port,
        "settings": {},
        "files": [{"path": path, "content": text} for path, text in rendered.items()],
        "cameras": [],
        "digests": {
            "container": digest([image, rest_port, settings.model_dump(mode="json")]),
            "files": digest(rendered),
            "streams": digest("none"),
            "analytics": digest("none"),
            "engines": "",
        },
        **({"engine_cache_path": engine_cache_path} if engine_cache_path else {}),
    }
    return InstanceConfig.model_validate({**content, "digest": InstanceConfig.digest_of(content)})


def write_secret(
    directory: Path, name: str, username: str | bytes = "admin", password: str | bytes = "s3cr3t/@x"
) -> None:
    (directory / name).mkdir(parents=True, exist_ok=True)
    for file, value in (("username", username), ("password", password)):
        (directory / name / file).write_bytes(value if isinstance(value, bytes) else value.encode())


class Stand:
    """The world of one driver: what an agent finds, and what people do behind its back."""

    kind = ""
    is_at_once = False
    """True where nothing takes time: what is not so at once never is."""
    gaps: ClassVar[dict[str, str]] = {}

    def __init__(self, root: Path) -> None:
        self.fleet_id = f"test-{uuid.uuid4().hex[:8]}"
        self.node_id = str(uuid.uuid4())
        self.root = root
        self.secrets = root / "secrets"
        self.directories = DiskFolders(root / "instances", self.secrets)

    def driver(self) -> Driver:
        raise NotImplementedError

    def another_node(self) -> Self:
        """Another node of the fleet on this machine, with folders of its own."""
        other = copy.copy(self)
        other.node_id = str(uuid.uuid4())
        other.directories = DiskFolders(self.root / "another" / "instances", self.secrets)
        return other

    def config(self, name: str = "lobby", **differences: Any) -> InstanceConfig:
        return make_config(name, **differences)

    def prepare(self, config: InstanceConfig) -> None:
        self.directories.write(config)

    def kill(self, there: ObservedInstance) -> None:
        raise NotImplementedError

    def freeze(self, there: ObservedInstance) -> None:
        raise NotImplementedError

    def count(self, name: str) -> int:
        """How many of an instance there are, seen without the driver."""
        raise NotImplementedError

    def foreigner(self, name: str) -> Callable[[], bool]:
        """Starts an instance of the same name for another node; the answer tells whether it still runs."""
        raise NotImplementedError

    def an_image(self) -> str:
        """The reference of an image, whose tag a test may move."""
        return "dsfleet/moving:test"

    def move_tag(self, reference: str) -> str:
        """Lets the reference mean another image, whose id is returned."""
        raise NotImplementedError

    def unreachable(self) -> Driver:
        raise NotImplementedError

    def run(self, test: Callable[["Session"], Coroutine[Any, Any, T]]) -> T:
        async def whole() -> T:
            driver = self.driver()
            try:
                async with in_time(20):
                    return await test(Session(self, driver))
            finally:
                await driver.aclose()

        return asyncio.run(whole())

    def close(self) -> None:
        pass


class Session:
    """What a test does with one driver object."""

    def __init__(self, stand: Stand, driver: Driver) -> None:
        self.stand = stand
        self.driver = driver

    async def do(self, kind: OpKind, config: InstanceConfig, generation: int = 1, **fields: Any) -> None:
        await self.driver.perform(operation(kind, config, generation, **fields))

    async def begin(self, config: InstanceConfig, generation: int = 1) -> ObservedInstance:
        """Makes and starts an instance."""
        self.stand.prepare(config)
        for kind in (OpKind.PULL_IMAGE, OpKind.CREATE, OpKind.START):
            await self.do(kind, config, generation)
        return (await self.driver.observe())[config.instance_name]

    async def find(self, name: str = "lobby") -> ObservedInstance | None:
        return (await self.driver.observe()).get(name)

    async def until(self, look: Callable[[], Awaitable[T]], what: str) -> T:
        patience = Patience(_PATIENCE_S)
        while not (value := await look()):
            if self.stand.is_at_once or patience.is_over():
                pytest.fail(f"after {_PATIENCE_S:g} s still not: {what}; last value: {value!r}")
            await asyncio.sleep(0.02)
        return value

    async def until_left(self, name: str = "lobby") -> ObservedInstance:
        async def left() -> ObservedInstance | None:
            there = await self.find(name)
            return there if there is not None and not there.running else None

        found = await self.until(left, f"{name} left")
        assert found is not None
        return found

    async def until_says(self, text: str, name: str = "lobby") -> str:
        async def says() -> str:
            output = await self.driver.output(name, 50)
            return output if text in output else ""

        return await self.until(says, f"{name} says {text!r}")


class FakeStand(Stand):
    kind = "fake"
    is_at_once = True
    gaps: ClassVar[dict[str, str]] = {
        "test_a_program_that_ignores_sigterm_is_killed_after_its_time": "the fake has no programs",
        "test_a_program_is_asked_to_leave_by_the_signal_that_it_was_made_with": "the fake has no programs",
        "test_what_leaves_by_itself_is_seen_with_its_code": "the fake has no programs",
        "test_output_is_its_last_lines_and_never_a_secret": "the fake has no programs",
    }

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.engine = FakeEngine()
        self.folders = MemoryFolders()
        self.drivers: list[FakeDriver] = []

    def driver(self) -> FakeDriver:
        self.drivers.append(FakeDriver(self.fleet_id, self.node_id, self.folders, engine=self.engine))
        return self.drivers[-1]

    def prepare(self, config: InstanceConfig) -> None:
        self.folders.write(config)

    def kill(self, there: ObservedInstance) -> None:
        self.drivers[-1].crash(there.name, 137)

    def freeze(self, there: ObservedInstance) -> None:
        self.drivers[-1].change(there.name, PAUSED)

    def count(self, name: str) -> int:
        return len(self.engine.containers)

    def another_node(self) -> Self:
        other = super().another_node()
        other.folders = MemoryFolders()
        return other

    def foreigner(self, name: str) -> Callable[[], bool]:
        other = FakeDriver(self.fleet_id, str(uuid.uuid4()), MemoryFolders(), engine=self.engine)
        config = self.config(name)

        async def begin() -> None:
            for kind in (OpKind.PULL_IMAGE, OpKind.CREATE, OpKind.START):
                await other.perform(operation(kind, config))

        # The test's own loop runs in this thread; the fake never waits for anything.
        with contextlib.suppress(StopIteration):
            begin().send(None)
        return lambda: self.engine.containers[0].running

    def move_tag(self, reference: str) -> str:
        self.engine.moved[reference] = "sha256:another"
        return self.engine.moved[reference]

    def unreachable(self) -> Driver:
        driver = self.driver()
        driver.away = "the engine is away"
        return driver


class ProcessStand(Stand):
    kind = "process"
    gaps: ClassVar[dict[str, str]] = {
        "test_create_refuses_the_name_of_an_older_one": "a process does not exist before it runs",
        "test_an_image_that_cannot_be_had_is_transient": "processes have no image",
        "test_an_engine_that_is_away_is_an_error_and_not_an_empty_node": "processes have no engine",
        "test_created_is_observed_before_it_is_started": "a process does not exist before it runs",
        "test_a_restart_keeps_the_container": "a process cannot be started again",
        "test_the_image_that_runs_is_told_from_what_its_tag_means_later": "processes have no image",
    }

    def driver(self, lock_wait_seconds: float = 5.0) -> ProcessDriver:
        return ProcessDriver(
            self.fleet_id,
            self.node_id,
            self.directories,
            command_prefix=("/bin/sh",),
            lock_wait_seconds=lock_wait_seconds,
        )

    def kill(self, there: ObservedInstance) -> None:
        os.kill(int(there.runtime_id.partition(":")[0]), signal.SIGKILL)

    def freeze(self, there: ObservedInstance) -> None:
        os.killpg(int(there.runtime_id.partition(":")[0]), signal.SIGSTOP)

    def processes(self, node_id: str | None = None) -> list[table.FoundProcess]:
        owner = {"DSFLEET_IO_FLEET": self.fleet_id, **({"DSFLEET_IO_NODE": node_id} if node_id else {})}
        return list(table.find(owner))

    def count(self, name: str) -> int:
        found = self.processes(self.node_id)
        return sum(one.leads and one.environment["DSFLEET_IO_INSTANCE"] == name for one in found)

    def foreigner(self, name: str) -> Callable[[], bool]:
        labels = labels_of(self.fleet_id, str(uuid.uuid4()), self.config(name), 1)
        child = subprocess.Popen(
            ["/bin/sh", "-c", SLEEPS],
            env={variable_of(label): value for label, value in labels.items()} | {"PATH": os.environ["PATH"]},
            start_new_session=True,
            stdout=subprocess.DEVNULL,
        )

        def still_runs() -> bool:
            runs = child.poll() is None
            child.kill()
            child.wait()
            return runs

        return still_runs

    def close(self) -> None:
        for process in self.processes():
            process.id.send(signal.SIGKILL)
            process.id.reap()


class DockerStand(Stand):
    kind = "docker"

    def __init__(self, root: Path, client: docker.DockerClient, image: str) -> None:
        super().__init__(root)
        self.client = client
        self.image = image

    def driver(self) -> DockerDriver:
        return DockerDriver(self.fleet_id, self.node_id, self.directories)

    def config(self, name: str = "lobby", **differences: Any) -> InstanceConfig:
        container = {
            "command": ["/bin/busybox", "sh", "/workspace/configs/source_list.json"],
            "network": "none",
            **differences.pop("container", {}),
        }
        return make_config(name, **{"app_kind": "retinaface", "image": self.image, **differences}, container=container)

    def an_image(self) -> str:
        self.client.api.tag(self.image, "dsfleet/moving", self.fleet_id)
        return f"dsfleet/moving:{self.fleet_id}"

    def move_tag(self, reference: str) -> str:
        made = self.client.api.commit(self.containers()[0]["Id"], *reference.split(":"))
        return str(made["Id"])

    def containers(self) -> list[Any]:
        return self.client.api.containers(all=True, filters={"label": [f"dsfleet.io/fleet={self.fleet_id}"]})

    def inspect(self, name: str = "lobby") -> dict[str, Any]:
        return self.client.api.inspect_container(f"fleet-{self.fleet_id}-{self.node_id[:8]}-{name}")

    def kill(self, there: ObservedInstance) -> None:
        self.client.api.kill(there.runtime_id)

    def freeze(self, there: ObservedInstance) -> None:
        self.client.api.pause(there.runtime_id)

    def count(self, name: str) -> int:
        mine = [one["Labels"] for one in self.containers()]
        wanted = {"dsfleet.io/node": self.node_id, "dsfleet.io/instance": name}.items()
        return sum(wanted <= labels.items() for labels in mine)

    def foreigner(self, name: str) -> Callable[[], bool]:
        other = DockerStand(self.root / "other", self.client, self.image)
        other.fleet_id = self.fleet_id
        config = other.config(name)
        other.prepare(config)
        made = self.client.containers.create(
            self.image,
            ["/bin/busybox", "sleep", "1000"],
            labels=labels_of(self.fleet_id, other.node_id, config, 1),
            network_mode="none",
        )
        made.start()

        def still_runs() -> bool:
            made.reload()
            return bool(made.status == "running")

        return still_runs

    def unreachable(self) -> Driver:
        return DockerDriver(
            self.fleet_id, self.node_id, self.directories, docker_host=f"unix://{self.root}/nobody.sock"
        )

    def close(self) -> None:
        for container in self.containers():
            with contextlib.suppress(docker.errors.NotFound):
                self.client.api.remove_container(container["Id"], force=True, v=True)
        with contextlib.suppress(docker.errors.ImageNotFound):
            self.client.api.remove_image(f"dsfleet/moving:{self.fleet_id}")
