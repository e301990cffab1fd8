"""The sources of a deepstream-app file: its cameras, and what the app is told of them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from deepstream.app.config import AppFile
from deepstream.app.source import SourceGroup, SourceType
from deepstream.app.source_ids import AppSource, source_count, source_uris
from deepstream.app.source_list import SourceListGroup
from deepstream.findings import Severity
from deepstream.source_lists import read_source_csv
from deepstream.versions import DsVersion
from importer.cameras import CameraMaker, Device, Draft, NoCameraError, Origin
from importer.desk import Desk
from importer.device_sources import device_of, of_capture
from importer.places import Lines

_FIRST_WITH_SLOTS: Final = DsVersion.V9_1
_WITHOUT_ADDRESS: Final[Mapping[SourceType, str]] = {
    SourceType.AUDIO_WAV: "an audio file",
    SourceType.AUDIO_URI: "an audio stream",
    SourceType.ALSA: "a microphone",
    SourceType.IPC: "another process",
}
_MADE_ANEW: Final = frozenset({"enable", "uri", "num_sources", "extra_keys"})
"""Of a source, what its camera stands for. Other keys of it are added apart."""
_OF_THE_LIST: Final = frozenset(
    {
        "num_source_bins",
        "uris",
        "sensor_id_list",
        "sensor_name_list",
        "use_nvmultiurisrcbin",
        "max_batch_size",
        "http_ip",
        "http_port",
    }
)
_SLOT_BEFORE_ID: Final = re.compile(r"s(?P<slot>[0-9]{3,9})-(?P<id>.+)")
_ATTEMPTS: Final = "rtspReconnectAttempts"
_DERIVED_TYPES: Final[Mapping[str, tuple[SourceType, ...]]] = {
    "rtsp": (SourceType.RTSP,),
    **dict.fromkeys(("file", "http", "rtmp", "srt"), (SourceType.URI, SourceType.MULTI_URI)),
    "usb": (SourceType.CAMERA_V4L2,),
    "csi": (SourceType.CAMERA_CSI,),
}


@dataclass
class AppSources:
    """The cameras of a file, and the fields of `deepstreamApp` about them."""

    cameras: CameraMaker
    drafts: list[Draft] = field(default_factory=list)
    first_left_out: int | None = None
    """The line of the first source that is no camera."""
    settings: dict[str, Any] = field(default_factory=dict)
    batch_size: int | None = None
    """What the list of sources makes of the batch of the streammux, and of that of the primary GIE."""
    count: int = 0
    """How many sources are in use, cameras or not."""

    @property
    def moved(self) -> Mapping[int, int]:
        """The source ids of cameras that are others now, by those of the file."""
        return {draft.source_id: at for at, draft in enumerate(self.drafts) if draft.source_id != at}


def with_csv(desk: Desk, app: AppFile, lines: Lines, version: DsVersion) -> AppFile:
    """The file with the sources of its csv file, if it has one."""
    if app.csv_source is None:
        return app
    line = lines.of("source", "csv-file-path")
    path = app.csv_source.csv_file_path
    text = desk.text(desk.place.on_disk(path)) if path else None
    if text is None:
        message = (
            "[source] csv-file-path: the csv file cannot be read here, so there are no cameras; import it with the file"
        )
        desk.remark(Severity.ERROR, desk.main, line, message, left_out=True)
        return app.with_csv_sources(())
    sources, findings = read_source_csv(text, version)
    desk.findings(desk.shown(desk.place.on_disk(path or "")), findings)
    return app.with_csv_sources(_with_attempts(source) for source in sources)


def import_sources(
    desk: Desk, app: AppFile, lines: Lines, version: DsVersion, sensor_ids: Mapping[int, str]
) -> AppSources:
    """Makes cameras of the sources.

    Args:
        desk: the import.
        app: the file, without a csv file.
        lines: where its groups stand.
        version: the DeepStream that reads it.
        sensor_ids: by source id, what messages call the cameras.
    """
    result = AppSources(CameraMaker(desk))
    dynamic = app.source_list is not None and bool(app.source_list.use_nvmultiurisrcbin)
    uses = source_uris(app)
    result.count = len(uses)
    _say_unused(desk, app, lines, dynamic=dynamic)
    if source_count(app) > len(uses) and app.source_list is None:
        desk.remark(
            Severity.WARNING,
            desk.main,
            lines.of(f"source{max(app.sources)}"),
            f"only the first {len(uses)} sources are taken, as DeepStream does",
            left_out=True,
        )
    for use in uses:
        draft = _draft(desk, result.cameras, use, lines, sensor_ids.get(use.source_id))
        if draft is None:
            result.first_left_out = result.first_left_out or lines.of(use.group)
            continue
        _put_places(desk, draft, use, lines)
        if not dynamic:
            _add_settings(desk, draft, use, position=len(result.drafts))
            _say_plain_address(desk, draft, use, lines)
        result.drafts.append(draft)
    result.settings["streams"] = "rest" if dynamic else "static"
    if app.source_list is not None:
        _settings_of_list(desk, app, lines, result, version, dynamic=dynamic)
    elif app.source_attr_all is not None:
        message = "[source-attr-all] is left out: without [source-list] DeepStream does not look at it"
        desk.remark(Severity.NOTE, desk.main, lines.of("source-attr-all"), message, left_out=True)
    own = {draft.name: draft.settings for draft in result.drafts if draft.settings}
    if own:
        result.settings["cameraSources"] = own
    _say_moved(desk, result)
    return result


def _draft(desk: Desk, cameras: CameraMaker, use: AppSource, lines: Lines, message_id: str | None) -> Draft | None:
    key = "list" if use.group == "source-list" else "uri"
    origin = Origin(desk.main, lines.of(use.group, key), f"[{use.group}] {key}")
    kind = use.source.type
    if kind is not None and kind in _WITHOUT_ADDRESS:
        why = f"{_WITHOUT_ADDRESS[kind]} cannot be a Camera"
    elif (device := device_of(use)) is not None:
        try:
            draft = cameras.make_device(origin, use.source_id, device, (use.sensor_id or message_id, use.sensor_name))
        except NoCameraError as error:
            why = str(error)
        else:
            _say_guessed_rate(desk, use, device, lines)
            return draft
    elif not use.uri:
        why = "it has no address that can be read"
    else:
        sensor_id = use.sensor_id or message_id
        found = _SLOT_BEFORE_ID.fullmatch(sensor_id or "")
        if found and use.source.sensor_id_pad_id_mapping and int(found["slot"]) == use.source_id:
            sensor_id = found["id"]
        try:
            return cameras.make(origin, use.source_id, use.uri, desk.place, (sensor_id or None, use.sensor_name))
        except NoCameraError as error:
            why = str(error)
    message = (
        f"source {use.source_id} is left out: {why}. Source ids of cameras behind it become lower by one; their lines, "
        "regions, sensors and places move along"
    )
    desk.remark(Severity.WARNING, desk.main, origin.line, f"{origin.where}: {message}", left_out=True)
    return None


def _say_guessed_rate(desk: Desk, use: AppSource, device: Device, lines: Lines) -> None:
    if device.capture is not None and use.source.camera_fps_d is None:
        message = (
            f"[{use.group}] camera-fps-d is missing, which DeepStream takes for a division by 0: it is 1 from now on"
        )
        desk.remark(Severity.WARNING, desk.main, lines.of(use.group), message)


def _put_places(desk: Desk, draft: Draft, use: AppSource, lines: Lines) -> None:
    """Where the camera, and what the app is told of it alone, come from."""
    desk.places.put((), desk.main, lines.of(use.group, "list" if use.group == "source-list" else "uri"), draft.name)
    path = ("deepstreamApp", "cameraSources", draft.name)
    desk.places.put_group(path, desk.main, use.group, lines, SourceGroup)


def _add_settings(desk: Desk, draft: Draft, use: AppSource, position: int) -> None:
    """What the app is told of a static source besides its address."""
    kind = draft.spec.get("type", "rtsp")
    left = _MADE_ANEW | of_capture(draft.spec)
    if use.source.type in (None, *_DERIVED_TYPES[kind]):
        left |= {"type"}
    data = desk.secrets.without_secrets(use.source.model_copy(update={"uri": None}), "keys").data
    draft.settings = _without(data, use.source, left - {"extra_keys"})
    draft.settings.get("extraKeys", {}).pop("uri", None)
    if draft.settings.get("extraKeys") == {}:
        del draft.settings["extraKeys"]
    if use.source.type is SourceType.MULTI_URI and kind == "rtsp":
        draft.settings["type"] = int(SourceType.URI)
    number = use.group.removeprefix("source")
    if number.isdigit() and int(number) != position and use.source.camera_id is None:
        # What DeepStream takes for absent: the number in the name of the group.
        draft.settings["cameraId"] = int(number)


def _say_plain_address(desk: Desk, draft: Draft, use: AppSource, lines: Lines) -> None:
    if use.source.type is not SourceType.MULTI_URI or draft.spec.get("type", "rtsp") != "rtsp":
        return
    message = (
        f"[{use.group}] type: DeepStream reads type 3 as type 2, which neither records (smart-record) nor reconnects, and so "
        f"it stays: for type 4, a network camera, take type out of deepstreamApp.cameraSources.{draft.name}"
    )
    desk.remark(Severity.WARNING, desk.main, lines.of(use.group, "type"), message)


def _settings_of_list(
    desk: Desk, app: AppFile, lines: Lines, result: AppSources, version: DsVersion, *, dynamic: bool
) -> None:
    sources, common = app.source_list, app.source_attr_all or SourceGroup()
    if sources is None:
        return
    app_path = "deepstreamApp"
    desk.places.put_group((app_path, "sourceList"), desk.main, "source-list", lines, SourceListGroup)
    desk.places.put_group((app_path, "sourceAttrAll"), desk.main, "source-attr-all", lines, SourceGroup)
    shared = desk.group(common.model_copy(update={"uri": None}), "keys", desk.main, "source-attr-all", lines)
    shared.get("extraKeys", {}).pop("uri", None)
    if not dynamic:
        _static_list(desk, lines, result, _without(shared, common, _MADE_ANEW - {"extra_keys"}), common)
        return
    result.batch_size = sources.max_batch_size or None
    data = desk.group(sources.model_copy(update={"uris": None}), "keys", desk.main, "source-list", lines)
    kept = _without(data, sources, _OF_THE_LIST)
    kept.get("extraKeys", {}).pop("list", None)
    if any(kept.values()):
        result.settings["sourceList"] = kept
    mapped = bool(common.sensor_id_pad_id_mapping)
    by_slot = mapped and version.has(_FIRST_WITH_SLOTS)
    result.settings["sourceIds"] = "slot" if by_slot else "position"
    if mapped:
        del shared["sensorIdPadIdMapping"]
    if mapped and not by_slot:
        message = f"[source-attr-all] sensorID-padID-mapping: needs DeepStream {_FIRST_WITH_SLOTS} here; it is left out"
        desk.remark(
            Severity.WARNING, desk.main, lines.of("source-attr-all", "sensorID-padID-mapping"), message, left_out=True
        )
    if shared:
        result.settings["sourceAttrAll"] = shared
    message = "[source-list] http-port: the REST interface is at 127.0.0.1 and a port that the fleet gives from now on"
    desk.remark(Severity.NOTE, desk.main, lines.of("source-list", "http-port"), message)


def _static_list(desk: Desk, lines: Lines, result: AppSources, shared: dict[str, Any], common: SourceGroup) -> None:
    """A plain list becomes a group for each source, which means the same."""
    shared.pop("type", None)
    if common.rtsp_reconnect_interval_sec and _ATTEMPTS not in shared:
        shared[_ATTEMPTS] = 0
    if shared:
        result.settings["sourceAttrAll"] = shared
    for draft in result.drafts:
        kind = draft.settings.pop("type", None)
        draft.settings = {key: value for key, value in draft.settings.items() if shared.get(key) != value}
        if kind == int(SourceType.URI):
            draft.settings["type"] = kind
    result.batch_size = result.count or None
    message = (
        "[source-list] becomes a group [sourceN] for each camera, with the settings of [source-attr-all]; the batch size "
        f"of [streammux] and [primary-gie] is {result.count}, which DeepStream makes of the list"
    )
    desk.remark(Severity.NOTE, desk.main, lines.of("source-list"), message)


def _with_attempts(source: SourceGroup) -> SourceGroup:
    """In csv files an absent rtsp-reconnect-attempts is 0, in groups it is -1."""
    if source.rtsp_reconnect_attempts is not None or not source.rtsp_reconnect_interval_sec:
        return source
    return source.model_copy(update={"rtsp_reconnect_attempts": 0})


def _without(data: dict[str, Any], group: Any, fields: frozenset[str] | set[str]) -> dict[str, Any]:
    aliases = {type(group).model_fields[name].alias or name for name in fields}
    return {key: value for key, value in data.items() if key not in aliases}


def _say_unused(desk: Desk, app: AppFile, lines: Lines, *, dynamic: bool) -> None:
    for number, group in app.sources.items():
        name = f"source{number}"
        if not group.enable:
            desk.remark(
                Severity.NOTE, desk.main, lines.of(name), f"[{name}] is not in use, and left out", left_out=True
            )
        elif dynamic:
            message = f"[{name}] is left out: beside nvmultiurisrcbin DeepStream does not look at it"
            desk.remark(Severity.WARNING, desk.main, lines.of(name), message, left_out=True)


def _say_moved(desk: Desk, sources: AppSources) -> None:
    moved: Sequence[str] = [f"{old} is {new} now" for old, new in sources.moved.items()]
    if moved:
        message = (
            f"source ids: {', '.join(moved[:8])}{' and so on' if len(moved) > 8 else ''}. What other files name by them, "
            "such as src-ids of nvdspreprocess and sub-batches of the tracker, is not changed"
        )
        desk.remark(Severity.WARNING, desk.main, sources.first_left_out, message)
