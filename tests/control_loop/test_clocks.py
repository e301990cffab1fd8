"""Agents whose clocks are wrong, and two of them with one identity."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from ports.simulated import LoopClock
from tests.control_loop.stand import Stand, TalkingAgent, eventually, loaded

FLEET = {"node/gate": {}, "dsinstance/yard": {"node": "gate"}}
HOUR = timedelta(hours=1)


async def talk(stand: Stand, agents: list[TalkingAgent], seconds: int, *, wrong_by: timedelta = timedelta(0)) -> None:
    """Reports as agents make them, by clocks that are wrong."""
    for number in range(0, seconds, 5):
        newest = stand.newest("gate")
        for agent in agents:
            sent_at = LoopClock().now() + wrong_by
            agent.report(newest and newest.ref, boot_id=agent.name + str(id(agent)), sequence=number, sent_at=sent_at)
        await asyncio.sleep(5)


def test_an_agent_that_starts_again_with_a_clock_an_hour_behind_is_ready(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(FLEET))
        async with stand.controller():
            agent = stand.agent("gate")
            agent.greet()
            await eventually(lambda: stand.newest("gate"), "a generation")
            await talk(stand, [agent], 20)
            again = stand.agent("gate", key=agent.key)
            again.greet(boot_id="again", sent_at=LoopClock().now() - HOUR)
            await talk(stand, [again], 20, wrong_by=-HOUR)
            assert stand.status("gate")["phase"] == "Ready"
            clock = [one for one in stand.status("gate")["conditions"] if one["type"] == "ClockSynchronized"]
            assert clock[0]["reason"] == "ClockSkewed"
            await asyncio.sleep(20)
            assert stand.status("gate")["reason"] == "NodeLost"

    play(scenario)


def test_nothing_new_is_published_for_two_machines_until_one_is_left(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(FLEET))
        async with stand.controller():
            agent = stand.agent("gate")
            copy = stand.agent("gate", key=agent.key)
            await eventually(lambda: stand.status("gate"), "the node is in force")
            for one, host in ((agent, "gate"), (copy, "gate-copy")):
                one.greet(boot_id=one.name + str(id(one)), hostname=host)
            await eventually(lambda: stand.newest("gate"), "a generation")
            await talk(stand, [agent, copy], 60)
            assert stand.status("gate")["reason"] == "TwoMachines"
            assert "gate (10.0.0.1) and gate-copy (10.0.0.1)" in stand.told("TwoMachines")[0]
            other = {**FLEET, "dsinstance/yard": {"node": "gate", "image": "retinaface:2"}}
            await stand.say(loaded(other, "sha256:2222222"))
            await stand.settled()
            assert stand.orders("gate") == [(1, 1)]
            await asyncio.sleep(100)  # both are silent now, and one of them comes back
            agent.report(None, boot_id="another", sequence=0)
            await eventually(lambda: stand.orders("gate") == [(1, 1), (1, 2)], "it is decided")
            await eventually(lambda: stand.status("gate")["phase"] == "Ready", "it is believed")

    play(scenario)
