"""A real controller asks real agents how a camera did, on a virtual clock."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bus.base import Topic
from controller.asking.base import AgentTooOld, CannotAsk
from controller.asking.series import MOST_ASKED, SeriesQuestions
from controller.asking.wanted import Series
from crds.instance_config import InstanceConfig
from nodeagent.model import Probe
from ports.virtual_time import run_in_virtual_time
from tests.asking.test_asking import MANIFESTS, is_quiet, leases
from tests.planner.short_manifests import node_id
from tests.simulation.world import FPS, World

LINES = {f"gate-{number}": number for number in range(3)}


class CountingWorld(World):
    """Its apps count, each line a crossing more in ten seconds."""

    counts = True

    async def probe(
        self, config: InstanceConfig, runtime_id: str, now: datetime, *, known_ready: bool = False
    ) -> Probe:
        found = await super().probe(config, runtime_id, now, known_ready=known_ready)
        if not self.counts:
            return found
        crossed = int(self.clock.monotonic() / 10)
        counts = (4, {line: crossed + more for line, more in LINES.items()}, {"yard": 2})
        return replace(found, streams=tuple(replace(one, counts=counts) for one in found.streams))


def play(scenario: Callable[[CountingWorld], Awaitable[None]], *, counts: bool = True) -> None:
    async def whole() -> None:
        world = CountingWorld(MANIFESTS, seed=1)
        world.counts = counts
        world.start_what_is_dead()
        await asyncio.sleep(400)
        await scenario(world)
        await world.end()

    run_in_virtual_time(whole(), limit_seconds=2000)


def test_how_a_camera_did_is_asked_once_and_then_all_is_quiet() -> None:
    async def scenario(world: CountingWorld) -> None:
        one, other = await asyncio.gather(*(world.asking.series("gate", "door", "dock") for _ in range(2)))
        assert one is other
        assert len(one.fps) >= 5
        assert all(fps is not None and abs(fps - FPS) < 1 for fps in one.fps)
        assert (one.lines.keys(), one.regions.keys()) == (LINES.keys(), {"yard"})
        assert [*one.lines["gate-0"][-3:], *one.regions["yard"][-1:], *one.objects[-1:]] == [6, 6, 6, 2, 4]
        ends = one.begins + timedelta(seconds=one.step_seconds * len(one.fps))
        assert timedelta(0) <= world.clock.now() - ends < timedelta(seconds=61)
        assert sum(lease.seconds > 0 for lease in leases(world)) == 1
        await asyncio.sleep(30)
        assert is_quiet(world)
        assert world.asking._series.is_idle
        agent = world.log.values[Topic.AGENT_ANSWER, node_id("gate")]
        assert len(agent) == 2, "what is little is one answer, and an end"

    play(scenario)


def test_an_app_that_tells_of_frames_alone_has_no_counts() -> None:
    async def scenario(world: CountingWorld) -> None:
        found = await world.asking.series("gate", "door", "dock")
        assert (found.counts_told, found.lines, [*found.objects]) == (False, {}, [])
        assert found.fps[-1] == pytest.approx(FPS, abs=1)

    play(scenario, counts=False)


def test_an_agent_that_began_anew_says_that_it_knows_nothing_yet() -> None:
    async def scenario(world: CountingWorld) -> None:
        await world.nodes["gate"].kill()
        world.start_what_is_dead()
        await asyncio.sleep(20)
        with pytest.raises(CannotAsk, match="not counted a whole minute"):
            await world.asking.series("gate", "door", "dock")
        await asyncio.sleep(130)
        found = await world.asking.series("gate", "door", "dock")
        assert 1 <= len(found.fps) <= 3
        assert max(one or 0 for one in found.lines["gate-0"]) <= 7, "what was counted before is no crossing of now"

    play(scenario)


def test_who_cannot_be_asked_is_told_why() -> None:
    async def scenario(world: CountingWorld) -> None:
        for where, why in (
            (("gate", "hall", "dock"), "was not told to run instance hall"),
            (("gate", "door", "roof"), "was not told to watch camera roof"),
            (("nowhere", "door", "dock"), "no manifest in force declares node nowhere"),
        ):
            with pytest.raises(CannotAsk, match=why):
                await world.asking.series(*where)

    play(scenario)


def test_so_many_are_asked_at_a_time() -> None:
    async def scenario() -> None:
        questions, answered = SeriesQuestions(), asyncio.Event()

        async def ask() -> Series:
            await answered.wait()
            raise AgentTooOld("upgrade it")

        waiting = [asyncio.ensure_future(questions.of(("n", "i", str(one)), ask)) for one in range(MOST_ASKED)]
        await asyncio.sleep(1)
        with pytest.raises(CannotAsk, match="try again"):
            await questions.of(("n", "i", "one more"), ask)
        waiting[0].cancel()
        answered.set()
        found = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(one) for one in found[1:]] == [AgentTooOld] * (MOST_ASKED - 1)
        await asyncio.sleep(11)
        assert questions.is_idle
        await questions.aclose()

    run_in_virtual_time(scenario(), limit_seconds=100)
