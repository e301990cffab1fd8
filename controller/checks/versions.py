"""Keys that the DeepStream of an instance does not know."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from controller.checks.violation import Path, Violation, error, warning
from crds.dsinstance import DsInstanceSpec
from deepstream.groups import KeyGroup
from deepstream.keyfile_values import read
from deepstream.near_miss import nearest
from deepstream.nvinfer.config import InferConfig
from deepstream.versions import DsVersion


def check_versions(spec: DsInstanceSpec) -> Iterator[Violation]:
    """The keys of all groups of a manifest; of those of nvinfer, which has rules of its own, known extra keys only."""
    for name, config in spec.infer_configs.items():
        yield from check_extra_keys_of_infer(config, ("spec", "inferConfigs", name))
    for field in ("deepstream_app", "streammux", "preprocess_configs", "message_brokers", "analytics"):
        alias = type(spec).model_fields[field].alias or field
        yield from _below(getattr(spec, field), ("spec", alias), spec.deepstream)


def check_extra_keys_of_infer(config: InferConfig, path: Path) -> Iterator[Violation]:
    """Keys of nvinfer that were put among the extra ones, where no rule looks at them."""
    groups = [("property", config.property), *((f"classAttrs/{name}", one) for name, one in config.class_attrs.items())]
    for where, group in groups:
        for name in group.extra_keys:
            field = field_of_extra_key(group, name)
            if field is not None:
                yield _known_key(group, field, (*path, *where.split("/")), name)
            elif near := _meant(group, name):
                message = f"nvinfer does not know this key, and goes on without it{near}"
                yield warning((*path, *where.split("/"), "extraKeys", name), message)


def _below(value: Any, path: Path, version: DsVersion) -> Iterator[Violation]:
    if isinstance(value, KeyGroup):
        yield from _of_group(value, path, version)
    elif isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            yield from _below(getattr(value, name), (*path, field.alias or name), version)
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield from _below(one, (*path, str(name)), version)


def _of_group(group: KeyGroup, path: Path, version: DsVersion) -> Iterator[Violation]:
    for name, declared in group.keys().items():
        if getattr(group, name) in (None, {}):
            continue
        alias = type(group).model_fields[name].alias or name
        if not version.has(declared.since):
            message = f"DeepStream {version} goes on without this key: it came with {declared.since}"
            yield warning((*path, alias), message)
        elif not version.has(None, declared.until):
            message = f"DeepStream {version} makes no use of this key: {declared.until} was the last"
            yield warning((*path, alias), message)
    for name in group.extra_keys:
        known = field_of_extra_key(group, name)
        if known is None:
            message = f"DeepStream {version} is not known to read such a key here; it is written as it is{_meant(group, name)}"
            yield warning((*path, "extraKeys", name), message)
        else:
            yield _known_key(group, known, path, name)


def field_of_extra_key(group: KeyGroup, name: str) -> str | None:
    """The field that stands for a key that was put among the extra ones."""
    return next((field for field, declared in group.keys().items() if declared.name == name), None)


def _meant(group: KeyGroup, name: str) -> str:
    """A question after the field that was probably meant."""
    near = nearest(name, group.names())
    field = field_of_extra_key(group, near) if near is not None else None
    return f"; did you mean {type(group).model_fields[field].alias or field}?" if field is not None else ""


def _known_key(group: KeyGroup, field: str, path: Path, name: str) -> Violation:
    alias = type(group).model_fields[field].alias or field
    place = (*path, "extraKeys", name)
    if getattr(group, field) not in (None, {}):
        return warning(place, f"{alias} is given too, and is what is written: remove this")
    batch_of_muxer = path == ("spec", "streammux") and name == "batch-size"
    if _takes(type(group), field, group.extra_keys[name]) and not batch_of_muxer:
        return error(
            place, f"{alias} is the field for this key, and what is written here escapes all rules: write {alias}"
        )
    return warning(place, f"{alias} is the field for this key; as long as that is not given, this is written as it is")


def _takes(model: type[KeyGroup], field: str, raw: str) -> bool:
    try:
        model.model_validate({field: read(model.keys()[field].reader, raw)})
    except ValueError:
        return False
    return True
