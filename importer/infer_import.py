"""nvinfer files as `spec.inferConfigs`."""

from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from deepstream import keyfile
from deepstream.config_text import read_groups
from deepstream.findings import ConfigTextError, Severity
from deepstream.groups import GroupedFile, KeyGroup
from deepstream.keyfile_values import Reader
from deepstream.nvinfer.config import CLASS_ATTRS_PREFIX, PROPERTY_GROUP, InferConfig, read_infer_config
from deepstream.nvinfer.engine import builds_engine, engine_file_name, has_custom_builder
from deepstream.nvinfer.property import InferProperty
from deepstream.nvinfer.rules import check_working_directory
from deepstream.versions import NEWEST, DsVersion
from importer.desk import Desk
from importer.paths import Place
from importer.places import Lines

MOST_INFER_FILES: Final = 32

_FileT = TypeVar("_FileT", bound=GroupedFile)
_GroupT = TypeVar("_GroupT", bound=KeyGroup)


@dataclass(frozen=True)
class Effective:
    """What a group of deepstream-app says over an nvinfer file."""

    batch_size: int | None = None
    gpu_id: int | None = None
    model_engine_file: str | None = None
    """As it is to be written."""


@dataclass
class InferImport:
    """The nvinfer files of one import."""

    desk: Desk
    version: DsVersion = NEWEST
    configs: dict[str, dict[str, Any]] = field(default_factory=dict)
    prebuilt: list[str] = field(default_factory=list)
    _read: dict[str, InferConfig] = field(default_factory=dict)
    _lines: dict[str, Lines] = field(default_factory=dict)

    def take(self, on_disk: str, group: str) -> str | None:
        """Takes a file over; gives its name, or None when it cannot be read as an nvinfer file."""
        known = self.desk.name_of(on_disk)
        if known is not None:
            return known
        text = self.desk.text(on_disk)
        if text is None or len(self.configs) >= MOST_INFER_FILES:
            return None
        shown = self.desk.shown(on_disk)
        try:
            config, findings = read_infer_config(text, on_disk, self.version)
            lines = Lines(read_groups(text, on_disk).groups)
        except ConfigTextError as error:
            raise self.desk.refuse(shown, error) from None
        self.desk.findings(shown, findings)
        name = self.desk.take_name(on_disk, group, key_file=True)
        self._read[name] = moved = self._moved(config, self.desk.place.of(on_disk), shown, lines)
        self._lines[name] = lines
        self.configs[name] = self._data(name, moved, shown, lines)
        return name

    def check_engine(self, name: str, effective: Effective, file: str, line: int | None) -> None:
        """Notes an engine that was built beforehand under a name that is not nvinfer's own."""
        config = self._read.get(name)
        if config is None:
            return
        p = config.property
        given = effective.model_engine_file or p.model_engine_file
        update = {"batch_size": effective.batch_size, "gpu_id": effective.gpu_id}
        p = p.model_copy(update={key: value for key, value in update.items() if value is not None})
        derived = engine_file_name(p, self.version)
        if not given or not builds_engine(p) or _is_derived(given, derived, p) or name in self.prebuilt:
            return
        self.prebuilt.append(name)
        message = (
            f"model-engine-file is {given}, and an engine that nvinfer builds is called {derived}: the file counts as built "
            f"beforehand (spec.prebuiltEngines). When it is missing or does not fit, nvinfer builds anew at every start; "
            f"then take modelEngineFile of {name} and the entry away"
        )
        self.desk.remark(Severity.WARNING, file, line, message)

    def line_of(self, name: str, key: str = "") -> int | None:
        """The line of a key in a file that was taken over, or of its group."""
        return self._lines[name].of(PROPERTY_GROUP, key)

    def property_of(self, name: str) -> InferProperty:
        """The keys of a file that was taken over."""
        return self._read[name].property

    def _moved(self, config: InferConfig, place: Place, shown: str, lines: Lines) -> InferConfig:
        desk = self.desk
        p = config.property
        labels = p.labelfile_path
        if labels:
            desk.take_text(place.on_disk(labels), "labels")
        of_folder = tuple(check_working_directory(p))
        told = {one.key for one in of_folder}
        for key, path in paths_of(p):
            if key not in told and not desk.name_of(place.on_disk(path)):
                desk.stays(shown, lines.of(PROPERTY_GROUP, key), key, place.kept(path))
        taken = self._with_library_file(p, place, shown, lines)
        for one in of_folder:
            cache = ", or give the instance spec.engineCache" if one.key == "model-engine-file" else ""
            if cache or taken is p:
                desk.remark(one.severity, shown, lines.of(PROPERTY_GROUP, one.key), f"{one.key}: {one.message}{cache}")
        p = taken
        return config.model_copy(update={"property": p.with_paths(lambda path: desk.rewritten(path, place))})

    def _with_library_file(self, p: InferProperty, place: Place, shown: str, lines: Lines) -> InferProperty:
        """Takes over the file that the library opens by itself, when it lies beside the one that names it."""
        named, key = p.custom_network_config, "custom-network-config"
        if not named or not self.desk.take_text(place.on_disk(named), "models"):
            return p
        message = f"{key}: {named} is taken over, and rendered with its whole path: the library opens it by itself"
        self.desk.remark(Severity.NOTE, shown, lines.of(PROPERTY_GROUP, key), message)
        name = self.desk.name_of(place.on_disk(named))
        return p.model_copy(update={"custom_network_config": name})

    def _data(self, name: str, config: InferConfig, shown: str, lines: Lines) -> dict[str, Any]:
        config = writable(self.desk, shown, lines, config)
        self._put_places(name, shown, lines, config)
        data: dict[str, Any] = {
            "property": self.desk.group(
                writable_keys(self.desk, shown, lines, config.property, PROPERTY_GROUP),
                "models",
                shown,
                PROPERTY_GROUP,
                lines,
            )
        }
        classes = {}
        for number, attributes in config.class_attrs.items():
            group = f"{CLASS_ATTRS_PREFIX}{number}"
            kept = writable_keys(self.desk, shown, lines, attributes, group)
            classes[number] = self.desk.group(kept, "models", shown, group, lines)
        if classes:
            data["classAttrs"] = classes
        if config.extra_groups:
            data["extraGroups"] = self.desk.extra_groups(config.extra_groups, shown, lines)
        return data

    def _put_places(self, name: str, shown: str, lines: Lines, config: InferConfig) -> None:
        path = ("inferConfigs", name)
        self.desk.places.put(path, shown, None)
        self.desk.places.put_group((*path, "property"), shown, PROPERTY_GROUP, lines, InferProperty)
        for number, attributes in config.class_attrs.items():
            group = f"{CLASS_ATTRS_PREFIX}{number}"
            self.desk.places.put_group((*path, "classAttrs", number), shown, group, lines, type(attributes))


