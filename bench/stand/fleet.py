"""A fleet to measure: on Apache Kafka and a Docker Engine when both can be reached, else on what needs no server."""

import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import docker

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from deploy.kafka.run_kafka import count_brokers
from deploy.owned_process import free_port
from tests.e2e.manifest_folder import ManifestFolder
from tests.e2e.planted_secret import PlantedSecret
from tests.e2e.running_fleet import UpFleet
from tests.e2e.separate_fleet import SeparateFleet

_PATIENCE_S = 60.0
_IMAGE = "dsfleet/pipeline:dev"


def engine() -> docker.DockerClient | None:
    """The Docker Engine of DOCKER_HOST, if it answers and has the image of the reference workload."""
    if not os.environ.get("DOCKER_HOST"):
        return None
    client = docker.from_env()
    try:
        client.images.get(_IMAGE)
    except (docker.errors.DockerException, OSError):
        client.close()
        return None
    return client


@contextlib.contextmanager
def fleet(*, instances: bool) -> Iterator[UpFleet | SeparateFleet]:
    """Starts the example fleet, says what it runs on, and ends it.

    Args:
        instances: False leaves its instances out, so that only the programs themselves run.
    """
    kafka, client = os.environ.get("FLEET_TEST_KAFKA", ""), engine()
    real = client is not None and kafka and count_brokers(kafka) > 0
    print(f"on {'Apache Kafka and the Docker Engine' if real else 'the embedded broker and the process driver'}")
    with tempfile.TemporaryDirectory(prefix="fleet-bench-") as folder, contextlib.ExitStack() as ends:
        root = Path(folder)
        camera_port = free_port()
        manifests = ManifestFolder(root / "manifests", camera_port=camera_port)
        if not instances:
            for file in manifests.path.glob("instances/*.yaml"):
                file.unlink()
        secrets = PlantedSecret(root / "secrets").folder
        running: UpFleet | SeparateFleet
        if real:
            running = SeparateFleet(
                root,
                manifests,
                free_port(),
                camera_port=camera_port,
                secrets_dir=secrets,
                kafka=kafka,
                engine=client,
            )
            ends.callback(client.close)
        else:
            running = UpFleet(root, manifests, free_port(), secrets)
        ends.callback(running.close)
        running.revive()
        until(lambda: running.epoch() > 0 and running.status()["nodes"]["ready"] == len(manifests.node_ids), "ready")
        if instances:
            running.settle()
        yield running


def until(look: Callable[[], object], what: str) -> None:
    """Waits until it is so.

    Raises:
        TimeoutError: it is not so in time.
    """
    deadline = time.monotonic() + _PATIENCE_S
    while not look():
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {_PATIENCE_S:g} s still not {what}")
        time.sleep(0.05)


def percentile(values: list[float], percent: float) -> float:
    """The value below which that part of the values is."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(percent / 100 * (len(ordered) - 1)))]


def print_row(name: str, values: list[float], unit: str = "ms") -> None:
    """Prints a line of the result."""
    print(f"{name:<58}p50 {percentile(values, 50):7.1f} {unit}   p95 {percentile(values, 95):7.1f} {unit}")


def print_verdict(what: str, found: float, target: float, unit: str) -> None:
    """Prints a figure beside its target."""
    print(f"{what}: {found:.2f} {unit}, target {target:g} {unit}: {'met' if found <= target else 'MISSED'}")
