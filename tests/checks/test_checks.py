"""Each rule between an instance, its cameras and its DeepStream: kept it says nothing, broken it says where and why."""

from collections.abc import Mapping
from typing import Any, Final

import pytest

from controller.checks.checker import Checker, Violation, check_instance
from crds.camera import Camera
from crds.dsinstance import DsInstance
from crds.secret import password_placeholder
from deepstream.findings import Severity
from tests.checks.broken_rules import BROKEN
from tests.checks.sound_instances import (
    APP,
    BROKER,
    ERROR,
    IN_APP,
    LINE,
    PREPROCESS,
    STATIC,
    WARNING,
    WITH_KAFKA,
    Path,
    camera,
    check,
    group,
    instance,
    places,
)
from tests.planner.short_manifests import merged


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"app": {"kind": "reference"}},
        APP,
        STATIC,
        WITH_KAFKA,
        merged(APP, {"dsVersion": "6.4"}),
        merged(APP, {"preprocessConfigs": {"pre.txt": PREPROCESS}}),
    ],
    ids=["retinaface", "reference", "rest", "static", "kafka", "6.4", "preprocess"],
)
def test_a_sound_instance_is_said_nothing_about(spec: Mapping[str, Any]) -> None:
    assert check(spec) == ()


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_rule_is_told_at_its_place(name: str) -> None:
    sound, patch, severity, path, words = BROKEN[name]
    assert check(sound) == ()
    found = check(merged(sound, patch))
    assert (severity, path) in places(found)
    told = next(one.message for one in found if one.path == path and one.severity is severity)
    assert words in told
    assert "hunter2" not in repr(found)


def test_a_placeholder_for_a_password_is_fine() -> None:
    cfg = f'"sasl.username=u;sasl.password={password_placeholder("kafka")}"'
    assert check(merged(WITH_KAFKA, {"messageBrokers": {"kafka.txt": {"protoCfg": cfg}}})) == ()
    amqp = {"messageBrokers": {"amqp.txt": {"hostname": "h", "password": password_placeholder("amqp")}}}
    assert check(merged(APP, amqp)) == ()


AZURE: Final = {
    "enable": True,
    "type": 6,
    "msgBrokerProtoLib": "/opt/nvidia/deepstream/deepstream/lib/libnvds_azure_proto.so",
}


@pytest.mark.parametrize(("key", "found"), [("aHVudGVyMg==", True), (password_placeholder("azure"), False)])
def test_the_key_in_a_connection_string_is_a_secret(key: str, found: bool) -> None:
    text = f"HostName=hub;DeviceId=shop;SharedAccessKey={key}"
    in_sink = check(merged(APP, group("sinks", **{"1": {**AZURE, "msgBrokerConnStr": text}})))
    assert places(in_sink) == ([(ERROR, (*IN_APP, "sinks", "1", "msgBrokerConnStr"))] if found else [])
    in_file = check(merged(APP, {"messageBrokers": {"azure.txt": {"connectionStr": text}}}))
    assert places(in_file) == ([(ERROR, ("spec", "messageBrokers", "azure.txt", "connectionStr"))] if found else [])
    assert "aHVud" not in repr((in_sink, in_file))


def test_a_login_in_a_connection_string_of_amqp_is_a_secret() -> None:
    library = "/opt/nvidia/deepstream/deepstream/lib/libnvds_amqp_proto.so"
    sink = {"enable": True, "type": 6, "msgBrokerProtoLib": library, "msgBrokerConnStr": "h;5672;guest;hunter2"}
    found = check(merged(APP, group("sinks", **{"1": sink})))
    assert places(found) == [(ERROR, (*IN_APP, "sinks", "1", "msgBrokerConnStr"))]
    assert "hunter2" not in repr(found)


def test_a_password_without_quotation_marks_is_still_one() -> None:
    found = check(merged(WITH_KAFKA, {"messageBrokers": {"kafka.txt": {"protoCfg": "sasl.password=hunter2"}}}))
    assert places(found) == [(ERROR, (*BROKER, "protoCfg"))]
    assert "sasl.password stands in the manifest" in found[0].message
    assert "hunter2" not in found[0].message


def test_dots_are_found_before_9_1() -> None:
    older = merged(WITH_KAFKA, {"dsVersion": "8.0", "messageBrokers": {"kafka.txt": {"partitionKey": "sensor.id"}}})
    assert check(older) == ()


def test_a_mistake_is_told_once() -> None:
    """deepstream-app's own check, that of the chain and that of the file all know it."""
    found = check(merged(APP, group("secondaryGies", **{"0": {"gieUniqueId": 1}})))
    assert places(found) == [(ERROR, (*IN_APP, "secondaryGies", "0", "gieUniqueId"))]


