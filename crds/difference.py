"""What differs between two forms of one instance, in the words of the manifests, and how that is applied.

The planner shows it, the agent acts on it: one function, so that the plan cannot promise less than what the agent does.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from crds.app_kind import AppKind
from crds.camera import CameraSpec
from crds.change import ChangeClass, change_class_of, fields_along
from crds.container import ContainerSettings
from crds.dsinstance import DsInstanceSpec
from crds.env_secrets import without_references
from crds.instance_config import InstanceConfig
from crds.secret_forms import secrets_in_line
from crds.secret_names import is_in_clear, is_secret_variable
from deepstream.groups import declared_key

# deepdiff takes numpy where it finds it, for values that ours never are: 12 MiB in every agent that has changed an instance.
_NUMPY = sys.modules.get("numpy")
sys.modules["numpy"] = _NUMPY  # type: ignore[assignment]  # None: it cannot be imported
from deepdiff import DeepDiff  # noqa: E402 - see above
from deepdiff.model import DiffLevel  # noqa: E402 - see above

if _NUMPY is None:
    del sys.modules["numpy"]

_LONGEST_VALUE = 60
_OF_THE_CONTAINER = ("image", "app_kind", "rest_port", "container", "engine_cache_path")
"""What the digest of the container is over."""


@dataclass(frozen=True)
class FieldChange:
    """One changed field."""

    path: str
    """As the manifest writes it, such as `spec.app.motConfidenceThreshold` or `camera/dock spec.address`."""
    before: str
    after: str
    change_class: ChangeClass
    """What the app makes of it, see `AppKind.effective`."""

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.path}: {self.before} -> {self.after} ({self.change_class})"


@dataclass(frozen=True)
class Difference:
    """All that differs between two forms of one instance."""

    fields: tuple[FieldChange, ...]

    @property
    def change_class(self) -> ChangeClass:
        """The dearest class of all changed fields; NONE when nothing differs."""
        return max((field.change_class for field in self.fields), key=lambda one: one.rank, default=ChangeClass.NONE)


def difference(before: InstanceConfig, after: InstanceConfig) -> Difference:
    """What differs between what was applied and what is desired, sorted by path.

    A section of the spec that this version does not know replaces the container: it may stand for anything.
    """
    if before.digest == after.digest:
        return Difference(())
    return Difference((*_differing(before, after), *_hold_change(before, after)))


def _differing(before: InstanceConfig, after: InstanceConfig) -> tuple[FieldChange, ...]:
    told = _is_told(before, after)
    fields = sorted(_field_changes(before, after, told=told), key=lambda field: field.path)
    if not told:
        # Nothing that the app reads is another: a default that was written out, say.
        return tuple(_untold(field) for field in fields)
    rebuild = after.app_kind.effective(ChangeClass.REBUILD_ENGINE)
    if _other_engines(before, after) and all(field.change_class is not rebuild for field in fields):
        # The engine follows from other values: the batch of the muxer, say, that replaces the one of the model.
        fields.append(FieldChange("TensorRT engines", "built", "to be built anew", rebuild))
    elif not fields:
        # A newer renderer writes the same settings differently.
        change_class = after.app_kind.effective(ChangeClass.RESTART)
        fields = [FieldChange("rendered files", "old form", "new form", change_class)]
    return tuple(fields)


def _hold_change(before: InstanceConfig, after: InstanceConfig) -> tuple[FieldChange, ...]:
    """Whoever holds or releases an instance touches nothing."""
    if before.hold == after.hold:
        return ()
    return (FieldChange("hold", str(before.hold or "none"), str(after.hold or "none"), ChangeClass.NONE),)


def difference_to_apply(before: InstanceConfig, after: InstanceConfig) -> Difference:
    """The same as an agent of this version can apply it: nothing, while neither the files nor the container are others.

    What it does not know stands for nothing then: a newer controller writes out its defaults, also in sections and at
    the top of the spec, and an agent has nothing that it could give to an app but these two.
    """
    found = difference(before, after)
    if _is_told(before, after):
        return found
    return Difference(tuple(replace(field, change_class=ChangeClass.NONE) for field in found.fields))


def _field_changes(before: InstanceConfig, after: InstanceConfig, *, told: bool) -> Iterator[FieldChange]:
    # Sections are filled in where something differs: that takes longer than all else here.
    old, new = _without_what_is_alike(_comparable(before), _comparable(after))
    old, new = _without_what_is_alike(_with_all_sections(old), _with_all_sections(new))
    delta = DeepDiff(old, new, view="tree", ignore_order=False, threshold_to_diff_deeper=0)
    for changed in delta.values():
        for level in changed:
            if not _is_only_written_out(level):
                yield _field_change(level, before, after, told=told)


def _without_what_is_alike(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Both without the keys under which they say the same: DeepDiff looks at all that it is given, slowly."""
    old, new = dict(before), dict(after)
    for key in before.keys() & after.keys():
        one, other = before[key], after[key]
        if isinstance(one, dict) and isinstance(other, dict):
            one, other = _without_what_is_alike(one, other)
            old[key], new[key] = one, other
        # Not what is equal: to Python 1 is 1.0, and True.
        if one is other or (type(one) is type(other) and repr(one) == repr(other)):
            del old[key], new[key]
    return old, new


