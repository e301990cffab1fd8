import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from bus.base import Topic
from bus.codec import decode_signed
from bus.signature import SigningKey
from crds.camera_status import CameraStatus
from crds.condition import Condition, ConditionStatus
from crds.messages import AgentResponse, InstanceState, InstanceStatus
from nodeagent.reporter.sender import ReportSender
from ports.simulated import LoopClock
from ports.virtual_time import run_in_virtual_time
from tests.differ.generations import FLEET, NODE, NOW

KEY = SigningKey.generate()
NEVER = 1000.0


@dataclass
class Node:
    """What a report is made of."""

    state: InstanceState = InstanceState.RUNNING
    frames: "itertools.count[int]" = field(default_factory=itertools.count)
    conditions: tuple[Condition, ...] = ()
    names: int = 1
    cameras: int = 1
    message: str = ""
    ready: bool = True
    moved: bool = False
    fleet: str = FLEET

    def has_moved(self, _said: object, _now: object) -> bool:
        return self.moved

    def standing(self, _now: datetime) -> object:
        return self.state, self.conditions, self.names, self.cameras, self.ready

    def report(self, sequence: int, now: datetime) -> AgentResponse:
        number = next(self.frames)
        cameras = tuple(
            CameraStatus(
                name="dock" if index == 0 else f"dock-{index}",
                ready=self.ready or index % 2 == 1,
                reason="x",
                message=self.message or str(number),
                fps=number,
                frame_number=number,
                since=NOW,
            )
            for index in range(self.cameras)
        )
        return AgentResponse(
            fleet_id=self.fleet,
            node_id=UUID(NODE),
            observed=None,
            applied=None,
            status=tuple(
                InstanceStatus(instance_name=f"i{index}", state=self.state, since=NOW, cameras=cameras)
                for index in range(self.names)
            ),
            conditions=self.conditions,
            sequence=sequence,
            sent_at=now,
        )


def reports(bus: Any) -> list[AgentResponse]:
    sent = [value for _, key, value in bus.sent if key == NODE]
    return [decode_signed(AgentResponse, value, [KEY.public_key_hex]) for value in sent]


@asynccontextmanager
async def running(bus: Any, node: Node, every: float = NEVER) -> AsyncIterator[ReportSender[Any]]:
    sender = ReportSender(
        bus=bus,
        key=KEY,
        standing=node.standing,
        has_moved=node.has_moved,
        build=node.report,
        clock=LoopClock(),
        every_seconds=every,
        full_every_seconds=12 * every,
    )
    task = asyncio.create_task(sender.run())
    try:
        yield sender
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def turns(count: int = 20) -> None:
    """Lets everything happen that needs no time."""
    for _ in range(count):
        await asyncio.sleep(0)


def test_a_change_is_sent_at_once_and_numbers_that_move_are_not(watched_bus: Any) -> None:
    node = Node()

    async def scenario() -> None:
        async with running(watched_bus, node) as sender:
            sender.nudge()
            await watched_bus.until(1)
            for _ in range(5):
                sender.nudge()
                await turns()
            assert len(watched_bus.sent) == 1

            node.state = InstanceState.UNHEALTHY
            sender.nudge()
            await watched_bus.until(2)

    run_in_virtual_time(scenario(), limit_seconds=100)
    assert [one.status[0].state for one in reports(watched_bus)] == ["Running", "Unhealthy"]
    assert [(topic, key) for topic, key, _ in watched_bus.sent] == [(Topic.AGENT_RESPONSE, NODE)] * 2


def test_numbers_that_move_cost_no_report(watched_bus: Any) -> None:
    node = Node()

    async def scenario() -> None:
        async with running(watched_bus, node, every=5) as sender:
            sender.nudge()
            await watched_bus.until(1)
            for _ in range(40):
                sender.nudge()
                await asyncio.sleep(0.1)

    run_in_virtual_time(scenario(), limit_seconds=100)
    assert next(node.frames) == 1, "reports were built that nobody got"


def test_a_condition_that_changed_is_a_change(watched_bus: Any) -> None:
    node = Node()

    async def scenario() -> None:
        async with running(watched_bus, node) as sender:
            sender.nudge()
            await watched_bus.until(1)
            node.conditions = (Condition(type="A", status=ConditionStatus.FALSE, reason="B", last_transition_time=NOW),)
            sender.nudge()
            await watched_bus.until(2)

    run_in_virtual_time(scenario(), limit_seconds=100)