@pytest.mark.parametrize(
    ("patch", "path", "severity", "expected"),
    [
        ({"streammux": {"extraKeys": {"sync-inputs": "1"}}}, ("streammux",), ERROR, "syncInputs is the field"),
        ({"streammux": {"extraKeys": {"sync-inputs": "x"}}}, ("streammux",), WARNING, "syncInputs is the field"),
        ({"streammux": {"extraKeys": {"batch-size": "8"}}}, ("streammux",), WARNING, "batchSize is given too"),
        (
            {"inferConfigs": {"cars.txt": {"property": {"extraKeys": {"network-mode": "2"}}}}},
            ("inferConfigs", "cars.txt", "property"),
            ERROR,
            "networkMode is the field",
        ),
    ],
)
def test_a_known_key_among_the_extra_ones_escapes_no_rule(
    patch: dict[str, Any], path: Path, severity: Severity, expected: str
) -> None:
    found = check(merged(STATIC, patch))
    [told] = [one for one in found if one.path[: len(path) + 2] == ("spec", *path, "extraKeys")]
    assert told.severity is severity
    assert told.message.startswith(expected)


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        (
            {"inference": {"motPgie": {"property": {"extraKeys": {"a\nb": "1"}}}}},
            ("spec", "inference", "motPgie"),
        ),
        (merged(APP, {"deepstreamApp": {"tests": {"extraKeys": {"a\nb": "1"}}}}), ("spec", "deepstreamApp")),
    ],
)
def test_what_no_file_can_hold_is_an_error_for_every_kind(spec: Mapping[str, Any], path: Path) -> None:
    assert (ERROR, path) in places(check(spec))


def test_a_password_among_the_extra_keys_of_a_broker_is_told_without_its_value() -> None:
    found = check(merged(WITH_KAFKA, {"messageBrokers": {"kafka.txt": {"extraKeys": {"sasl.password": "hunter2"}}}}))
    assert (ERROR, (*BROKER, "extraKeys", "sasl.password")) in places(found)
    assert "hunter2" not in repr(found)


def test_no_attributes_of_classes_are_no_attributes_without_effect() -> None:
    assert check({"inference": {"facePgie": {"classAttrs": None}}}) == ()


def test_an_engine_that_was_built_beforehand_may_have_any_name() -> None:
    named = {"inferConfigs": {"cars.txt": {"property": {"modelEngineFile": "cars.engine"}}}}
    assert check(merged(APP, merged(named, {"prebuiltEngines": ["cars.txt"]}))) == ()
    seed = {"inference": {"facePgie": {"property": {"modelEngineFile": "../data/faces.engine"}}}}
    assert places(check(seed)) == [(ERROR, ("spec", "inference", "facePgie", "property", "modelEngineFile"))]
    assert check(merged(seed, {"prebuiltEngines": ["faceid_primary.txt"]})) == ()


def test_the_engine_of_the_common_gpu_is_the_one_that_is_asked_for() -> None:
    """deepstream-app gives globalGpuId to its models, 0 too; rendering and checking must agree on it."""
    common = {"deepstreamApp": {"application": {"globalGpuId": 0}}}
    named = {"gpuId": 1, "modelEngineFile": "/models/cars.onnx_b24_gpu0_fp32.engine"}
    assert check(merged(APP, merged(common, {"inferConfigs": {"cars.txt": {"property": named}}}))) == ()


def test_a_prebuilt_engine_of_no_file_is_told() -> None:
    found = check(merged(APP, {"prebuiltEngines": ["car.txt"]}))
    assert places(found) == [(WARNING, ("spec", "prebuiltEngines", 0))]


def test_files_of_the_image_and_of_volumes_are_left_alone() -> None:
    in_image = {"deepstreamApp": {"primaryGie": {"configFile": "/models/cars.txt"}}, "inferConfigs": {"cars.txt": None}}
    assert check(merged(APP, in_image)) == ()
    volume = {"container": {"volumes": [{"hostPath": "/srv/models", "mountPath": "/workspace/configs/models"}]}}
    labels = {"inferConfigs": {"cars.txt": {"property": {"labelfilePath": "labels.txt"}}}}
    assert check(merged(APP, merged(volume, labels))) == ()
    assert check(merged(APP, merged({"files": {"labels.txt": "car"}}, labels))) == ()


def test_a_model_that_is_not_ours_may_be_the_one_that_is_meant() -> None:
    spec = merged(
        APP,
        {
            "deepstreamApp": {
                "primaryGie": {"configFile": "/models/cars.txt", "gieUniqueId": None},
                "secondaryGies": {"0": {"operateOnGieId": 0}},
            },
            "inferConfigs": {"cars.txt": None},
        },
    )
    assert not [one for one in check(spec) if one.severity is ERROR]


