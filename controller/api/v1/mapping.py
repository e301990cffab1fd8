"""From manifests to rows and back. Pure: the one place that knows which field of one is which field of the other."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from controller.api.v1.camera_login import login_fields, spec_fields
from controller.api.v1.records import READ_ONLY
from controller.api.v1.refused import FieldRefused
from controller.picture.conditions import Document
from controller.picture.store import object_uid
from crds.annotations import DISPLAY_NAME
from crds.camera import CameraSpec
from crds.deepstream_app import StreammuxSettings
from crds.document import API_VERSION
from crds.dsinstance import AppSettings

_NAME: Final = re.compile(r"(?=.{1,63}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_LONGEST_SLUG: Final = 50
_DIGITS_OF_A_NUMBER: Final = 12

Path = tuple[str, ...]
Fields = Mapping[str, Any]
_CAMERA: Final[Mapping[str, Path]] = {name: (name,) for name in ("encodeType", "type", "width", "height")}
_AGENT: Final[Mapping[str, Path]] = {"ip_address": ("address",), "hostname": ("hostname",), "node_id": ("nodeId",)}
_INSTANCE: Final[Mapping[str, Path]] = {
    "app_type": ("app", "appType"),
    "face_raw_meta_topic": ("app", "faceRawMetaTopic"),
    "mot_raw_meta_topic": ("app", "motRawMetaTopic"),
    "visual_topic": ("app", "visualTopic"),
    "kafka_connection_str": ("app", "kafkaConnectionStr"),
    "streammux_output_width": ("streammux", "width"),
    "streammux_output_height": ("streammux", "height"),
    "streammux_batch_size": ("streammux", "batchSize"),
    "streammux_buffer_pool": ("streammux", "bufferPool"),
    "streammux_nvbuf_memory_type": ("streammux", "nvbufMemoryType"),
    "face_confidence_threshold": ("app", "faceConfidenceThreshold"),
    "mot_confidence_threshold": ("app", "motConfidenceThreshold"),
    "image": ("image",),
}
_LOGIN: Final = ("ip_address", "username", "password")
_DEFAULTS: Final[Document] = {
    "app": AppSettings().model_dump(mode="json", by_alias=True),
    "streammux": StreammuxSettings().model_dump(mode="json", by_alias=True),
    **{
        name: CameraSpec.model_fields[field].default
        for name, field in (("encodeType", "encode_type"), ("type", "type"))
    },
}
OF_A_NEW_CAMERA: Final[Fields] = {"encodeType": "h265"}
"""What the coordinator took for what a body left out, where that is not the default of the kind."""
PATHS: Final[Mapping[str, Mapping[str, Path]]] = {"Camera": _CAMERA, "Node": _AGENT, "DsInstance": _INSTANCE}
CALLED: Final[Mapping[str, str]] = {"Camera": "camera_id", "Node": "agent_name", "DsInstance": "instance_name"}
"""The field that says what a row is called, by kind."""


def number_of(kind: str, name: str) -> int:
    """The number of a row. It needs no memory, and fits into what JSON numbers can hold everywhere."""
    return int(object_uid(kind, name).replace("-", "")[:_DIGITS_OF_A_NUMBER], 16)


def name_for(called: str) -> str:
    """The name of the object of something that is called so: that itself where it can be one, else one that tells of it."""
    if _NAME.fullmatch(called):
        return called
    slug = re.sub(r"[^a-z0-9]+", "-", called.lower()).strip("-")[:_LONGEST_SLUG].strip("-")
    return f"{slug or 'x'}-{hashlib.sha256(called.encode()).hexdigest()[:6]}"


def called(document: Document) -> str:
    """What an object is called."""
    name: str = document["metadata"]["name"]
    if document["kind"] == "Camera":
        return str(document.get("spec", {}).get("cameraId") or name)
    return str((document["metadata"].get("annotations") or {}).get(DISPLAY_NAME) or name)


# --- to rows --------------------------------------------------------------------------------------------------------------


def own_fields(document: Document) -> dict[str, Any]:
    """The fields of the row of an object that its manifest says."""
    kind, spec = document["kind"], document["spec"]
    fields: dict[str, Any] = {CALLED[kind]: called(document)}
    if kind == "Camera":
        fields |= login_fields(spec)
    return fields | {field: _at(spec, path) for field, path in PATHS[kind].items()}


def camera_record(document: Document, instance: str | None, node: str | None) -> dict[str, Any]:
    """The row of a camera.

    Args:
        document: the object as it is shown.
        instance: the name of the instance that it is given to.
        node: where that is.
    """
    status = document.get("status", {})
    own = own_fields(document)
    return {
        **_numbers(document, agent_id=("Node", node), dsInstance_id=("DsInstance", instance)),
        **own,
        "ready": status.get("ready"),
        "reason": status.get("reason"),
    }


def agent_record(document: Document) -> dict[str, Any]:
    """The row of a machine."""
    connected = document.get("status", {}).get("phase") in ("Ready", "NotReady")
    return {**_numbers(document), **own_fields(document), "connected": connected}


def instance_record(document: Document) -> dict[str, Any]:
    """The row of an instance."""
    status = document.get("status", {}).get("phase") or ""
    return {**_numbers(document, agent_id=("Node", node_of(document))), **own_fields(document), "status": status}


def node_of(document: Document) -> str | None:
    """The name of the node that an instance is on, or is to be on."""
    node: str | None = document["spec"].get("node") or document.get("status", {}).get("node")
    return node


def _numbers(document: Document, **others: tuple[str, str | None]) -> dict[str, int | None]:
    own = number_of(document["kind"], document["metadata"]["name"])
    return {"id": own} | {
        field: None if name is None else number_of(kind, name) for field, (kind, name) in others.items()
    }


def _at(spec: Any, path: Path) -> Any:
    default: Any = _DEFAULTS
    for name in path:
        default = default.get(name) if isinstance(default, dict) else None
        spec = spec.get(name, default) if isinstance(spec, dict) else default
    return spec


# --- to manifests ---------------------------------------------------------------------------------------------------------


def with_fields(document: Document, fields: Fields) -> Document:
    """An object with the values of a row; what the row leaves out stays, and null takes a value away.

    Args:
        document: the object as it is; of a new one kind and name.
        fields: of the row; those that are only read are passed over.

    Raises:
        FieldRefused: a value cannot be.
    """
    kind, spec = document["kind"], dict(document.get("spec", {}))
    given = {name: value for name, value in fields.items() if name not in READ_ONLY}
    metadata = document["metadata"]
    if (name := given.get(CALLED[kind])) is not None:
        metadata, spec = _with_call(document, spec, name)
    if kind == "Camera" and any(name in given for name in _LOGIN):
        now = login_fields(spec) if "address" in spec else {}
        ip_address, username, password = ({**now, **given}.get(name) for name in _LOGIN)
        if not ip_address:
            raise FieldRefused("ip_address", "is needed")
        for name, value in spec_fields(ip_address, username, password).items():
            _put(spec, (name,), value)
    for field, path in PATHS[kind].items():
        if field in given:
            _put(spec, path, given[field])
    return {**document, "metadata": metadata, "spec": spec}


def new_object(kind: str, fields: Fields) -> Document:
    """A new object for a row, without what only the fleet can tell.

    Raises:
        FieldRefused: it is called nothing, or a value cannot be.
    """
    name = fields.get(CALLED[kind])
    if not name:
        raise FieldRefused(CALLED[kind], "is needed")
    document = {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name_for(name)}, "spec": {}}
    if kind == "Camera":
        fields = {**OF_A_NEW_CAMERA, "ip_address": None, **fields}
    made = with_fields(document, fields)
    if kind == "DsInstance":
        made["spec"]["nodeSelector"] = {}
    return made


def joining(document: Document, waiting: Iterable[Document]) -> Document:
    """A new node with what its agent said of itself, when one that asks to join is at its address.

    Args:
        document: the node as the row says it.
        waiting: the nodes that are shown and in no manifest.

    Raises:
        FieldRefused: the row does not say which agent it is, and none is there, or several.
    """
    spec = {name: value for name, value in document["spec"].items() if value != ""}
    if not spec.get("nodeId"):
        found = [one["spec"] for one in waiting if _is_at(one, spec.get("address"), spec.get("hostname"))]
        if len(found) != 1:
            what = "none" if not found else f"{len(found)} agents"
            raise FieldRefused("node_id", f"is needed: {what} that asks to join has greeted from that address")
        spec = {name: value for name, value in found[0].items() if value is not None} | spec
    if not spec.get("hostname") and spec.get("address"):
        spec["hostname"] = spec["address"]
    return {**document, "spec": spec}


def with_camera(instance: Document, camera: str) -> Document:
    """An instance that names a camera."""
    cameras = instance["spec"].get("cameras") or []
    if camera in cameras:
        return instance
    return {**instance, "spec": {**instance["spec"], "cameras": [*cameras, camera]}}


def without_camera(instance: Document, camera: str) -> Document:
    """An instance that does not name a camera."""
    cameras = instance["spec"].get("cameras") or []
    if camera not in cameras:
        return instance
    return {**instance, "spec": {**instance["spec"], "cameras": [one for one in cameras if one != camera]}}


def on_node(instance: Document, node: str | None) -> Document:
    """An instance that is to run on a node; for None on any: it stays where it is, if it is anywhere."""
    spec = {name: value for name, value in instance["spec"].items() if name != "node"}
    if node is None:
        return {**instance, "spec": {"nodeSelector": {}} | spec}
    spec.pop("nodeSelector", None)
    return {**instance, "spec": {**spec, "node": node}}


def _is_at(waiting: Document, address: str | None, hostname: str | None) -> bool:
    spec = waiting["spec"]
    return bool(address and spec.get("address") == address) or bool(hostname and spec.get("hostname") == hostname)


def _with_call(document: Document, spec: Document, name: str) -> tuple[Document, Document]:
    """Metadata and spec of an object that is to be called so."""
    metadata, is_its_name = dict(document["metadata"]), name == document["metadata"]["name"]
    if document["kind"] == "Camera":
        _put(spec, ("cameraId",), None if is_its_name else name)
        return metadata, spec
    annotations = dict(metadata.get("annotations") or {})
    _put(annotations, (DISPLAY_NAME,), None if is_its_name else name)
    if annotations or "annotations" in metadata:
        metadata["annotations"] = annotations
    return metadata, spec


def _put(spec: Document, path: Path, value: Any) -> None:
    name, *below = path
    if below:
        part = dict(spec.get(name) or {})
        _put(part, tuple(below), value)
        if part or name in spec:
            spec[name] = part
    elif value is None:
        spec.pop(name, None)
    else:
        spec[name] = value
