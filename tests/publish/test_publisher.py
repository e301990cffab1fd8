"""The publisher against the bus in memory."""

import logging
from collections.abc import Coroutine, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import pytest

from bus.base import CaughtUp, PublishFailed, Record, Start, Subscription, Topic
from bus.codec import Undecodable, decode_signed, encode_signed
from bus.memory import MemoryBus, MemoryLog
from bus.signature import SigningKey
from bus.topics import SETTINGS, partition_of
from controller import decide
from controller.actions import Log, Publish, PublishAgain, Send, TooLarge, Unacknowledged
from controller.carry_out import carry_out
from controller.inbox import Inbox
from controller.planner.planner import plan
from controller.publish.generations import KnownGenerations, next_record
from controller.publish.published import Sent, UnderWay, config_in, is_lacked, packed, remembered, to_send_again
from controller.publish.publisher import Publisher
from controller.rules import Rules
from controller.source.last_good import Recalled
from controller.state import State
from crds.messages import AgentConfig, ControllerRun, GenerationRef
from ports.simulated import MemoryDisk, simulated_ports
from ports.virtual_time import run_in_virtual_time
from tests.planner.short_manifests import NOW, node_id, revision

T = TypeVar("T")

KEY = SigningKey.generate()
RULES = Rules("test", KEY.public_key_hex, run=ControllerRun(name="test", started_at=NOW))
RESEND_AFTER = RULES.resend_after
LATER = NOW + RESEND_AFTER + timedelta(seconds=1)
DIRECTORY = Path("/state/published")
GATE = node_id("gate")


def config(generation: int = 1, *, node: str = "gate", image: str = "retinaface:1", epoch: int = 1) -> AgentConfig:
    fleet = {f"node/{node}": {}, "dsinstance/yard": {"node": node, "image": image}}
    record = next_record(
        plan(revision(fleet), {}).nodes[node_id(node)],
        KnownGenerations(observed=GenerationRef(epoch=epoch, generation=generation - 1)),
        fleet_id="test",
        epoch=epoch,
        revision="sha256:1",
        approved=False,
        now=NOW,
    )
    assert record is not None
    return record


@pytest.fixture
def disk() -> MemoryDisk:
    return MemoryDisk()


def made_log() -> MemoryLog:
    return MemoryLog(now=lambda: NOW)


class Published:
    """The publisher, with the state and the decisions that go with it."""

    def __init__(self, log: MemoryLog, disk: MemoryDisk) -> None:
        ports = simulated_ports(0, disk)
        self._publisher = Publisher(bus=MemoryBus(log), key=KEY, directory=DIRECTORY, ports=ports)
        self._state = State()

    @property
    def state(self) -> State:
        return self._state

    @property
    def published(self) -> Mapping[str, AgentConfig]:
        return self._state.published.configs

    def remember(self, envelope: bytes, seen_at: datetime, *, key: str) -> None:
        self._state = self._state_with(
            {
                key: remembered(
                    self._state.published.by_node.get(key),
                    config_in(envelope, key=key, fleet_id="test", public_key=KEY.public_key_hex),
                    envelope,
                    seen_at,
                    on_topic=True,
                )
            }
        )

    def miss(self, node_id: str) -> None:
        inbox = Inbox(self._state, RULES)
        inbox.take(Record(Topic.AGENT_CONFIG, 0, 0, node_id.encode(), None, NOW), NOW)
        self._state, _ = inbox.done()

    def remember_from_disk(self, seen_at: datetime) -> list[str]:
        copies = self._publisher.copies(self._publisher.paths_of_copies())
        self._state, notes = decide.recall(self._state, copies, Recalled(None), RULES, seen_at)
        return [note.message for note in notes if isinstance(note, Log)]

    async def publish(self, config: AgentConfig) -> None:
        await self._carry_out([Publish(config, "gate", self._state.published.by_node.get(str(config.node_id)))])

    async def resend_missing(self, observed: Mapping[str, GenerationRef | None], now: datetime) -> None:
        records = self._state.published.by_node
        lost = {node_id: sent for node_id, sent in records.items() if not sent.on_topic}
        lacked = {
            one: records[one] for one, held in observed.items() if one in records and is_lacked(records[one], held)
        }
        missing = to_send_again(lost, lacked, now, RESEND_AFTER)
        await self._carry_out(
            PublishAgain(replace(sent, sent_at=now, on_topic=True), sent) for sent in missing.values()
        )

    async def _carry_out(self, sends: Iterable[Send]) -> None:
        outcomes, error = await carry_out(sends, self._publisher)
        await self._publisher.write_copies()
        self._state, _ = decide.after(self._state, outcomes, RULES)
        assert error is None
        for outcome in outcomes:
            match outcome:
                case Unacknowledged(message=message):
                    raise PublishFailed(message)
                case TooLarge(message=message):
                    raise ValueError(message)

    def _state_with(self, changes: Mapping[str, Sent]) -> State:
        return replace(self._state, published=self._state.published.with_changes(changes))


def within(coroutine: Coroutine[Any, Any, T]) -> T:
    return run_in_virtual_time(coroutine, limit_seconds=60)


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


