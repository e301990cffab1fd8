"""Which source has which id: the number of its pad of the streammux, that other files and messages name it by.

Source: deepstream_app_config_parser.c and its YAML twin, gst-nvmultiurisrcbincreator.cpp, DeepStream 9.1.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from deepstream.app.config import AppFile
from deepstream.app.source import FILE, RTSP, SourceGroup, SourceType
from deepstream.app.source_list import SourceListGroup

MOST_SOURCES: Final = 1024
_FORMAT = re.compile(r"%(?:%|(?P<zeros>0?)(?P<width>[0-9]{0,2})[diu])")
_SLOT = re.compile(r"[0-9]+")
_RESET = ("latency", "num_decode_surfaces", "num_extra_surfaces", "rtsp_reconnect_attempts")
"""What a `[source<n>]` beside a list sets to its default when it does not hold it."""


@dataclass(frozen=True)
class AppSource:
    """One source that is in use."""

    source_id: int
    uri: str | None = field(repr=False)
    """None for cameras that have no address: USB, CSI."""
    source: SourceGroup = field(repr=False)
    """Its settings."""
    sensor_id: str | None
    """Lists only."""
    sensor_name: str | None
    """Lists only."""
    group: str
    """The name of the group that it stands in."""


def source_uris(app: AppFile) -> tuple[AppSource, ...]:
    """The sources that are in use, in the order of their ids, 1,024 at most, which is what DeepStream takes.

    Those of a csv file are not among them: see `AppFile.with_csv_sources`.
    """
    found = _of_groups(app) if app.source_list is None else _of_list(app, app.source_list)
    return tuple(sorted(found, key=lambda one: one.source_id))


def source_count(app: AppFile) -> int:
    """How many sources the file asks for, whatever DeepStream takes."""
    if app.source_list is not None:
        return _length(app.source_list)
    return sum(_copies(group) for group in app.sources.values() if group.enable)


def pad_of_sensor(sensor_id: str) -> int:
    """The source id that `sensorID-padID-mapping` makes of a sensor id: the first number in it, or 0."""
    found = _SLOT.search(sensor_id)
    # int() itself refuses thousands of digits.
    return int(found[0].lstrip("0")[:10] or "0") if found else 0


def with_number(uri: str, number: int) -> str:
    """The address of one of the sources of type 3: `%d` is its number, as C prints it."""

    def shown(match: re.Match[str]) -> str:
        if match[0] == "%%":
            return "%"
        width = int(match["width"] or 0)
        return str(number).zfill(width) if match["zeros"] else str(number).rjust(width)

    return _FORMAT.sub(shown, uri)


def has_other_formats(uri: str) -> bool:
    """True when C would not print the address of type 3 as it is meant: `%40`, or a second number."""
    formats = [match[0] for match in _FORMAT.finditer(uri) if match[0] != "%%"]
    return len(formats) > 1 or "%" in _FORMAT.sub("", uri)


def _of_groups(app: AppFile) -> Iterator[AppSource]:
    """The sources of groups, and behind all of them the copies that type 3 stands for."""
    groups = [(f"source{number}", group) for number, group in app.sources.items() if group.enable]
    next_id = len(groups)
    for source_id, (name, group) in enumerate(groups[:MOST_SOURCES]):
        several = group.type is SourceType.MULTI_URI
        uri = with_number(group.uri, 0) if several and group.uri is not None else group.uri
        yield AppSource(source_id, uri, group, None, None, name)
        for number in range(1, min(_copies(group), MOST_SOURCES)):
            if next_id == MOST_SOURCES:
                break
            uri = None if group.uri is None else with_number(group.uri, number)
            yield AppSource(next_id, uri, group, None, None, name)
            next_id += 1


def _of_list(app: AppFile, sources: SourceListGroup) -> Iterator[AppSource]:
    uris, ids, names = (one or () for one in (sources.uris, sources.sensor_id_list, sources.sensor_name_list))
    common = app.source_attr_all or SourceGroup()
    dynamic = bool(sources.use_nvmultiurisrcbin)
    by_sensor = dynamic and common.sensor_id_pad_id_mapping
    for at in range(min(_length(sources), MOST_SOURCES)):
        sensor_id = ids[at] if at < len(ids) else None
        uri = uris[at] if at < len(uris) else common.uri
        group = "source-list"
        source = common.model_copy(update={"uri": uri, "type": _type_of(uri) or common.type})
        own = app.sources.get(at)
        # nvmultiurisrcbin has the addresses of the list and the settings of [source-attr-all] only.
        if own is not None and own.enable and not dynamic:
            set_there = own.model_dump(exclude_none=True, exclude={"extra_keys"})
            source = source.model_copy(update={**dict.fromkeys(_RESET), **set_there})
            uri, group = source.uri, f"source{at}"
        if source.enable or dynamic:
            pad = pad_of_sensor(sensor_id) if by_sensor and sensor_id is not None else at
            yield AppSource(pad, uri, source, sensor_id, names[at] if at < len(names) else None, group)


def _length(sources: SourceListGroup) -> int:
    return len(sources.uris) if sources.uris is not None else sources.num_source_bins or 0


def _copies(group: SourceGroup) -> int:
    return max(group.num_sources or 1, 1) if group.type is SourceType.MULTI_URI else 1


def _type_of(uri: str | None) -> SourceType | None:
    for prefix, kind in (
        (FILE, SourceType.URI),
        (RTSP, SourceType.RTSP),
        ("csi:", SourceType.CAMERA_CSI),
        ("usb:", SourceType.CAMERA_V4L2),
    ):
        if uri is not None and uri.startswith(prefix):
            return kind
    return None
