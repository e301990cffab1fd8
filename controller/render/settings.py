"""The settings of a resolved instance: what people are shown, and what changes are told from.

A field stands here when the app is told of it: what another kind of app would read changes nothing, and restarts
nothing. What the kind or the release decides stands here resolved, so that saying the same changes nothing either.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from controller.render.resolved import ResolvedInstance
from crds.app_kind import AppKind
from crds.camera import Camera, CameraSpec
from crds.change import ChangeClass, declared_change_class
from crds.digest import digest
from crds.dsinstance import MUXER_OF_APP_CONF, DsInstanceSpec
from crds.reference_app import ReferenceApp
from deepstream.groups import declared_key
from deepstream.retinaface.defaults import APP_DEEPSTREAM
from deepstream.retinaface.inference import InferenceChain
from deepstream.retinaface.source_list import NEWEST_RELEASE
from deepstream.versions import DsVersion

_OF_ALL_KINDS: Final = frozenset({"camera_id", "address", "credentials_ref", "type", "width", "height"})
_OF_SOURCE_LIST: Final = frozenset({"encode_type", "visual"})
_OF_PIPELINE_FILE: Final = frozenset({"frame_delay_seconds"})
_DEFAULT_CHAIN: Final = InferenceChain()
_DEFAULT_REFERENCE: Final = ReferenceApp()
_TAKEN_AWAY: Final = "taken away"
"""Stands for a key that the app's own values have and this instance has not."""
_UNSAID: Final = {
    AppKind.RETINAFACE: (APP_DEEPSTREAM,),
    # The default was 9.1, whose rules are those of 9.2: records of before it moved stay what they are.
    AppKind.DEEPSTREAM_APP: (DsVersion.V9_1, DsVersion.V9_2),
}
"""Releases that go without saying."""
_SECTIONS: Final = frozenset({"analytics", "alerts", "messages"})

# The id stands beside it, as it is even when the manifest leaves it to the name.
_NOT_STREAMED: Final = {
    "camera_id",
    *_OF_PIPELINE_FILE,
    *(name for name, field in CameraSpec.model_fields.items() if declared_change_class(field) is ChangeClass.NONE),
}


def camera_settings(resolved: ResolvedInstance) -> dict[str, Any]:
    """What the app is told of each camera, by name, in the words of manifests."""
    fields = _of_camera(resolved)
    return {camera.name: _camera_settings(camera, fields) for _, camera in resolved.cameras}


def streams(resolved: ResolvedInstance) -> list[list[Any]]:
    """What the app is told of where each camera is and how it sends, with its slot."""
    fields = set(_of_camera(resolved) - _NOT_STREAMED - _SECTIONS)
    return [
        [slot, camera.name, camera.camera_id, camera.spec.model_dump(mode="json", include=fields | _of_device(camera))]
        for slot, camera in resolved.cameras
    ]


def _of_device(camera: Camera) -> set[str]:
    """What only cameras of a machine have: where it says nothing, nothing is another than before the field was there."""
    return {"capture"} if camera.spec.capture is not None else set()


def instance_settings(spec: DsInstanceSpec) -> dict[str, Any]:
    """What the app is told besides, in the words of manifests."""
    match spec.app.kind:
        case AppKind.DEEPSTREAM_APP:
            found = {"app": _plain(spec.app, include={"kind"}), **_groups_of_deepstream_app(spec)}
        case AppKind.RETINAFACE:
            found = {"app": _plain(spec.app), "inference": _beside_defaults(_DEFAULT_CHAIN, spec.inference)}
        case AppKind.REFERENCE:
            app = {**_plain(spec.app), "release": NEWEST_RELEASE.value}
            found = {"app": app, "reference": _reference_settings(spec.reference)}
    if spec.app.kind is not AppKind.DEEPSTREAM_APP:
        found["streammux"] = _plain(spec.streammux, include=set(MUXER_OF_APP_CONF))
    if spec.app.kind is not AppKind.REFERENCE and spec.deepstream not in _UNSAID[spec.app.kind]:
        found["dsVersion"] = spec.deepstream.value
    if spec.app.kind is not AppKind.RETINAFACE and spec.analytics is not None:
        found["analytics"] = _given(spec.analytics)
    if spec.engine_cache is not None:
        found["engineCache"] = _plain(spec.engine_cache)
    if spec.files:
        found["files"] = {name: digest(text) for name, text in spec.files.items()}
    return found


