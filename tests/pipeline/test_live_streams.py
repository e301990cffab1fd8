"""The pipeline as a process whose cameras come and go over REST, on real video, while the others never miss a beat."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from tests.patience import patient

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.pipeline.conftest import Configs, PipelineProgram, SimulatorThread

    Start = Callable[..., PipelineProgram]
    Simulate = Callable[..., SimulatorThread]
    Wait = Callable[..., Any]

OK = "HTTP/1.1 200 OK"

# The whole picture: something is always in it.
RULES = """\
[property]
enable=1
config-width=320
config-height=180

[roi-filtering-stream-0]
enable=1
roi-all=0;0;319;0;319;179;0;179

[line-crossing-stream-0]
enable=1
line-crossing-{label}=160;40;200;40;160;0;160;179
"""


def _post(running: PipelineProgram, path: str, body: object) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=patient(10))
    try:
        connection.request("POST", path, json.dumps(body))
        answer = connection.getresponse()
        assert answer.status == 200
        return json.loads(answer.read())
    finally:
        connection.close()


def _change(running: PipelineProgram, change: str, camera_id: str, url: str) -> str:
    value = {"camera_id": camera_id, "camera_name": camera_id, "camera_url": url, "change": f"camera_{change}"}
    return str(_post(running, f"/api/v1/stream/{change}", {"key": "sensor", "value": value})["reason"])


def _inventory(running: PipelineProgram) -> dict[str, int]:
    info = running.get("/api/v1/stream/get-stream-info")["stream-info"]
    assert info["stream-count"] == len(info["stream-info"])
    return {stream["camera_id"]: stream["source_id"] for stream in info["stream-info"]}


def test_cameras_come_and_go_while_the_others_go_on(pipeline: Start, configs: Configs, simulator: Simulate) -> None:
    cameras = simulator("lobby", "gate", "dock", "yard")
    url = cameras.url
    source_list = configs(
        configs.camera("lobby", url("lobby")), configs.camera("gate", url("gate")), streammux_batch_size=3
    )
    configs.wait_for("lobby")
    running = pipeline(source_list)
    running.until("alive", "lobby", "gate")
    with running.steady("lobby"):
        assert _change(running, "add", "dock", url("dock")) == "STREAM_ADD_SUCCESS"
        assert _inventory(running) == {"lobby": 0, "gate": 1, "dock": 2}
        running.until("alive", "dock")
        full = "STREAM_ADD_FAIL, Active sources exceded max-batch-size of nvstreammux"
        assert _change(running, "add", "yard", url("yard")) == full
        unknown = "STREAM_REMOVE_FAIL, No record found. Failed to remove source stream"
        assert _change(running, "remove", "gate", url("dock")) == unknown
        assert _change(running, "remove", "yard", url("yard")) == unknown
        # One that stood in the file goes like any other.
        assert _change(running, "remove", "gate", url("gate")) == "STREAM_REMOVE_SUCCESS"
        assert _inventory(running) == {"lobby": 0, "dock": 2}
        assert (
            _change(running, "add", "dock", url("dock")) == "STREAM_ADD_FAIL, Duplicate Camera id, unable to add stream"
        )
        # Round and round, as the pads of DeepStream's muxer: the next number, not the first free one.
        assert _change(running, "remove", "dock", url("dock")) == "STREAM_REMOVE_SUCCESS"
        assert _change(running, "add", "yard", url("yard")) == "STREAM_ADD_SUCCESS"
        assert _change(running, "add", "dock", url("dock")) == "STREAM_ADD_SUCCESS"
        assert _inventory(running) == {"lobby": 0, "yard": 1, "dock": 2}
        running.until("alive", "yard", "dock")


def test_a_url_that_is_none_is_refused_at_once_and_a_dead_one_is_reported(
    pipeline: Start, configs: Configs, simulator: Simulate
) -> None:
    running = pipeline(configs())
    refused = _change(running, "add", "web", "ftp://u:s3cret@host/x")
    assert refused.startswith("STREAM_ADD_FAIL, Source url must begin with rtsp://, rtspt://")
    assert _change(running, "add", "dead", "rtsp://u:s3cret@127.0.0.1:1/x") == "STREAM_ADD_SUCCESS"
    running.until("not-reachable", "dead")
    assert running.streams()["dead"]["reason"] == "Connection refused"
    assert "s3cret" not in running.stderr() + json.dumps(running.get("/api/v1/metrics"))


def test_lines_are_read_again_and_counts_begin_anew(
    pipeline: Start, configs: Configs, simulator: Simulate, wait_until: Wait
) -> None:
    cameras = simulator("lobby")
    source_list = configs(configs.camera("lobby", cameras.url("lobby")))
    rules = source_list.with_name("config_nvdsanalytics.txt")
    rules.write_text(RULES.format(label="one"))
    configs.wait_for("lobby")
    running = pipeline(source_list)
    running.until("alive", "lobby")
    wait_until(lambda: "one" in running.streams()["lobby"]["lines_cumulative"], "counts of the first line")
    with running.steady("lobby"):
        rules.write_text(RULES.format(label="two"))
        assert _post(running, "/api/v1/analytics/reload-config", {"stream": {"stream_id": "0"}}) == {
            "reason": "RELOAD_CONFIG_UPDATE_SUCCESS",
            "status": OK,
        }
        wait_until(lambda: list(running.streams()["lobby"]["lines_cumulative"]) == ["two"], "the second line alone")
        # DeepStream would go down with a wrong file.
        rules.write_text("[property]\nenable=1\n")
        failed = _post(running, "/api/v1/analytics/reload-config", {})
        assert failed["status"].endswith("500 Internal Server Error")
        assert str(rules) in failed["reason"]
        wait_until(lambda: list(running.streams()["lobby"]["lines_cumulative"]) == ["two"], "what was in force")


def test_limits_are_read_again(pipeline: Start, configs: Configs, simulator: Simulate) -> None:
    cameras = simulator("lobby")
    source_list = configs(configs.camera("lobby", cameras.url("lobby")))
    running = pipeline(source_list)
    running.until("alive", "lobby")
    settings = source_list.with_name("pipeline.json")
    settings.write_text(json.dumps({"cameras": {"lobby": {"minimum_fps": 200}}}))
    _post(running, "/api/v1/analytics/reload-config", {})
    running.until("slow", "lobby")
    assert running.streams()["lobby"]["reason"] == "fewer than 200 frames per second"
    settings.unlink()
    _post(running, "/api/v1/analytics/reload-config", {})
    running.until("alive", "lobby")


def test_the_last_picture_and_that_of_an_alert_with_and_without_what_was_found(
    pipeline: Start, configs: Configs, simulator: Simulate, wait_until: Wait
) -> None:
    cameras = simulator("lobby")
    source_list = configs(configs.camera("lobby", cameras.url("lobby")))
    source_list.with_name("config_nvdsanalytics.txt").write_text(RULES.format(label="gate"))
    alerts = {"somebody": {"region": "all", "message": "Look"}}
    source_list.with_name("pipeline.json").write_text(json.dumps({"cameras": {"lobby": {"alerts": alerts}}}))
    running = pipeline(source_list)

    def told() -> Any:
        return running.get("/api/v1/alerts")["alerts-info"]["streams"][0]

    # The alert is told before its frame has been written.
    wait_until(lambda: told()["frames"], "the frame of an alert")

    def picture(query: str) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=patient(10))
        connection.request("GET", f"/api/v1/snapshot/lobby{query}")
        answer = connection.getresponse()
        assert (answer.status, answer.headers["Content-Type"]) == (200, "image/jpeg")
        assert answer.headers["X-Alert"] == (alert["id"] if "at=" in query else None)
        found = cv2.imdecode(np.frombuffer(answer.read(), np.uint8), cv2.IMREAD_COLOR)
        connection.close()
        assert found is not None
        return found

    stream = told()
    (alert,) = stream["alerts"]
    assert (alert["rule"], alert["number"], alert["message"], stream["frames"]) == (
        "somebody",
        1,
        "Look",
        [alert["id"]],
    )
    for at in ("", "at=alert&", f"at={alert['id']}&"):
        plain, drawn = picture(f"?{at}"), picture(f"?{at}overlay=1")
        assert plain.shape == drawn.shape
        # The line is drawn in a bright colour, the picture has none.
        assert _colourful(drawn) > _colourful(plain) + 100
    assert running.ask("/api/v1/snapshot/nobody")[0] == 404


def _colourful(picture: Any) -> int:
    return int((np.ptp(picture.astype(int), axis=2) > 120).sum())


def test_prometheus_reads_the_same_numbers(
    pipeline: Start, configs: Configs, simulator: Simulate, wait_until: Wait
) -> None:
    cameras = simulator("lobby")
    running = pipeline(configs(configs.camera("lobby", cameras.url("lobby"))))
    running.until("alive", "lobby")
    wait_until(lambda: running.streams()["lobby"]["frames_analysed"] > 5, "some results")
    status, text = running.ask("/metrics")
    assert status == 200
    assert 'pipeline_camera_state{camera_id="lobby",source_id="0",state="alive"} 1.0' in text
    assert 'pipeline_camera_frames_analysed_total{camera_id="lobby",source_id="0"}' in text


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("pipeline.json", '{"detector": {"kind": "magic"}}', 'detector.kind: must be "motion" or "people" or "onnx"'),
        ("pipeline.json", '{"detector": {"kind": "onnx", "model": "none.onnx"}}', "none.onnx"),
        ("config_nvdsanalytics.txt", "[property\n", "config_nvdsanalytics.txt:1"),
        ("msgconv_config.txt", "type=Camera\n", "msgconv_config.txt:1"),
    ],
)
def test_a_wrong_file_is_one_line_and_exit_code_2(
    pipeline: Start, configs: Configs, name: str, content: str, complaint: str
) -> None:
    source_list = configs()
    source_list.with_name(name).write_text(content)
    running = pipeline(source_list, serves=False)
    assert running.exit_code() == 2
    (line,) = running.stderr().splitlines()
    assert complaint in line
