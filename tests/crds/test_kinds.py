"""The kinds: what they accept, how their fields declare what a change costs, and the digest over them."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from crds.camera import Camera, CameraSpec
from crds.change import ChangeClass, change_class_of, declared_change_class
from crds.digest import canonical_json, digest
from crds.document import Manifest
from crds.dsinstance import DsInstance, DsInstanceSpec
from crds.kinds import KINDS, kind_named
from crds.node import Node

HEAD = {"apiVersion": "dsfleet.io/v1", "metadata": {"name": "one"}}
NODE_ID = "9f1c2d3e-4b5a-4c6d-8e7f-0a1b2c3d4e5f"


def camera(**spec: Any) -> Camera:
    return Camera.model_validate({**HEAD, "kind": "Camera", "spec": {"address": "rtsp://10.0.0.1/1", **spec}})


def instance(**spec: Any) -> DsInstance:
    return DsInstance.model_validate({**HEAD, "kind": "DsInstance", "spec": {"image": "a:1", "node": "edge", **spec}})


def node(**spec: Any) -> Node:
    return Node.model_validate({**HEAD, "kind": "Node", "spec": {"nodeId": NODE_ID, "hostname": "edge", **spec}})


def model_inside(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type):
        return annotation if issubclass(annotation, BaseModel) else None
    return next((found for part in getattr(annotation, "__args__", ()) if (found := model_inside(part))), None)


def leaves(
    model: type[BaseModel], above: tuple[str, ...] = (), declared: bool = False
) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Every field that holds no model, and whether it or a field around it declares a change class."""
    for name, field in model.model_fields.items():
        is_declared = declared or declared_change_class(field) is not None
        inner = model_inside(field.annotation)
        if inner:
            yield from leaves(inner, (*above, name), is_declared)
        else:
            yield (*above, name), is_declared


@pytest.mark.parametrize("spec", [CameraSpec, DsInstanceSpec], ids=lambda spec: spec.__name__)
def test_every_field_that_instances_depend_on_declares_a_change_class(spec: type[BaseModel]) -> None:
    paths = list(leaves(spec))
    assert len(paths) > 8
    undeclared = [".".join(path) for path, is_declared in paths if not is_declared]
    assert undeclared == []
    for path, _ in paths:
        assert isinstance(change_class_of(spec, path), ChangeClass)


def test_change_classes_of_some_fields() -> None:
    assert change_class_of(DsInstanceSpec, ("image",)) is ChangeClass.RECREATE
    assert change_class_of(DsInstanceSpec, ("streammux", "width")) is ChangeClass.RESTART
    assert change_class_of(DsInstanceSpec, ("cameras", "0")) is ChangeClass.HOT
    assert change_class_of(DsInstanceSpec, ("container", "env", "DEBUG")) is ChangeClass.RECREATE
    assert change_class_of(DsInstanceSpec, ("container", "volumes", "host_path")) is ChangeClass.RECREATE
    assert change_class_of(CameraSpec, ("limits", "minimum_fps")) is ChangeClass.RELOAD
    assert change_class_of(CameraSpec, ("frame_delay_seconds",)) is ChangeClass.RESTART
    assert change_class_of(DsInstanceSpec, ("reference", "detector", "nms_iou")) is ChangeClass.RESTART
    with pytest.raises(KeyError):
        change_class_of(DsInstanceSpec, ("nothing",))
    with pytest.raises(KeyError, match="no change class is declared"):
        change_class_of(DsInstanceSpec, ("app",))


def test_change_classes_are_ordered_by_cost() -> None:
    ranks = [
        one.rank
        for one in ("none", "hot", "reload", "restart", "recreate", "rebuild-engine")
        for one in [ChangeClass(one)]
    ]
    assert ranks == sorted(ranks)


