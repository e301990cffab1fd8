"""The files that a deepstream-app file names: typed ones, and others with their text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

from deepstream.app.config import AppFile
from deepstream.app.inference import GieGroup, GiePlugin, PreProcessGroup
from deepstream.app.values import SwitchedGroup
from deepstream.config_text import read_groups
from deepstream.findings import ConfigTextError, Severity
from deepstream.groups import KeyGroup
from deepstream.message_broker import read_message_broker_file
from deepstream.preprocess.config import PreprocessFile, read_preprocess_file
from deepstream.preprocess.rules import check_user_paths
from deepstream.versions import DsVersion
from importer.desk import Desk
from importer.infer_import import Effective, InferImport, paths_of, writable, writable_keys
from importer.other_files import is_triton_text
from importer.paths import Place
from importer.places import Lines
from importer.triton_files import take_triton_file

_MOST_FILES: Final = 32
_TEXTS: Final = (
    "ll-config-file",
    "labelfile-path",
    "config-file-path",
    "sensor-list-file",
    "frame-to-skip-rules-path",
)
"""Keys whose files are taken over as they are."""
_OF_TRACKER: Final = re.compile(
    r"""[ \t]*(?P<key>onnxFile|modelEngineFile|tltEncodedModel|uffFile|caffemodelFile|protoFile|calibrationTableFile|customLibPath)"""
    r"""[ \t]*:[ \t]*["']?(?P<path>[^"'#\s/][^"'#\r\n]*?)["']?[ \t]*(?:#.*)?\r?$"""
)
"""Relative paths of models that libnvds_nvmultiobjecttracker.so loads, as its low-level YAML names them (ReID, VisualTracker)."""
_SECTIONS: Final = {
    "sinks": "sink",
    "secondary_gies": "secondary-gie",
    "message_consumers": "message-consumer",
    "dewarpers": "dewarper",
    "secondary_pre_processes": "secondary-pre-process",
}


