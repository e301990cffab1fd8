"""The messenger without a broker, and with one that goes away."""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from bus.embedded import EmbeddedBroker
from pipeline.messages.client_settings import KEPT
from pipeline.messages.delivery import Delivery, Lane
from pipeline.messages.messenger import Messenger
from tests.patience import patient
from tests.pipeline.messages.readers import read_topic
from tests.pipeline.messages.results import BUSY, frame_of, lines, person

Make = Callable[..., Messenger]
Wait = Callable[..., Any]

EVERY_TOPIC = {
    "analytics_topic": "analytics",
    "objects_topic": "objects",
    "camera_states_topic": "states",
    "mot_topic": "mot",
    "face_topic": "face",
    "visual_topic": "visual",
}


def offer_everything(messenger: Messenger, number: int = 1, at_s: float = 100.0) -> None:
    """A frame in which all is to be told: counts, objects, mot, face and picture."""
    counts = lines({"in": 1}, {"in": number})
    frame = frame_of("gate", person(1), person(2, "face"), number=number, at_s=at_s, counts=counts)
    messenger.offer(frame, "gate-device", pictures=True)


def threads_of_publishers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "messages"]


@pytest.mark.parametrize("bootstrap", ["", "  "])
def test_without_an_address_nothing_is_sent(messenger: Make, bootstrap: str) -> None:
    idle = messenger(bootstrap, **EVERY_TOPIC)
    offer_everything(idle)
    idle.camera_state("d", "alive", "", 15.0)
    assert idle.delivery() == Delivery()
    assert threads_of_publishers() == []


def test_before_there_is_something_to_tell_nothing_is_connected(messenger: Make, nobody: str, log: list[str]) -> None:
    without_topics = messenger(nobody)
    offer_everything(without_topics)
    without_topics.camera_state("d", "alive", "", 15.0)
    without_lines = messenger(nobody, **EVERY_TOPIC)
    without_lines.offer(frame_of(), "d", pictures=False)
    assert without_topics.delivery() == without_lines.delivery() == Delivery()
    assert threads_of_publishers() == []
    without_lines.close(5.0)
    assert log == []


def test_everything_that_is_due_is_sent(messenger: Make, broker: EmbeddedBroker, wait_until: Wait) -> None:
    one = messenger(broker.bootstrap_servers, **EVERY_TOPIC)
    offer_everything(one)
    one.camera_state("gate-device", "alive", "", 15.0)
    wait_until(lambda: one.delivery() == Delivery(delivered=6), "all six are delivered")
    assert len(threads_of_publishers()) == 1
    for topic in EVERY_TOPIC.values():
        (told,) = read_topic(broker.bootstrap_servers, topic, 1)
        assert told.key == "gate-device", topic
        named = () if topic == "states" else (("model", b"yard"), ("model-digest", b"sha256:0123"))
        assert told.headers == named, topic


def test_an_alert_is_told_once_when_it_begins_and_once_when_it_ends(
    messenger: Make, broker: EmbeddedBroker, wait_until: Wait
) -> None:
    one = messenger(broker.bootstrap_servers, alerts_topic="alerts")
    ended = replace(BUSY, alert=replace(BUSY.alert, ended_at_s=BUSY.alert.began_at_s + 5))
    for alerts in ((), (BUSY,), (), (ended,)):
        one.offer(frame_of("gate", person(1), alerts=alerts), "gate-device", pictures=False)
    wait_until(lambda: one.delivery() == Delivery(delivered=2), "both are delivered")
    told = read_topic(broker.bootstrap_servers, "alerts", 2)
    assert [message.key for message in told] == ["gate-device"] * 2
    alerts_told = [message.value["alert"] for message in told]
    assert [(alert["id"], alert["state"]) for alert in alerts_told] == [
        (BUSY.alert.alert_id, "began"),
        (BUSY.alert.alert_id, "ended"),
    ]
    assert len({message.value["messageid"] for message in told}) == 2


