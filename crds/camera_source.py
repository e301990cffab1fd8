"""Where cameras come from: the closed set of their types, the schemes of their addresses, and the codecs that they send.

A type is a way to open an address. RTSP has four schemes: `rtspt` and `rtspu` are those of GStreamer's rtspsrc, for TCP and UDP
alone; `rtsps` is RTSP within TLS.
"""

from collections.abc import Mapping
from typing import Final, Literal
from urllib.parse import SplitResult

CameraType = Literal["rtsp", "http", "rtmp", "srt", "file", "usb", "csi"]
EncodeType = Literal["h264", "h265", "mjpeg", "mpeg4"]

SCHEMES: Final[Mapping[str, tuple[str, ...]]] = {
    "rtsp": ("rtsp", "rtspt", "rtspu", "rtsps"),
    "http": ("http", "https"),
    "rtmp": ("rtmp", "rtmps"),
    "srt": ("srt",),
}
"""Of the types that come over a network."""
_EXAMPLES: Final = {
    "rtsp": "rtsp://host:554/path",
    "http": "http://host/video.mjpg or https://host/live.m3u8",
    "rtmp": "rtmp://host/app/stream",
    "srt": "srt://host:9000",
}
WITH_LOGIN: Final = ("rtsp", "http", "rtmp")
"""Types whose addresses may begin with a user and a password."""
_TYPE_OF: Final = {scheme: kind for kind, schemes in SCHEMES.items() for scheme in schemes}


def type_of_scheme(scheme: str) -> str | None:
    """The type of cameras whose addresses have this scheme; None for one that is of no network."""
    return _TYPE_OF.get(scheme)


def fault_of_stream(kind: str, parts: SplitResult, *, port_is_readable: bool) -> str | None:
    """What is wrong with the address of a camera that comes over a network; None when nothing is.

    Args:
        kind: the type of the camera.
        parts: its address.
        port_is_readable: whether its port is none, or the number of one.
    """
    fits = parts.scheme in SCHEMES[kind] and parts.hostname and port_is_readable
    if kind == "srt":
        fits = fits and parts.port is not None
    if fits:
        return None
    other = type_of_scheme(parts.scheme)
    hint = f"; for {parts.scheme}:// write type: {other}" if other not in (None, kind) else ""
    return f"a camera of type {kind} needs an address such as {_EXAMPLES[kind]}{hint}"
