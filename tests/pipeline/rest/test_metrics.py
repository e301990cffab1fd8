from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from pipeline.damage.judge import Damage, DamageReason
from pipeline.messages.delivery import Delivery

if TYPE_CHECKING:
    from tests.pipeline.rest.stand import Client, DictControl, HttpAnswer

PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"

# What a Prometheus server sends.
SCRAPER = "application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"

ODD_ID = 'dock "7"\\\nnorth'


@pytest.fixture
def cameras(control: DictControl) -> DictControl:
    control.add("gate", "Gate", "rtsp://u:s3cret@h/1")
    control.add(ODD_ID, "", "rtsp://h/2")
    control.tell(
        "gate",
        state="alive",
        fps=14.987,
        frame_number=1234,
        latency_ms=80.123,
        latency_p95_ms=120.5,
        last_frame_age_s=0.0666,
        decode_ms=3.456,
        decode_errors=3,
        connections_lost=2,
        frames_waiting=1,
        frames_left_out=9,
        frames_not_taken=8,
        frames_replaced=5,
        frames_unchanged=6,
        frames_failed=9,
        frames_analysed=1200,
        analysed_fps=14.5,
        objects=4,
        lines_cumulative={"in": 7, 'out "x"': 9},
        regions={"yard": 2},
        damage=Damage(DamageReason.BLACK_PICTURE, "one colour for 12 s"),
        width=1280,
        height=720,
    )
    control.tell(ODD_ID, state="not-reachable", reason="401")
    control.messages = Delivery(connected=False, waiting=11, delivered=100, dropped=12)
    return control


def _samples(answer: HttpAnswer) -> dict[str, dict[tuple[str, ...], float]]:
    """Values by name and label values, in the order of the labels' names; the parser refuses text that Prometheus would not take."""
    assert (answer.status, answer.content_type) == (200, PROMETHEUS)
    samples: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            of_name = samples.setdefault(sample.name, {})
            assert tuple(sample.labels.values()) not in of_name
            of_name[tuple(sample.labels.values())] = sample.value
    return samples


def test_json(client: Client, cameras: DictControl) -> None:
    answer = client.ask("/api/v1/metrics", accept="*/*").json
    assert (answer["reason"], answer["status"]) == ("GET_METRICS_INFO_SUCCESS", "HTTP/1.1 200 OK")
    info = answer["metrics-info"]
    assert info["stream-count"] == 2
    assert info["model"] == {"name": "yard", "digest": "sha256:0123"}
    assert set(info["system-stats"]) == {"gpu_util", "GPU_gb", "cpu_util", "RAM_gb"}
    assert info["system-stats"]["RAM_gb"] > 0
    assert info["stream-stats"][0] == {
        "source_id": 0,
        "sensor_id": "gate",
        "sensor_name": "Gate",
        "fps": 14.99,
        "latency_ms": 80.12,
        "frame_number": 1234,
        "state": "alive",
        "reason": "",
        "last_frame_age_ms": 67,
        "latency_p95_ms": 120.5,
        "decode_ms": 3.46,
        "decode_errors": 3,
        "connections_lost": 2,
        "frames_waiting": 1,
        "frames_left_out": 9,
        "frames_not_taken": 8,
        "frames_replaced": 5,
        "frames_unchanged": 6,
        "frames_failed": 9,
        "frames_analysed": 1200,
        "analysed_fps": 14.5,
        "objects": 4,
        "lines_cumulative": {"in": 7, 'out "x"': 9},
        "regions": {"yard": 2},
        "alerts": [],
        "damage": {"reason": "BlackPicture", "message": "one colour for 12 s"},
        "width": 1280,
        "height": 720,
    }
    assert (info["stream-stats"][1]["last_frame_age_ms"], info["stream-stats"][1]["reason"]) == (None, "401")


