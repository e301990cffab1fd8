"""Whether two deepstream-app configurations mean the same: typed values, with a list of what may differ."""

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from controller.render.file_names import ANALYTICS_FILE, DEEPSTREAM_APP_FILE, MSGCONV_FILE
from deepstream.analytics.config import AnalyticsFile, read_analytics_file
from deepstream.app.config import AppFile, read_app_file
from deepstream.app.source_ids import source_uris
from deepstream.app.values import SwitchedGroup
from deepstream.groups import GroupedFile, KeyGroup, write_group
from deepstream.keyfile_values import Reader
from deepstream.message_broker import read_message_broker_file
from deepstream.msgconv import MsgconvFile, read_msgconv_file
from deepstream.nvinfer.config import read_infer_config
from deepstream.preprocess.config import read_preprocess_file
from importer.app_files import sections
from tests.importer.stand import Disk

MAIN = DEEPSTREAM_APP_FILE
ADDED = {
    "model-engine-file": "the name that nvinfer gives its engines is filled in",
    "msg-conv-config": "sensors are made of the cameras when a converter runs",
}
"""Keys that a rendered file may have on top, and why."""
OF_THE_CAMERA = {"enable", "type", "uri", "num-sources", "camera-id", "sensorID-padID-mapping"}
"""Of a source, what is made anew; what matters of it, such as the id that follows, is compared by itself."""

DEVICE_NUMBERS = ("camera-v4l2-dev-node", "camera-csi-sensor-id")


class Side:
    """One of the two configurations."""

    def __init__(self, files: Mapping[str, str], main: str) -> None:
        self.disk = Disk(files)
        self.main = main
        text = self.disk.read_file(main)
        assert text is not None
        self.app: AppFile = read_app_file(text, main)[0]

    def path(self, path: str) -> str:
        return posixpath.normpath(posixpath.join(posixpath.dirname(self.main), path))

    def leads_to(self, file: str, path: str) -> str:
        """What a path in a file leads to: the text there, or the place as the main file sees it."""
        seen = posixpath.normpath(posixpath.join(posixpath.dirname(file), path))
        text = self.text(seen)
        return seen if text is None else f"text: {text}"

    def text(self, path: str) -> str | None:
        return self.disk.read_file(self.path(path))


def differences(files: Mapping[str, str], main: str, rendered: Mapping[str, str]) -> list[str]:
    """What means something else in the rendered files; none when both mean the same.

    Args:
        files: the original files by path.
        main: the path of the original main file.
        rendered: the rendered files by name.
    """
    before, after = Side(files, main), Side({f"/r/{name}": text for name, text in rendered.items()}, f"/r/{MAIN}")
    return [*_groups(before, after), *_sources(before, after), *_of_cameras(before, after)]


def _groups(before: Side, after: Side) -> Iterator[str]:
    found = dict(sections(after.app))
    for name, group in sections(before.app):
        if name not in found:
            yield f"[{name}] is missing"
        else:
            yield from _group(before, after, name, group, found[name])
    extra = set(found) - {name for name, _ in sections(before.app)} - {"sink0"}
    if extra:
        yield f"{sorted(extra)} came on top"
    if dict(before.app.extra_groups) != dict(after.app.extra_groups):
        yield "the other groups differ"


def _group(before: Side, after: Side, name: str, old: KeyGroup, new: KeyGroup) -> Iterator[str]:
    olds, news = dict(write_group(old)), dict(write_group(new))
    paths = {declared.name for declared in old.keys().values() if declared.reader is Reader.PATH}
    in_use = not isinstance(old, SwitchedGroup) or old.enable
    for key, raw in olds.items():
        if key in paths:
            yield from (
                f"[{name}] {key}: {one}" for one in _path(before, after, key, raw, news.get(key), in_use=bool(in_use))
            )
        elif news.get(key) != raw:
            yield f"[{name}] {key}: {raw} became {news.get(key)}"
    yield from (
        f"[{name}] {key} came on top" for key in news if key not in olds and key not in ADDED and key != "config-file"
    )


def _path(before: Side, after: Side, key: str, old: str, new: str | None, *, in_use: bool) -> Iterator[str]:
    """A path leads to a file of the same meaning, or is the same path."""
    if new in (None, ANALYTICS_FILE, MSGCONV_FILE):
        # In a group that is off nothing takes the place of a name that is gone.
        if key not in ("config-file", "msg-conv-config") or (new is None and (not in_use or before.text(old) is None)):
            yield f"{old} became {new}"
        return
    for one, other in zip(old.split(";"), str(new).split(";"), strict=True):
        was, now = before.text(one), after.text(other)
        if was is None or now is None:
            if one != other:
                yield f"{one} became {other}"
        elif was != now:
            yield from _same_file(before, one, after, other)


def _same_file(before: Side, old: str, after: Side, new: str) -> Iterator[str]:
    was, now = str(before.text(old)), str(after.text(new))
    if "[message-broker]" in was:
        pairs: list[tuple[GroupedFile, GroupedFile]] = [
            (read_message_broker_file(was)[0], read_message_broker_file(now)[0])
        ]
    elif "network-input-shape" in was:
        pairs = [(read_preprocess_file(was, old)[0], read_preprocess_file(now, new)[0])]
    else:
        pairs = [(read_infer_config(was, old)[0], read_infer_config(now, new)[0])]
    for one, other in pairs:
        leads_from, leads_to = _values(before, old, one), _values(after, new, other)
        yield from (f"{new}{where}" for where in _values_differ("", leads_from, leads_to))


