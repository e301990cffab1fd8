"""What differs between two forms of one instance, in the words of the manifests, and how that is applied.

The planner shows it, the agent acts on it: one function, so that the plan cannot promise what the agent does not do.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from deepdiff import DeepDiff
from deepdiff.model import DiffLevel

from crds.camera import CameraSpec
from crds.change import ChangeClass, change_class_of
from crds.document import ManifestModel
from crds.dsinstance import ContainerSettings, DsInstanceSpec
from crds.messages import InstanceConfig

_LONGEST_VALUE = 60


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
    """What differs between what was applied and what is desired, sorted by path."""
    if before.digest == after.digest:
        return Difference(())
    fields = sorted(_field_changes(before, after), key=lambda field: field.path)
    if not fields and before.digests.files != after.digests.files:
        # A newer renderer writes the same settings differently.
        change_class = after.app_kind.effective(ChangeClass.RESTART)
        fields = [FieldChange("rendered files", "old form", "new form", change_class)]
    return Difference(tuple(fields))


def _field_changes(before: InstanceConfig, after: InstanceConfig) -> Iterator[FieldChange]:
    delta = DeepDiff(
        _comparable(before), _comparable(after), view="tree", ignore_order=False, threshold_to_diff_deeper=0
    )
    for changed in delta.values():
        for level in changed:
            path, declared = _describe(level.path(output_format="list"))
            yield FieldChange(path, _value(level, "t1"), _value(level, "t2"), after.app_kind.effective(declared))


def _comparable(config: InstanceConfig) -> dict[str, Any]:
    return {
        "image": config.image,
        "rest_port": config.rest_port,
        "container": config.container.model_dump(mode="json", by_alias=True),
        "settings": {key: value for key, value in config.settings.items() if key != "cameras"},
        "cameras": {
            one.name: {
                **config.settings.get("cameras", {}).get(one.name, {}),
                "exclusive": one.exclusive,
                "limits": one.limits.model_dump(mode="json", by_alias=True),
            }
            for one in config.cameras
        },
    }


def _describe(path: list[Any]) -> tuple[str, ChangeClass]:
    """The path as manifests write it, and the class that its field declares."""
    section, *rest = path
    match section:
        case "rest_port":
            return "REST port", ChangeClass.RECREATE
        case "container":
            return _written("spec.container", rest), _class_of(ContainerSettings, rest)
        case "cameras" if len(rest) > 1:
            return _written(f"camera/{rest[0]} spec", rest[1:]), _class_of(CameraSpec, rest[1:])
        case "cameras":
            return f"camera/{rest[0]}", _class_of(DsInstanceSpec, ["cameras"])
        case _:
            fields = rest if section == "settings" else path
            return _written("spec", fields), _class_of(DsInstanceSpec, fields)


def _class_of(model: type[ManifestModel], path: list[Any]) -> ChangeClass:
    """The declared class; a field that this version does not know (records of another one) replaces the container."""
    try:
        return change_class_of(model, _attributes(model, path))
    except KeyError:
        return ChangeClass.RECREATE


def _written(prefix: str, path: list[Any]) -> str:
    return prefix + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)


def _attributes(model: type[ManifestModel], path: list[Any]) -> tuple[str, ...]:
    """A path in camelCase as names of attributes, as far as it leads through fields."""
    names: list[str] = []
    inner: Any = model
    for part in path:
        fields = getattr(inner, "model_fields", {})
        name = next((name for name, field in fields.items() if part in (field.alias, name)), None)
        if name is None:
            break
        names.append(name)
        inner = fields[name].annotation
    return tuple(names)


def _value(level: DiffLevel, side: str) -> str:
    value = getattr(level, side)
    text = "none" if value is None or type(value).__name__ == "NotPresent" else str(value)
    if isinstance(value, dict):
        text = "present"
    if isinstance(value, bool):
        text = str(value).lower()  # as YAML writes it
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"
