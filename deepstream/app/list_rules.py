"""Rules for `[source-list]`, and for the element that adds and removes cameras while it runs.

Source: deepstream_app_config_parser.c, deepstream_app.c and gstdsnvmultiurisrcbin.cpp of DeepStream 9.1.
"""

import re
from collections.abc import Iterator
from typing import Final

from deepstream.app.config import AppFile
from deepstream.app.source import FILE, RTSP, SourceGroup, SourceType
from deepstream.app.source_ids import pad_of_sensor, source_count
from deepstream.app.source_list import SourceListGroup
from deepstream.app.streammux import StreammuxGroup
from deepstream.findings import Finding, Severity
from deepstream.versions import DsVersion

_LIST: Final = "source-list"
_COMMON: Final = "source-attr-all"
_CAMERA: Final = re.compile("(usb|csi):[0-9]+")
_ON_THIS_MACHINE: Final = re.compile(r"(127(\.[0-9]{1,3}){3}|\[::1\]):[0-9]+[rs]*")
_NO_SERVER: Final = "0"


def check_source_list(app: AppFile, version: DsVersion) -> Iterator[Finding]:
    """What is wrong with `[source-list]` and what belongs to it."""
    sources = app.source_list
    if sources is None:
        return
    yield from _attributes(app.source_attr_all, sources)
    yield from _lengths(sources, version)
    yield from _addresses(sources.uris or ())
    yield from _beside_the_list(app)
    if sources.use_nvmultiurisrcbin:
        yield from _server(sources)
        yield from _commas(sources)
        yield from _most_cameras(sources)
        yield from _surroundings(app)
        if app.source_attr_all is not None and app.source_attr_all.sensor_id_pad_id_mapping:
            yield from _pads_by_sensor(sources, version)


def _attributes(common: SourceGroup | None, sources: SourceListGroup) -> Iterator[Finding]:
    if common is None:
        message = "the group is missing, and DeepStream refuses a file with [source-list] but without it; add it"
        yield Finding(Severity.ERROR, message, _COMMON)
        return
    if not common.enable and sources.use_nvmultiurisrcbin:
        message = "not switched on: cameras have none of the settings of the group; write enable=1"
        yield Finding(Severity.WARNING, message, _COMMON, "enable")
    elif not common.enable:
        message = "not switched on: DeepStream starts none of the listed sources; write enable=1"
        yield Finding(Severity.ERROR, message, _COMMON, "enable")
    # Only [source<n>] begins with -1 here; nvmultiurisrcbin takes 0 for its own default.
    if (
        (common.rtsp_reconnect_interval_sec or 0) > 0
        and not common.rtsp_reconnect_attempts
        and not sources.use_nvmultiurisrcbin
    ):
        message = (
            "without this key listed cameras have 0 attempts: one that fails once is given up for good; write -1 to "
            "connect for ever"
        )
        yield Finding(Severity.WARNING, message, _COMMON, "rtsp-reconnect-attempts")


def _lengths(sources: SourceListGroup, version: DsVersion) -> Iterator[Finding]:
    if sources.uris is None:
        return
    length = len(sources.uris)
    counted = sources.num_source_bins
    if counted is not None and counted != length:
        message = f"{counted} is not the length of the list, {length}: DeepStream refuses the file; write {length}"
        yield Finding(Severity.ERROR, message, _LIST, "num-source-bins")
    for name, values in (("sensor-id-list", sources.sensor_id_list), ("sensor-name-list", sources.sensor_name_list)):
        if len(values or ()) == length or (counted is None and not values):
            continue
        if counted is not None and version.has(DsVersion.V6_4):
            message = (
                f"{len(values or ())} entries for {length} sources: DeepStream refuses the file; write one for each"
            )
            yield Finding(Severity.ERROR, message, _LIST, name)
        elif values:
            message = (
                f"{len(values)} entries for {length} sources: cameras get the ids of others, or none; write one each"
            )
            yield Finding(Severity.WARNING, message, _LIST, name)


def _addresses(uris: tuple[str, ...]) -> Iterator[Finding]:
    for at, uri in enumerate(uris, 1):
        if not (uri.startswith((FILE, RTSP)) or _CAMERA.fullmatch(uri)):
            message = (
                f"entry {at} is neither rtsp://, file://, usb:<number> nor csi:<number>: DeepStream refuses the file; "
                "other addresses stand in [source<n>] groups without a list, or are added by REST"
            )
            yield Finding(Severity.ERROR, message, _LIST, "list")


