"""Each rule between an instance, its cameras and its DeepStream: kept it says nothing, broken it says where and why."""

from collections.abc import Mapping
from typing import Any, Final

import pytest

from controller.checks.checker import Checker, Violation, check_instance
from crds.camera import Camera
from crds.dsinstance import DsInstance
from crds.secret import password_placeholder
from deepstream.findings import Severity
from tests.planner.short_manifests import manifest, merged

ERROR, WARNING, NOTE = Severity.ERROR, Severity.WARNING, Severity.NOTE
Path = tuple[str | int, ...]

KAFKA: Final = {
    "enable": True,
    "type": 6,
    "msgBrokerProtoLib": "/opt/nvidia/deepstream/deepstream/lib/libnvds_kafka_proto.so",
    "msgBrokerConnStr": "kafka;9092",
    "msgBrokerConfig": "kafka.txt",
    "msgConvPayloadType": 1,
}
APP: Final[dict[str, Any]] = {
    "app": {"kind": "deepstream-app"},
    "deepstreamApp": {
        "primaryGie": {"enable": True, "gieUniqueId": 1, "configFile": "cars.txt"},
        "secondaryGies": {
            "0": {"enable": True, "gieUniqueId": 2, "operateOnGieId": 1, "configFile": "colours.txt"},
        },
        "sinks": {"0": {"enable": True, "type": 1}},
    },
    "inferConfigs": {
        "cars.txt": {
            "property": {"onnxFile": "/models/cars.onnx", "batchSize": 24, "numDetectedClasses": 4, "clusterMode": 2},
        },
        "colours.txt": {
            "property": {
                "onnxFile": "/models/colours.onnx",
                "batchSize": 16,
                "networkType": 1,
                "classifierThreshold": 0.5,
            },
        },
    },
}
WITH_KAFKA: Final = merged(
    APP, {"deepstreamApp": {"sinks": {"1": KAFKA}}, "messageBrokers": {"kafka.txt": {"partitionKey": "sensorId"}}}
)
PREPROCESS: Final = {
    "settings": {
        "targetUniqueIds": [1],
        "processingWidth": 640,
        "processingHeight": 384,
        "networkInputOrder": 0,
        "networkInputShape": [24, 3, 384, 640],
        "networkColorFormat": 0,
        "tensorDataType": 0,
        "tensorName": "input",
        "customLibPath": "/opt/lib.so",
        "customTensorPreparationFunction": "prepare",
        "scalingFilter": 1,
        "scalingPoolMemoryType": 0,
    },
    "groups": {"0": {"srcIds": [-1], "processOnRoi": False}},
}
LINE: Final = {"lines": {"door": [10, 10, 10, 90, 0, 50, 100, 50]}}
STATIC: Final = merged(APP, {"deepstreamApp": {"streams": "static"}, "streammux": {"batchedPushTimeout": 40000}})


def instance(spec: Mapping[str, Any]) -> DsInstance:
    one = manifest("dsinstance/shop", {"node": "gate", **spec})
    assert isinstance(one, DsInstance)
    return one


def camera(name: str, **spec: Any) -> Camera:
    one = manifest(f"camera/{name}", spec)
    assert isinstance(one, Camera)
    return one


def check(spec: Mapping[str, Any], *cameras: Camera) -> tuple[Violation, ...]:
    return check_instance(instance(spec), cameras or (camera("dock"), camera("lobby")))


def places(violations: tuple[Violation, ...]) -> list[tuple[Severity, Path]]:
    return [(one.severity, one.path) for one in violations]


IN_APP: Final = ("spec", "deepstreamApp")
CARS: Final = ("spec", "inferConfigs", "cars.txt")
BROKER: Final = ("spec", "messageBrokers", "kafka.txt")


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


def group(name: str, **patch: Any) -> dict[str, Any]:
    return {"deepstreamApp": {name: patch}}


