import contextlib
import logging

import pytest

from bus.base import PublishFailed, TimestampRefused, Topic
from bus.memory import MemoryBus, MemoryLog
from nodeagent.reporter.conditions import Conditions
from nodeagent.reporter.time_watch import TimeWatch
from ports.simulated import LoopClock
from ports.virtual_time import run_in_virtual_time


class RefusingBus(MemoryBus):
    """A bus whose brokers refuse, for one reason or another."""

    failure: Exception | None = None

    async def publish(self, topic: Topic, *, key: str | None, value: bytes | None) -> None:
        if self.failure is not None:
            raise self.failure
        await super().publish(topic, key=key, value=value)


def test_a_refused_time_is_said_once_and_ends(caplog: pytest.LogCaptureFixture) -> None:
    said: list[list[str]] = []

    async def scenario() -> None:
        clock = LoopClock()
        conditions = Conditions(clock, on_change=lambda: None)
        bus = RefusingBus(MemoryLog(now=clock.now))
        watch = TimeWatch(bus, conditions)
        failures = [None, PublishFailed("no answer"), *2 * [TimestampRefused("INVALID_TIMESTAMP")], None, None]
        for failure in failures:
            bus.failure = failure
            for topic in (Topic.AGENT_INFO, Topic.AGENT_RESPONSE):
                with contextlib.suppress(PublishFailed):
                    await watch.publish(topic, key="node", value=b"x")
            said.append([f"{one.type} {one.status.value} {one.reason}" for one in conditions.all])

    with caplog.at_level(logging.ERROR):
        run_in_virtual_time(scenario(), limit_seconds=10)
    refused, accepted = ["TimeAccepted False TimestampRefused"], ["TimeAccepted True Accepted"]
    assert said == [[], [], refused, refused, accepted, accepted]
    assert [one.message for one in caplog.records] == ["INVALID_TIMESTAMP"]