@pytest.mark.parametrize("accept", [{}, {"accept": "*/*"}, {"accept": "application/json"}, {"accept": SCRAPER}])
def test_prometheus_whatever_is_accepted(client: Client, cameras: DictControl, accept: dict[str, str]) -> None:
    answer = client.ask("/metrics", **accept)
    samples = _samples(answer)
    gate, odd = ("gate", "0"), (ODD_ID, "1")
    assert {name: of_name.get(gate) for name, of_name in samples.items() if gate in of_name} == {
        "pipeline_camera_fps": 14.987,
        "pipeline_camera_analysed_fps": 14.5,
        "pipeline_camera_frames_total": 1234,
        "pipeline_camera_frames_analysed_total": 1200,
        "pipeline_camera_frames_left_out_total": 9,
        "pipeline_camera_frames_not_taken_total": 8,
        "pipeline_camera_decode_seconds": 0.003456,
        "pipeline_camera_frames_replaced_total": 5,
        "pipeline_camera_frames_unchanged_total": 6,
        "pipeline_camera_frames_failed_total": 9,
        "pipeline_camera_frames_waiting": 1,
        "pipeline_camera_decode_errors_total": 3,
        "pipeline_camera_connections_lost_total": 2,
        "pipeline_camera_last_frame_age_seconds": 0.0666,
        "pipeline_camera_objects": 4,
    }
    assert samples["pipeline_camera_fps"][odd] == 0
    assert odd not in samples["pipeline_camera_last_frame_age_seconds"]
    assert {key: value for key, value in samples["pipeline_camera_state"].items() if value} == {
        (*gate, "alive"): 1,
        (*odd, "not-reachable"): 1,
    }
    damaged = samples["pipeline_camera_damaged"]
    assert {key for key, value in damaged.items() if value} == {("gate", "BlackPicture", "0")}
    assert damaged["gate", "ClockJumped", "0"] == 0
    assert samples["pipeline_camera_state"][*gate, "connecting"] == 0
    assert samples["pipeline_camera_latency_seconds"]["gate", "0.5", "0"] == pytest.approx(0.080123)
    assert samples["pipeline_camera_latency_seconds"]["gate", "0.95", "0"] == pytest.approx(0.1205)
    assert samples["pipeline_line_crossings_total"] == {("gate", "in", "0"): 7, ("gate", 'out "x"', "0"): 9}
    assert {name: of_name[()] for name, of_name in samples.items() if "message" in name or "broker" in name} == {
        "pipeline_broker_connected": 0,
        "pipeline_messages_waiting": 11,
        "pipeline_messages_delivered_total": 100,
        "pipeline_messages_dropped_total": 12,
    }
    assert (samples["pipeline_ready"][()], samples["pipeline_live"][()]) == (1, 1)
    assert samples["pipeline_model_info"] == {("sha256:0123", "yard"): 1}
    assert samples["process_resident_memory_bytes"][()] > 1e6
    assert "s3cret" not in answer.text


def test_a_camera_that_is_gone_leaves_nothing(client: Client, cameras: DictControl) -> None:
    assert "gate" in client.ask("/metrics").text
    cameras.remove("gate", "rtsp://u:s3cret@h/1")
    assert "gate" not in client.ask("/metrics").text


def test_a_state_that_nobody_knew_of_is_shown_too(client: Client, cameras: DictControl) -> None:
    cameras.tell("gate", state="asleep")
    assert _samples(client.ask("/metrics"))["pipeline_camera_state"]["gate", "0", "asleep"] == 1


def test_deepstreams_own_names(client: Client, cameras: DictControl) -> None:
    samples = _samples(client.ask("/api/v1/metrics", accept=SCRAPER))
    assert samples["fps_metrics"]["ds", "stream_fps", "gate", "Gate", "0"] == 14.987
    assert samples["latency_metrics"]["ds", "stream_latency_ms", "gate", "Gate", "0"] == 80.123
    assert samples["frame_number_metrics"]["ds", "stream_frame_number", "gate", "Gate", "0"] == 1234
    assert samples["fps_metrics"]["ds", "stream_fps", ODD_ID, "", "1"] == 0
    assert samples["stream_count"] == {("ds", "stream_count"): 2}
    assert samples["memory_metrics"]["ds", "system_ram_memory_gb"] > 0
    assert set(samples["utilization_metrics"]) == {("ds", "system_cpu_utilization"), ("ds", "system_gpu_utilization")}


@pytest.mark.parametrize(
    ("path", "name", "metric"),
    [
        ("/ready", "ready_metrics", "ds_ready"),
        ("/api/v1/live", "live_metrics", "ds_liveness"),
        ("/startup", "startup_metrics", "ds_startup"),
    ],
)
def test_health_as_text(client: Client, control: DictControl, path: str, name: str, metric: str) -> None:
    assert _samples(client.ask(path, accept="text/plain")) == {name: {("ds", metric): 1}}
    control.ready = control.alive = False
    assert _samples(client.ask(path, accept="text/plain")) == {name: {("ds", metric): 0}}


def test_inventory_as_text(client: Client, cameras: DictControl) -> None:
    answer = client.ask("/api/v1/stream/get-stream-info", accept="text/plain")
    assert _samples(answer) == {"total_stream_count": {("ds", "total_stream_count"): 2}}


@pytest.mark.parametrize("path", ["/api/v1/health/get-dsready-state", "/version"])
def test_what_is_json_whatever_is_accepted(client: Client, path: str) -> None:
    answer = client.ask(path, accept="text/plain")
    assert answer.content_type == "text/plain"
    assert answer.json
