import asyncio
from typing import Any
from uuid import UUID

import pytest

from bus.base import Topic
from bus.codec import decode_self_signed
from bus.signature import SigningKey
from crds.messages import AgentInfo, GenerationRef
from nodeagent.reporter.greeter import Greeter
from nodeagent.timings import Timings
from ports.simulated import simulated_ports
from ports.virtual_time import run_in_virtual_time
from tests.differ.generations import FLEET, NODE, NOW

KEY = SigningKey.generate()
TIMINGS = Timings(greet_every_seconds=2)


def identity(description: str = "") -> AgentInfo:
    return AgentInfo(
        fleet_id=FLEET,
        node_id=UUID(NODE),
        hostname="gate",
        ip_address="127.0.0.1",
        description=description,
        agent_version="1",
        driver="fake",
        public_key=KEY.public_key_hex,
        sent_at=NOW,
    )


def test_it_greets_when_asked_with_what_it_holds_then(watched_bus: Any) -> None:
    observed: list[GenerationRef | None] = [None]

    async def scenario() -> None:
        greeter = Greeter(
            bus=watched_bus,
            key=KEY,
            identity=identity(),
            observed=lambda: observed[0],
            ports=simulated_ports(1),
            timings=TIMINGS,
        )
        task = asyncio.create_task(greeter.run())
        greeter.ask()
        await watched_bus.until(1)
        observed[0] = GenerationRef(epoch=1, generation=2, digest="d")
        greeter.ask()
        await watched_bus.until(2)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    run_in_virtual_time(scenario(), limit_seconds=100)
    assert [decode_self_signed(value).highest for _, _, value in watched_bus.sent] == [None, observed[0]]
    assert {(topic, key) for topic, key, _ in watched_bus.sent} == {(Topic.AGENT_INFO, NODE)}


def test_it_greets_now_and_then_without_being_asked(watched_bus: Any) -> None:
    async def scenario() -> None:
        task = asyncio.create_task(
            Greeter(
                bus=watched_bus,
                key=KEY,
                identity=identity(),
                observed=lambda: None,
                ports=simulated_ports(1),
                timings=TIMINGS,
            ).run()
        )
        await watched_bus.until(3)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    run_in_virtual_time(scenario(), limit_seconds=100)


@pytest.mark.parametrize("description", ["", "too long " * 10_000])
def test_a_greeting_that_fails_is_tried_again(watched_bus: Any, description: str) -> None:
    watched_bus.failures = 2

    async def scenario() -> None:
        greeter = Greeter(
            bus=watched_bus,
            key=KEY,
            identity=identity(description),
            observed=lambda: None,
            ports=simulated_ports(1),
            timings=TIMINGS,
        )
        task = asyncio.create_task(greeter.run())
        greeter.ask()
        if description:
            await asyncio.sleep(10)
            assert not task.done()
        else:
            await watched_bus.until(3)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    run_in_virtual_time(scenario(), limit_seconds=100)
