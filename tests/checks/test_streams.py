"""Which app reads which addresses and codecs of cameras that come over a network."""

import re
from typing import Any

import pytest

from controller.checks.checker import check_instance
from deepstream.findings import Severity
from tests.checks.sound_instances import APP, ERROR, STATIC, WARNING, Path, camera, check, instance
from tests.planner.short_manifests import merged

RETINAFACE: dict[str, Any] = {}
REFERENCE = {"app": {"kind": "reference"}}
REST = APP
URI = merged(STATIC, {"deepstreamApp": {"cameraSources": {"dock": {"type": 2}}}})
TYPE, CODEC, ADDRESS = ("spec", "type"), ("spec", "encodeType"), ("spec", "address")
OF_DOCK = ("spec", "deepstreamApp", "cameraSources", "dock", "type")

STREAMS = {
    "rtspt": {"address": "rtspt://10.0.0.7/1"},
    "rtspu": {"address": "rtspu://10.0.0.7/1"},
    "rtsps": {"address": "rtsps://10.0.0.7/1"},
    "shouted": {"address": "RTSP://10.0.0.7/1"},
    "http": {"address": "http://10.0.0.7/video.mjpg", "type": "http"},
    "rtmp": {"address": "rtmp://10.0.0.7/live/1", "type": "rtmp"},
    "srt": {"address": "srt://10.0.0.7:9000", "type": "srt"},
    "mjpeg": {"address": "rtsp://10.0.0.7/1", "encodeType": "mjpeg"},
    "mpeg4": {"address": "rtsp://10.0.0.7/1", "encodeType": "mpeg4"},
    "mjpeg file": {"address": "file:///a.mp4", "type": "file", "encodeType": "mjpeg"},
}


@pytest.mark.parametrize(
    ("app", "stream", "expected"),
    [
        (RETINAFACE, "rtspt", None),
        (RETINAFACE, "rtspu", None),
        (RETINAFACE, "rtsps", None),
        (RETINAFACE, "http", (ERROR, TYPE, "opens RTSP streams and files only")),
        (RETINAFACE, "srt", (ERROR, TYPE, "kind reference or deepstream-app")),
        (RETINAFACE, "mjpeg", (ERROR, CODEC, "h264 and h265 alone")),
        (RETINAFACE, "mpeg4", (ERROR, CODEC, "h264 and h265 alone")),
        (RETINAFACE, "mjpeg file", (ERROR, CODEC, "h264 and h265 alone")),
        (REFERENCE, "rtspt", None),
        (REFERENCE, "rtspu", None),
        (REFERENCE, "http", None),
        (REFERENCE, "rtmp", None),
        (REFERENCE, "srt", (ERROR, TYPE, "has no SRT")),
        (REFERENCE, "mjpeg", None),
        (REFERENCE, "mpeg4", None),
        (REFERENCE, "mjpeg file", None),
        (STATIC, "rtspt", None),
        (STATIC, "rtspu", None),
        (STATIC, "rtsps", None),
        (STATIC, "http", (WARNING, TYPE, "an error or the end of such a stream ends the app")),
        (STATIC, "rtmp", (WARNING, TYPE, "uridecodebin")),
        (STATIC, "srt", (WARNING, TYPE, "uridecodebin")),
        (STATIC, "mjpeg", (ERROR, CODEC, r"cameraSources\.dock\.type: 2")),
        (STATIC, "mpeg4", (ERROR, CODEC, r"cameraSources\.dock\.type: 2")),
        (STATIC, "mjpeg file", None),
        (URI, "mjpeg", None),
        (URI, "http", (WARNING, TYPE, "uridecodebin")),
        (REST, "rtspt", (ERROR, ADDRESS, "selectRtpProtocol: 4")),
        (REST, "rtspu", (ERROR, ADDRESS, "selectRtpProtocol: 7")),
        (REST, "rtsps", (ERROR, ADDRESS, "streams: static$")),
        (REST, "shouted", (ERROR, ADDRESS, "RTSP:// address")),
        (REST, "http", (ERROR, ADDRESS, "holds rtsp:// and file:// alone")),
        (REST, "srt", (ERROR, ADDRESS, "streams: static$")),
        (REST, "mjpeg", (ERROR, CODEC, "no depayloader for MJPEG")),
        (REST, "mpeg4", None),
        (merged(REST, {"dsVersion": "7.1"}), "mpeg4", (WARNING, CODEC, "whether that of 7.1 does is not public")),
        (
            merged(STATIC, {"deepstreamApp": {"cameraSources": {"dock": {"type": 4}}}}),
            "http",
            (ERROR, OF_DOCK, "rtspsrc, which does not open http://"),
        ),
        (
            merged(STATIC, {"deepstreamApp": {"sourceAttrAll": {"selectRtpProtocol": 4}}}),
            "rtspu",
            (WARNING, ADDRESS, "UDP alone"),
        ),
    ],
)
def test_what_an_app_reads(app: dict[str, Any], stream: str, expected: tuple[Severity, Path, str] | None) -> None:
    dock = camera("dock", **STREAMS[stream])
    before = {one.message for one in check(app, camera("dock"))}
    found = [one for one in check_instance(instance(app), (dock,)) if one.message not in before]
    if expected is None:
        assert [
            one for one in found if one.severity is not Severity.NOTE and "nvmultiurisrcbin spin" not in one.message
        ] == []
        return
    severity, path, words = expected
    assert [one.path for one in found if one.severity is ERROR] == ([path] if severity is ERROR else [])
    ours = [one for one in found if one.path == path]
    assert [one.severity for one in ours] == [severity], found
    assert re.search(words, ours[0].message)
