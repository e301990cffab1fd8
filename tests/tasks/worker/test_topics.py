from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient

from tasks.kafka_settings import KafkaAddress
from tasks.topics import TopicsNotReady, ensure_topics
from tests.held_ports import hold_port
from tests.patience import patient
from tests.tasks.worker.conftest import TaskTopics


@pytest.mark.kafka
def test_topics_are_made_once_and_stay_as_they_are(topics: TaskTopics, caplog: pytest.LogCaptureFixture) -> None:
    ensure_topics(topics.address, partitions=6, max_image_bytes=1000)
    found = AdminClient({"bootstrap.servers": topics.address.bootstrap_servers}).list_topics(timeout=patient(10)).topics
    prefix = topics.address.prefix
    partitions = {name.removeprefix(prefix): len(found[name].partitions) for name in found if name.startswith(prefix)}
    assert partitions == {
        "detect-primitives": 4,
        "detected-primitives": 4,
        "classify-image": 4,
        "classified-image": 4,
        "task-models": 1,
    }
    assert caplog.text.count("has 4 partitions: more workers find no work") == 2


@pytest.mark.kafka
def test_a_topic_that_takes_no_pictures_of_this_size_is_told_by_its_name(topics: TaskTopics) -> None:
    with pytest.raises(TopicsNotReady, match=r"primitives takes messages of at most \d+ bytes: raise its max.message"):
        ensure_topics(topics.address, partitions=4, max_image_bytes=50_000_000)


@pytest.mark.kafka
def test_a_broker_that_does_not_know_yet_what_was_just_made_hides_nothing(
    topics: TaskTopics, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = []

    class AdminOfALateBroker(AdminClient):
        def list_topics(self, *args: Any, **kwargs: Any) -> Any:
            found = super().list_topics(*args, **kwargs)
            if not answers:
                found.topics = {}
            answers.append(found)
            return found

    monkeypatch.setattr("tasks.topics.AdminClient", AdminOfALateBroker)
    with pytest.raises(TopicsNotReady, match="raise its max"):
        ensure_topics(topics.address, partitions=4, max_image_bytes=50_000_000)
    assert len(answers) > 1


def test_brokers_that_do_not_answer_are_no_crash(wait_until: Callable[..., None]) -> None:
    with pytest.raises(TopicsNotReady, match="Kafka"):
        ensure_topics(KafkaAddress(f"127.0.0.1:{hold_port()}"), partitions=4, max_image_bytes=1000)
