"""What follows from the spec of an instance alone: the same for all that differ in name, place and cameras only.

A fleet has ten thousand instances and few specs. What is the same is written once, and kept for those that come next.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from controller.render.file_names import DEEPSTREAM_APP_FILE
from controller.render.reference_files import write_pipeline_head
from controller.render.retinaface_files import app_conf_text
from controller.render.settings import instance_settings
from crds.app_kind import AppKind
from crds.camera_limits import CameraLimits
from crds.compact import made_compact
from crds.container import ContainerSettings
from crds.digest import canonical_text
from crds.dsinstance import DsInstance, DsInstanceSpec

_MOST_KNOWN: Final = 64
"""Specs, and limits of cameras: a fleet in which each is its own remembers the newest, for nothing."""
_LARGEST_KNOWN: Final = 16 * 1024
"""Characters of a spec as JSON: one with large files of its own is not kept."""
_OF_ONE: Final = ("node", "nodeSelector", "cameras", "cameraSelector")
"""The fields of a spec that say where one instance is and what it watches: nothing here looks at them."""
_FIELDS_OF_LIMITS: Final = frozenset(CameraLimits.model_fields)


@dataclass(frozen=True)
class ContainerParts:
    """The settings of a container, in the forms that they are needed in."""

    content: dict[str, Any]
    """In the wire form."""
    text: str
    """The canonical text of that."""
    digested: str
    """The canonical text of what its digest is over: all but how long it has to stop."""

    @classmethod
    def of(cls, settings: ContainerSettings, spec: DsInstanceSpec) -> "ContainerParts":
        """Of the settings of an instance with this spec."""
        content = settings.model_dump(mode="json")
        digested = {**content, **cache_path(spec), "stop_timeout_seconds": None}
        return cls(content, canonical_text(content), canonical_text(digested))


@dataclass(frozen=True)
class SpecParts:
    """What follows from a spec. Each part is made when it is asked for."""

    instance: DsInstance
    """One with this spec; whoever is not the only one says nothing of its place and its cameras."""

    @property
    def spec(self) -> DsInstanceSpec:
        """The spec."""
        return self.instance.spec

    def called(self, name: str) -> DsInstance:
        """The instance under this name."""
        if name == self.instance.name:
            return self.instance
        metadata = self.instance.metadata.model_copy(update={"name": name})
        return self.instance.model_copy(update={"metadata": metadata})

    @cached_property
    def settings(self) -> dict[str, Any]:
        """What the app is told, but for its cameras."""
        return instance_settings(self.spec)

    @cached_property
    def texts_of_settings(self) -> Mapping[str, str]:
        """The canonical text of each setting."""
        return {name: canonical_text(value) for name, value in self.settings.items()}

    @cached_property
    def container_settings(self) -> ContainerSettings:
        """The settings of the container, with what the manifest leaves to the kind of the app."""
        given, kind = self.spec.container, self.spec.app.kind
        command = given.command
        if not command and kind is AppKind.DEEPSTREAM_APP:
            command = ("deepstream-app", "-c", f"{given.config_mount_path}/{DEEPSTREAM_APP_FILE}")
        return given.model_copy(update={"command": command, "stop_signal": given.stop_signal or kind.stop_signal})

    @cached_property
    def container(self) -> ContainerParts:
        """Of an instance none of whose cameras is a device."""
        return ContainerParts.of(self.container_settings, self.spec)

    @cached_property
    def app_conf(self) -> str:
        """The text of that file, which all apps but deepstream-app have."""
        return app_conf_text(self.spec)

    @cached_property
    def pipeline_head(self) -> str:
        """What that file of the reference workload says before its cameras."""
        return write_pipeline_head(self.spec.reference)


def cache_path(spec: DsInstanceSpec) -> dict[str, str]:
    """The field that tells of the folder of engines; none where there is none, so that digests of before hold."""
    return {} if spec.engine_cache is None else {"engine_cache_path": spec.engine_cache.mount_path}


class KnownSpecs:
    """The parts of specs that were met. It changes the time that rendering takes, and nothing else."""

    def __init__(self) -> None:
        """Knows none yet."""
        self._parts: dict[str, SpecParts] = {}
        self._limits: dict[CameraLimits, CameraLimits] = {}

    def parts_of(self, instance: DsInstance) -> SpecParts:
        """The parts of the spec of an instance."""
        spec = {name: value for name, value in instance.document()["spec"].items() if name not in _OF_ONE}
        key = canonical_text(spec)
        if (known := self._parts.get(key)) is not None:
            return known
        opened = instance.opened()
        if len(key) > _LARGEST_KNOWN:
            return SpecParts(opened)
        of_none = {"node": None, "node_selector": None, "cameras": (), "camera_selector": None}
        parts = SpecParts(opened.model_copy(update={"spec": opened.spec.model_copy(update=of_none)}))
        self._parts[key] = parts
        if len(self._parts) > _MOST_KNOWN:
            del self._parts[next(iter(self._parts))]
        return parts

    def limits(self, given: CameraLimits) -> CameraLimits:
        """The same limits as messages have them, each written out; equal ones are one object."""
        if (known := self._limits.get(given)) is not None:
            return known
        made = made_compact(
            CameraLimits, {name: getattr(given, name) for name in CameraLimits.model_fields}, _FIELDS_OF_LIMITS
        )
        self._limits[made] = made
        if len(self._limits) > _MOST_KNOWN:
            del self._limits[next(iter(self._limits))]
        return made