def _is_only_written_out(level: DiffLevel) -> bool:
    """Whether one side says what the other leaves to the default: as two versions of the renderer do."""
    _, model, fields = _field(level.path(output_format="list"))
    said = level.t2 if _is_nothing(level.t1) else level.t1 if _is_nothing(level.t2) else None
    return said is not None and is_default(model, fields, said)


def is_default(model: type[BaseModel], path: Sequence[str | int], value: Any) -> bool:
    """Whether a value, as settings show it, is what holds when its field is not given; False for an unknown field."""
    found = list(fields_along(model, path))
    if not found or path[-1] != found[-1].alias or found[-1].is_required():
        return False
    default = found[-1].get_default(call_default_factory=True)
    return bool(to_jsonable_python(default, by_alias=True, exclude_none=True) == value)


def _field_change(level: DiffLevel, before: InstanceConfig, after: InstanceConfig, *, told: bool) -> FieldChange:
    path: list[Any] = level.path(output_format="list")
    written, model, fields = _field(path)
    match path:
        case ["rest_port"]:
            declared = ChangeClass.RECREATE
        case ["cameras", _, "slot"]:
            declared = _class_of_slots(before, after)
        case ["cameras", _, "limits", *_] if after.app_kind is not AppKind.REFERENCE:
            declared = ChangeClass.NONE  # the agent judges by them, and other apps are not told
        case ["image"] | ["container", "gpus" | "runtime", *_] if _other_engines(before, after):
            declared = ChangeClass.REBUILD_ENGINE
        case _:
            classes = (_class_of(model, inner, told=told) for inner in _leaves(level, fields))
            declared = max(classes, key=lambda one: one.rank)
    shown = partial(_shown, model, fields)
    before_it, after_it = (_default_of(model, fields) if _is_nothing(one) else one for one in (level.t1, level.t2))
    return FieldChange(written, shown(before_it), shown(after_it), after.app_kind.effective(declared))


def _default_of(model: type[BaseModel], path: list[Any]) -> Any:
    """What holds when a plain field is not given; None for sections, lists, and keys of mappings."""
    found = list(fields_along(model, path))
    if not found or path[-1] != found[-1].alias:
        return None
    default = found[-1].default
    return default if isinstance(default, bool | int | float | str) else None


def _untold(field: FieldChange) -> FieldChange:
    """A change that does not reach the app; what only another version knows still replaces the container."""
    return field if field.change_class is ChangeClass.RECREATE else replace(field, change_class=ChangeClass.NONE)


def _is_told(before: InstanceConfig, after: InstanceConfig) -> bool:
    """Whether the app finds other files, or runs in another container."""
    return before.digests.files != after.digests.files or _is_another_container(before, after)


def _is_another_container(before: InstanceConfig, after: InstanceConfig) -> bool:
    """Whether it is made differently, as far as this version knows: what it does not know it could not give to it."""
    if before.digests.container == after.digests.container:
        return False
    return any(getattr(before, name) != getattr(after, name) for name in _OF_THE_CONTAINER)


def _other_engines(before: InstanceConfig, after: InstanceConfig) -> bool:
    """Whether an app that built engines builds others: those of one TensorRT are of no use to another."""
    return bool(before.digests.engines and after.digests.engines) and before.digests.engines != after.digests.engines


def _class_of_slots(before: InstanceConfig, after: InstanceConfig) -> ChangeClass:
    """Apps that know no slots are not told of them: what stands in none of their files does not reach them."""
    if before.digests.files == after.digests.files:
        return ChangeClass.NONE
    return change_class_of(DsInstanceSpec, ("cameras",))


def _comparable(config: InstanceConfig) -> dict[str, Any]:
    cameras = _mapping(config.settings.get("cameras"))
    return {
        "image": config.image,
        "rest_port": config.rest_port,
        "restartedAt": config.restarted_at or None,
        "container": config.container.model_dump(mode="json", by_alias=True),
        "settings": {key: value for key, value in config.settings.items() if key != "cameras"},
        "cameras": {
            one.name: {
                **_mapping(cameras.get(one.name)),
                "slot": one.slot,
                "exclusive": one.exclusive,
                "limits": one.limits.model_dump(mode="json", by_alias=True),
            }
            for one in config.cameras
        },
    }


