"""For every field that a manifest can set: other valid values, who reads them, and the difference that they make."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from controller.planner.planner import plan
from crds.app_kind import AppKind
from crds.camera import CameraSpec
from crds.difference import Difference, difference
from crds.dsinstance import DsInstanceSpec
from crds.instance_config import InstanceConfig
from tests.planner.embedded_keys import is_embedded
from tests.planner.short_manifests import ShortFleet, merged, revision

# A field that is missing here fails a test of test_change_classes.py.
OTHER_VALUES_OF_CAMERA: dict[str, list[Any]] = {
    "cameraId": ["DOCK-1", "7"],
    "address": ["rtsp://10.0.0.10/dock", "rtsps://cam.example:8554/a?b=1%2C2", "rtsp://10.0.0.9/" + "x" * 200],
    "credentialsRef.name": ["dock-camera", "all.cameras"],
    "encodeType": ["h265"],
    "type": ["file"],
    "width": [1920, 16],
    "height": [1080],
    "visual": [False],
    "exclusive": [True],
    "limits.notReachableAfterSeconds": [30, 10.5],
    "limits.minimumFps": [0.1, 240],
    "limits.aliveIntervalSeconds": [0.1, 60],
    "frameDelaySeconds": [0.2, 3600],
    "alerts": [{"busy": {"atLeast": 3, "message": "Open the other gate"}}, {"anybody": {}}],
}
OTHER_VALUES_OF_INSTANCE: dict[str, list[Any]] = {
    "image": ["retinaface:2", "registry.local:5000/retinaface@sha256:" + "0" * 64],
    "app.appType": ["VISUAL"],
    "app.release": ["2023-01", "2022-11"],
    "app.faceRawMetaTopic": ["Faces"],
    "app.motRawMetaTopic": ["Tracks"],
    "app.visualTopic": ["Pictures"],
    "app.kafkaConnectionStr": ["kafka:9092", "a:1,b:2"],
    "app.faceConfidenceThreshold": [0.450001, 1],
    "app.motConfidenceThreshold": [0.6],
    "app.gpuId": [1],
    "dsVersion": ["8.0", "6.3"],
    "reference.detector.kind": ["people"],
    "reference.detector.pictureWidth": [640, 32],
    "reference.detector.minimumAreaPercent": [0, 0.5],
    "reference.detector.minimumConfidence": [0.4, 1],
    "reference.detector.model": ["/models/b.onnx"],
    "reference.detector.labels": ["labels.txt", "/models/labels.txt"],
    "reference.detector.nmsIou": [0, 0.5],
    "reference.detector.colours": ["bgr"],
    "reference.detector.scale": [1, 0.5],
    "reference.detector.inputWidth": [64, 640],
    "reference.detector.inputHeight": [64, 640],
    "reference.detector.layout": ["yolox", "yolov5"],
    "reference.batchSize": [1, 8],
    "reference.batchDeadlineMilliseconds": [20, 7.5],
    "reference.significantChangePercent": [0, 0.15],
    "reference.analyticsTopic": ["Counts"],
    "reference.objectsTopic": ["Objects"],
    "reference.cameraStatesTopic": ["CameraStates"],
    "reference.alertsTopic": ["Alarms"],
    "reference.alertFrames.perCamera": [1, 50],
    "reference.alertFrames.megabytes": [8],
    "reference.alertFrames.days": [0.5],
    "reference.messageIntervalSeconds": [0, 10],
    "reference.visualIntervalSeconds": [5],
    "restartedAt": ["2026-03-01T12:00:00Z", "2026-03-01T13:00:00.25+01:00"],
    "prebuiltEngines": [["pgie.txt"]],
    "engineCache.mountPath": ["/workspace/engines", "/engines"],
    "files": [{"labels.txt": "person\n"}, {"labels.txt": "face\n", "tracker.yml": "%YAML:1.0\n"}],
    "container.command": [["--verbose"], ["a", "b", "a"], ["b", "a"]],
    "container.env": [{"LOG": "debug"}, {"LOG": "", "TZ": "UTC"}],
    "container.volumes": [
        [{"hostPath": "/models", "mountPath": "/models"}],
        [{"hostPath": "/models", "mountPath": "/models", "readOnly": False}],
        [{"hostPath": "/a", "mountPath": "/models"}, {"hostPath": "/b", "mountPath": "/b"}],
    ],
    "container.devices": [["/dev/video0"], ["/dev/video0", "/dev/video2"]],
    "container.network": ["none"],
    "container.runtime": ["nvidia"],
    "container.gpus": [["0"], ["GPU-1", "0"]],
    "container.shmSizeMib": [64, 1],
    "container.memoryMib": [2048],
    "container.cpus": [0.5, 1],
    "container.configMountPath": ["/configs"],
    "container.stopTimeoutSeconds": [0, 30],
    "container.stopSignal": ["SIGINT", "SIGTERM"],
}
# What an app is not told: a change is nothing to it. Fields of DeepStream's own groups have a table of their own.
_OF_RETINAFACE = frozenset({AppKind.RETINAFACE})
_OF_APP_CONF = frozenset({AppKind.RETINAFACE, AppKind.REFERENCE})
READ_BY: dict[str, frozenset[AppKind]] = {
    "encodeType": _OF_APP_CONF,
    "frameDelaySeconds": frozenset({AppKind.REFERENCE}),
    "alerts": frozenset({AppKind.REFERENCE}),
    "visual": _OF_APP_CONF,
    "dsVersion": frozenset({AppKind.RETINAFACE, AppKind.DEEPSTREAM_APP}),
    "app.release": _OF_RETINAFACE,
    "prebuiltEngines": frozenset(),
    **{
        f"app.{name}": _OF_APP_CONF
        for name in (
            "appType",
            "faceRawMetaTopic",
            "motRawMetaTopic",
            "visualTopic",
            "kafkaConnectionStr",
            "faceConfidenceThreshold",
            "motConfidenceThreshold",
            "gpuId",
        )
    },
}
# Fields that other kinds refuse, and what else a manifest must say for them to be taken.
OF_ONE_KIND = {path: AppKind.REFERENCE for path in OTHER_VALUES_OF_INSTANCE if path.startswith("reference.")} | {
    "engineCache.mountPath": AppKind.DEEPSTREAM_APP
}
BESIDE: dict[str, dict[str, Any]] = {
    "reference.detector.minimumConfidence": {"kind": "people"},
    **{
        f"reference.detector.{name}": {"kind": "onnx", "model": "/models/a.onnx"}
        for name in ("model", "labels", "nmsIou", "colours", "scale", "layout", "inputWidth")
    },
    "reference.detector.inputHeight": {"kind": "onnx", "model": "/models/a.onnx", "inputWidth": 96},
}
# What the kind of the app makes of another field: a change of the one is told as a change of both.
FOLLOWS = {("container.configMountPath", AppKind.DEEPSTREAM_APP): "container.command"}
# Fields that say which instance, where, and what it watches; they have tests of their own.
NOT_IN_ONE_INSTANCE = {
    "app.kind",
    "replicas",
    "node",
    "nodeSelector.matchLabels",
    "cameras",
    "cameraSelector.matchLabels",
}

# They stand beside lines or regions only, or beside the name of a secret, and have tests of their own too.
OF_A_DRAWING = {"analytics.frame.width", "analytics.frame.height"}
BESIDE_A_SECRET = {"credentialsRef.withoutPassword"}
# They are those of cameras of a machine, which one kind of app alone reads; as above.
OF_A_DEVICE = {"capture.width", "capture.height", "capture.framesPerSecond"}

BASE: ShortFleet = {
    "node/gate": {},
    "camera/dock": {"labels": {"area": "yard"}},
    "dsinstance/yard": {"node": "gate", "cameras": ["dock"]},
}


def told(path: str, kind: AppKind) -> bool:
    return kind in READ_BY.get(path, frozenset(AppKind))


def base_of(kind: AppKind, path: str = "") -> ShortFleet:
    groups: dict[str, Any] = {"deepstreamApp": {}} if kind is AppKind.DEEPSTREAM_APP else {}
    groups |= {"reference": {"detector": BESIDE[path]}} if path in BESIDE else {}
    base = merged(BASE, {"dsinstance/yard": {"app": {"kind": kind.value}, **groups}})
    # What is said of alerts reaches the app only where a camera has rules for them.
    return merged(base, {"camera/dock": {"alerts": {"any": {}}}} if path.startswith("reference.alert") else {})  # type: ignore[no-any-return]


def leaves(model: type[BaseModel], prefix: tuple[str, ...] = ()) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every field of ours that holds a value, as (path in camelCase, path of attributes); lists and mappings are values."""
    for name, field in model.model_fields.items():
        inner = model_in(field)
        path = (*prefix, name)
        if is_embedded(field.annotation):
            continue
        if inner is not None:
            for written, attributes in leaves(inner, path):
                yield f"{field.alias}.{written}", attributes
        else:
            yield str(field.alias), path


