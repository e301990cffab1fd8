"""Pictures through detection and classification with Kafka and PostgreSQL; a worker is killed and the broker restarted half way."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.kafka_settings import KafkaAddress
from tests.tasks.service.chain import Chain, worker_arguments
from tests.tasks.service.conftest import ServiceProcess
from tests.tasks.worker.conftest import OwnKafka, WorkerProcess

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]


def test_each_picture_is_detected_and_classified_once(
    own_kafka: OwnKafka,
    tmp_path: Path,
    postgres_url: str,
    start_service: Callable[..., ServiceProcess],
    start_worker: Callable[..., WorkerProcess],
) -> None:
    address = KafkaAddress(own_kafka.address)
    models = worker_arguments(tmp_path)
    workers = [start_worker(address, *models) for _ in range(2)]
    services = [start_service(address, "--partitions", "4", "--database-url", postgres_url) for _ in range(2)]
    chain = Chain(own_kafka, postgres_url, services, workers)
    chain.break_half_way(100)
    chain.wait_for_all(90)
    assert chain.faults() == []
