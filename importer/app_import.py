"""A file of deepstream-app, with all that it names, as manifests."""

from typing import Any, Final

from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from crds.deepstream_app import StreammuxSettings
from deepstream.app.config import AppFile, AppGroups, read_app_groups, write_app_file
from deepstream.app.messages import MessageConversion
from deepstream.app.sink import SinkGroup, SinkType
from deepstream.app.streammux import StreammuxGroup
from deepstream.config_text import is_yaml, read_groups
from deepstream.findings import ConfigTextError, Severity
from deepstream.groups import KeyGroup, flat
from deepstream.keyfile_values import write
from importer.app_files import AppFiles, is_off
from importer.app_sources import AppSources, import_sources, with_csv
from importer.desk import Desk
from importer.infer_import import InferImport, writable_keys
from importer.places import Lines
from importer.sample_apps import as_app_groups
from importer.stream_settings import (
    analytics_property,
    give_analytics,
    give_messages,
    read_analytics,
    read_messages,
    sensor_ids,
)

_EXACT: Final = ("width", "height", "batch_size", "buffer_pool", "nvbuf_memory_type")
"""Of the muxer, what manifests have defaults for: an absent key must stay absent."""


class AppImport:
    """The import of one file."""

    def __init__(self, desk: Desk, text: str) -> None:
        self._desk = desk
        self._version = desk.options.release
        try:
            config = as_app_groups(desk, read_groups(text, desk.main))
            app, findings = read_app_groups(config, self._version)
            self._lines = Lines(config.groups)
        except ConfigTextError as error:
            raise desk.refuse(desk.main, error) from None
        if is_yaml(desk.main):
            desk.remark(Severity.NOTE, desk.main, None, "the YAML file is written as a key file")
        desk.findings(desk.main, findings)
        self._app = self._without_odd_groups(with_csv(desk, app, self._lines, self._version))
        self._on_disk = {
            "msgconv": self._msgconv_path(),
            "analytics": self._analytics_path(),
        }

    def spec(self) -> tuple[dict[str, Any], AppSources]:
        """What the spec of the instance says, and the cameras."""
        desk = self._desk
        messages = self._read("msgconv")
        msgconv = read_messages(desk, *messages, self._version) if messages else None
        ids = sensor_ids(msgconv[0]) if msgconv else {}
        sources = import_sources(desk, self._app, self._lines, self._version, ids)
        spec: dict[str, Any] = {}
        if messages and msgconv:
            give_messages(desk, desk.shown(messages[0]), *msgconv, sources.drafts)
        found = self._read("analytics")
        if found:
            file, lines = read_analytics(desk, *found, self._version)
            shown = desk.shown(found[0])
            give_analytics(desk, shown, file, lines, sources.drafts, self._frame())
            settings = analytics_property(desk, shown, file, lines)
            if settings is not None:
                spec["analytics"] = settings
        files = AppFiles(desk, self._lines, self._version, InferImport(desk, self._version))
        files.take_all(self._without_own_files(self._app))
        spec["streammux"] = self._streammux(sources)
        spec["deepstreamApp"] = self._groups(sources)
        others = {
            "inferConfigs": files.infer.configs,
            "prebuiltEngines": files.infer.prebuilt,
            "preprocessConfigs": files.preprocess,
            "messageBrokers": files.brokers,
        }
        spec |= {key: value for key, value in others.items() if value}
        return spec, sources

    def _read(self, what: str) -> tuple[str, str] | None:
        """A file with its text; None when it cannot be read, and then its path stays."""
        on_disk = self._on_disk[what]
        text = self._desk.text(on_disk) if on_disk else None
        if not on_disk or text is None:
            self._on_disk[what] = None
            return None
        return on_disk, text

    def _frame(self) -> tuple[int, int] | None:
        mux = self._app.streammux
        return (mux.width, mux.height) if mux is not None and mux.width and mux.height else None

    def _without_odd_groups(self, app: AppFile) -> AppFile:
        kept = {}
        for name, keys in app.extra_groups.items():
            try:
                write_app_file(AppFile(extra_groups={name: keys}))
            except ValueError:
                message = f"[{name}] is left out: deepstream-app does not read it here, but would in the .txt file"
                self._desk.forget(Severity.WARNING, self._desk.main, self._lines.of(name))
                self._desk.remark(Severity.WARNING, self._desk.main, self._lines.of(name), message, left_out=True)
            else:
                kept[name] = keys
        return app.model_copy(update={"extra_groups": kept})

    def _analytics_path(self) -> str | None:
        group = self._app.nvds_analytics
        return self._desk.place.on_disk(group.config_file) if group is not None and group.config_file else None

    def _converters(self) -> list[tuple[str, MessageConversion, bool]]:
        """The groups that may name a file of the message converter, and whether they use it."""
        app = self._app
        found: list[tuple[str, MessageConversion, bool]] = [
            (
                f"sink{number}",
                sink,
                bool(sink.enable and sink.type is SinkType.MESSAGE_BROKER and not sink.disable_msgconv),
            )
            for number, sink in app.sinks.items()
        ]
        if app.message_converter is not None:
            found.append(("message-converter", app.message_converter, bool(app.message_converter.enable)))
        return found

    def _msgconv_path(self) -> str | None:
        """The file that cameras get their sensors and places from."""
        on_disk = self._desk.place.on_disk
        used = [
            (name, on_disk(one.msg_conv_config)) for name, one, on in self._converters() if on and one.msg_conv_config
        ]
        readable = [(name, path) for name, path in used if self._desk.text(path) is not None]
        others = [(name, path) for name, path in readable if path != readable[0][1]]
        for name, path in others:
            message = (
                f"[{name}] msg-conv-config: sensors and places of cameras are taken from {readable[0][1]}, which another "
                f"group names; {path} is taken over as it is and does not follow the cameras"
            )
            line = self._lines.of(name, "msg-conv-config")
            self._desk.remark(Severity.WARNING, self._desk.main, line, message)
        return readable[0][1] if readable else None

    def _without_own_files(self, app: AppFile) -> AppFile:
        """The groups without the names of files that are made of the cameras; other files are taken as they are."""
        desk = self._desk
        update: dict[str, Any] = {}
        if app.nvds_analytics is not None and self._on_disk["analytics"]:
            update["nvds_analytics"] = app.nvds_analytics.model_copy(update={"config_file": None})
        msgconv = self._on_disk["msgconv"]
        kept: dict[str, MessageConversion] = {}
        for name, group, used in self._converters():
            path = group.msg_conv_config
            on_disk = desk.place.on_disk(path) if path else None
            if on_disk is not None and on_disk == msgconv and used:
                kept[name] = group.model_copy(update={"msg_conv_config": None})
            elif on_disk is not None and not is_off(group):
                desk.take_text(on_disk, name)
        update["sinks"] = {number: kept.get(f"sink{number}", sink) for number, sink in app.sinks.items()}
        update["message_converter"] = kept.get("message-converter", app.message_converter)
        return app.model_copy(update=update)

    def _groups(self, sources: AppSources) -> dict[str, Any]:
        app = self._without_own_files(self._app)
        data: dict[str, Any] = dict(sources.settings)
        moved = sources.moved
        for field in AppGroups.model_fields:
            value = getattr(app, field)
            if field == "extra_groups" or value is None or value == {}:
                continue
            if isinstance(value, KeyGroup):
                name = field.replace("_", "-")
                data[to_camel(field)] = self._group(name, value, sources)
                self._stands(("deepstreamApp", to_camel(field)), name, value)
                continue
            prefix = field.removesuffix("es" if field.endswith("sses") else "s").replace("_", "-")
            numbers = {number: moved.get(number, number) for number in value} if field == "dewarpers" else {}
            data[to_camel(field)] = {}
            for number, group in value.items():
                name, key = f"{prefix}{number}", str(numbers.get(number, number))
                data[to_camel(field)][key] = self._group(name, group, sources)
                self._stands(("deepstreamApp", to_camel(field), key), name, group)
        if app.extra_groups:
            data["extraGroups"] = self._desk.extra_groups(app.extra_groups, self._desk.main, self._lines)
        return data

    def _stands(self, path: tuple[str, ...], name: str, group: KeyGroup) -> None:
        self._desk.places.put_group(path, self._desk.main, name, self._lines, type(group))

    def _group(self, name: str, group: KeyGroup, sources: AppSources) -> dict[str, Any]:
        desk = self._desk
        if isinstance(group, SinkGroup) and group.source_id is not None:
            group = group.model_copy(update={"source_id": sources.moved.get(group.source_id, group.source_id)})
        if name == "primary-gie" and sources.batch_size is not None and self._is_static_list():
            group = group.model_copy(update={"batch_size": sources.batch_size})
        moved = group.with_paths(lambda path: desk.rewritten(path, desk.place))
        kept = writable_keys(desk, desk.main, self._lines, moved, name)
        return desk.group(kept, _purpose(name), desk.main, name, self._lines)

    def _is_static_list(self) -> bool:
        return self._app.source_list is not None and not self._app.source_list.use_nvmultiurisrcbin

    def _streammux(self, sources: AppSources) -> dict[str, Any]:
        """The muxer, with null for what the file leaves to DeepStream."""
        given = self._app.streammux or StreammuxGroup()
        name = "streammux"
        self._stands((name,), name, given)
        data = self._group(name, given, sources)
        if sources.batch_size is not None:
            data["batchSize"] = sources.batch_size
        data = {**{to_camel(field): None for field in _EXACT}, **data}
        self._say_small_batch(data, sources)
        return self._fitting(data, given)

    def _say_small_batch(self, data: dict[str, Any], sources: AppSources) -> None:
        batch, count = data["batchSize"], len(sources.drafts)
        if batch is None or batch >= count:
            return
        message = (
            f"[streammux] batch-size: {batch} is less than the number of cameras, {count}: the value is kept as another key "
            f"of the group; give streammux.batchSize {count} or more instead"
        )
        self._desk.remark(Severity.WARNING, self._desk.main, self._lines.of("streammux", "batch-size"), message)
        if sources.settings["streams"] == "rest":
            sources.settings.setdefault("sourceList", {})["maxBatchSize"] = batch
        else:
            data["extraKeys"] = {**data.get("extraKeys", {}), "batch-size": str(batch)}
        data["batchSize"] = None

    def _fitting(self, data: dict[str, Any], given: StreammuxGroup) -> dict[str, Any]:
        """Values that manifests do not take as other keys, so that they are written all the same."""
        try:
            StreammuxSettings.model_validate(data)
        except ValidationError as error:
            for one in error.errors(include_url=False, include_context=False, include_input=False):
                alias = str(one["loc"][0])
                field = next((name for name in _EXACT if to_camel(name) == alias), None)
                if field is None:
                    raise
                declared = given.keys()[field]
                raw = write(declared.reader, flat(data[alias]))
                data = {**data, alias: None, "extraKeys": {**data.get("extraKeys", {}), declared.name: raw}}
                message = (
                    f"[streammux] {declared.name}: {raw} is out of range here, and kept as another key of the group"
                )
                line = self._lines.of("streammux", declared.name)
                self._desk.remark(Severity.WARNING, self._desk.main, line, message)
        return data


def _purpose(name: str) -> str:
    return "broker" if name.startswith(("sink", "message-consumer")) else "keys"
