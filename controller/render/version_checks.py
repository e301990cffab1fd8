"""Keys that the DeepStream of an instance does not know."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from controller.render.violation import Path, Violation, warning
from crds.dsinstance import DsInstanceSpec
from deepstream.groups import KeyGroup
from deepstream.versions import DsVersion


def check_versions(spec: DsInstanceSpec) -> Iterator[Violation]:
    """The keys of all groups of a manifest but those of nvinfer, which has its own rules."""
    for field in ("deepstream_app", "streammux", "preprocess_configs", "message_brokers", "analytics"):
        alias = type(spec).model_fields[field].alias or field
        yield from _below(getattr(spec, field), ("spec", alias), spec.deepstream)


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
    fields = {declared.name: name for name, declared in group.keys().items()}
    for name in group.extra_keys:
        place = (*path, "extraKeys", name)
        field = fields.get(name)
        if field is None:
            message = f"DeepStream {version} is not known to read such a key here; it is written as it is"
        else:
            alias = type(group).model_fields[field].alias or field
            message = f"{alias} is the field for this key; as long as that is not given, this is written as it is"
            if getattr(group, field) not in (None, {}):
                message = f"{alias} is given too, and is what is written: remove this"
        yield warning(place, message)
