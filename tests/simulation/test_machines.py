"""Machines with wrong clocks and copied disks, with the real controller and agents."""

import asyncio
from datetime import timedelta

import pytest

from ports.virtual_time import run_in_virtual_time
from tests.simulation.smoke import SETTLED_SECONDS, started
from tests.simulation.world import Node

TOLD_WITHIN_SECONDS = 60


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_machine_that_starts_again_with_a_wrong_clock_is_ready_and_its_clock_is_told(hours: int) -> None:
    async def scenario() -> None:
        world = await started()
        gate = world.nodes["gate"]
        await gate.kill()
        gate.clock.ahead = timedelta(hours=hours)
        world.start_what_is_dead()
        await asyncio.sleep(SETTLED_SECONDS)
        assert world.status("gate")["phase"] == "Ready"
        (message,) = world.told("ClockSkewed")
        assert "3600 s" in message
        await world.controller.kill()
        world.start_what_is_dead()
        await asyncio.sleep(SETTLED_SECONDS)
        assert world.status("gate")["phase"] == "Ready"
        await gate.kill()
        await world.controller.kill()
        world.start_controller()
        await asyncio.sleep(SETTLED_SECONDS)
        assert world.status("gate")["reason"] == "NodeLost", "what lies on the topics is no sign of life"
        await world.end()

    run_in_virtual_time(scenario(), limit_seconds=1000)


def test_a_copied_machine_is_told_and_interrupts_nothing() -> None:
    async def scenario() -> None:
        world = await started()
        gate = world.nodes["gate"]
        copy = world.nodes["gate-copy"] = Node(name="gate-copy", speaks_as="gate", disk=gate.disk)
        running = gate.running
        world.start_agent("gate-copy")
        await asyncio.sleep(TOLD_WITHIN_SECONDS)
        (message, *_) = world.told("TwoMachines")
        assert "gate (10.0.0.1) and gate-copy (10.0.0.1)" in message
        assert world.status("gate")["reason"] == "TwoMachines"
        await world.controller.kill()
        world.start_controller()
        await asyncio.sleep(TOLD_WITHIN_SECONDS)
        assert world.status("gate")["reason"] == "TwoMachines", "a controller that starts finds it too"
        assert gate.running == running
        await copy.kill()
        await asyncio.sleep(2 * TOLD_WITHIN_SECONDS)
        assert world.status("gate")["reason"] == "AgentConnected"
        await world.end()

    run_in_virtual_time(scenario(), limit_seconds=1000)
