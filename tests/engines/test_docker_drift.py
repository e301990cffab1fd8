"""What people do to containers behind the agent's back, on a real engine."""

import asyncio
from typing import Any

import pytest
from docker import APIClient
from docker.errors import APIError

from nodeagent.engines.docker.engine import DockerEngine
from nodeagent.model import Transient
from nodeagent.operations import OpKind
from tests.engines.stands import DockerStand, Session

pytestmark = pytest.mark.docker

MIB = 1024 * 1024
BY_HAND: tuple[tuple[str, dict[str, Any]], ...] = (
    ("restart policy", {"RestartPolicy": {"Name": "always"}}),
    ("cpus", {"NanoCpus": 200_000_000}),
    ("memory", {"Memory": 48 * MIB, "MemorySwap": -1}),
    ("memory, memory and swap", {"Memory": 48 * MIB, "MemorySwap": 48 * MIB}),
    ("memory reservation", {"MemoryReservation": 32 * MIB}),
    ("cpu shares", {"CpuShares": 200}),
    ("limit of processes", {"PidsLimit": 50}),
)
WITH_LIMITS = {"memory_mib": 64, "cpus": 0.5}


def update(stand: DockerStand, container_id: str, body: dict[str, Any]) -> None:
    api: Any = stand.client.api
    api._raise_for_status(api._post_json(api._url("/containers/{0}/update", container_id), data=body))


@pytest.mark.parametrize("limits", [{}, WITH_LIMITS], ids=["no limits", "limits"])
def test_what_is_changed_by_hand_is_told_and_set_back_without_a_restart(
    docker_stand: DockerStand, limits: dict[str, Any]
) -> None:
    async def test(session: Session) -> None:
        config = docker_stand.config(container=limits)
        there = await session.begin(config)
        started = docker_stand.inspect()["State"]["StartedAt"]
        for field, body in BY_HAND:
            update(docker_stand, there.runtime_id, body)
            await session.find()
            drift = (await session.driver.drift([config]))["lobby"]
            assert [(one.field, one.live) for one in drift] == [(one, True) for one in field.split(", ")]
            for _ in range(2):
                await session.do(OpKind.SET_BACK, config, runtime_id=there.runtime_id, drift=drift)
            assert await session.find() == there
            assert await session.driver.drift([config]) == {}
        assert docker_stand.inspect()["State"]["StartedAt"] == started
        assert docker_stand.inspect()["HostConfig"]["RestartPolicy"]["Name"] == "no"

    docker_stand.run(test)


def test_what_the_engine_refuses_keeps_nothing_else_from_being_set_back(
    docker_stand: DockerStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse_memory(engine: DockerEngine, container_id: str, body: dict[str, Any]) -> None:
        if "Memory" in body:
            raise APIError("runc did not terminate successfully")
        as_it_is(engine, container_id, body)

    as_it_is = DockerEngine._update
    monkeypatch.setattr(DockerEngine, "_update", refuse_memory)

    async def test(session: Session) -> None:
        config = docker_stand.config()
        there = await session.begin(config)
        by_hand = {"Memory": 48 * MIB, "MemorySwap": 48 * MIB, "PidsLimit": 50, "RestartPolicy": {"Name": "always"}}
        update(docker_stand, there.runtime_id, by_hand)
        await session.find()
        drift = (await session.driver.drift([config]))["lobby"]
        docker_stand.client.api.pause(there.runtime_id)  # since that was decided
        with pytest.raises(Transient, match="cannot set back the container of instance lobby: runc did not"):
            await session.do(OpKind.SET_BACK, config, runtime_id=there.runtime_id, drift=drift)
        found = docker_stand.inspect()
        assert not found["State"]["Paused"]
        assert found["HostConfig"]["RestartPolicy"]["Name"] == "no"
        assert found["HostConfig"]["PidsLimit"] <= 0

    docker_stand.run(test)


def test_a_container_that_was_renamed_gets_its_name_back(docker_stand: DockerStand) -> None:
    async def test(session: Session) -> None:
        config = docker_stand.config()
        there = await session.begin(config)
        name = docker_stand.inspect()["Name"]
        events = session.driver.events()
        told = asyncio.ensure_future(anext(events))  # type: ignore[arg-type]  # it is a generator
        docker_stand.client.api.rename(there.runtime_id, f"by-hand-{docker_stand.fleet_id}")
        assert await told == "lobby"
        assert await session.find() == there
        (drift,) = (await session.driver.drift([config]))["lobby"]
        assert str(drift) == f"name: wanted {name[1:]}, found by-hand-{docker_stand.fleet_id}"
        await session.do(OpKind.SET_BACK, config, runtime_id=there.runtime_id, drift=(drift,))
        assert docker_stand.inspect()["Name"] == name
        assert await session.find() == there

    docker_stand.run(test)


def test_a_container_that_another_tool_made_anew_is_told_by_what_differs(docker_stand: DockerStand) -> None:
    async def test(session: Session) -> None:
        config = docker_stand.config(container={"env": {"A": "b"}})
        await session.begin(config)
        old = docker_stand.inspect()
        api = docker_stand.client.api
        api.remove_container(old["Id"], force=True)
        made = api.create_container(
            old["Config"]["Image"],
            old["Config"]["Cmd"],
            name=old["Name"],
            labels=old["Config"]["Labels"],
            environment={"A": "c", "DB_PASSWORD": "geheim"},
            host_config=api.create_host_config(network_mode="none", cap_drop=["NET_RAW"], binds=["/tmp:/host"]),
        )
        api.start(made["Id"])
        there = await session.find()
        assert there is not None
        assert there.digest == config.digest
        drift = (await session.driver.drift([config]))["lobby"]
        assert [one.field for one in drift if not one.live] == [
            "dropped capabilities",
            "environment A",
            "environment DB_PASSWORD",
            "mount /host",
            "mount /workspace/configs",
        ]
        assert "geheim" not in str(drift)

    docker_stand.run(test)


def test_a_container_that_the_engine_never_starts_again_is_made_anew(
    docker_stand: DockerStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_client: APIClient, container: str) -> None:
        raise APIError(f"task {container}: already exists")

    async def test(session: Session) -> None:
        config = docker_stand.config()
        there = await session.begin(config)
        await session.do(OpKind.STOP, config)
        with monkeypatch.context() as patch:
            patch.setattr(APIClient, "start", refuse)
            with pytest.raises(Transient, match="keeps the half of an earlier start"):
                await session.do(OpKind.START, config)
        assert await session.find() is None
        assert (await session.begin(config)).runtime_id != there.runtime_id

    docker_stand.run(test)
