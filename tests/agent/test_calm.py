"""An agent of whose apps all is well does little, and misses nothing for it."""

import asyncio
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bus.base import Topic
from bus.codec import encode_signed
from crds.heartbeat import heartbeat_key
from crds.instance_config import InstanceConfig
from crds.messages import AgentCommand, CommandKind
from nodeagent.model import Probe, StreamStats
from nodeagent.reporter.pace import EVERY, STEADY_LOOKS
from nodeagent.reporter.sender import ReportSender
from tests.agent.stand import Stand, command, run, until
from tests.differ.generations import NODE, generation, instance

YARD, HALL = instance("yard", cameras=["dock"]), instance("hall", cameras=["door"])
SETTLED_S = STEADY_LOOKS + EVERY + 2.0


class EvenApps:
    """Their cameras have frames as time goes by, at a rate that a test sets."""

    def __init__(self) -> None:
        self.rates = {"yard": 15.0, "hall": 25.0}
        self.silent: set[str] = set()
        self.asked: list[tuple[str, float]] = []
        self._frames = dict.fromkeys(self.rates, 0.0)
        self._counted_at = 0.0

    def become(self, name: str, rate: float) -> None:
        self._count()
        self.rates[name] = rate

    def _count(self) -> float:
        now = asyncio.get_running_loop().time()
        for name, rate in self.rates.items():
            self._frames[name] += (now - self._counted_at) * rate
        self._counted_at = now
        return now

    async def __call__(
        self, config: InstanceConfig, runtime_id: str, now: datetime, *, known_ready: bool = False
    ) -> Probe:
        name = config.instance_name
        self.asked.append((name, self._count()))
        if name in self.silent:
            return Probe(name, runtime_id, now, answered=False, message="connection refused")
        streams = (StreamStats(config.cameras[0].camera_id, self.rates[name], int(self._frames[name])),)
        return Probe(name, runtime_id, now, answered=True, ready=True, streams=streams)


def test_calm_apps_are_asked_together_every_five_seconds_and_a_new_one_within_two() -> None:
    stand, apps = Stand(), EvenApps()
    stand.apps = apps  # type: ignore[assignment]  # it is what asks them

    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        async with stand.agent():
            await until(lambda: stand.applied() == 1, "it converges")
            await asyncio.sleep(SETTLED_S)
            apps.asked.clear()
            await asyncio.sleep(10 * EVERY)
            assert len(apps.asked) in (9, 10, 11)

            stand.publish(generation([YARD, HALL], 2))
            await until(lambda: any(name == "hall" for name, _ in apps.asked), "it is asked", 2.5)
            await asyncio.sleep(SETTLED_S)
            apps.asked.clear()
            await asyncio.sleep(10 * EVERY)
            times = {at for _, at in apps.asked}
            assert 2 * len(times) == len(apps.asked)
            assert len(times) in (9, 10, 11)

    run(scenario())


STEP = st.tuples(
    st.floats(0.5, 20), st.sampled_from(["yard", "hall"]), st.sampled_from([0.0, 3.0, 13.0, 15.0, 25.0, None])
)


@given(st.lists(STEP, max_size=5))
@settings(max_examples=40)
def test_what_an_agent_says_is_the_same_when_it_looks_at_everything_each_time(
    steps: list[tuple[float, str, float | None]],
) -> None:
    assert said_of(steps, looks_always=False) == said_of(steps, looks_always=True)


def said_of(steps: list[tuple[float, str, float | None]], *, looks_always: bool) -> list[Any]:
    """When the agent reported what, and how many heartbeats there were.

    Args:
        steps: seconds, an app, and its new rate; None while it is silent.
        looks_always: whether each heartbeat is given only after a look at what a report would say.
    """
    stand, apps = Stand(), EvenApps()
    stand.apps = apps  # type: ignore[assignment]  # it is what asks them
    speak = ReportSender._speak

    async def looking(self: ReportSender[Any], *, is_due: bool, is_nudged: bool) -> bool:
        return await speak(self, is_due=is_due, is_nudged=True)

    async def scenario() -> list[Any]:
        stand.publish(generation([YARD, HALL], 1))
        async with stand.agent():
            await until(lambda: stand.applied() == 1, "it converges")
            fields = command(CommandKind.ADMITTED, heartbeats_for_seconds=1000)
            stand.write(Topic.AGENT_COMMAND, encode_signed(AgentCommand(**fields), stand.controller))
            await asyncio.sleep(SETTLED_S)
            for seconds, name, rate in steps:
                apps.silent ^= {name} & (apps.silent if rate is not None else {name} - apps.silent)
                if rate is not None:
                    apps.become(name, rate)
                await asyncio.sleep(seconds)
            await asyncio.sleep(20)
        beats = stand.values(Topic.AGENT_RESPONSE, heartbeat_key(NODE))
        return [(one.sent_at, one.status) for one in stand.reports] + [len(beats)]

    with pytest.MonkeyPatch.context() as patched:
        if looks_always:
            patched.setattr(ReportSender, "_speak", looking)
        return run(scenario())