BROKEN: Final[Mapping[str, tuple[dict[str, Any], dict[str, Any], Severity, Path, str]]] = {
    "ids differ": (
        APP,
        group("secondaryGies", **{"0": {"gieUniqueId": 1}}),
        ERROR,
        (*IN_APP, "secondaryGies", "0", "gieUniqueId"),
        "is the id of [primary-gie] too",
    ),
    "ids of files that hold where groups have none differ": (
        APP,
        {
            "deepstreamApp": {"primaryGie": {"gieUniqueId": None}},
            "inferConfigs": {"cars.txt": {"property": {"gieUniqueId": 2}}},
        },
        ERROR,
        (*IN_APP, "secondaryGies", "0", "gieUniqueId"),
        "is the number of primary-gie too",
    ),
    "ids are above 0": (
        merged(APP, {"deepstreamApp": {"secondaryGies": None}, "inferConfigs": {"colours.txt": None}}),
        {
            "deepstreamApp": {"primaryGie": {"gieUniqueId": None}},
            "inferConfigs": {"cars.txt": {"property": {"gieUniqueId": 0}}},
        },
        ERROR,
        (*CARS, "property", "gieUniqueId"),
        "give a number from 1",
    ),
    "the model that another looks at exists": (
        APP,
        group("secondaryGies", **{"0": {"operateOnGieId": 7}}),
        ERROR,
        (*IN_APP, "secondaryGies", "0", "operateOnGieId"),
        "no nvinfer of the pipeline has the number 7",
    ),
    "a secondary leads to the primary in the groups": (
        APP,
        {
            "deepstreamApp": {"secondaryGies": {"0": {"operateOnGieId": None}}},
            "inferConfigs": {"colours.txt": {"property": {"operateOnGieId": 1}}},
        },
        WARNING,
        (*IN_APP, "secondaryGies", "0", "operateOnGieId"),
        "leaves a secondary model out",
    ),
    "classes are below their number": (
        APP,
        {"inferConfigs": {"cars.txt": {"classAttrs": {"4": {"preClusterThreshold": 0.5}}}}},
        ERROR,
        (*CARS, "classAttrs", "4"),
        "there is no class 4",
    ),
    "engines are named as nvinfer names them": (
        APP,
        {"inferConfigs": {"cars.txt": {"property": {"modelEngineFile": "cars.engine"}}}},
        ERROR,
        (*CARS, "property", "modelEngineFile"),
        "/models/cars.onnx_b24_gpu0_fp32.engine",
    ),
    "an engine in a group is named by what the group sets": (
        APP,
        group("primaryGie", gpuId=1, modelEngineFile="/models/cars.onnx_b24_gpu0_fp32.engine"),
        ERROR,
        (*IN_APP, "primaryGie", "modelEngineFile"),
        "/models/cars.onnx_b24_gpu1_fp32.engine",
    ),
    "the first model takes a whole batch": (
        APP,
        {"inferConfigs": {"cars.txt": {"property": {"batchSize": 8}}}},
        WARNING,
        (*CARS, "property", "batchSize"),
        "less than the batch of the muxer, 24",
    ),
    "files of models are there": (
        APP,
        group("primaryGie", configFile="car.txt"),
        WARNING,
        (*IN_APP, "primaryGie", "configFile"),
        "did you mean cars.txt?",
    ),
    "files of models are read": (
        APP,
        {"inferConfigs": {"spare.txt": APP["inferConfigs"]["cars.txt"]}},
        WARNING,
        ("spec", "inferConfigs", "spare.txt"),
        "nothing reads it",
    ),
    "labels are there": (
        APP,
        {"inferConfigs": {"cars.txt": {"property": {"labelfilePath": "labels.txt"}}}},
        WARNING,
        (*CARS, "property", "labelfilePath"),
        "there is no file 'labels.txt'",
    ),
    "live cameras are not waited for": (
        APP,
        {"streammux": {"batchedPushTimeout": -1}},
        ERROR,
        ("spec", "streammux", "batchedPushTimeout"),
        "one that is dead stops all others",
    ),
    "static live cameras are not waited for": (
        STATIC,
        {"streammux": {"batchedPushTimeout": -1}},
        ERROR,
        ("spec", "streammux", "batchedPushTimeout"),
        "one that is dead stops all others",
    ),
    "cameras fit the batch": (
        APP,
        {"streammux": {"batchSize": 1}},
        ERROR,
        ("spec", "streammux", "batchSize"),
        "the instance has 2 cameras and room for 1",
    ),
    "REST needs a DeepStream that has it": (
        APP,
        {"dsVersion": "6.1"},
        ERROR,
        (*IN_APP, "streams"),
        "6.2 is the first",
    ),
    "REST on Jetson needs a newer one": (
        APP,
        {"dsVersion": "6.2", "container": {"runtime": "nvidia"}},
        ERROR,
        (*IN_APP, "streams"),
        "on Jetson: 6.3 is the first",
    ),
    "slots need 9.1": (
        APP,
        {"dsVersion": "9.0", "deepstreamApp": {"sourceIds": "slot"}},
        ERROR,
        (*IN_APP, "sourceIds"),
        "DeepStream 9.1 only",
    ),
    "slots need REST": (
        STATIC,
        group("sourceIds") | {"deepstreamApp": {"sourceIds": "slot"}},
        ERROR,
        (*IN_APP, "sourceIds"),
        "this instance has streams: static",
    ),
    "REST has no settings for one camera": (
        APP,
        group("cameraSources", dock={"latency": 200}),
        ERROR,
        (*IN_APP, "cameraSources", "dock"),
        "one set of settings for all sources",
    ),
    "settings are for cameras that are there": (
        STATIC,
        group("cameraSources", lobbi={"latency": 200}),
        ERROR,
        (*IN_APP, "cameraSources", "lobbi"),
        "did you mean lobby?",
    ),
    "cameras are the sources": (
        APP,
        group("sourceList", uris=["rtsp://10.0.0.1/1"]),
        ERROR,
        (*IN_APP, "sourceList", "uris"),
        "the cameras of the instance are its sources",
    ),
    "the REST server listens on the loopback": (
        APP,
        group("sourceList", httpPort="9000"),
        ERROR,
        (*IN_APP, "sourceList", "httpPort"),
        "asks nobody who they are",
    ),
    "the REST port is the controller's": (
        APP,
        group("sourceList", httpPort="127.0.0.1:9000"),
        WARNING,
        (*IN_APP, "sourceList", "httpPort"),
        "it is not used",
    ),
    "the address of the REST server is of no use": (
        APP,
        group("sourceList", httpIp="0.0.0.0"),
        ERROR,
        (*IN_APP, "sourceList", "httpIp"),
        "the server never uses it",
    ),
    "a source is refused where it is described": (
        STATIC,
        group("cameraSources", dock={"extractSeiType5Data": True}),
        ERROR,
        (*IN_APP, "cameraSources", "dock", "extractSeiType5Data"),
        "refuses the file",
    ),
    "passwords are no part of manifests": (
        WITH_KAFKA,
        {"messageBrokers": {"kafka.txt": {"protoCfg": '"sasl.username=u;sasl.password=hunter2"'}}},
        ERROR,
        (*BROKER, "protoCfg"),
        "sasl.password stands in the manifest",
    ),
    "passwords of other brokers neither": (
        APP,
        {"messageBrokers": {"amqp.txt": {"hostname": "h", "password": "hunter2"}}},
        ERROR,
        ("spec", "messageBrokers", "amqp.txt", "password"),
        "a secret stands in the manifest",
    ),
    "placeholders are spelt right": (
        WITH_KAFKA,
        {"messageBrokers": {"kafka.txt": {"protoCfg": '"sasl.password=${secret:Kafka:password}"'}}},
        ERROR,
        (*BROKER, "protoCfg"),
        "begins as a placeholder",
    ),
    "proto-cfg stands in quotation marks": (
        WITH_KAFKA,
        {"messageBrokers": {"kafka.txt": {"protoCfg": "linger.ms=5"}}},
        ERROR,
        (*BROKER, "protoCfg"),
        "quotation marks",
    ),
    "partition keys have no dot": (
        WITH_KAFKA,
        {"messageBrokers": {"kafka.txt": {"partitionKey": "sensor.id"}}},
        WARNING,
        (*BROKER, "partitionKey"),
        "do not keep their order",
    ),
    "the default partition key has a dot": (
        WITH_KAFKA,
        {"deepstreamApp": {"sinks": {"1": {"msgBrokerConfig": None}}}, "messageBrokers": None},
        WARNING,
        (*IN_APP, "sinks", "1", "msgBrokerConfig"),
        "partitionKey: sensorId",
    ),
    "only the minimal payload has sensorId": (
        WITH_KAFKA,
        group("sinks", **{"1": {"msgConvPayloadType": 0}}),
        WARNING,
        (*IN_APP, "sinks", "1", "msgConvPayloadType"),
        "only the minimal payload",
    ),
    "files of brokers are there": (
        WITH_KAFKA,
        group("sinks", **{"1": {"msgBrokerConfig": "kafkas.txt"}}),
        WARNING,
        (*IN_APP, "sinks", "1", "msgBrokerConfig"),
        "did you mean kafka.txt?",
    ),
    "a sink has a type": (
        APP,
        group("sinks", **{"0": {"type": None}}),
        ERROR,
        (*IN_APP, "sinks", "0", "type"),
        "DeepStream has no default",
    ),
    "a sink is in use": (
        APP,
        group("sinks", **{"0": {"enable": False}}),
        NOTE,
        (*IN_APP, "sinks"),
        "is added",
    ),
    "tensors are not larger than batches": (
        merged(APP, {"preprocessConfigs": {"pre.txt": PREPROCESS}}),
        {"preprocessConfigs": {"pre.txt": {"settings": {"networkInputShape": [64, 3, 384, 640]}}}},
        WARNING,
        ("spec", "preprocessConfigs", "pre.txt", "settings", "networkInputShape"),
        "whose batch-size is 24",
    ),
    "files of preprocessing are key files": (
        APP,
        {"preprocessConfigs": {"pre.yml": PREPROCESS}},
        ERROR,
        ("spec", "preprocessConfigs", "pre.yml"),
        "written as a key file",
    ),
    "names of files differ": (
        APP,
        {"files": {"cars.txt": "x"}},
        ERROR,
        ("spec", "files", "cars.txt"),
        "spec.inferConfigs has a file of this name too",
    ),
    "names of files are not those that are made": (
        {},
        {"files": {"app_conf.json": "{}"}},
        ERROR,
        ("spec", "files", "app_conf.json"),
        "the controller makes a file of this name too",
    ),
    "what is written can be read back": (
        APP,
        {"inferConfigs": {"cars.txt": {"extraGroups": {"a]b": {"x": "1"}}}}},
        ERROR,
        CARS,
        "cars.txt cannot be written",
    ),
    "keys are known": (
        APP,
        {"dsVersion": "6.4", "deepstreamApp": {"visionencoder": {"enable": False, "batchSize": 4}}},
        WARNING,
        (*IN_APP, "visionencoder", "batchSize"),
        "it came with 9.0",
    ),
    "app_conf.json has no more of the muxer": (
        {},
        {"streammux": {"enablePadding": True}},
        WARNING,
        ("spec", "streammux", "enablePadding"),
        "it does nothing",
    ),
    "faces go to their network in its batches": (
        {},
        {"inference": {"faceSgie": {"property": {"batchSize": 5}}, "faceAlign": {"networkInputShape": [96, 3, 112, 112]}}},
        ERROR,
        ("spec", "inference", "faceAlign", "networkInputShape"),
        "give 5",
    ),
    "networks of the RetinaFace app have their numbers": (
        {},
        {"inference": {"motPgie": {"property": {"gieUniqueId": 4}}, "motSgie": {"property": {"operateOnGieId": 4}}}},
        ERROR,
        ("spec", "inference", "faceSgie", "property", "gieUniqueId"),
        "is the number of mot_pgie too",
    ),
    "networks of the RetinaFace app have their classes": (
        {},
        {"inference": {"motPgie": {"classAttrs": {"2": {"nmsIouThreshold": 0.5}}}}},
        ERROR,
        ("spec", "inference", "motPgie", "classAttrs", "2"),
        "there is no class 2",
    ),
    "networks of the RetinaFace app take a whole batch": (
        {},
        {"streammux": {"batchSize": 25}},
        WARNING,
        ("spec", "inference", "motPgie", "property", "batchSize"),
        "less than the batch of the muxer, 25",
    ),
}  # fmt: skip


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
