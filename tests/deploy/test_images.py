import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest
from docker.models.containers import Container

from deploy import build_busybox_image, build_pipeline_image
from tests.patience import patient

pytestmark = pytest.mark.docker

APP_CONF = {
    "app_type": "mot",
    "face_raw_meta_topic": "face",
    "mot_raw_meta_topic": "mot",
    "visual_topic": "visual",
    "kafka_connection_str": "127.0.0.1:9092",
    "streammux_output_width": 1280,
    "streammux_output_height": 720,
    "streammux_batch_size": 4,
    "streammux_buffer_pool": 4,
    "streammux_nvbuf_memory_type": 0,
    "face_confidence_threshold": 0.5,
    "mot_confidence_threshold": 0.5,
    "gpu_id": 0,
}


@pytest.fixture
def run(docker_client: docker.DockerClient) -> Iterator[Callable[..., Container]]:
    """Starts containers that are removed after the test."""
    started: list[Container] = []

    def start(image: str, command: list[str], **options: object) -> Container:
        container = docker_client.containers.run(image, command, detach=True, **options)
        started.append(container)
        return container

    yield start
    for container in started:
        sys.stdout.write(container.logs().decode())  # shown when the test failed
        container.remove(force=True)


def test_busybox_has_a_shell(run: Callable[..., Container], busybox_image: str) -> None:
    container = run(busybox_image, ["sh", "-c", "echo $((6 * 7)); exit 3"], network_mode="none")
    assert container.wait(timeout=patient(30))["StatusCode"] == 3
    assert container.logs() == b"42\n"


def test_an_image_is_made_once(docker_client: docker.DockerClient, busybox_image: str, pipeline_image: str) -> None:
    before = [docker_client.images.get(each).id for each in (busybox_image, pipeline_image)]
    build_busybox_image.build(docker_client)
    build_pipeline_image.build(docker_client)
    assert [docker_client.images.get(each).id for each in (busybox_image, pipeline_image)] == before


def test_the_pipeline_image_says_what_it_runs(docker_client: docker.DockerClient, pipeline_image: str) -> None:
    config = docker_client.images.get(pipeline_image).attrs["Config"]
    assert config["Entrypoint"][1:] == ["-m", "pipeline"]
    assert config["Cmd"] == ["/workspace/configs/source_list.json"]
    assert config["WorkingDir"] == "/workspace/build"


def test_the_pipeline_sees_the_cpu_limit_of_its_container(run: Callable[..., Container], pipeline_image: str) -> None:
    asked = "from pipeline.cpu_limit import available_cpus as a, worker_count as w; print(a(), w(a()))"
    for limit, expected in ((500_000_000, b"0.5 1\n"), (1_500_000_000, b"1.5 1\n")):
        container = run(
            pipeline_image, ["-c", asked], entrypoint="/usr/local/bin/python3", network_mode="none", nano_cpus=limit
        )
        assert container.wait(timeout=patient(30))["StatusCode"] == 0
        assert container.logs() == expected


USE_OF_EVERYTHING = """
import av, confluent_kafka, cv2, numpy, prometheus_client
picture = numpy.zeros((128, 64, 3), numpy.uint8)
people = cv2.HOGDescriptor()
people.setSVMDetector(cv2.HOGDescriptor_getDefaultPeopleDetector())
print(len(people.detectMultiScale(picture)[0]), cv2.createBackgroundSubtractorMOG2().apply(picture).shape)
print(cv2.imencode(".jpg", picture)[0], "h264" in av.codecs_available, "hevc" in av.codecs_available)
confluent_kafka.Producer({"bootstrap.servers": "127.0.0.1:9"})
print(prometheus_client.generate_latest(prometheus_client.CollectorRegistry()))
"""


def test_the_pipeline_image_holds_all_that_its_extra_asks_for(
    run: Callable[..., Container], pipeline_image: str
) -> None:
    container = run(
        pipeline_image,
        ["-c", USE_OF_EVERYTHING],
        entrypoint=["/usr/local/bin/python3"],
        network_mode="none",
        read_only=True,
        cap_drop=["ALL"],
        user="1000",
    )
    assert container.wait(timeout=patient(60))["StatusCode"] == 0
    assert container.logs(stderr=False).decode().splitlines() == ["0 (128, 64)", "True True True", "b''"]


def test_nothing_is_compiled_anew_at_the_start(run: Callable[..., Container], pipeline_image: str) -> None:
    """Its file system is read-only: what is not compiled in the image is compiled at every start."""
    program = "import sys, cv2, numpy, pipeline; print([m for m in sys.modules.values() if getattr(m, '__cached__', None) and not __import__('os').path.exists(m.__cached__)])"
    container = run(pipeline_image, ["-c", program], entrypoint=["/usr/local/bin/python3"], network_mode="none")
    assert container.wait(timeout=patient(60))["StatusCode"] == 0
    assert container.logs() == b"[]\n"


def test_the_pipeline_runs_and_stops_at_once(
    run: Callable[..., Container],
    pipeline_image: str,
    tmp_path: Path,
    free_port: Callable[[], int],
    wait_until: Callable[..., object],
) -> None:
    (tmp_path / "app_conf.json").write_text(json.dumps(APP_CONF), encoding="utf-8")
    camera = {"camera_id": "cam-1", "encode_type": "h264", "type": "rtsp", "stream": False}
    camera["address"] = f"rtsp://127.0.0.1:{free_port()}/nobody"
    (tmp_path / "source_list.json").write_text(json.dumps({"sources": [camera]}), encoding="utf-8")
    container = run(
        pipeline_image,
        ["/workspace/configs/source_list.json", "--port", str(free_port())],
        network_mode="host",
        read_only=True,
        cap_drop=["ALL"],
        volumes={str(tmp_path): {"bind": "/workspace/configs", "mode": "ro"}},
    )
    wait_until(lambda: b"serving on" in container.logs(), "the pipeline says that it serves", 20)
    container.stop(timeout=60)
    container.reload()
    assert container.attrs["State"]["ExitCode"] == 0, "it left by itself, before Docker killed it"