def _beside_the_list(app: AppFile) -> Iterator[Finding]:
    count = source_count(app)
    for number, group in app.sources.items():
        name = f"source{number}"
        # DeepStream looks at the number before it looks at enable.
        if number >= count:
            message = f"the list has {count} sources, counted from 0: DeepStream refuses a file with groups of others"
            yield Finding(Severity.ERROR, message, name)
        elif group.enable and group.type is SourceType.MULTI_URI:
            message = "beside [source-list] type 3 does not go, and DeepStream refuses the file; list each address"
            yield Finding(Severity.ERROR, message, name, "type")


def _server(sources: SourceListGroup) -> Iterator[Finding]:
    """The REST server inside of the element."""
    if sources.http_port == _NO_SERVER:
        return
    for name, value in (("http-ip", sources.http_ip), ("http-port", sources.http_port)):
        if value is None:
            message = "nvmultiurisrcbin has no default for it here and aborts the process; write http-ip and http-port"
            yield Finding(Severity.ERROR, message, _LIST, name)
    port = sources.http_port
    if port is not None and not all(_ON_THIS_MACHINE.fullmatch(one.strip()) for one in port.split(",")):
        message = (
            "the REST server listens on all networks, whatever http-ip says, and asks nobody who they are: a single "
            "request stops the pipeline. Write 127.0.0.1:<port>, or 0 for no server"
        )
        yield Finding(Severity.WARNING, message, _LIST, "http-port")


def _commas(sources: SourceListGroup) -> Iterator[Finding]:
    for name, values, remedy in (
        ("list", sources.uris, "write it as %2C"),
        ("sensor-id-list", sources.sensor_id_list, "choose an id without"),
        ("sensor-name-list", sources.sensor_name_list, "choose a name without"),
    ):
        for at, value in enumerate(values or (), 1):
            if "," in value:
                message = (
                    f"entry {at} holds a comma, where nvmultiurisrcbin splits the list again: all cameras behind it get "
                    f"the addresses, ids or names of others; {remedy}"
                )
                yield Finding(Severity.ERROR, message, _LIST, name)


def _most_cameras(sources: SourceListGroup) -> Iterator[Finding]:
    most = sources.max_batch_size or 0
    if not most:
        message = (
            "DeepStream passes on 0, not the default of the element, and no camera has a place; write how many at most"
        )
        yield Finding(Severity.ERROR, message, _LIST, "max-batch-size")
    elif len(sources.uris or ()) > most:
        message = f"{len(sources.uris or ())} cameras are listed, but only {most} have a place; write a larger number"
        yield Finding(Severity.ERROR, message, _LIST, "max-batch-size")


def _surroundings(app: AppFile) -> Iterator[Finding]:
    mux = app.streammux or StreammuxGroup()
    if not mux.live_source:
        message = "nvmultiurisrcbin needs 1: as files, cameras would wait for one another"
        yield Finding(Severity.WARNING, message, "streammux", "live-source")
    if not mux.drop_pipeline_eos:
        message = "nvmultiurisrcbin needs 1: else the process ends when its last camera is taken away"
        yield Finding(Severity.WARNING, message, "streammux", "drop-pipeline-eos")
    for number, sink in app.sinks.items():
        if sink.enable and sink.sync:
            message = "nvmultiurisrcbin needs 0: cameras that are added later are never in time, and are not shown"
            yield Finding(Severity.WARNING, message, f"sink{number}", "sync")


def _pads_by_sensor(sources: SourceListGroup, version: DsVersion) -> Iterator[Finding]:
    key = "sensorID-padID-mapping"
    if not version.has(DsVersion.V8_0):
        message = (
            f"DeepStream {version} does not know it: source ids go round, so lines and regions come to other cameras when "
            "one is added again; use a newer release, or no REST"
        )
        yield Finding(Severity.ERROR, message, _COMMON, key)
    seen: dict[int, str] = {}
    for sensor_id in sources.sensor_id_list or ():
        pad = pad_of_sensor(sensor_id)
        if pad in seen:
            message = (
                f"the sensors {seen[pad]!r} and {sensor_id!r} both have source id {pad}, the first number in their ids (0 "
                "without a number), and the second fails; number each camera"
            )
            yield Finding(Severity.ERROR, message, _LIST, "sensor-id-list")
        elif sources.max_batch_size and pad >= sources.max_batch_size:
            message = (
                f"the sensor {sensor_id!r} has source id {pad}, the first number in its id, but max-batch-size "
                f"{sources.max_batch_size} has places below only, and DeepStream does not check that"
            )
            yield Finding(Severity.ERROR, message, _LIST, "sensor-id-list")
        seen.setdefault(pad, sensor_id)