def test_without_a_change_it_is_sent_again_and_again(watched_bus: Any) -> None:
    async def scenario() -> None:
        async with running(watched_bus, Node(), every=2):
            await watched_bus.until(3)

    run_in_virtual_time(scenario(), limit_seconds=100)
    sent = reports(watched_bus)
    assert [one.sequence for one in sent] == list(range(len(sent)))


def test_nudges_do_not_put_off_the_regular_report(watched_bus: Any) -> None:
    async def scenario() -> None:
        async with running(watched_bus, Node(), every=0.05) as sender:
            async with asyncio.timeout(10):
                while len(watched_bus.sent) < 4:
                    sender.nudge()
                    await asyncio.sleep(0.005)

    run_in_virtual_time(scenario(), limit_seconds=100)


def test_a_report_can_be_forced_also_while_another_one_is_on_its_way(watched_bus: Any) -> None:
    async def scenario() -> None:
        async with running(watched_bus, Node()) as sender:
            sender.force()
            await watched_bus.until(1)
            await turns()
            watched_bus.open.clear()
            sender.force()
            await watched_bus.until(2)
            sender.force()
            watched_bus.open.set()
            await watched_bus.until(3)
            await turns()
            assert len(watched_bus.sent) == 3

    run_in_virtual_time(scenario(), limit_seconds=100)


def test_changes_while_a_report_is_on_its_way_become_one_newer_report(watched_bus: Any) -> None:
    node = Node()

    async def scenario() -> None:
        async with running(watched_bus, node) as sender:
            watched_bus.open.clear()
            sender.nudge()
            await watched_bus.until(1)
            for state in (InstanceState.UNHEALTHY, InstanceState.PENDING, InstanceState.FAILED):
                node.state = state
                sender.nudge()
                await turns()
            watched_bus.open.set()
            await watched_bus.until(2)
            await turns()

    run_in_virtual_time(scenario(), limit_seconds=100)
    assert [one.status[0].state for one in reports(watched_bus)] == ["Running", "Failed"]


def test_a_failed_report_is_followed_by_a_newer_one(watched_bus: Any) -> None:
    watched_bus.failures = 2

    async def scenario() -> None:
        async with running(watched_bus, Node()) as sender:
            for count in (1, 2, 3):
                sender.nudge()
                await watched_bus.until(count)
                await turns()
            sender.nudge()
            await turns()

    run_in_virtual_time(scenario(), limit_seconds=100)
    assert [one.sequence for one in reports(watched_bus)] == [0, 1, 2]


@pytest.mark.parametrize(
    ("node", "left_out", "cameras"),
    [
        (Node(cameras=1500, message="m" * 200), "messages and numbers of the cameras", 1500),
        (Node(cameras=3000, ready=False), "cameras that are ready, messages and numbers of the others", 1500),
        (Node(cameras=8000, ready=False), "all cameras", 0),
    ],
)
def test_of_a_report_that_is_too_large_is_sent_what_fits(
    watched_bus: Any, node: Node, left_out: str, cameras: int
) -> None:
    async def scenario() -> None:
        async with running(watched_bus, node) as sender:
            for count in (1, 2):
                sender.force()
                await watched_bus.until(count)
            node.cameras = 1
            sender.force()
            await watched_bus.until(3)

    run_in_virtual_time(scenario(), limit_seconds=100)
    first, second, third = reports(watched_bus)
    (condition,) = first.conditions
    assert (condition.type, condition.status, condition.reason) == ("ReportTruncated", "True", "TooLarge")
    assert condition.message == f"left out: {left_out}"
    assert second.conditions == first.conditions
    assert len(first.status[0].cameras) == cameras
    assert {(one.message, one.fps, one.frame_number) for one in first.status[0].cameras} <= {("", None, None)}
    assert (third.conditions, len(third.status[0].cameras)) == ((), 1)


def test_a_report_that_is_too_large_is_not_tried_again_before_it_is_another_one(watched_bus: Any) -> None:
    node = Node(names=3000)

    async def scenario() -> None:
        async with running(watched_bus, node) as sender:
            sender.nudge()
            await turns()
            built = next(node.frames)
            assert not watched_bus.sent
            sender.nudge()
            await turns()
            assert next(node.frames) <= built + 2

            node.names = 1
            sender.nudge()
            await watched_bus.until(1)

    run_in_virtual_time(scenario(), limit_seconds=100)