def paths_of(group: KeyGroup) -> list[tuple[str, str]]:
    """The keys of a group that hold paths, with them; one may hold several, with `;` between."""
    return [
        (declared.name, path)
        for field, declared in group.keys().items()
        if declared.reader is Reader.PATH and isinstance(value := getattr(group, field), str)
        for path in (value.split(";") if declared.name == "ll-config-file" else [value])
        if path
    ]


def writable(desk: Desk, shown: str, lines: Lines, file: _FileT) -> _FileT:
    """The file without other groups that no key file can hold; each is said."""
    kept = {}
    for name, keys in file.extra_groups.items():
        try:
            keyfile.build([(name, keys.items())])
        except ValueError:
            message = f"[{name}] cannot stand in a key file, and is left out"
            desk.remark(Severity.WARNING, shown, lines.of(name), message, left_out=True)
        else:
            kept[name] = keys
    return file if len(kept) == len(file.extra_groups) else file.model_copy(update={"extra_groups": kept})


def writable_keys(desk: Desk, shown: str, lines: Lines, group: _GroupT, name: str) -> _GroupT:
    """The group without other keys that no key file can hold; each is said."""
    kept = {}
    for key, raw in group.extra_keys.items():
        try:
            keyfile.build([("group", [(key, raw)])])
        except ValueError:
            message = f"[{name}] a key cannot stand in a key file with its value, and is left out"
            desk.remark(Severity.WARNING, shown, lines.of(name, key), message, left_out=True)
        else:
            kept[key] = raw
    return group if len(kept) == len(group.extra_keys) else group.model_copy(update={"extra_keys": kept})


def _is_derived(given: str, derived: str | None, p: InferProperty) -> bool:
    if derived is None or given == derived:
        return True
    # A function's engine is written into the folder that the program runs in, which nobody knows here.
    return has_custom_builder(p) and given.rpartition("/")[2] == derived