def test_closing_sends_what_waits_and_then_no_more(messenger: Make, broker: EmbeddedBroker) -> None:
    one = messenger(broker.bootstrap_servers, analytics_topic="analytics", mot_topic="mot")
    for number in range(500):
        offer_everything(one, number)
    one.close(20.0)
    assert one.delivery() == Delivery(delivered=1000)
    assert threads_of_publishers() == []
    offer_everything(one)
    assert one.delivery() == Delivery(delivered=1000, dropped=2)


def test_closing_before_anything_was_sent(messenger: Make, nobody: str) -> None:
    one = messenger(nobody, **EVERY_TOPIC)
    one.close(60.0)
    offer_everything(one)
    assert threads_of_publishers() == []
    assert one.delivery().waiting == 0


def test_where_nobody_listens_it_is_said_once(
    messenger: Make, nobody: str, wait_until: Wait, log: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    one = messenger(nobody, **EVERY_TOPIC)
    offer_everything(one)
    wait_until(lambda: not one.delivery().connected, "the broker is known to be away", 60.0)
    before = one.delivery()
    for number in range(100):
        offer_everything(one, number, at_s=200.0 + number)
    after = one.delivery()
    assert after.waiting - before.waiting == 100, "counts are kept, nothing else is even made"
    assert after.dropped - before.dropped == 400
    one.close(0.5)
    assert one.delivery().waiting == 0
    assert len(log) == 2, log
    assert log[0] == (
        f"kafka={nobody} takes no messages (Broker transport failure); the cameras go on; "
        "kept meanwhile: counts and states for 300 s"
    )
    assert log[1] == f"kafka={nobody} {after.waiting} messages not taken in time; dropped"
    assert capfd.readouterr() == ("", "")


def test_what_is_kept_is_bounded_in_messages(messenger: Make, nobody: str) -> None:
    one = messenger(nobody, analytics_topic="analytics")
    most = KEPT[Lane.COUNTS].messages
    counts = lines({"in": 1}, {"in": 1})
    for number in range(most + 500):
        one.offer(frame_of(number=number, counts=counts), "d", pictures=False)
    assert one.delivery().waiting == most
    assert one.delivery().dropped == 500


def test_what_is_kept_is_bounded_in_bytes_and_pictures_take_no_room_of_counts(messenger: Make, nobody: str) -> None:
    one = messenger(nobody, objects_topic="objects", analytics_topic="analytics")
    many = frame_of("gate", *(person(number) for number in range(2000)), counts=lines({"in": 1}, {"in": 1}))
    for _ in range(300):
        one.offer(many, "d", pictures=False)
    seen = one.delivery()
    large = len("1000|10|20|40|60|person") * 2000
    assert 300 < seen.waiting < 300 + 2 * KEPT[Lane.OBJECTS].kibibytes * 1024 / large
    assert seen.waiting + seen.dropped == 600
    assert one._producers._tally._waiting[Lane.COUNTS] == 300


def test_an_outage_holds_nobody_up_and_costs_no_counts(
    messenger: Make, broker: EmbeddedBroker, wait_until: Wait, log: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    one = messenger(broker.bootstrap_servers, **EVERY_TOPIC)
    offer_everything(one, 1, at_s=1.0)
    wait_until(lambda: one.delivery().delivered == 5, "the first messages are delivered")
    broker.set_down()
    slowest_s = 0.0
    number = 1
    deadline_s = time.monotonic() + patient(60)
    while one.delivery().connected:
        assert time.monotonic() < deadline_s
        number += 1
        began_s = time.monotonic()
        offer_everything(one, number, at_s=float(number))
        slowest_s = max(slowest_s, time.monotonic() - began_s)
        time.sleep(0.05)
    assert slowest_s < patient(1.0)
    for _ in range(100):
        number += 1
        offer_everything(one, number, at_s=float(number))
    assert one.delivery().waiting >= number - 1
    broker.set_up()
    wait_until(lambda: one.delivery().connected and not one.delivery().waiting, "all that waited is delivered", 60.0)
    number += 1
    offer_everything(one, number, at_s=float(number))
    wait_until(lambda: not one.delivery().waiting, "and what comes after")
    address = broker.bootstrap_servers
    counts = {
        told.value["messageid"]: told.value["analyticsModule"] for told in read_topic(address, "analytics", number)
    }
    assert [module["lc_cum_in"] for module in counts.values()] == list(range(1, number + 1)), "in order"
    assert sum(module["lc_curr_in"] for module in counts.values()) == number
    frames = [told.value["frame_id"] for told in read_topic(address, "mot", number)]
    assert sorted(set(frames)) == list(range(1, number + 1))
    assert len(log) == 2, log
    assert "takes no messages (" in log[0]
    assert log[0].endswith("kept meanwhile: counts and states for 300 s, objects for 30 s")
    # Pictures and faces of the 100 frames; a few more when they were given up before it was known.
    dropped = int(
        log[1].removeprefix(f"kafka={address} takes messages again; ").removesuffix(" were dropped meanwhile")
    )
    assert dropped >= 200
    assert one.delivery().dropped >= dropped
    assert capfd.readouterr() == ("", "")


def test_what_cannot_be_a_message_is_said_once_and_stops_nothing(
    messenger: Make, broker: EmbeddedBroker, wait_until: Wait, log: list[str]
) -> None:
    one = messenger(broker.bootstrap_servers, analytics_topic="analytics", mot_topic="mot")
    nowhere = frame_of("gate", person(box=(math.nan, 0, 1, 1)), counts=lines({"in": 1}, {"in": 1}))
    for _ in range(3):
        one.offer(nowhere, "gate-device", pictures=False)
    wait_until(lambda: one.delivery() == Delivery(delivered=3, dropped=3), "counts are delivered")
    assert log == ["device=gate-device no message for topic mot; said once"]


def test_what_is_too_large_is_said_once_and_stops_nothing(
    messenger: Make, broker: EmbeddedBroker, wait_until: Wait, log: list[str]
) -> None:
    one = messenger(broker.bootstrap_servers, analytics_topic="analytics", objects_topic="objects")
    crowd = frame_of("gate", *(person(number) for number in range(60_000)), counts=lines({"in": 1}, {"in": 1}))
    for _ in range(2):
        one.offer(crowd, "gate-device", pictures=False)
    wait_until(lambda: one.delivery() == Delivery(delivered=2, dropped=2), "counts are delivered")
    address = broker.bootstrap_servers
    assert log == [f"kafka={address} topic objects: Message size too large; such messages are dropped; said once"]


def test_credentials_in_the_address_are_not_said(messenger: Make, log: list[str]) -> None:
    one = messenger("operator:s3cret@127.0.0.1:1,operator:s3cret@[::1]:1", mot_topic="mot")
    offer_everything(one)
    one.close(0.0)
    assert log == ["kafka=***@127.0.0.1:1,***@[::1]:1 1 messages not taken in time; dropped"]


@pytest.mark.parametrize("address", ["http://somewhere:1/", ",", ":::", "a;9092;topic", "\ud800", "\x00"])
def test_an_address_that_is_none_stops_nothing(messenger: Make, address: str) -> None:
    one = messenger(address, **EVERY_TOPIC)
    offer_everything(one)
    one.camera_state("d", "alive", "", 15.0)
    assert one.delivery().delivered == 0
    assert one.delivery().waiting + one.delivery().dropped == 6


def test_threads_may_offer_together(messenger: Make, broker: EmbeddedBroker) -> None:
    one = messenger(broker.bootstrap_servers, analytics_topic="analytics", objects_topic="objects")

    def work(source_id: int) -> None:
        for number in range(1, 201):
            counts = lines({"in": 1}, {"in": number})
            frame = frame_of(f"c{source_id}", person(), source_id=source_id, number=number, counts=counts)
            one.offer(frame, f"d{source_id}", pictures=False)

    workers = [threading.Thread(target=work, args=(source_id,)) for source_id in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    one.close(30.0)
    assert one.delivery() == Delivery(delivered=1600)