def test_a_field_with_other_extras_declares_nothing() -> None:
    assert declared_change_class(FieldInfo(annotation=int, default=0)) is None


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"address": "rtsp://user:pass@h/1"}, "holds a password"),
        ({"address": "rtsp://:pass@h/1"}, "holds a password"),
        ({"address": "rtsp://user%3Apass%40h/1"}, "holds a password"),
        ({"address": "rtsp://user%3Apass@h/1"}, "holds a password"),
        ({"address": "rtsp://user@h/1", "credentialsRef": {"name": "a"}}, "take the user out of the address"),
        ({"address": "rtsp://@h/1"}, "names no user"),
        ({"address": "rtsp://:@h/1"}, "names no user"),
        ({"address": "http://h/1"}, "type rtsp needs .*; for http:// write type: http"),
        ({"address": "rtmp://h/a/1"}, "for rtmp:// write type: rtmp"),
        ({"address": "rtsp://h/1", "type": "http"}, "type http needs .*; for rtsp:// write type: rtsp"),
        ({"address": "https:///1", "type": "http"}, "type http needs"),
        ({"address": "http://viewer:pass@h/1", "type": "http"}, "holds a password"),
        ({"address": "rtmp://viewer:pass@h/a/1", "type": "rtmp"}, "holds a password"),
        ({"address": "srt://h:9000?passphrase=hunter2hunter2", "type": "srt"}, "a password among its parameters"),
        ({"address": "srt://h:1?streamid=read:gate:u:Qz7", "type": "srt"}, "a password among its parameters"),
        ({"address": "srt://h", "type": "srt"}, "type srt needs an address such as srt://host:9000"),
        ({"address": "srt://h:1", "type": "srt", "credentialsRef": {"name": "a"}}, "its pass phrase is a parameter"),
        ({"address": "rtspt://h/1", "type": "http"}, "type http needs"),
        ({"address": "ftp://h/1"}, "type rtsp needs"),
        ({"address": "rtsp://h/1", "encodeType": "vp9"}, "'h264', 'h265', 'mjpeg' or 'mpeg4'"),
        ({"address": "rtsp:///1"}, "type rtsp needs"),
        ({"address": "rtsp://h:x/1"}, "cannot be read as a URL"),
        ({"address": "rtsp://h/cam?user=a&password=hunter2"}, "a password among its parameters"),
        ({"address": "rtsp://h/a b"}, "blank or a control"),
        ({"address": "rtsp://h/a,b"}, "lists split"),
        ({"address": "rtsp://h/1", "type": "file"}, "type file needs"),
        ({"address": "file:///a.mp4"}, "type rtsp needs"),
        ({"address": "file:///a.mp4"}, "for a file write type: file \\[type="),
        ({"address": "file:/a.mp4"}, "for a file write type: file \\[type="),
        ({"address": "file:a.mp4"}, "for a file write type: file and an address such as file:///clips/a.mp4 \\[type="),
        (
            {"address": "file://host/a.mp4"},
            "for a file write type: file and an address such as file:///clips/a.mp4 \\[type=",
        ),
        ({"address": "usb:007"}, "needs an address such as rtsp://host:554/path \\[type="),
        ({"address": "usb:0"}, "write address: usb:0 and type: usb"),
        ({"address": "/dev/video2"}, "write address: usb:2 and type: usb"),
        ({"address": "file:///a.mp4", "type": "file", "credentialsRef": {"name": "a"}}, "no use for credentialsRef"),
        ({"cameraId": "a/b"}, "pattern"),
        ({"width": 8}, "greater than or equal to 16"),
        ({"limits": {"notReachableAfterSeconds": float("nan")}}, "finite"),
    ],
)
def test_cameras_that_cannot_be(spec: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message) as caught:
        camera(**spec)
    assert "pass@" not in str([error["msg"] for error in caught.value.errors()])


@pytest.mark.parametrize(
    "spec",
    [
        {"address": "rtspt://h/1"},
        {"address": "rtspu://h:8554/1", "credentialsRef": {"name": "a"}},
        {"address": "rtsps://h/1", "encodeType": "mpeg4"},
        {"address": "http://h/axis-cgi/mjpg/video.cgi?fps=5", "type": "http", "encodeType": "mjpeg"},
        {"address": "https://h:8443/live.m3u8", "type": "http", "credentialsRef": {"name": "a"}},
        {"address": "rtmp://h/live/1", "type": "rtmp", "credentialsRef": {"name": "a"}},
        {"address": "srt://h:9000?passphrase=${secret:a:password}", "type": "srt"},
        {
            "address": "srt://h:9000?streamid=read:gate:${secret:a:username}:${secret:a:password}&latency=20",
            "type": "srt",
        },
        {"address": "srt://h:9000?streamid=read:gate", "type": "srt"},
    ],
)
def test_cameras_that_can_be(spec: dict[str, Any]) -> None:
    assert camera(**spec).spec.address == spec["address"]