def test_batches_that_rest_replaces_count() -> None:
    """With nvmultiurisrcbin a batch size of the group is replaced by the most cameras that there can be."""
    spec = merged(
        APP, {**group("primaryGie", batchSize=24), "inferConfigs": {"cars.txt": {"property": {"batchSize": 1}}}}
    )
    assert check(spec) == ()


def test_analytics_do_nothing_without_nvdsanalytics() -> None:
    drawn = camera("dock", width=640, height=360, analytics={"lineCrossing": LINE})
    found = check({}, drawn, camera("lobby"))
    assert [(one.severity, one.camera, one.path) for one in found] == [(WARNING, "dock", ("spec", "analytics"))]
    assert "dsinstance/shop" in found[0].message
    assert check({"app": {"kind": "reference"}}, drawn) == ()
    assert (
        check(
            merged(APP, group("tracker", enable=True, llLibFile="/lib.so", trackerWidth=960, trackerHeight=544)), drawn
        )
        == ()
    )


def test_lines_need_a_tracker_and_analytics_that_are_on() -> None:
    drawn = camera("dock", width=640, height=360, analytics={"lineCrossing": LINE})
    assert places(check(APP, drawn)) == [(WARNING, (*IN_APP, "tracker"))]
    off = merged(APP, group("nvdsAnalytics", enable=False))
    assert (WARNING, (*IN_APP, "nvdsAnalytics", "enable")) in places(check(off, drawn))


def test_doubtful_shapes_are_told_in_the_manifest_of_their_camera() -> None:
    along = camera(
        "dock", width=640, height=360, analytics={"lineCrossing": {"lines": {"door": [0, 0, 90, 0, 0, 50, 90, 50]}}}
    )
    found = check({"app": {"kind": "reference"}}, along)
    assert [(one.severity, one.camera, one.path) for one in found] == [
        (WARNING, "dock", ("spec", "analytics", "lineCrossing", "lines", "door"))
    ]


def test_messages_do_nothing_where_nobody_sends_them() -> None:
    placed = camera("dock", messages={"place": {"id": "1", "location": [1.0, 2.0, 3.0]}})
    for spec in ({}, APP):
        assert [(one.severity, one.camera, one.path) for one in check(spec, placed)] == [
            (WARNING, "dock", ("spec", "messages"))
        ]
    assert check(WITH_KAFKA, placed) == ()
    assert check({"app": {"kind": "reference"}}, placed) == ()
    own = merged(WITH_KAFKA, group("sinks", **{"1": {"msgConvConfig": "/etc/own.txt"}}))
    assert [one.path for one in check(own, placed)] == [("spec", "messages")]


def test_places_on_no_earth_are_told() -> None:
    lost = camera("dock", messages={"place": {"id": "1", "location": [105.8, 21.0, 0.0]}})
    found = check(WITH_KAFKA, camera("attic"), lost)
    assert [(one.severity, one.camera, one.path) for one in found] == [
        (WARNING, "dock", ("spec", "messages", "place", "location"))
    ]


def test_a_clip_beside_the_configuration_is_unknown_to_the_reference_app() -> None:
    clip = camera("dock", type="file", address="file://./clip.mp4")
    found = check({"app": {"kind": "reference"}}, clip)
    assert [(one.severity, one.camera, one.path) for one in found] == [(ERROR, "dock", ("spec", "address"))]
    assert check(STATIC, clip) == ()
    assert check({"app": {"kind": "reference"}}, camera("dock", type="file", address="file:///clip.mp4")) == ()


def test_static_cameras_that_nobody_gave_a_timeout_are_a_warning() -> None:
    found = check(merged(STATIC, {"streammux": None}))
    assert places(found) == [(WARNING, ("spec", "streammux", "batchedPushTimeout"))]


def test_a_clip_can_be_waited_for() -> None:
    clip = camera("dock", type="file", address="file:///clip.mp4")
    assert check(merged(STATIC, {"streammux": {"batchedPushTimeout": -1}}), clip) == ()


def test_the_same_manifests_are_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def look(one: DsInstance, cameras: tuple[Camera, ...]) -> tuple[Violation, ...]:
        looked.append(one.name)
        return check_instance(one, cameras)

    monkeypatch.setattr("controller.checks.checker.check_instance", look)
    checker, one, cameras = Checker(), instance({}), (camera("dock"),)
    for _ in range(3):
        assert checker.check(one, cameras) == ()
        checker.keep_only(["shop"])
    assert looked == ["shop"]
    checker.check(one, (camera("dock"),))
    assert looked == ["shop", "shop"]
    checker.keep_only([])
    checker.check(one, cameras)
    assert looked == ["shop", "shop", "shop"]


def test_the_order_of_cameras_changes_nothing() -> None:
    drawn = [camera(name, width=640, height=360, analytics={"lineCrossing": LINE}) for name in "abc"]
    assert check({}, *drawn) == check({}, *reversed(drawn))
