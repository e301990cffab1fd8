"""What every driver does with what other nodes of its fleet have left on the machine."""

import uuid
from dataclasses import replace

import pytest

from nodeagent.engines.base import Driver
from nodeagent.model import Leftover, Transient
from nodeagent.operations import OpKind
from tests.engines.stands import Session, Stand


def nobody(_node_id: str) -> bool:
    return False


async def left_by_another(session: Session, name: str = "lobby") -> tuple[Driver, Leftover]:
    """An instance that an agent of another node has begun, and the driver of that node."""
    stand = session.stand
    node = stand.another_node()
    other, config = node.driver(), node.config(name)
    there = await Session(node, other).begin(config, 7)
    (found,) = [one for one in await session.driver.leftovers(nobody) if one.runtime_id == there.runtime_id]
    assert (found.instance, found.running, found.digest) == (name, True, config.digest)
    return other, found


def test_only_what_has_no_agent_is_a_leftover_and_of_this_fleet(stand: Stand) -> None:
    async def test(session: Session) -> None:
        other, found = await left_by_another(session)
        assert await session.driver.observe() == {}
        await session.begin(stand.config("hall"))
        assert await session.driver.leftovers(nobody) == (found,)
        assert await session.driver.leftovers(lambda node_id: node_id == found.node_id) == ()
        stand.fleet_id, fleet_id = f"other-{stand.fleet_id}", stand.fleet_id
        foreign = stand.driver()
        stand.fleet_id = fleet_id
        assert await foreign.leftovers(nobody) == ()
        for one in (other, foreign):
            await one.aclose()

    stand.run(test)


def test_cleaning_ends_the_very_leftover_and_nothing_of_ours(stand: Stand) -> None:
    async def test(session: Session) -> None:
        other, found = await left_by_another(session)
        own = await session.begin(stand.config())
        await session.driver.clean(replace(found, runtime_id=own.runtime_id))
        if stand.kind != "process":
            await session.driver.clean(replace(found, runtime_id="gone"))
        assert await session.driver.leftovers(nobody) == (found,)
        for _ in range(2):
            await session.driver.clean(found)
        assert await session.driver.leftovers(nobody) == ()
        assert not any(one.running for one in (await other.observe()).values())
        assert await session.find() == own
        await other.aclose()

    stand.run(test)


def test_what_is_adopted_goes_on_as_an_instance_of_this_node_for_every_later_agent(stand: Stand) -> None:
    async def test(session: Session) -> None:
        other, found = await left_by_another(session)
        config = stand.config()
        stand.prepare(config)
        await session.do(OpKind.ADOPT, config, 3, runtime_id=found.runtime_id)
        there = await session.find()
        assert there is not None
        assert (there.runtime_id, there.running, there.generation) == (found.runtime_id, True, 3)
        assert there.digest == config.digest
        assert await session.driver.leftovers(nobody) == ()
        later = stand.driver()
        assert await later.observe() == {"lobby": there}
        await session.do(OpKind.START, config, 3)
        assert await session.find() == there
        await session.do(OpKind.STOP, config, runtime_id=there.runtime_id)
        await session.do(OpKind.REMOVE, config, runtime_id=there.runtime_id)
        assert await session.driver.observe() == {}
        for one in (later, other):
            await one.aclose()

    stand.run(test)


def test_what_is_not_there_cannot_be_adopted(stand: Stand) -> None:
    async def test(session: Session) -> None:
        config = stand.config()
        stand.prepare(config)
        with pytest.raises(Transient, match="not there"):
            await session.do(OpKind.ADOPT, config, runtime_id=f"{uuid.uuid4()}")
        assert await session.driver.observe() == {}

    stand.run(test)