def _values(side: Side, file: str, config: GroupedFile) -> dict[str, Any]:
    """The values of a file, with what its paths lead to: a text, or a place seen from the main file."""
    values = config.model_dump(exclude_defaults=True)
    for field in ("property", "settings"):
        group = getattr(config, field, None)
        if isinstance(group, KeyGroup):
            seen = group.with_paths(lambda path: side.leads_to(file, path))
            values[field] = seen.model_dump(exclude_defaults=True)
    return values


def _values_differ(where: str, old: Any, new: Any) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old.keys() | new.keys():
            if key not in old and str(key).replace("_", "-") in ADDED:
                continue
            yield from _values_differ(f"{where}.{key}", old.get(key), new.get(key))
    elif old != new:
        yield f"{where}: {old!r} became {new!r}"


def _sources(before: Side, after: Side) -> Iterator[str]:
    olds, news = source_uris(before.app), source_uris(after.app)
    was_at, is_at = ([_plain(one.uri) for one in uses] for uses in (olds, news))
    if was_at != is_at:
        yield f"sources {was_at} became {is_at}"
        return
    for old, new in zip(olds, news, strict=True):
        was, now = (
            {key: raw for key, raw in write_group(one.source) if key not in OF_THE_CAMERA} for one in (old, new)
        )
        if (old.sensor_id, old.source_id) != (new.sensor_id, new.source_id) and new.group == "source-list":
            yield f"source {old.source_id} of {old.sensor_id} became {new.source_id} of {new.sensor_id}"
        # A device without a number is the first one.
        was.update({key: "0" for key in DEVICE_NUMBERS if key in now and key not in was})
        if {old.source.type, new.source.type} & {1, 5} and old.source.type is not new.source.type:
            yield f"source {old.source_id}: type {old.source.type} became {new.source.type}"
        if was != now:
            yield f"source {old.source_id}: {was} became {now}"
        numbers = [
            int(one.group.removeprefix("source")) if one.source.camera_id is None else one.source.camera_id
            for one in (old, new)
            if one.group != "source-list"
        ]
        if len(set(numbers)) > 1:
            yield f"source {old.source_id}: camera-id {numbers[0]} became {numbers[1]}"


def _plain(uri: str | None) -> str | None:
    """Addresses of files have several forms."""
    if uri is None or not uri.startswith("file:"):
        return uri
    return posixpath.normpath(uri.removeprefix("file:").removeprefix("//"))


def _of_cameras(before: Side, after: Side) -> Iterator[str]:
    count = len(source_uris(before.app))
    group = before.app.nvds_analytics
    text = before.text(group.config_file) if group is not None and group.config_file else None
    if text is not None and group is not None:
        old = read_analytics_file(text, str(group.config_file))[0]
        new = read_analytics_file(after.disk.files.get(f"/r/{ANALYTICS_FILE}", ""), ANALYTICS_FILE)[0]
        yield from analytics_differ(old, new, count)
    used = [sink.msg_conv_config for sink in before.app.sinks.values() if sink.enable and sink.type == 6]
    path = next((one for one in used if one and before.text(one) is not None), None)
    if path is not None:
        old_file = read_msgconv_file(str(before.text(path)), path)[0]
        new_file = read_msgconv_file(after.disk.files[f"/r/{MSGCONV_FILE}"], MSGCONV_FILE)[0]
        yield from messages_differ(old_file, new_file, count)


def analytics_differ(old: AnalyticsFile, new: AnalyticsFile, count: int) -> Iterator[str]:
    """Groups of streams that there are mean the same; `enable` may be written where it was left out."""
    if old.settings is not None and old.settings != new.settings:
        yield f"analytics: {old.settings} became {new.settings}"
    for field in ("roi_filtering", "overcrowding", "line_crossing", "direction_detection"):
        yield from _by_number(field, getattr(old, field), getattr(new, field), count)


def messages_differ(old: MsgconvFile, new: MsgconvFile, count: int) -> Iterator[str]:
    """As for analytics; each camera has a sensor with id, type and enable."""
    for field in ("sensors", "places", "analytics"):
        yield from _by_number(field, getattr(old, field), getattr(new, field), count)


def _by_number(field: str, old: Mapping[int, KeyGroup], new: Mapping[int, KeyGroup], count: int) -> Iterator[str]:
    for number, group in old.items():
        if number >= count:
            continue
        if number not in new:
            yield f"{field} {number} is missing"
            continue
        was, now = dict(write_group(group)), dict(write_group(new[number]))
        was.setdefault("enable", "0")
        if any(now.get(key) != raw for key, raw in was.items() if key != "enable" or raw):
            changed = {key: (raw, now.get(key)) for key, raw in was.items() if now.get(key) != raw}
            yield f"{field} {number}: {changed}"
    if field != "sensors":
        yield from (f"{field} {number} came on top" for number in new if number not in old)
