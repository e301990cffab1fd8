"""The files of deepstream-app, as they are written."""

from typing import Any

import pytest

from controller.render.resolved import resolve
from crds.dsinstance import DsInstance
from tests.render.deepstream_app import LINE, camera, files, instance, rendered, resolved

HEADER = "# Made by fleet from the manifest of dsinstance/yard; edits here are overwritten.\n\n"
DOCK = camera("dock", address="rtsp://10.0.0.9:554/dock", credentialsRef={"name": "yard-cameras"}, cameraId="DOCK-7")
GATE = camera("gate", address="file:///clips/gate.mp4", type="file")
DRAWN = camera(
    "drawn",
    width=1920,
    height=1080,
    analytics={
        "lineCrossing": {"lines": {"entry": LINE}, "classIds": [0]},
        "overcrowding": {"enable": False, "regions": {"hall": [[0, 0], [1919, 0], [1919, 1079]]}},
    },
)
BROKER = {
    "enable": True,
    "type": 6,
    "msgBrokerProtoLib": "/opt/libnvds_kafka_proto.so",
    "msgBrokerConnStr": "kafka;9092",
}

REST = """\
[source-list]
num-source-bins=2
list=rtsp://${secret:yard-cameras:userinfo}10.0.0.9:554/dock;file:///clips/gate.mp4
sensor-id-list=s001-DOCK-7;s003-gate
sensor-name-list=dock;gate
use-nvmultiurisrcbin=1
max-batch-size=4
http-ip=127.0.0.1
http-port=127.0.0.1:21000

[source-attr-all]
enable=1
latency=200
sensorID-padID-mapping=1

[sink0]
enable=1
type=1
sync=0

[streammux]
batch-size=4
width=1280
height=720
batched-push-timeout=40000
live-source=1
buffer-pool-size=40
nvbuf-memory-type=3
drop-pipeline-eos=1

[primary-gie]
enable=1
config-file=pgie.txt
"""
STATIC = """\
[source0]
enable=1
type=4
uri=rtsp://${secret:yard-cameras:userinfo}10.0.0.9:554/dock
latency=500

[source1]
enable=1
type=2
uri=file:///clips/gate.mp4
latency=200

[sink0]
enable=1
type=1
sync=0

[streammux]
batch-size=4
width=1280
height=720
buffer-pool-size=40
nvbuf-memory-type=3

[primary-gie]
enable=1
config-file=pgie.txt
"""
INFER = """\
[property]
gie-unique-id=1
batch-size=4
network-mode=2
model-engine-file=/models/cars.onnx_b4_gpu0_fp16.engine
onnx-file=/models/cars.onnx
num-detected-classes=4
cluster-mode=2
"""


def test_cameras_become_one_list_that_can_be_changed_through_rest_on_the_loopback() -> None:
    patch = {"deepstreamApp": {"sourceAttrAll": {"latency": 200}}}

    written = files(rendered((GATE, DOCK), patch, {"dock": 1, "gate": 3}))

    assert written == {"deepstream_app.txt": HEADER + REST, "pgie.txt": HEADER + INFER}


def test_cameras_become_one_group_each_when_they_do_not_change() -> None:
    patch = {
        "deepstreamApp": {
            "streams": "static",
            "sourceAttrAll": {"latency": 200},
            "cameraSources": {"dock": {"latency": 500}},
        }
    }

    written = files(rendered((GATE, DOCK), patch, {"dock": 1, "gate": 3}))

    assert written == {"deepstream_app.txt": HEADER + STATIC, "pgie.txt": HEADER + INFER}


def test_an_instance_without_cameras_starts_empty() -> None:
    text = files(rendered(()))["deepstream_app.txt"]
    assert "[source-list]\nnum-source-bins=0\nuse-nvmultiurisrcbin=1\nmax-batch-size=4\n" in text


@pytest.mark.parametrize(
    ("patch", "ids"),
    [
        ({}, {"dock": 1, "gate": 3}),
        ({"deepstreamApp": {"sourceIds": "position"}}, {"dock": 0, "gate": 1}),
        ({"deepstreamApp": {"streams": "static"}}, {"dock": 0, "gate": 1}),
        ({"dsVersion": "9.0"}, {"dock": 0, "gate": 1}),
        ({"dsVersion": "6.3"}, {"dock": 0, "gate": 1}),
    ],
)
def test_source_ids_are_slots_where_the_app_can_be_told_them(patch: dict[str, Any], ids: dict[str, int]) -> None:
    found = resolved((DOCK, GATE), patch, {"dock": 1, "gate": 3})

    assert found.source_ids == ids
    assert found.app_file is not None
    common = found.app_file.source_attr_all
    assert bool(common and common.sensor_id_pad_id_mapping) is (ids["dock"] == 1)


