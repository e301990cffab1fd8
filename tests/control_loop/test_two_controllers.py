"""Two real controllers on one log, with one key and other manifests."""

import asyncio
from collections.abc import AsyncIterator, Callable
from uuid import uuid4

import pytest

from bus.base import BusEvent, CaughtUp, Record, Start, Subscription, Topic
from bus.codec import decode_signed, encode_signed
from bus.embedded import EmbeddedBroker
from bus.kafka import KafkaBus
from bus.kafka_options import KafkaOptions
from bus.signature import SigningKey
from controller.loop import Controller
from controller.model import ApproveRefused, HoldRefused, OrderRefused, TrustRefused
from controller.picture.store import ObjectStore
from crds.messages import AgentConfig, AgentInfo, CommandKind
from ports.clock import SystemClock
from ports.ports import Ports
from ports.simulated import MemoryDisk
from tests.control_loop.stand import (
    FLEET,
    STATE_DIR,
    ScriptedSource,
    Stand,
    eventually,
    loaded,
    none_published,
    uuid,
)
from tests.patience import patient
from tests.planner.short_manifests import node_id

FIRST = loaded({"node/gate": {}, "dsinstance/yard": {"node": "gate"}})
OTHER = loaded({"node/gate": {}, "dsinstance/yard": {"node": "gate", "image": "retinaface:2"}}, "sha256:other")


@pytest.mark.parametrize("disk", ["copied", "of its own"])
def test_the_one_that_was_there_becomes_a_reader_and_a_restart_leads_again(
    play: Callable[..., None], disk: str
) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(FIRST)
        async with stand.controller(name="old") as old:
            agent = stand.agent("gate")
            agent.greet()
            config = await eventually(lambda: stand.newest("gate"), "a generation")
            agent.greet(config.ref)
            agent.report(config.ref, config.ref)
            await stand.settled()
            second = Stand()
            second.log, second.key = stand.log, stand.key
            second.disk = stand.disk if disk == "copied" else MemoryDisk()
            second.source.say_silently(OTHER)
            async with second.controller(name="new") as new:
                await eventually(lambda: stand.orders("gate") == [(1, 1), (2, 2)], "the other one publishes")
                superseded = await eventually(lambda: old.status()["superseded"], "it is shown")
                assert superseded["by"].startswith("new, started at ")
                assert (superseded["epoch"], superseded["generation"], superseded["node"]) == (2, 2, "gate")
                assert old.why_not_ready == superseded["message"]
                assert await eventually(lambda: stand.told("Superseded"), "it is told") == [superseded["message"]]
                with pytest.raises(ApproveRefused, match="another controller"):
                    await old.approve("sha256:0000000000")
                with pytest.raises(HoldRefused, match="another controller"):
                    await old.hold("yard", "cabling")
                with pytest.raises(HoldRefused, match="another controller"):
                    await old.release("yard")
                with pytest.raises(TrustRefused, match="another controller"):
                    await old.trust("gate", "0" * 64)
                with pytest.raises(OrderRefused, match="another controller"):
                    await old.order(CommandKind.CLEAN, "gate", "")
                with none_published(stand):
                    await stand.say(loaded({"node/gate": {}}, "sha256:third"))
                    newest = stand.newest("gate")
                    assert newest is not None
                    agent.greet(newest.ref)
                    agent.report(newest.ref, newest.ref)
                    await second.settled()
                assert new.status()["superseded"] is None
                await eventually(lambda: not new.why_not_ready, "the fleet is shown")
                await eventually(lambda: stand.status("gate")["generation"]["observed"]["epoch"] == 2, "it reads on")
        stand.source.say_silently(FIRST)
        async with stand.controller(name="old"):
            await eventually(lambda: stand.orders("gate")[-1] == (3, 3), "it leads again")

    play(scenario)


async def _until_caught_up(events: AsyncIterator[BusEvent]) -> AsyncIterator[BusEvent]:
    async for event in events:
        yield event
        if isinstance(event, CaughtUp):
            return


def test_two_controllers_on_a_real_broker_do_not_fight() -> None:
    """In real time: each publishes when it reads what the other one did."""
    prefix = f"two{uuid4().hex[:8]}."
    key, agent = SigningKey.generate(), SigningKey.generate()

    async def scenario(address: str) -> None:
        options = KafkaOptions(address, prefix, embedded=True)
        buses = [KafkaBus(options, client_id=name, group_id=name) for name in ("old", "new", "agent")]
        heads = [
            Controller(
                fleet_id=FLEET,
                bus=bus,
                key=key,
                source=ScriptedSource(manifests),
                state_dir=STATE_DIR,
                store=ObjectStore(1),
                event_store=ObjectStore(1),
                name=f"controller-{number}",
                ports=Ports(disk=MemoryDisk()),
            )
            for number, (bus, manifests) in enumerate(zip(buses, (FIRST, OTHER), strict=False))
        ]
        greeting = AgentInfo(
            fleet_id=FLEET,
            node_id=uuid("gate"),
            hostname="gate",
            ip_address="10.0.0.1",
            agent_version="0",
            driver="fake",
            public_key=agent.public_key_hex,
            sent_at=SystemClock().now(),
        )
        running = [asyncio.create_task(head.run()) for head in heads]
        await buses[2].publish(Topic.AGENT_INFO, key=node_id("gate"), value=encode_signed(greeting, agent))
        while not any(head.answers.status()["superseded"] for head in heads):  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.05)
        assert [head.answers.status()["superseded"] is None for head in heads].count(True) == 1
        await asyncio.sleep(2)  # in which they would publish again and again
        place = (Subscription(Topic.AGENT_CONFIG, Start.BEGINNING, key=node_id("gate")),)
        async with buses[2].subscribe(place) as events:
            values = [event.value async for event in _until_caught_up(events) if isinstance(event, Record)]
        configs = [decode_signed(AgentConfig, value, [key.public_key_hex]) for value in values]
        # One that was read before the other one had published leaves it nothing to do.
        assert 1 <= len({one.ref for one in configs}) <= 3
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await asyncio.gather(*(bus.aclose() for bus in buses))

    async def in_time(address: str) -> None:
        async with asyncio.timeout(patient(30)):
            await scenario(address)

    with EmbeddedBroker(topic_prefix=prefix) as broker:
        asyncio.run(in_time(broker.bootstrap_servers))
