"""The publisher against the bus in memory."""

import asyncio
import logging
from collections.abc import Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest

from bus.base import CaughtUp, PublishFailed, Record, Start, Subscription, Topic
from bus.codec import Undecodable, decode_signed, encode_signed
from bus.memory import MemoryBus, MemoryLog
from bus.signature import SigningKey
from bus.timings import Timings
from bus.topics import SETTINGS, partition_of
from controller.planner.planner import plan
from controller.publish.generations import KnownGenerations, next_record
from controller.publish.publisher import RESEND_AFTER, Publisher
from crds.messages import AgentConfig, GenerationRef
from tests.planner.short_manifests import NOW, node_id, revision

T = TypeVar("T")

KEY = SigningKey.generate()
LATER = NOW + RESEND_AFTER + timedelta(seconds=1)
GATE = node_id("gate")


def config(generation: int = 1, *, node: str = "gate", image: str = "retinaface:1", epoch: int = 1) -> AgentConfig:
    fleet = {f"node/{node}": {}, "dsinstance/yard": {"node": node, "image": image}}
    record = next_record(
        plan(revision(fleet), {}).nodes[node_id(node)],
        KnownGenerations(held=GenerationRef(epoch=epoch, generation=generation - 1)),
        fleet_id="test",
        epoch=epoch,
        revision="sha256:1",
        approved=False,
        now=NOW,
    )
    assert record is not None
    return record


def publisher(log: MemoryLog, directory: Path, key: SigningKey = KEY) -> Publisher:
    return Publisher(fleet_id="test", bus=MemoryBus(log, Timings(publish_seconds=0.01)), key=key, directory=directory)


def within(coroutine: Coroutine[Any, Any, T]) -> T:
    async def bounded() -> T:
        async with asyncio.timeout(10):
            return await coroutine

    return asyncio.run(bounded())


async def on_topic(log: MemoryLog, topic: Topic = Topic.AGENT_CONFIG) -> list[Record]:
    records = []
    async with MemoryBus(log).subscribe((Subscription(topic, Start.BEGINNING),)) as events:
        async for event in events:
            if isinstance(event, CaughtUp):
                break
            if isinstance(event, Record):
                records.append(event)
    return records


def order(one: Publisher, node: str = "gate") -> tuple[int, int] | None:
    found = one.published.get(node_id(node))
    return found.ref.order if found else None


def test_a_published_record_is_signed_under_the_key_of_its_node(tmp_path: Path) -> None:
    log = MemoryLog()
    one = publisher(log, tmp_path)

    within(one.publish(config(3), NOW))

    (record,) = within(on_topic(log))
    assert record.key == GATE.encode()
    assert record.partition == partition_of(GATE, SETTINGS[Topic.AGENT_CONFIG].partitions)
    assert decode_signed(AgentConfig, record.value, [KEY.public_key_hex]) == config(3)
    assert one.published == {GATE: config(3)}


def test_what_lies_on_the_topic_is_remembered_and_the_newest_wins(tmp_path: Path) -> None:
    one = publisher(MemoryLog(), tmp_path)
    for generation in (2, 4, 3, 4, 1):
        one.remember(encode_signed(config(generation), KEY), NOW, key=GATE, on_topic=True)
    assert order(one) == (1, 4)

    one.remember(encode_signed(config(1, epoch=2), KEY), NOW, key=GATE, on_topic=True)
    assert order(one) == (2, 1)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff\x00garbage", id="garbage"),
        pytest.param(b"{}", id="no envelope"),
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param(b"x" * 3_000_000, id="oversized"),
        pytest.param(encode_signed(config(9), SigningKey.generate()), id="foreign signature"),
        pytest.param(encode_signed(config(9), KEY).replace(b'"sig":"', b'"sig":"00'), id="broken signature"),
        pytest.param(encode_signed(config(9), KEY)[:-20], id="torn"),
    ],
)
def test_what_this_controller_did_not_sign_is_not_remembered(value: bytes, tmp_path: Path) -> None:
    one = publisher(MemoryLog(), tmp_path)
    one.remember(encode_signed(config(2), KEY), NOW, key=GATE, on_topic=True)
    with pytest.raises(Undecodable):
        one.remember(value, NOW, key=GATE, on_topic=True)
    assert order(one) == (1, 2)