def test_a_published_record_is_signed_under_the_key_of_its_node(disk: MemoryDisk) -> None:
    log = made_log()
    one = Published(log, disk)

    within(one.publish(config(3)))

    (record,) = within(on_topic(log))
    assert record.key == GATE.encode()
    assert record.partition == partition_of(GATE, SETTINGS[Topic.AGENT_CONFIG].partitions)
    assert decode_signed(AgentConfig, record.value, [KEY.public_key_hex]) == config(3)
    assert one.published == {GATE: config(3)}


def test_what_lies_on_the_topic_is_remembered_and_the_newest_wins(disk: MemoryDisk) -> None:
    one = Published(made_log(), disk)
    for generation in (2, 4, 3, 4, 1):
        one.remember(encode_signed(config(generation), KEY), NOW, key=GATE)
    assert order(one) == (1, 4)

    one.remember(encode_signed(config(1, epoch=2), KEY), NOW, key=GATE)
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
def test_what_this_controller_did_not_sign_is_not_remembered(value: bytes, disk: MemoryDisk) -> None:
    one = Published(made_log(), disk)
    one.remember(encode_signed(config(2), KEY), NOW, key=GATE)
    with pytest.raises(Undecodable):
        one.remember(value, NOW, key=GATE)
    assert order(one) == (1, 2)


def test_copies_on_disk_are_found_again_and_broken_ones_passed_by(disk: MemoryDisk) -> None:
    log = made_log()
    within(Published(log, disk).publish(config(3)))
    within(Published(log, disk).publish(config(7, node="hut")))
    broken = DIRECTORY / f"{node_id('attic')}.record"
    disk.write(broken, b"half a rec")
    disk.write(DIRECTORY / "unfinished.tmp", b"x")

    one = Published(made_log(), disk)
    (warning,) = one.remember_from_disk(NOW)

    assert (order(one), order(one, "hut"), len(one.published)) == ((1, 3), (1, 7), 2)
    assert str(broken) in warning


def test_a_directory_that_is_not_there_holds_no_copies(disk: MemoryDisk) -> None:
    one = Published(made_log(), disk)
    one.remember_from_disk(NOW)
    assert one.published == {}


def test_a_disk_that_takes_no_copy_does_not_stop_publishing(disk: MemoryDisk, caplog: pytest.LogCaptureFixture) -> None:
    log = made_log()
    disk.failure = OSError(28, "No space left on device")
    one = Published(log, disk)

    with caplog.at_level(logging.WARNING):
        within(one.publish(config(1)))

    assert order(one) == (1, 1)
    assert len(within(on_topic(log))) == 1
    assert "cannot keep a copy" in caplog.text


def test_copies_of_what_the_topic_lost_are_sent_again_the_same_bytes(disk: MemoryDisk) -> None:
    before = made_log()
    within(Published(before, disk).publish(config(3)))
    (old,) = within(on_topic(before))
    wiped = made_log()
    one = Published(wiped, disk)
    one.remember_from_disk(NOW)

    within(one.resend_missing({}, NOW))
    within(one.resend_missing({}, NOW))

    (new,) = within(on_topic(wiped))
    assert (new.key, new.value) == (old.key, old.value)


def test_a_record_that_was_deleted_from_the_topic_is_sent_again_once(disk: MemoryDisk) -> None:
    log = made_log()
    one = Published(log, disk)
    within(one.publish(config(3)))
    one.miss(GATE)
    one.miss("nobody")

    within(one.resend_missing({}, NOW))
    within(one.resend_missing({}, LATER))

    assert len({record.value for record in within(on_topic(log))}) == 1
    assert len(within(on_topic(log))) == 2


def test_a_copy_that_is_newer_than_the_topic_is_sent_again(disk: MemoryDisk) -> None:
    log = made_log()
    within(Published(made_log(), disk).publish(config(3)))
    one = Published(log, disk)
    one.remember_from_disk(NOW)
    one.remember(encode_signed(config(2), KEY), NOW, key=GATE)

    within(one.resend_missing({}, NOW))

    (record,) = within(on_topic(log))
    assert decode_signed(AgentConfig, record.value, [KEY.public_key_hex]).ref.order == (1, 3)


def test_a_copy_that_lies_on_the_topic_is_not_sent_again(disk: MemoryDisk) -> None:
    within(Published(made_log(), disk).publish(config(3)))
    log = made_log()
    one = Published(log, disk)
    one.remember_from_disk(NOW)
    one.remember(encode_signed(config(3), KEY), NOW, key=GATE)

    within(one.resend_missing({}, LATER))

    assert within(on_topic(log)) == []


def test_an_older_copy_does_not_hide_what_lies_on_the_topic(disk: MemoryDisk) -> None:
    within(Published(made_log(), disk).publish(config(3)))
    log = made_log()
    one = Published(log, disk)
    one.remember(encode_signed(config(4), KEY), NOW, key=GATE)
    one.remember_from_disk(NOW)

    within(one.resend_missing({}, LATER))

    assert order(one) == (1, 4)
    assert within(on_topic(log)) == []


