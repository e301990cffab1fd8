"""One camera, as files and REST calls name it."""

import urllib.parse
from dataclasses import dataclass, field
from typing import Final, Literal

SourceType = Literal["rtsp", "file"]
EncodeType = Literal["h264", "h265"]

RTSP_SCHEMES: Final = ("rtsp://", "rtsps://")


@dataclass(frozen=True)
class Source:
    """One camera of ``source_list.json``.

    Attributes:
        camera_id: Its name, unique in the file.
        address: For ``rtsp`` a URL that may hold credentials; for ``file`` a path.
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
    """Returns the camera that stands behind a URL: ``rtsp://``, ``rtsps://`` or ``file://``.

    Raises:
        ValueError: If the URL is none of these; the message holds nothing of it.
    """
    if url.lower().startswith(RTSP_SCHEMES):
        return Source(camera_id, url, None, "rtsp", stream=True, given_address=url)
    if url.lower().startswith("file://"):
        return Source(camera_id, local_path(url), None, "file", stream=True, given_address=url)
    raise ValueError("must begin with rtsp://, rtsps:// or file://")


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