def test_copies_on_disk_are_found_again_and_broken_ones_passed_by(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = MemoryLog()
    within(publisher(log, tmp_path).publish(config(3), NOW))
    within(publisher(log, tmp_path).publish(config(7, node="hut"), NOW))
    broken = tmp_path / f"{node_id('attic')}.record"
    broken.write_bytes(b"half a rec")
    (tmp_path / "unfinished.tmp").write_bytes(b"x")

    one = publisher(MemoryLog(), tmp_path)
    with caplog.at_level(logging.WARNING):
        one.remember_from_disk(NOW)

    assert (order(one), order(one, "hut"), len(one.published)) == ((1, 3), (1, 7), 2)
    assert str(broken) in caplog.text


def test_a_directory_that_is_not_there_holds_no_copies(tmp_path: Path) -> None:
    one = publisher(MemoryLog(), tmp_path / "none")
    one.remember_from_disk(NOW)
    assert one.published == {}


def test_a_disk_that_takes_no_copy_does_not_stop_publishing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    log = MemoryLog()
    (tmp_path / "file").write_text("in the way")
    one = publisher(log, tmp_path / "file" / "published")

    with caplog.at_level(logging.WARNING):
        within(one.publish(config(1), NOW))

    assert order(one) == (1, 1)
    assert len(within(on_topic(log))) == 1
    assert "cannot keep a copy" in caplog.text


def test_copies_of_what_the_topic_lost_are_sent_again_the_same_bytes(tmp_path: Path) -> None:
    before = MemoryLog()
    within(publisher(before, tmp_path).publish(config(3), NOW))
    (old,) = within(on_topic(before))
    wiped = MemoryLog()
    one = publisher(wiped, tmp_path)
    one.remember_from_disk(NOW)

    within(one.resend_missing({}, NOW))
    within(one.resend_missing({}, NOW))

    (new,) = within(on_topic(wiped))
    assert (new.key, new.value) == (old.key, old.value)


def test_a_record_that_was_deleted_from_the_topic_is_sent_again_once(tmp_path: Path) -> None:
    log = MemoryLog()
    one = publisher(log, tmp_path)
    within(one.publish(config(3), NOW))
    one.miss(GATE)
    one.miss("nobody")

    within(one.resend_missing({}, NOW))
    within(one.resend_missing({}, LATER))

    assert len({record.value for record in within(on_topic(log))}) == 1
    assert len(within(on_topic(log))) == 2


def test_a_copy_that_is_newer_than_the_topic_is_sent_again(tmp_path: Path) -> None:
    log = MemoryLog()
    within(publisher(MemoryLog(), tmp_path).publish(config(3), NOW))
    one = publisher(log, tmp_path)
    one.remember_from_disk(NOW)
    one.remember(encode_signed(config(2), KEY), NOW, key=GATE, on_topic=True)

    within(one.resend_missing({}, NOW))

    (record,) = within(on_topic(log))
    assert decode_signed(AgentConfig, record.value, [KEY.public_key_hex]).ref.order == (1, 3)


def test_a_copy_that_lies_on_the_topic_is_not_sent_again(tmp_path: Path) -> None:
    within(publisher(MemoryLog(), tmp_path).publish(config(3), NOW))
    log = MemoryLog()
    one = publisher(log, tmp_path)
    one.remember_from_disk(NOW)
    one.remember(encode_signed(config(3), KEY), NOW, key=GATE, on_topic=True)

    within(one.resend_missing({}, LATER))

    assert within(on_topic(log)) == []


def test_an_older_copy_does_not_hide_what_lies_on_the_topic(tmp_path: Path) -> None:
    within(publisher(MemoryLog(), tmp_path).publish(config(3), NOW))
    log = MemoryLog()
    one = publisher(log, tmp_path)
    one.remember(encode_signed(config(4), KEY), NOW, key=GATE, on_topic=True)
    one.remember_from_disk(NOW)

    within(one.resend_missing({}, LATER))

    assert order(one) == (1, 4)
    assert within(on_topic(log)) == []


OTHER = GenerationRef(epoch=1, generation=2, digest="sha256:other")


@pytest.mark.parametrize(
    ("held", "now", "resent"),
    [
        pytest.param({}, LATER, 0, id="the agent is not connected"),
        pytest.param({GATE: config(3).ref}, LATER, 0, id="the agent holds it"),
        pytest.param({GATE: GenerationRef(epoch=2, generation=1)}, LATER, 0, id="the agent is ahead"),
        pytest.param({GATE: OTHER}, NOW + RESEND_AFTER, 0, id="behind for 30 s"),
        pytest.param({GATE: OTHER}, LATER, 1, id="behind for longer"),
        pytest.param({GATE: None}, LATER, 1, id="the agent holds nothing"),
        pytest.param({node_id("hut"): None}, LATER, 0, id="another node"),
    ],
)
def test_a_record_is_sent_again_to_an_agent_that_lacks_it(
    held: dict[str, GenerationRef | None], now: Any, resent: int, tmp_path: Path
) -> None:
    log = MemoryLog()
    one = publisher(log, tmp_path)
    within(one.publish(config(3), NOW))

    within(one.resend_missing(held, now))

    records = within(on_topic(log))
    assert len(records) == 1 + resent
    assert len({record.value for record in records}) == 1


def test_it_is_not_sent_again_before_the_time_is_up_once_more(tmp_path: Path) -> None:
    log = MemoryLog()
    one = publisher(log, tmp_path)
    within(one.publish(config(3), NOW))
    for seconds in range(300):
        within(one.resend_missing({GATE: None}, NOW + timedelta(seconds=seconds)))
    assert len(within(on_topic(log))) == 1 + 299 // 31


def test_an_unacknowledged_record_is_not_taken_for_published(tmp_path: Path) -> None:
    log = MemoryLog()
    one = publisher(log, tmp_path)
    within(one.publish(config(1), NOW))
    log.set_down()

    with pytest.raises(PublishFailed):
        within(one.publish(config(2, image="retinaface:2"), NOW))
    with pytest.raises(PublishFailed):
        within(one.resend_missing({GATE: None}, LATER))

    assert order(one) == (1, 1)
    again = publisher(log, tmp_path)
    again.remember_from_disk(NOW)
    assert order(again) == (1, 1)
    log.set_up()
    within(one.resend_missing({GATE: None}, LATER))
    assert len(within(on_topic(log))) == 2


def test_a_record_that_is_too_large_is_refused_before_it_is_sent(tmp_path: Path) -> None:
    log = MemoryLog()
    one = publisher(log, tmp_path)
    within(one.publish(config(1), NOW))
    env = {f"A{number}": "x" * 32_000 for number in range(60)}
    fleet = {"node/gate": {}, "dsinstance/yard": {"node": "gate", "container": {"env": env}}}
    large = config(2).model_copy(
        update={
            "node_config_list": plan(revision(fleet), {}).nodes[GATE].instances,
            "digest": plan(revision(fleet), {}).nodes[GATE].digest,
        }
    )

    with pytest.raises(ValueError, match="too large"):
        within(one.publish(large, NOW))

    assert order(one) == (1, 1)
    assert len(within(on_topic(log))) == 1


@pytest.mark.parametrize(
    ("changes", "key"), [({"fleet_id": "another"}, GATE), ({}, node_id("hut")), ({}, ""), ({}, "no id at all")]
)
def test_records_of_another_fleet_or_under_another_key_are_not_taken_in(
    tmp_path: Path, changes: dict[str, str], key: str
) -> None:
    """A controller restarted with another fleet id on the same directory must not take the old fleet for published."""
    one = publisher(MemoryLog(), tmp_path)
    with pytest.raises(Undecodable, match="it is of fleet"):
        one.remember(encode_signed(config(2).model_copy(update=changes), KEY), NOW, key=key, on_topic=True)
    assert one.published == {}