def _reference_settings(app: ReferenceApp) -> Any:
    """What differs from the defaults, and from those of the kind of detector."""
    return _beside_defaults(_DEFAULT_REFERENCE, app.model_copy(update={"detector": app.detector.without_defaults}))


def _groups_of_deepstream_app(spec: DsInstanceSpec) -> dict[str, Any]:
    names = ("streammux", "deepstream_app", "infer_configs", "preprocess_configs", "message_brokers")
    return {to_camel(name): _without_secrets(value) for name in names if (value := getattr(spec, name))}


def _of_camera(resolved: ResolvedInstance) -> frozenset[str]:
    kind = resolved.instance.spec.app.kind
    return (
        _OF_ALL_KINDS
        | (_OF_SOURCE_LIST if kind is not AppKind.DEEPSTREAM_APP else frozenset())
        | (_OF_PIPELINE_FILE if kind is AppKind.REFERENCE else frozenset())
        | ({"analytics"} if resolved.analytics is not None else frozenset())
        | ({"alerts"} if kind is AppKind.REFERENCE else frozenset())
        | ({"messages"} if resolved.msgconv is not None else frozenset())
    )


def _camera_settings(camera: Camera, fields: frozenset[str]) -> dict[str, Any]:
    """The spec as people wrote it, for naming what changed; limits are the agent's and stand apart."""
    spec = camera.spec
    shown = {**_plain(spec, include=set(fields - _SECTIONS) | _of_device(camera)), "cameraId": camera.camera_id}
    if spec.frame_delay_seconds == 0:
        shown.pop("frameDelaySeconds", None)  # what only one kind of app is told is no difference to another kind
    if "analytics" in fields and spec.analytics is not None:
        shown["analytics"] = _given(spec.analytics)
        if spec.frame is not None:
            # The points are scaled from it, wherever it was said.
            shown["analytics"]["frame"] = {"width": spec.frame.width, "height": spec.frame.height}
    if "alerts" in fields and spec.alerts:
        shown["alerts"] = {name: _given(rule) for name, rule in spec.alerts.items()}
    if "messages" in fields and spec.messages is not None:
        shown["messages"] = _given(spec.messages)
    return shown


def _beside_defaults(default: Any, value: Any) -> Any:
    """What differs from a default, key by key: records stay small, and a network that is left alone is not listed."""
    if isinstance(value, BaseModel):
        names = {name: field.alias or name for name, field in type(value).model_fields.items()}
        pairs = {alias: (getattr(default, name), getattr(value, name)) for name, alias in names.items()}
    elif isinstance(value, Mapping):
        pairs = {str(name): (default.get(name), value.get(name)) for name in {**default, **value}}
    else:
        return _json(value)
    return {
        name: _TAKEN_AWAY
        if mine is None
        else _without_secrets(mine)
        if theirs is None
        else _beside_defaults(theirs, mine)
        for name, (theirs, mine) in pairs.items()
        if mine != theirs
    }


def _plain(model: BaseModel, *, include: set[str] | None = None) -> dict[str, Any]:
    """The fields that have a value, as manifests write them."""
    return model.model_dump(mode="json", by_alias=True, exclude_none=True, include=include)


def _given(groups: BaseModel) -> dict[str, Any]:
    """What was said in groups of keys whose defaults are nothing, as manifests write it."""
    return groups.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _without_secrets(value: Any) -> Any:
    """Groups as manifests write them, with digests for secrets, which still tell that one changed."""
    if isinstance(value, BaseModel):
        shown = {}
        for name, field in type(value).model_fields.items():
            inner = getattr(value, name)
            if inner is None or (not inner and isinstance(inner, Mapping)):
                continue
            key = declared_key(field)
            secret = key is not None and key.secret
            shown[field.alias or name] = digest(_json(inner)) if secret else _without_secrets(inner)
        return shown
    if isinstance(value, Mapping):
        return {str(name): _without_secrets(one) for name, one in value.items()}
    return _json(value)


def _json(value: Any) -> Any:
    """Values of keys as JSON has them."""
    if isinstance(value, tuple | list):
        return [_json(one) for one in value]
    return value.value if isinstance(value, Enum) else value