@dataclass
class AppFiles:
    """The files of one deepstream-app, by their names in the configuration folder."""

    desk: Desk
    lines: Lines
    version: DsVersion
    infer: InferImport
    preprocess: dict[str, dict[str, Any]] = field(default_factory=dict)
    brokers: dict[str, dict[str, Any]] = field(default_factory=dict)
    _said: set[tuple[str, str]] = field(default_factory=set)
    """Keys and paths that a remark was made about."""

    def take_all(self, app: AppFile) -> None:
        """Takes over every file that can be read here, and says what stays a path."""
        used = [(name, group) for name, group in sections(app) if not is_off(group)]
        for name, group in used:
            for key, path in paths_of(group):
                self._take(name, group, key, path)
        for name, group in sections(app):
            if is_off(group):
                self._say_not_taken(name, group)
        for name, group in used:
            for key, path in paths_of(group):
                if (key, path) not in self._said and not self.desk.name_of(self.desk.place.on_disk(path)):
                    self.desk.stays(self.desk.main, self.lines.of(name, key), key, self.desk.place.kept(path))
        for name, group in used:
            if isinstance(group, GieGroup):
                self._check_engine(app, name, group)

    def _take(self, name: str, group: KeyGroup, key: str, path: str) -> None:
        on_disk = self.desk.place.on_disk(path)
        what, taken = "", True
        if key == "config-file" and isinstance(group, GieGroup):
            what, taken = self._take_model(name, group, path, on_disk)
        elif key == "config-file" and isinstance(group, PreProcessGroup):
            what, taken = "nvdspreprocess file", self._take_preprocess(on_disk, name)
        elif key == "msg-broker-config" or (key == "config-file" and name.startswith("message-consumer")):
            what, taken = "file of the broker's adaptor", self._take_broker(on_disk, name)
        elif key == "msg-conv-config" or name == "nvds-analytics":
            what, taken = "file about single cameras", self.desk.name_of(on_disk) is not None
        elif key in _TEXTS or (key == "config-file" and name.startswith(("dewarper", "streammux"))):
            what, taken = "file", self.desk.take_text(on_disk, name)
        if not taken and path:
            self._say_kept(name, key, path, what)
        elif key == "ll-config-file":
            self._say_paths_of_tracker(on_disk)

    def _say_paths_of_tracker(self, on_disk: str) -> None:
        """Names the models in a low-level file of nvtracker, which is kept as it is."""
        for number, line in enumerate((self.desk.text(on_disk) or "").split("\n"), start=1):
            found = _OF_TRACKER.match(line)
            if found is not None:
                message = (
                    f"{found['key']}: the tracker's library opens {found['path']!r} by itself, and this file lies in another "
                    "folder from now on: give its whole path"
                )
                self.desk.remark(Severity.WARNING, self.desk.shown(on_disk), number, message)

    def _take_model(self, name: str, group: GieGroup, path: str, on_disk: str) -> tuple[str, bool]:
        """Takes a file of a model over, by what it is: DeepStream goes by plugin-type, and fails when that is wrong."""
        nvinfer, text = group.plugin_type in (None, GiePlugin.NVINFER), self.desk.text(on_disk)
        triton = text is not None and is_triton_text(text)
        if nvinfer and triton:
            message = f"[{name}] config-file: {path} is a file of nvinferserver, which nvinfer cannot read: write plugin-type=1"
            self.desk.remark(Severity.ERROR, self.desk.main, self.lines.of(name, "config-file"), message)
        if triton or group.plugin_type is GiePlugin.NVINFERSERVER:
            return "file of nvinferserver", take_triton_file(self.desk, on_disk, name)
        if nvinfer:
            return "nvinfer file", self.infer.take(on_disk, name) is not None
        return "file", self.desk.take_text(on_disk, name)

    def _take_preprocess(self, on_disk: str, group: str) -> bool:
        if self.desk.name_of(on_disk):
            return True
        text = self.desk.text(on_disk)
        if text is None or len(self.preprocess) >= _MOST_FILES:
            return False
        shown = self.desk.shown(on_disk)
        try:
            file, findings = read_preprocess_file(text, on_disk, self.version)
            lines = Lines(read_groups(text, on_disk).groups)
        except ConfigTextError as error:
            raise self.desk.refuse(shown, error) from None
        self.desk.findings(shown, findings)
        name = self.desk.take_name(on_disk, group, key_file=True)
        self._put_preprocess(name, shown, lines, file)
        place = self.desk.place.of(on_disk)
        self.preprocess[name] = self._preprocess_data(shown, lines, place, writable(self.desk, shown, lines, file))
        return True

    def _put_preprocess(self, name: str, shown: str, lines: Lines, file: PreprocessFile) -> None:
        places, path = self.desk.places, ("preprocessConfigs", name)
        places.put(path, shown, None)
        if file.settings is not None:
            places.put_group((*path, "settings"), shown, "property", lines, type(file.settings))
        if file.user_configs is not None:
            places.put_group((*path, "userConfigs"), shown, "user-configs", lines, type(file.user_configs))
        for number, one in file.groups.items():
            places.put_group((*path, "groups", str(number)), shown, f"group-{number}", lines, type(one))

    def _preprocess_data(self, shown: str, lines: Lines, place: Place, file: PreprocessFile) -> dict[str, Any]:
        data = partial(self._moved, shown, lines, place)
        found: dict[str, Any] = {}
        if file.settings is not None:
            for key, path in paths_of(file.settings):
                self.desk.stays(shown, lines.of("property", key), key, place.kept(path))
            found["settings"] = data("property", file.settings)
        if file.user_configs is not None:
            findings = check_user_paths(file.user_configs)
            self.desk.findings(shown, [replace(one, line=lines.of(one.group, one.key)) for one in findings])
            found["userConfigs"] = data("user-configs", file.user_configs)
        if file.groups:
            found["groups"] = {str(number): data(f"group-{number}", one) for number, one in file.groups.items()}
        if file.extra_groups:
            found["extraGroups"] = self.desk.extra_groups(file.extra_groups, shown, lines)
        return found

    def _moved(self, shown: str, lines: Lines, place: Place, name: str, group: KeyGroup) -> dict[str, Any]:
        """A group of a file that moves beside the main file."""
        moved = group.with_paths(lambda path: self.desk.rewritten(path, place))
        return self.desk.group(writable_keys(self.desk, shown, lines, moved, name), "keys", shown, name, lines)

    def _take_broker(self, on_disk: str, group: str) -> bool:
        if self.desk.name_of(on_disk):
            return True
        text = self.desk.text(on_disk)
        if text is None or len(self.brokers) >= _MOST_FILES:
            return False
        shown = self.desk.shown(on_disk)
        try:
            file, findings = read_message_broker_file(text, self.version)
            # A key file whatever its name.
            lines = Lines(read_groups(text, "broker.txt").groups)
        except ConfigTextError as error:
            raise self.desk.refuse(shown, error) from None
        self.desk.findings(shown, findings)
        if file.message_broker is None:
            return False
        for name in file.extra_groups:
            self.desk.remark(
                Severity.NOTE, shown, lines.of(name), f"[{name}] is left out: no adaptor reads it", left_out=True
            )
        name = self.desk.take_name(on_disk, group)
        of_file = ("messageBrokers", name)
        self.desk.places.put_group(of_file, shown, "message-broker", lines, type(file.message_broker))
        self.brokers[name] = self.desk.group(file.message_broker, "broker", shown, "message-broker", lines)
        return True

    def _check_engine(self, app: AppFile, name: str, group: GieGroup) -> None:
        file = self.desk.name_of(self.desk.place.on_disk(group.config_file or ""))
        if file is None:
            return
        batch = group.batch_size
        if batch is not None and app.source_list is not None:
            of_list = app.source_list.max_batch_size if name == "primary-gie" else app.source_list.sgie_batch_size
            batch = of_list or batch
        gpu = group.gpu_id
        if gpu is None and app.application is not None and (app.application.global_gpu_id or 0) > 0:
            gpu = app.application.global_gpu_id
        engine = group.model_engine_file
        given = self.desk.rewritten(engine, self.desk.place) if engine else None
        line = self.lines.of(name, "model-engine-file" if engine else "config-file")
        self.infer.check_engine(file, Effective(batch, gpu, given), self.desk.main, line)

    def _say_not_taken(self, name: str, group: KeyGroup) -> None:
        """A group that is off takes no file along; those that another group names are there anyway."""
        for key, path in paths_of(group):
            on_disk = self.desk.place.on_disk(path)
            if self.desk.name_of(on_disk) or self.desk.text(on_disk) is None:
                continue
            message = (
                f"[{name}] {key}: the group is not in use, so the file {path} is not taken over: the path "
                f"{self.desk.place.kept(path)} stays"
            )
            self.desk.remark(Severity.NOTE, self.desk.main, self.lines.of(name, key), message)

    def _say_kept(self, name: str, key: str, path: str, what: str) -> None:
        self._said.add((key, path))
        kept = self.desk.place.kept(path)
        message = (
            f"[{name}] {key}: the {what} {path} cannot be read here: the path {kept} stays, and it must lead to the file in the "
            "image"
        )
        severity = Severity.NOTE if key in _TEXTS else Severity.WARNING
        self.desk.remark(severity, self.desk.main, self.lines.of(name, key), message)


def is_off(group: KeyGroup) -> bool:
    """True for a group that DeepStream does not use."""
    return isinstance(group, SwitchedGroup) and not group.enable


def sections(app: AppFile) -> Iterator[tuple[str, KeyGroup]]:
    """The groups of a file that manifests hold, with their names: those about models first, for names of files."""
    first = ("primary_gie", "secondary_gies", "pre_process", "secondary_pre_processes")
    left = {"sources", "source_list", "source_attr_all", "csv_source", "extra_groups"}
    for field_name in (*first, *(one for one in type(app).model_fields if one not in (*first, *left))):
        value = getattr(app, field_name)
        if isinstance(value, KeyGroup):
            yield field_name.replace("_", "-"), value
        elif value is not None:
            for number, group in value.items():
                yield f"{_SECTIONS[field_name]}{number}", group