def _with_detector(**detector: Any) -> dict[str, Any]:
    return {"app": {"kind": "reference"}, "reference": {"detector": detector}}


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"node": None}, "neither is given"),
        ({"nodeSelector": {}}, "both are given"),
        ({"cameras": ["a", "a"]}, "'a' is named twice"),
        ({"cameras": ["A"]}, "pattern"),
        ({"image": "-x"}, "pattern"),
        (
            {"container": {"volumes": [{"hostPath": "/a", "mountPath": "/m"}, {"hostPath": "/b", "mountPath": "/m"}]}},
            "two volumes",
        ),
        ({"container": {"env": {"A=B": "c"}}}, "pattern"),
        ({"app": {"kafkaConnectionStr": "kafka"}}, "pattern"),
        ({"app": {"faceConfidenceThreshold": 0}}, "greater than 0"),
        ({"streammux": {"batchSize": 1025}}, "1024"),
        ({"reference": {}}, "reference is for app.kind reference, and this instance is of kind retinaface"),
        (_with_detector(kind="onnx"), "needs the path of its ONNX file"),
        (_with_detector(model="a.onnx"), "a detector of kind motion has no such field; it is for onnx"),
        (_with_detector(minimumConfidence=0.5), "it is for people and onnx"),
        (_with_detector(kind="people", pictureWidth=63), "nobody would ever be found"),
        (_with_detector(kind="people", minimumAreaPercent=1), "it is for motion"),
        (_with_detector(kind="onnx", model="a", scale=0), "greater than 0"),
        ({"app": {"kind": "reference"}, "reference": {"objectsTopic": "a b"}}, "pattern"),
    ],
)
def test_instances_that_cannot_be(spec: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        instance(**spec)


def test_nodes_that_cannot_be() -> None:
    with pytest.raises(ValidationError, match="UUID version 4"):
        node(nodeId="9f1c2d3e-4b5a-1c6d-8e7f-0a1b2c3d4e5f")
    with pytest.raises(ValidationError, match=r"last \(21999\) is below first \(30000\)"):
        node(instancePorts={"first": 30000})
    with pytest.raises(ValidationError, match="pattern"):
        node(publicKey="x")


def test_the_id_of_a_camera_is_its_name_unless_it_has_one() -> None:
    assert camera().camera_id == "one"
    assert camera(cameraId="Cam_7").camera_id == "Cam_7"
    assert node().node_id == NODE_ID


def test_a_document_is_what_was_written() -> None:
    written = {**HEAD, "kind": "Camera", "spec": {"address": "rtsp://10.0.0.1/1", "limits": {"minimumFps": 5.0}}}
    assert Camera.model_validate(written).document() == written


def test_kinds_are_found_by_every_word_for_them() -> None:
    for name, kind in KINDS.items():
        assert {kind_named(word) for word in (name, name.upper(), kind.plural, kind.short_name)} == {kind}
    assert kind_named("pod") is None
    assert all(issubclass(kind, Manifest) for kind in KINDS.values())


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    max_leaves=10,
)


@given(
    st.lists(
        st.sampled_from(["h", "10.0.0.1", ":", "554", "0", "/", "//", "a", ".", "-", "@", "[", "#", "?", "99999"]),
        max_size=8,
    )
)
def test_a_plain_address_is_taken_as_one_that_is_taken_apart(parts: list[str]) -> None:
    rest = "".join(parts)
    assert _is_camera(f"rtsp://{rest}") == _is_camera(f"RTSP://{rest}")  # that one is not plain


def _is_camera(address: str) -> bool:
    try:
        camera(address=address)
    except ValidationError:
        return False
    return True


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), JSON))
def test_a_digest_does_not_depend_on_the_order_of_keys(value: dict[str, Any]) -> None:
    assert digest(dict(reversed(value.items()))) == digest(value)
    assert digest(value).startswith("sha256:")
    assert len(digest(value)) == 71


@given(JSON, JSON)
def test_different_values_have_different_canonical_forms(one: Any, other: Any) -> None:
    assert (canonical_json(one) == canonical_json(other)) == _same(one, other)


def _same(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return repr(one) == repr(other)


def test_a_digest_of_a_model_is_one_of_its_plain_form() -> None:
    assert digest(camera()) == digest(camera().model_dump(mode="json"))
    with pytest.raises(ValueError, match="JSON compliant"):
        digest({"a": float("inf")})


def test_an_instance_runs_once_or_nowhere() -> None:
    assert [instance(**spec).spec.replicas for spec in ({}, {"replicas": 1}, {"replicas": 0})] == [1, 1, 0]
    with pytest.raises(ValidationError, match="2 replicas cannot be: cameras are not shared out over replicas yet"):
        instance(replicas=2)
    for wrong in (-1, "many", 0.5):
        with pytest.raises(ValidationError):
            instance(replicas=wrong)


def test_a_restart_is_wanted_at_a_moment() -> None:
    for moment in ("2026-03-01T12:00:00Z", "2026-03-01T12:00:00.123456+01:00"):
        assert instance(restartedAt=moment).spec.restarted_at == moment
    for wrong in ("now", "2026-03-01", "2026-03-01 12:00:00Z", "2026-03-01T12:00:00Z\n"):
        with pytest.raises(ValidationError):
            instance(restartedAt=wrong)
