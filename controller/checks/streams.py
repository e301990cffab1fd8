"""Addresses and codecs of cameras that come over a network: which app reads which of them.

What DeepStream does is taken from its sources, 9.1 and 9.2 (deepstream_source_bin.c, gstdsnvurisrcbin.cpp,
deepstream_app_config_parser.c), and that of the RetinaFace app from its own. Where nothing public tells, it is a warning.
"""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from controller.checks.violation import Violation, error, warning
from crds.app_kind import AppKind
from crds.camera import Camera
from crds.camera_device import DEVICE_TYPES
from crds.camera_source import SCHEMES
from crds.deepstream_app import DeepstreamApp
from crds.dsinstance import DsInstance
from deepstream.app.source import FILE, RTSP, RtpProtocol, SourceGroup, SourceType
from deepstream.versions import DsVersion

_ADDRESS: Final = ("spec", "address")
_TYPE: Final = ("spec", "type")
_CODEC: Final = ("spec", "encodeType")
_USUAL: Final = ("h264", "h265")
_READ_BY: Final = {
    AppKind.RETINAFACE: frozenset({"rtsp", "file"}),
    AppKind.REFERENCE: frozenset({"rtsp", "http", "rtmp", "file"}),
}
"""Types of cameras by the apps that read a list of sources."""
_FIRST_WITH_MPEG4: Final = DsVersion.V9_1
"""The first release whose nvurisrcbin is public; it has a depayloader for MP4V-ES. That older ones have none is not known."""


def is_read(kind: AppKind, camera: Camera) -> bool:
    """True for a camera that can stand in the list of sources of an app of this kind; any can where there is no such list."""
    return kind not in _READ_BY or (camera.spec.type in _READ_BY[kind] and _has_decoder(kind, camera))


def _has_decoder(kind: AppKind, camera: Camera) -> bool:
    return kind is not AppKind.RETINAFACE or camera.spec.encode_type in _USUAL


def check_streams(instance: DsInstance, cameras: tuple[Camera, ...]) -> Iterator[Violation]:
    """What the app of an instance does not read of its cameras."""
    kind, app = instance.spec.app.kind, instance.spec.deepstream_app
    for camera in cameras:
        spec = camera.spec
        if spec.type in DEVICE_TYPES:
            continue
        if spec.type not in _READ_BY.get(kind, (spec.type,)):
            yield error(_TYPE, _not_read(instance, camera), camera.name)
        elif not _has_decoder(kind, camera):
            message = (
                f"the app of dsinstance/{instance.name}, of kind retinaface, has decoders for h264 and h265 alone, and does not "
                "start with another codec: set the camera to one of them, or give it to an instance of another kind"
            )
            yield error(_CODEC, message, camera.name)
        elif app is not None and kind is AppKind.DEEPSTREAM_APP:
            if app.streams == "rest":
                yield from _of_list(instance, camera)
            else:
                yield from _of_group(app, camera)


def _not_read(instance: DsInstance, camera: Camera) -> str:
    kind = instance.spec.app.kind
    if kind is AppKind.REFERENCE:
        return (
            "the reference workload has no SRT: the FFmpeg that it reads cameras with is built without it; let a media server "
            "turn the stream into RTSP, or give the camera to an instance of kind deepstream-app with streams: static"
        )
    return (
        f"the app of dsinstance/{instance.name}, of kind {kind}, opens RTSP streams and files only, and ends at its start with "
        f"a camera of type {camera.spec.type}: let a media server turn the stream into RTSP, or give the camera to an instance "
        "of kind reference or deepstream-app"
    )


def _of_list(instance: DsInstance, camera: Camera) -> Iterator[Violation]:
    """With streams: rest the cameras are a list, of which deepstream-app takes rtsp:// and file:// apart by itself."""
    spec, scheme = camera.spec, camera.spec.address.partition("://")[0]
    # As deepstream-app compares them: by each letter.
    if not spec.address.startswith((FILE, RTSP)):
        transport = {"rtspt": RtpProtocol.TCP, "rtspu": RtpProtocol.UDP_OR_TCP}.get(scheme)
        remedy = "give streams: static"
        if transport is not None:
            remedy += f", or write rtsp:// here and sourceAttrAll.selectRtpProtocol: {int(transport)} in the instance"
        message = (
            f"with streams: rest deepstream-app refuses its file for a {scheme}:// address: a list of sources holds rtsp:// and "
            f"file:// alone; {remedy}"
        )
        yield error(_ADDRESS, message, camera.name)
    elif spec.type == "rtsp" and spec.encode_type == "mjpeg":
        message = (
            "nvurisrcbin has no depayloader for MJPEG over RTSP, and its source fails; give streams: static and "
            f"cameraSources.{camera.name}.type: 2, or another codec"
        )
        yield error(_CODEC, message, camera.name)
    elif spec.type == "rtsp" and spec.encode_type == "mpeg4" and not instance.spec.deepstream.has(_FIRST_WITH_MPEG4):
        message = (
            f"nvurisrcbin reads MPEG-4 over RTSP in DeepStream {_FIRST_WITH_MPEG4}; whether that of {instance.spec.deepstream} "
            "does is not public: try it, or set the camera to h264"
        )
        yield warning(_CODEC, message, camera.name)


def _of_group(app: DeepstreamApp, camera: Camera) -> Iterator[Violation]:
    """With streams: static each camera has a group: type 4 is rtspsrc, type 2 is uridecodebin with all that is installed."""
    spec = camera.spec
    own, common = app.camera_sources.get(camera.name, SourceGroup()), app.source_attr_all or SourceGroup()
    if spec.type in SCHEMES and spec.type != "rtsp":
        if own.type is SourceType.RTSP:
            message = (
                f"type 4 is rtspsrc, which does not open {urlsplit(spec.address).scheme}://: write 2, or remove it"
            )
            yield error(("spec", "deepstreamApp", "cameraSources", camera.name, "type"), message)
            return
        message = (
            f"deepstream-app opens a camera of type {spec.type} with uridecodebin: it does not connect again by itself, an error "
            "or the end of such a stream ends the app with all its cameras, and whether the image has the GStreamer plugins for "
            "it is not known; where that is not wanted, let a media server turn the stream into RTSP"
        )
        yield warning(_TYPE, message, camera.name)
    elif spec.type == "rtsp" and own.type is not SourceType.URI and spec.encode_type not in _USUAL:
        message = (
            "a source of type 4 takes H.264 and H.265 from RTSP cameras and leaves other codecs out: no picture ever comes; give "
            f"cameraSources.{camera.name}.type: 2 in the instance, or another codec"
        )
        yield error(_CODEC, message, camera.name)
    protocol = own.select_rtp_protocol or common.select_rtp_protocol
    if urlsplit(spec.address).scheme == "rtspu" and protocol is RtpProtocol.TCP:
        message = "rtspu:// asks for UDP alone, and selectRtpProtocol allows TCP alone: nothing is left; write rtsp://"
        yield warning(_ADDRESS, message, camera.name)
