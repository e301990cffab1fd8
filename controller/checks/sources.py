"""The cameras as sources of deepstream-app: what makes them is the controller's, what holds for them is the manifest's."""

import re
from collections.abc import Iterator
from typing import Final

from controller.checks.violation import Violation, error, warning
from crds.camera import Camera
from crds.deepstream_app import DeepstreamApp
from crds.dsinstance import DsInstanceSpec
from deepstream.app.source_list import SourceListGroup
from deepstream.near_miss import near_miss
from deepstream.versions import DsVersion

_APP: Final = ("spec", "deepstreamApp")
_LIST: Final = (*_APP, "sourceList")
_FIRST_WITH_REST: Final = DsVersion.V6_2
_FIRST_WITH_REST_ON_JETSON: Final = DsVersion.V6_3
_FIRST_WITH_SLOTS: Final = DsVersion.V9_1
_FIRST_THAT_SPINS: Final = DsVersion.V9_1
"""Reported for it, and for none before; that a later one is free of it is not known."""
_LOOPBACK: Final = re.compile(r"(127(\.[0-9]{1,3}){3}|\[::1\]):[0-9]+")
_OF_CAMERAS: Final = ("num_source_bins", "uris", "sensor_id_list", "sensor_name_list")


def check_sources(spec: DsInstanceSpec, app: DeepstreamApp, cameras: tuple[Camera, ...]) -> Iterator[Violation]:
    """What is wrong with how the cameras become sources."""
    rest = app.streams == "rest"
    if rest:
        yield from _rest(spec)
        yield from _files(spec, cameras)
    if app.source_ids == "slot" and not (rest and spec.deepstream.has(_FIRST_WITH_SLOTS)):
        message = (
            "a source id can follow from the sensor id in nvmultiurisrcbin of DeepStream 9.1 only: this instance has "
            f"streams: {app.streams} and DeepStream {spec.deepstream}, where ids are positions, and lines, regions and "
            "messages would come to other cameras; remove it, or give streams: rest and dsVersion 9.1"
        )
        yield error((*_APP, "sourceIds"), message)
    yield from _of_single_cameras(app, cameras, rest=rest)
    if app.source_list is not None:
        yield from _list(spec, app.source_list, rest=rest)
    if app.source_attr_all is not None and app.source_attr_all.uri is not None:
        message = "each camera has its own address, in its own manifest: this one is not used; remove it"
        yield warning((*_APP, "sourceAttrAll", "uri"), message)
    if app.source_attr_all is not None and app.source_attr_all.sensor_id_pad_id_mapping is not None:
        message = "sourceIds decides how cameras get their source ids: this is not used; remove it"
        yield warning((*_APP, "sourceAttrAll", "sensorIdPadIdMapping"), message)


def _files(spec: DsInstanceSpec, cameras: tuple[Camera, ...]) -> Iterator[Violation]:
    """Files among the sources that nvmultiurisrcbin has from the start: https://github.com/NVIDIA/DeepStream/issues/69."""
    if not spec.deepstream.has(_FIRST_THAT_SPINS):
        return
    for camera in cameras:
        if camera.spec.type == "file":
            message = (
                "with streams: rest a file that is there at the start makes nvmultiurisrcbin spin: it recalculates its latency "
                "without end, and threads grow until memory is full; give streams: static, or a stream instead of the file"
            )
            yield warning(("spec", "address"), message, camera.name)


def _rest(spec: DsInstanceSpec) -> Iterator[Violation]:
    first, where = _FIRST_WITH_REST, ""
    if spec.container.runtime == "nvidia":
        first, where = _FIRST_WITH_REST_ON_JETSON, " on Jetson"
    if not spec.deepstream.has(first):
        message = (
            f"DeepStream {spec.deepstream} has no REST interface for streams{where}: {first} is the first with "
            "nvmultiurisrcbin, and older ones start no source; give streams: static, or a newer dsVersion"
        )
        yield error((*_APP, "streams"), message)


def _of_single_cameras(app: DeepstreamApp, cameras: tuple[Camera, ...], *, rest: bool) -> Iterator[Violation]:
    names = [camera.name for camera in cameras]
    for name in app.camera_sources:
        path = (*_APP, "cameraSources", name)
        if name not in names:
            message = f"the instance has no camera {name!r}{near_miss(name, names)}"
            yield error(path, message)
        elif rest:
            message = (
                "nvmultiurisrcbin has one set of settings for all sources, so those of single cameras cannot be given to "
                "it: put them into sourceAttrAll, or give streams: static"
            )
            yield error(path, message)


def _list(spec: DsInstanceSpec, sources: SourceListGroup, *, rest: bool) -> Iterator[Violation]:
    aliases = {name: one.alias or name for name, one in SourceListGroup.model_fields.items()}
    for field in _OF_CAMERAS:
        if getattr(sources, field) is not None:
            message = "the cameras of the instance are its sources: remove it, and name the cameras in spec.cameras"
            yield error((*_LIST, aliases[field]), message)
    if not rest:
        message = "with streams: static each camera has a group of its own, and there is no list: this does nothing"
        yield warning(_LIST, message)
        return
    if sources.use_nvmultiurisrcbin is False:
        message = "streams: rest needs it: remove it, or give streams: static"
        yield error((*_LIST, "useNvmultiurisrcbin"), message)
    most, batch = sources.max_batch_size, spec.streammux.batch_size
    if most is not None and batch is not None and most != batch:
        message = f"streammux.batchSize, {batch}, is written in its place; remove it"
        yield warning((*_LIST, "maxBatchSize"), message)
    yield from _server(sources)


def _server(sources: SourceListGroup) -> Iterator[Violation]:
    made = "the controller gives each instance its own port on the loopback of its node; remove it"
    if sources.http_port is not None:
        if _LOOPBACK.fullmatch(sources.http_port):
            yield warning((*_LIST, "httpPort"), f"it is not used: {made}")
        else:
            message = (
                "the REST server asks nobody who they are, and a single bad request ends the pipeline, so it must "
                f"listen on the loopback only: {made}"
            )
            yield error((*_LIST, "httpPort"), message)
    if sources.http_ip is not None:
        message = f"the server never uses it, and listens where httpPort says: {made}"
        is_loopback = sources.http_ip.startswith("127.") or sources.http_ip in ("localhost", "::1")
        yield (warning if is_loopback else error)((*_LIST, "httpIp"), message)
