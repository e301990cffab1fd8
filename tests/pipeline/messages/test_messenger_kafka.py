"""The messenger and a real Apache Kafka."""

import base64
import uuid
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from pipeline.messages.delivery import Delivery
from pipeline.messages.messenger import Messenger
from tests.patience import patient
from tests.pipeline.messages.readers import Told, read_topic
from tests.pipeline.messages.results import frame_of, lines, person

pytestmark = pytest.mark.kafka

Make = Callable[..., Messenger]
Wait = Callable[..., Any]


def make_topics(bootstrap_servers: str, *names: str, partitions: int = 4) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap_servers})
    for made in admin.create_topics([NewTopic(name, num_partitions=partitions) for name in names]).values():
        made.result(patient(30))


@pytest.fixture
def topic() -> str:
    return f"messages-{uuid.uuid4().hex[:12]}"


def by_key(told: list[Told]) -> dict[str, list[Told]]:
    keys = defaultdict(list)
    for one in told:
        keys[one.key].append(one)
    return keys


def test_counts_of_a_device_are_complete_in_order_and_on_one_partition(
    messenger: Make, kafka_bootstrap: str, topic: str
) -> None:
    make_topics(kafka_bootstrap, topic)
    one = messenger(kafka_bootstrap, analytics_topic=topic)
    cameras, frames = range(20), range(1, 101)
    for number in frames:
        for source_id in cameras:
            counts = lines({"in": number % 3}, {"in": sum(at % 3 for at in range(1, number + 1)), "out": 0})
            frame = frame_of(f"c{source_id}", source_id=source_id, number=number, at_s=number / 15, counts=counts)
            one.offer(frame, f"device {source_id}", pictures=False)
    one.close(30.0)
    sent = one.delivery().delivered
    assert one.delivery() == Delivery(delivered=sent)
    devices = by_key(read_topic(kafka_bootstrap, topic, sent))
    assert set(devices) == {f"device {source_id}" for source_id in cameras}
    for device_id, told in devices.items():
        assert len({message.partition for message in told}) == 1
        assert {message.value["deviceId"] for message in told} == {device_id}
        modules = [message.value["analyticsModule"] for message in told]
        assert all(f"device {module['stream_source_id']}" == device_id for module in modules)
        totals = [module["lc_cum_in"] for module in modules]
        assert totals == sorted(totals)
        assert sum(module["lc_curr_in"] for module in modules) == totals[-1] == sum(at % 3 for at in frames)
        assert len({message.value["messageid"] for message in told}) == len(told)
    assert len({message.partition for told in devices.values() for message in told}) > 1


def test_pictures_arrive_whole(messenger: Make, kafka_bootstrap: str, topic: str) -> None:
    faces, pictures = f"{topic}-face", f"{topic}-visual"
    make_topics(kafka_bootstrap, faces, pictures, partitions=1)
    one = messenger(kafka_bootstrap, face_topic=faces, visual_topic=pictures)
    frame = frame_of("gate", person(1, "face", (100, 50, 60, 40)), person(2, "face", (1270, 700, 60, 40)), person(3))
    one.offer(frame, "gate-device", pictures=True)
    one.offer(frame_of("gate", at_s=200.0), "gate-device", pictures=False)
    one.close(30.0)
    assert one.delivery() == Delivery(delivered=3)
    (told,) = read_topic(kafka_bootstrap, pictures, 1)
    assert told.key == "gate-device"
    assert told.value["camera_id"] == "gate"
    assert size_of(told.value["frame"]) == (told.value["frame_w"], told.value["frame_h"]) == (640, 360)
    shown = read_topic(kafka_bootstrap, faces, 2)
    assert [size_of(message.value["face"]["image"]) for message in shown] == [(60, 40), (10, 20)]
    assert {message.value["session_id"] for message in [told, *shown]} == {told.value["session_id"]}


def size_of(image: str) -> tuple[int, int]:
    pixels = cv2.imdecode(np.frombuffer(base64.b64decode(image), np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return pixels.shape[1], pixels.shape[0]


def test_a_missing_topic_is_said_once_and_used_as_soon_as_it_is_made(
    messenger: Make, kafka_bootstrap: str, topic: str, wait_until: Wait, log: list[str]
) -> None:
    there, missing = f"{topic}-there", f"{topic}-missing"
    make_topics(kafka_bootstrap, there, partitions=1)
    one = messenger(kafka_bootstrap, analytics_topic=missing, mot_topic=there)
    number = 0

    def offer() -> None:
        nonlocal number
        number += 1
        frame = frame_of("gate", person(), number=number, at_s=float(number), counts=lines({"in": 1}, {"in": number}))
        one.offer(frame, "gate-device", pictures=False)

    offer()
    wait_until(lambda: one.delivery().dropped, "the first message is refused", 60.0)
    for _ in range(50):
        offer()
    wait_until(lambda: one.delivery().delivered == number, "the other topic works")
    make_topics(kafka_bootstrap, missing, partitions=1)

    def taken() -> bool:
        offer()
        return one.delivery().delivered > number

    wait_until(taken, "messages for the new topic are taken", 60.0)
    assert log == [f"kafka={kafka_bootstrap} has no topic {missing}: make it; until then its messages are dropped"]
    assert one.delivery().connected
