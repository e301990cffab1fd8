"""When a heartbeat says enough: between two reports of a node where nothing changed that people care for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.codec import decode_heartbeat, decode_signed
from crds.heartbeat import MOST_HEARTBEATS, digest_of, first_link, follows, heartbeat_key
from crds.messages import AgentResponse, InstanceState, OrphanStatus
from nodeagent.reporter.camera_facts import CameraFacts
from nodeagent.reporter.heartbeats import has_moved
from nodeagent.reporter.report import Standing
from nodeagent.reporter.sender import ReportSender
from nodeagent.reporter.status import InstanceFacts
from ports.simulated import LoopClock
from ports.virtual_time import run_in_virtual_time
from tests.differ.generations import FLEET, NODE
from tests.reporter.test_sender import KEY, Node, turns

EVERY, FULL_EVERY = 5.0, 60.0
FOR_LONG = 10_000.0


@asynccontextmanager
async def running(bus: Any, node: Node, full_every: float = FULL_EVERY) -> AsyncIterator[ReportSender[Any]]:
    """A sender that has sent its first report, with heartbeats to follow."""
    sender = ReportSender(
        bus=bus,
        key=KEY,
        standing=node.standing,
        has_moved=node.has_moved,
        build=node.report,
        clock=LoopClock(),
        every_seconds=EVERY,
        full_every_seconds=full_every,
    )
    task = asyncio.create_task(sender.run())
    try:
        await turns()
        sender.allow_heartbeats(FOR_LONG)
        sender.nudge()
        await bus.until(1)
        await turns()
        yield sender
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def kinds(bus: Any) -> str:
    """What was sent: a letter for each report and heartbeat."""
    return "".join({NODE: "R", heartbeat_key(NODE): "h"}[key] for _, key, _ in bus.sent)


def test_between_two_reports_there_are_heartbeats_and_each_follows_the_report_before(watched_bus: Any) -> None:
    async def scenario() -> None:
        async with running(watched_bus, Node()):
            await asyncio.sleep(2 * FULL_EVERY + 1)

    run_in_virtual_time(scenario(), limit_seconds=1000)
    assert kinds(watched_bus) == "R" + ("h" * 11 + "R") * 2
    for _, key, value in watched_bus.sent:
        if key == NODE:
            report = decode_signed(AgentResponse, value, [KEY.public_key_hex])
            name, number, link = digest_of(value), 0, first_link(report.heartbeat_anchor)
            continue
        heartbeat = decode_heartbeat(value)
        assert (heartbeat.fleet_id, heartbeat.report, heartbeat.number) == (FLEET, name, number + 1)
        assert follows(heartbeat, number, link)
        number, link = heartbeat.number, bytes.fromhex(heartbeat.link)


def test_no_report_is_built_for_a_heartbeat(watched_bus: Any) -> None:
    node = Node()

    async def scenario() -> None:
        async with running(watched_bus, node) as sender:
            for _ in range(50):
                sender.nudge()
                await asyncio.sleep(1)

    run_in_virtual_time(scenario(), limit_seconds=100)
    assert next(node.frames) == 1


@pytest.mark.parametrize(
    "what",
    [
        pytest.param(lambda node, _: setattr(node, "state", InstanceState.FAILED), id="a change"),
        pytest.param(lambda _, sender: sender.force(), id="somebody asks"),
    ],
)
def test_a_report_follows_at_once(watched_bus: Any, what: Any) -> None:
    node = Node()

    async def scenario() -> None:
        async with running(watched_bus, node) as sender:
            await asyncio.sleep(EVERY + 1)
            what(node, sender)
            sender.nudge()
            await turns()
            assert kinds(watched_bus) == "RhR"
            await asyncio.sleep(EVERY)
            assert kinds(watched_bus) == "RhRh"

    run_in_virtual_time(scenario(), limit_seconds=100)


def test_numbers_that_people_care_for_make_it_a_report_when_one_is_due(watched_bus: Any) -> None:
    node = Node()

    async def scenario() -> None:
        async with running(watched_bus, node) as sender:
            node.moved = True
            sender.nudge()
            await asyncio.sleep(EVERY - 1)
            assert kinds(watched_bus) == "R"
            await asyncio.sleep(1 + 1)
            node.moved = False
            await asyncio.sleep(EVERY)

    run_in_virtual_time(scenario(), limit_seconds=100)
    assert kinds(watched_bus) == "RRh"


def test_after_one_that_was_not_acknowledged_comes_a_report_until_one_is(watched_bus: Any) -> None:
    async def scenario() -> None:
        async with running(watched_bus, Node()) as sender:
            watched_bus.failures = 3
            await asyncio.sleep(EVERY + 1)
            assert kinds(watched_bus) == "Rh"
            for _ in range(3):
                sender.nudge()
                await turns()
            await asyncio.sleep(EVERY)

    run_in_virtual_time(scenario(), limit_seconds=100)
    assert kinds(watched_bus) == "RhRRRh"


def test_when_the_chain_is_used_up_a_report_begins_another(watched_bus: Any) -> None:
    async def scenario() -> None:
        async with running(watched_bus, Node(), full_every=FOR_LONG):
            await asyncio.sleep((MOST_HEARTBEATS + 2) * EVERY + 1)

    run_in_virtual_time(scenario(), limit_seconds=1000)
    assert kinds(watched_bus) == "R" + "h" * MOST_HEARTBEATS + "Rh"


def test_none_is_sent_that_the_controller_does_not_take_any_more(watched_bus: Any) -> None:
    async def scenario() -> None:
        async with running(watched_bus, Node()) as sender:
            sender.allow_heartbeats(2 * EVERY + 1)
            await asyncio.sleep(4 * EVERY + 1)
            sender.allow_heartbeats(FOR_LONG)
            await asyncio.sleep(2 * EVERY)
            sender.allow_heartbeats(0)
            await asyncio.sleep(EVERY)

    run_in_virtual_time(scenario(), limit_seconds=1000)
    assert kinds(watched_bus) == "RhhRR" + "Rh" + "R"


def test_in_a_fleet_with_a_very_long_name_there_are_reports(watched_bus: Any) -> None:
    node = Node(fleet="f" * 200)

    async def scenario() -> None:
        async with running(watched_bus, node):
            await asyncio.sleep(2 * EVERY + 1)

    run_in_virtual_time(scenario(), limit_seconds=100)
    assert kinds(watched_bus) == "RRR"


# --- what people care for -------------------------------------------------------------------------------------------


def standing(fps: float | None = 25.0, message: str = "", told: str = "", **changes: Any) -> Standing:
    camera = CameraFacts("dock", ready=True, reason="FramesProcessed", message=message, fps=fps, frame_number=7)
    instance = InstanceFacts(
        instance_name="yard",
        state=InstanceState.RUNNING,
        reason="Running",
        message=told,
        digest=None,
        generation=1,
        runtime_id="id-1",
        restarts=0,
        started_at=None,
        cameras=(camera,),
        exclusive_cameras=(),
        image_id=None,
        image_platform="",
        conditions=(),
    )
    return replace(Standing(None, None, (instance,), (("A", "True", "B", None),), ("fine",)), **changes)


ORPHAN = OrphanStatus(node_id="n", instance_name="i", runtime_id="r", running=True)


@pytest.mark.parametrize(
    ("now", "moved"),
    [
        pytest.param(standing(), False, id="nothing"),
        pytest.param(standing(fps=20.1), False, id="fps within a fifth"),
        pytest.param(standing(fps=19.9), True, id="fps below"),
        pytest.param(standing(fps=30.1), True, id="fps above"),
        pytest.param(standing(fps=None), True, id="no fps any more"),
        pytest.param(standing(message="the last frame was processed 9 s ago"), True, id="a message"),
        pytest.param(standing(told="restarted once because it hung"), True, id="a message of the instance"),
        pytest.param(standing(messages=("in other words",)), True, id="a message of a condition"),
        pytest.param(standing(orphans=(ORPHAN,)), True, id="an orphan"),
    ],
)
def test_what_moved_so_far_that_a_heartbeat_does_not_say_enough(now: Standing, moved: bool) -> None:
    assert standing() == now
    assert has_moved(standing(), now) is moved


def test_slow_cameras_wobble_by_less_than_one_frame_and_ages_grow() -> None:
    assert not has_moved(standing(fps=1.0), standing(fps=1.9))
    assert not has_moved(standing(message="9 s ago"), standing(message="130 s ago"))


@given(st.floats(0, 100), st.floats(0, 100))
def test_fps_are_told_with_an_error_of_a_fifth_or_one_at_most(said: float, now: float) -> None:
    if not has_moved(standing(fps=said), standing(fps=now)):
        assert abs(now - said) < 1 or abs(now - said) <= 0.2 * said