OTHER = GenerationRef(epoch=1, generation=2, digest="sha256:other")


@pytest.mark.parametrize(
    ("observed", "now", "resent"),
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
    observed: dict[str, GenerationRef | None], now: Any, resent: int, disk: MemoryDisk
) -> None:
    log = made_log()
    one = Published(log, disk)
    within(one.publish(config(3)))

    within(one.resend_missing(observed, now))

    records = within(on_topic(log))
    assert len(records) == 1 + resent
    assert len({record.value for record in records}) == 1


def test_it_is_not_sent_again_before_the_time_is_up_once_more(disk: MemoryDisk) -> None:
    log = made_log()
    one = Published(log, disk)
    within(one.publish(config(3)))
    for seconds in range(300):
        within(one.resend_missing({GATE: None}, NOW + timedelta(seconds=seconds)))
    assert len(within(on_topic(log))) == 1 + 299 // 31


def test_an_unacknowledged_record_is_not_taken_for_published(disk: MemoryDisk) -> None:
    log = made_log()
    one = Published(log, disk)
    within(one.publish(config(1)))
    log.set_down()

    with pytest.raises(PublishFailed):
        within(one.publish(config(2, image="retinaface:2")))
    with pytest.raises(PublishFailed):
        within(one.resend_missing({GATE: None}, LATER))

    assert order(one) == (1, 1)
    again = Published(log, disk)
    again.remember_from_disk(NOW)
    assert order(again) == (1, 1)
    log.set_up()
    within(one.resend_missing({GATE: None}, LATER))
    assert len(within(on_topic(log))) == 2


def test_a_record_that_is_too_large_is_refused_before_it_is_sent(disk: MemoryDisk) -> None:
    log = made_log()
    one = Published(log, disk)
    within(one.publish(config(1)))
    env = {f"A{number}": "x" * 32_000 for number in range(60)}
    fleet = {"node/gate": {}, "dsinstance/yard": {"node": "gate", "container": {"env": env}}}
    large = config(2).model_copy(
        update={
            "node_config_list": plan(revision(fleet), {}).nodes[GATE].instances,
            "digest": plan(revision(fleet), {}).nodes[GATE].digest,
        }
    )

    with pytest.raises(ValueError, match="too large"):
        within(one.publish(large))

    assert order(one) == (1, 1)
    assert len(within(on_topic(log))) == 1


@pytest.mark.parametrize(
    ("changes", "key"), [({"fleet_id": "another"}, GATE), ({}, node_id("hut")), ({}, ""), ({}, "no id at all")]
)
def test_records_of_another_fleet_or_under_another_key_are_not_taken_in(
    disk: MemoryDisk, changes: dict[str, str], key: str
) -> None:
    """A controller restarted with another fleet id on the same directory must not take the old fleet for published."""
    one = Published(made_log(), disk)
    with pytest.raises(Undecodable, match="it is of fleet"):
        one.remember(encode_signed(config(2).model_copy(update=changes), KEY), NOW, key=key)
    assert one.published == {}


def read_back(state: State, value: bytes, under_way: Mapping[str, UnderWay] = MappingProxyType({})) -> State:
    inbox = Inbox(state, RULES, under_way)
    inbox.take(Record(Topic.AGENT_CONFIG, 0, 0, GATE.encode(), value, NOW), NOW)
    return inbox.done()[0]


def test_what_is_read_back_before_it_is_known_to_be_published_is_not_read_again(
    disk: MemoryDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outcomes of a thousand records come together, and the first are read back long before the last is sent."""
    log, sent = made_log(), config(3)
    publisher = Publisher(bus=MemoryBus(log), key=KEY, directory=DIRECTORY, ports=simulated_ports(0, disk))
    small = within(publisher.publish(sent))
    (record,) = within(on_topic(log))
    assert record.value is not None
    monkeypatch.setattr("controller.inbox.config_in", None)
    found = read_back(State(), record.value, publisher.under_way).published.by_node[GATE]
    assert (found.config, found.on_topic) == (sent, True)
    assert found.packed is small


def test_bytes_that_are_known_are_not_read_again(disk: MemoryDisk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own records, and what lies both on its disk and on the topic: to verify and read one takes milliseconds."""
    log, sent = made_log(), config(3)
    one = Published(log, disk)
    within(one.publish(sent))
    (record,) = within(on_topic(log))
    again = Published(made_log(), disk)
    again.remember_from_disk(NOW)
    recalled = again.published[GATE]
    assert record.value is not None

    with monkeypatch.context() as read_no_more:
        read_no_more.setattr("controller.inbox.config_in", None)
        assert read_back(one.state, record.value) is one.state
        found = read_back(again.state, record.value).published.by_node[GATE]
        early = read_back(State(), record.value, {GATE: UnderWay(sent, packed(record.value))}).published.by_node[GATE]

    assert (found.config is recalled, found.on_topic) == (True, True)
    assert early.config is sent
    other = read_back(one.state, encode_signed(config(4), KEY)).published.by_node[GATE]
    assert other.config == config(4)