def test_releases_that_do_not_know_names_of_sensors_get_none() -> None:
    text = files(rendered((DOCK,), {"dsVersion": "6.3"}))["deepstream_app.txt"]
    assert "sensor-id-list=DOCK-7\n" in text
    assert "sensor-name-list" not in text


def test_what_the_manifest_says_of_batches_and_sinks_is_kept() -> None:
    patch = {
        "streammux": {"batchedPushTimeout": 66000, "liveSource": False, "dropPipelineEos": False},
        "deepstreamApp": {"sinks": {"2": {"enable": True, "type": 4, "sync": True}, "5": {"type": 1}}},
    }

    text = files(rendered((DOCK,), patch))["deepstream_app.txt"]

    assert "batched-push-timeout=66000\nlive-source=0\n" in text
    assert "drop-pipeline-eos=0" in text
    assert "[sink2]\nenable=1\ntype=4\nsync=1\n\n[sink5]\ntype=1\n" in text
    assert text.count("[sink") == 2


def test_a_pipeline_whose_sinks_are_all_off_gets_one() -> None:
    text = files(rendered((DOCK,), {"deepstreamApp": {"sinks": {"3": {"enable": False, "type": 2}}}}))[
        "deepstream_app.txt"
    ]
    assert "[sink3]\nenable=0\ntype=2\n\n[sink4]\nenable=1\ntype=1\nsync=0\n" in text


def test_lines_and_regions_stand_in_the_frame_of_the_muxer_at_the_source_id() -> None:
    written = files(rendered((DRAWN, GATE), slots={"drawn": 2, "gate": 0}))

    assert written["config_nvdsanalytics.txt"] == HEADER + (
        "[property]\nenable=1\nconfig-width=1280\nconfig-height=720\n\n"
        "[overcrowding-stream-2]\nenable=0\nroi-hall=0;0;1279;0;1279;719\n\n"
        "[line-crossing-stream-2]\nenable=1\nline-crossing-entry=640;67;640;600;67;360;1200;360\nclass-id=0\n"
    )
    assert "[nvds-analytics]\nenable=1\nconfig-file=config_nvdsanalytics.txt\n" in written["deepstream_app.txt"]


@pytest.mark.parametrize(
    ("patch", "size"),
    [
        ({"analytics": {"configWidth": 960, "configHeight": 540}}, (960, 540)),
        ({"streammux": {"width": None, "height": None}}, (3840, 2160)),
        ({}, (1280, 720)),
    ],
)
def test_the_frame_of_the_points_can_be_given(patch: dict[str, Any], size: tuple[int, int]) -> None:
    analytics = resolved((DRAWN,), patch).analytics
    assert analytics is not None
    assert analytics.settings is not None
    assert (analytics.settings.config_width, analytics.settings.config_height) == size


def _without_size() -> DsInstance:
    given = instance()
    mux = given.spec.streammux.model_copy(update={"width": None, "height": None})
    return given.model_copy(update={"spec": given.spec.model_copy(update={"streammux": mux})})


def test_a_muxer_without_a_size_leaves_the_points_in_the_frame_of_the_camera() -> None:
    found = resolve(_without_size(), (DRAWN,), 21000).analytics

    assert found is not None
    assert found.settings is not None
    assert (found.settings.config_width, found.settings.config_height) == (1920, 1080)
    assert found.line_crossing[0].lines["entry"].line == ((100, 540), (1800, 540))


def test_the_analytics_group_may_say_otherwise() -> None:
    off = {"deepstreamApp": {"nvdsAnalytics": {"enable": False}}}
    own = {"deepstreamApp": {"nvdsAnalytics": {"configFile": "/in/the/image.txt"}}}

    assert "[nvds-analytics]\nenable=0\n" in files(rendered((DRAWN,), off))["deepstream_app.txt"]
    assert "config-file=/in/the/image.txt\n" in files(rendered((DRAWN,), own))["deepstream_app.txt"]


