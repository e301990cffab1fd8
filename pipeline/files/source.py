"""One camera, as files and REST calls name it."""

import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

SourceType = Literal["rtsp", "http", "rtmp", "file"]
EncodeType = Literal["h264", "h265", "mjpeg", "mpeg4"]

SOURCE_TYPES: Final = get_args(SourceType)
ENCODE_TYPES: Final = get_args(EncodeType)

SCHEMES: Final[Mapping[SourceType, tuple[str, ...]]] = {
    "rtsp": ("rtsp://", "rtspt://", "rtspu://", "rtsps://"),
    "http": ("http://", "https://"),
    "rtmp": ("rtmp://", "rtmps://"),
}
NO_SRT: Final = "this program reads no SRT: the FFmpeg in it is built without; let a media server turn it into RTSP"


@dataclass(frozen=True)
class Source:
    """One camera of ``source_list.json``.

    Attributes:
        camera_id: Its name, unique in the file.
        address: A URL that may hold credentials; for ``file`` a path.
        encode_type: The codec that the camera must send; None for any.
        type: How the address is to be opened.
        stream: Whether pictures of it are published.
        given_address: The address as it was given, which names the camera when it is to be removed.
    """

    camera_id: str
    address: str = field(repr=False)
    encode_type: EncodeType | None
    type: SourceType
    stream: bool
    given_address: str = field(default="", repr=False)


def source_of_url(camera_id: str, url: str) -> Source:
    """Returns the camera that stands behind a URL, with the scheme of one of the types.

    Raises:
        ValueError: If the URL is none of these; the message holds nothing of it.
    """
    for kind, schemes in SCHEMES.items():
        if url.lower().startswith(schemes):
            return Source(camera_id, url, None, kind, stream=True, given_address=url)
    if url.lower().startswith("file://"):
        return Source(camera_id, local_path(url), None, "file", stream=True, given_address=url)
    if url.lower().startswith("srt://"):
        raise ValueError(NO_SRT)
    raise ValueError(f"must begin with {', '.join(one for schemes in SCHEMES.values() for one in schemes)} or file://")


def local_path(address: str) -> str:
    """Returns the path that a path or a ``file://`` URL names.

    Raises:
        ValueError: If it names none of this machine.
    """
    if address.lower().startswith("file://"):
        url = urllib.parse.urlsplit(address)
        if url.netloc not in ("", "localhost"):
            raise ValueError("a file:// URL must name a file of this machine")
        address = urllib.parse.unquote(url.path)
    if not address or "\0" in address:
        raise ValueError("must name a file")
    return address