def model_in(field: FieldInfo) -> type[BaseModel] | None:
    candidates = getattr(field.annotation, "__args__", ()) or (field.annotation,)
    if getattr(field.annotation, "__origin__", None) in (tuple, dict, list):
        return None
    return next((one for one in candidates if isinstance(one, type) and issubclass(one, BaseModel)), None)


ATTRIBUTES_OF_CAMERA = dict(leaves(CameraSpec))
ATTRIBUTES_OF_INSTANCE = dict(leaves(DsInstanceSpec))


def nested(path: str, value: Any) -> dict[str, Any]:
    for name in reversed(path.split(".")):
        value = {name: value}
    assert isinstance(value, dict)
    return value


def resolved(fleet: ShortFleet) -> InstanceConfig:
    (instance,) = next(iter(plan(revision(fleet), {}).nodes.values())).instances
    return instance


def changed(
    kind: AppKind, patch: ShortFleet, path: str = ""
) -> Iterator[tuple[Difference, InstanceConfig, InstanceConfig]]:
    """The difference that an edit makes, there and back."""
    base = base_of(kind, path)
    before, after = resolved(base), resolved(merged(base, patch))
    assert before.digest != after.digest
    yield difference(before, after), before, after
    yield difference(after, before), after, before


def other_values(path: str, kind: AppKind) -> list[Any]:
    """The values of a field of an instance that change something for an app of that kind."""
    return [
        value
        for value in OTHER_VALUES_OF_INSTANCE[path]
        if path != "container.stopSignal" or value != kind.stop_signal  # what it has without being told
    ]


def check_nothing_changes(kind: AppKind, patch: ShortFleet) -> None:
    base = base_of(kind)
    assert resolved(merged(base, patch)) == resolved(base)