def _mapping(value: Any) -> dict[str, Any]:
    """What another version wrote there, if that is a mapping: settings are not checked when they are read."""
    return value if isinstance(value, dict) else {}


def _with_all_sections(compared: Mapping[str, Any]) -> dict[str, Any]:
    """What is left of two that are compared, with the sections that were left out."""
    whole = dict(compared)
    if "settings" in whole:
        whole["settings"] = _with_sections(DsInstanceSpec, whole["settings"])
    if "cameras" in whole:
        whole["cameras"] = {name: _with_sections(CameraSpec, one) for name, one in whole["cameras"].items()}
    return whole


def _with_sections(model: type[BaseModel], settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with an empty mapping for each section that is always there and was left out, being all defaults.

    A field that leaves its default in it is then told by its own name.
    """
    given = dict(settings)
    for name, field in model.model_fields.items():
        key, section = field.alias or name, _section(field.annotation)
        if section is not None and section is field.annotation:
            given.setdefault(key, {})
        if section is not None and isinstance(given.get(key), dict):
            given[key] = _with_sections(section, given[key])
    return given


def _section(annotation: Any) -> type[BaseModel] | None:
    """The model that a field holds, or holds at most."""
    candidates = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    return next((one for one in candidates if isinstance(one, type) and issubclass(one, BaseModel)), None)


def _field(path: list[Any]) -> tuple[str, type[BaseModel], list[Any]]:
    """The path as manifests write it, and the model that its fields stand in, with the path from there."""
    section, *rest = path
    match section:
        case "rest_port":
            return "REST port", DsInstanceSpec, []
        case "container":
            return _written("spec.container", rest), ContainerSettings, rest
        case "cameras" if rest[1:] == ["slot"]:
            return f"camera/{rest[0]} slot", CameraSpec, []
        case "cameras" if len(rest) > 1:
            return _written(f"camera/{rest[0]} spec", rest[1:]), CameraSpec, rest[1:]
        case "cameras":
            return f"camera/{rest[0]}", DsInstanceSpec, ["cameras"]
        case _:
            fields = rest if section == "settings" else path
            return _written("spec", fields), DsInstanceSpec, fields


def _class_of(model: type[BaseModel], path: list[Any], *, told: bool) -> ChangeClass:
    """The declared class; what this version does not know (records of another one) replaces the container.

    But for a field in a section that it knows, while the app is told nothing else: defaults are written out there.
    """
    try:
        return change_class_of(model, path)
    except KeyError:
        in_known_section = model is CameraSpec or any(fields_along(model, path[:1]))
        return ChangeClass.NONE if in_known_section and not told else ChangeClass.RECREATE


def _leaves(level: DiffLevel, path: list[Any]) -> list[list[Any]]:
    """The paths of all values that came, went or changed: a section that comes as a whole may need an engine."""
    if path == ["cameras"]:
        return [path]
    return [leaf for value in (level.t1, level.t2) for leaf in _paths(value, path)] or [path]


def _paths(value: Any, path: list[Any]) -> Iterator[list[Any]]:
    if isinstance(value, dict | list):
        for part, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _paths(inner, [*path, part])
    elif not _is_nothing(value):
        yield path


def _written(prefix: str, path: list[Any]) -> str:
    return prefix + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)


def _is_secret(model: type[BaseModel], path: list[Any]) -> bool:
    return any(key.secret for field in fields_along(model, path) if (key := declared_key(field)))


def _shown(model: type[BaseModel], path: list[Any], value: Any) -> str:
    """A value for people: what ran before may hold what no manifest may hold any more."""
    words = [value] if isinstance(value, str) else value if isinstance(value, list) else ()
    texts = [line for one in words if isinstance(one, str) for line in without_references(one).split("\n")]
    name = str(path[-1]) if path else ""
    in_clear = is_secret_variable(name) and any(is_in_clear(name, text) for text in texts)
    if _is_secret(model, path) or in_clear or any(map(secrets_in_line, texts)):
        return _hidden(value)
    return _value(value)


def _hidden(value: Any) -> str:
    return "none" if _is_nothing(value) else "hidden"


def _value(value: Any) -> str:
    if _is_nothing(value):
        return "none"
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(one, dict) for one in value)):
        return "present"
    text = str(value).lower() if isinstance(value, bool) else str(value)  # true and false as YAML writes them
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def _is_nothing(value: Any) -> bool:
    """None, or what DeepDiff puts in the place of a value that is not there."""
    return value is None or type(value).__name__ == "NotPresent"
