"""Instances that break no rule, for tests to break one in them."""

from collections.abc import Mapping
from typing import Any, Final

from controller.checks.checker import Violation, check_instance
from crds.camera import Camera
from crds.dsinstance import DsInstance
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


def group(name: str, **patch: Any) -> dict[str, Any]:
    return {"deepstreamApp": {name: patch}}