def test_without_lines_there_is_no_analytics_file_unless_the_instance_asks_for_it() -> None:
    assert "config_nvdsanalytics.txt" not in files(rendered((DOCK,)))
    assert "[nvds-analytics]" not in files(rendered((DOCK,)))["deepstream_app.txt"]
    assert files(rendered((DOCK,), {"analytics": {"osdMode": 1}}))["config_nvdsanalytics.txt"] == HEADER + (
        "[property]\nenable=1\nconfig-width=1280\nconfig-height=720\nosd-mode=1\n"
    )


def test_messages_say_of_each_camera_which_it_is() -> None:
    talking = camera(
        "gate",
        messages={
            "sensor": {"location": [45.29, -75.83, 48.16]},
            "place": {"name": "north gate"},
            "analyticsModule": {"enable": False, "id": "XY"},
        },
    )

    written = files(rendered((DOCK, talking), {"deepstreamApp": {"sinks": {"1": BROKER}}}, {"dock": 0, "gate": 3}))

    assert written["msgconv_config.txt"] == HEADER + (
        "[sensor0]\nenable=1\ntype=Camera\nid=DOCK-7\n\n"
        "[sensor3]\nenable=1\ntype=Camera\nid=gate\nlocation=45.29;-75.83;48.16\n\n"
        "[place3]\nenable=1\nname=north gate\n\n"
        "[analytics3]\nenable=0\nid=XY\n"
    )
    assert "msg-conv-config=msgconv_config.txt\n" in written["deepstream_app.txt"]


@pytest.mark.parametrize(
    ("app", "expected"),
    [
        ({"sinks": {"1": BROKER}}, True),
        ({"sinks": {"1": {**BROKER, "msgConvConfig": "msgconv_config.txt"}}}, True),
        ({"sinks": {"1": {**BROKER, "msgConvConfig": "/in/the/image.txt"}}}, False),
        ({"sinks": {"1": {**BROKER, "enable": False}}}, False),
        ({"sinks": {"1": {**BROKER, "disableMsgconv": True}}}, False),
        ({"messageConverter": {"enable": True}}, True),
        ({"messageConverter": {"enable": False}}, False),
        ({"sinks": {"1": {"enable": True, "type": 1}}}, False),
    ],
)
def test_the_file_of_messages_is_there_when_a_converter_needs_it(app: dict[str, Any], expected: bool) -> None:
    written = files(rendered((DOCK,), {"deepstreamApp": app}))

    assert ("msgconv_config.txt" in written) is expected
    assert ("msg-conv-config=msgconv_config.txt\n" in written["deepstream_app.txt"]) is expected


def test_named_files_stand_beside_the_main_one() -> None:
    patch = {
        "preprocessConfigs": {"pre.txt": {"settings": {"enable": True, "processingWidth": 960}}},
        "messageBrokers": {"kafka.txt": {"partitionKey": "sensorId"}},
        "inferConfigs": {"sgie.yml": {"property": {"gieUniqueId": 2, "onnxFile": "/m.onnx"}}},
        "files": {"labels.txt": "car\n", "pgie.txt": "not this one\n"},
    }

    written = files(rendered((DOCK,), patch))

    assert list(written) == ["deepstream_app.txt", "pgie.txt", "sgie.yml", "pre.txt", "kafka.txt", "labels.txt"]
    assert written["pgie.txt"] == HEADER + INFER
    assert "model-engine-file: /m.onnx_b1_gpu0_fp32.engine\n" in written["sgie.yml"]
    assert written["pre.txt"] == HEADER + "[property]\nenable=1\nprocessing-width=960\n"
    assert written["kafka.txt"] == HEADER + "[message-broker]\npartition-key=sensorId\n"
    assert written["labels.txt"] == "car\n"


def test_fractions_of_the_picture_become_pixels_of_the_size_that_the_instance_works_with() -> None:
    halved = camera("drawn", analytics={"roiFiltering": {"regions": {"half": [[0, 0.5], [1, 0.5], [1, 1], [0, 1]]}}})
    with_size = resolve(instance(), (halved,), 21000).analytics
    without = resolve(_without_size(), (halved,), 21000).analytics

    assert with_size is not None
    assert with_size.roi_filtering[0].regions["half"] == ((0, 360), (1279, 360), (1279, 719), (0, 719))
    # DeepStream stretches what it is told of one frame to the frames that come.
    assert without is not None
    assert without.settings is not None
    assert (without.settings.config_width, without.settings.config_height) == (1920, 1080)
    assert without.roi_filtering[0].regions["half"] == ((0, 540), (1919, 540), (1919, 1079), (0, 1079))
