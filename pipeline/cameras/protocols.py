"""How an address is opened: the URL and the options of libavformat by its scheme, and what a video may send us to."""

import ssl
from dataclasses import dataclass
from typing import Final

from pipeline.files.source import Source

# Without probing, a camera opens in 0.1 s instead of 1.9 s. Not fflags=nobuffer: it throws away the key frame that the
# probing has read, so the first picture comes one group of pictures later.
_RTSP_OPTIONS: Final = {"analyzeduration": "0", "probesize": "32", "fpsprobesize": "0"}

# libavformat has no such schemes of its own, and takes one of both transports by an option.
_TRANSPORTS: Final = {"rtspt": ("rtsp", "tcp"), "rtspu": ("rtsp", "udp")}

# A playlist posing as a video must not be able to send us to the network, and one of the network not to files of this machine.
_FILE_OPTIONS: Final = {"protocol_whitelist": "file"}
_HTTP_PROTOCOLS: Final = "http,https,httpproxy,tcp,tls,crypto"
_RTMP_PROTOCOLS: Final = "rtmp,rtmps,tcp,tls"

# What cameras and media servers send over HTTP; each other reader of libavformat would be one more way in. The last three are
# sound, without which a playlist that names it does not open.
_HTTP_FORMATS: Final = (
    "hls,mpjpeg,mjpeg,mpegts,mov,mp4,m4a,3gp,3g2,mj2,flv,live_flv,matroska,webm,avi,h264,hevc,m4v,aac,mp3,ac3"
)

# Live streams begin anywhere: this is how long libavformat may look for the beginning of pictures.
_PROBING: Final = {"analyzeduration": "1000000", "fpsprobesize": "0"}

_UNTIMED_FORMATS: Final = frozenset({"mpjpeg", "mjpeg", "jpeg_pipe"})


@dataclass(frozen=True)
class Opening:
    """What libavformat is asked for.

    Attributes:
        url: The address; it may hold a password.
        options: By libavformat's names.
    """

    url: str
    options: dict[str, str]


def opening_of(source: Source) -> Opening:
    """Returns how a camera is opened."""
    scheme, mark, rest = source.address.partition("://")
    match source.type:
        case "file":
            return Opening(f"file:{source.address}", dict(_FILE_OPTIONS))
        case "http":
            formats = {"protocol_whitelist": _HTTP_PROTOCOLS, "format_whitelist": _HTTP_FORMATS}
            return Opening(source.address, formats | _PROBING | (_verified() if scheme.lower() == "https" else {}))
        case "rtmp":
            return Opening(source.address, {"protocol_whitelist": _RTMP_PROTOCOLS} | _PROBING)
        case _:
            scheme, transport = _TRANSPORTS.get(scheme.lower(), (scheme, "tcp"))
            return Opening(f"{scheme}{mark}{rest}", {"rtsp_transport": transport, **_RTSP_OPTIONS})


def sends_no_times(format_name: str) -> bool:
    """Tells whether a format says nothing of when a picture was taken: libavformat then counts 25 in a second, whatever comes."""
    return format_name in _UNTIMED_FORMATS


def _verified() -> dict[str, str]:
    """A server must show a certificate of an authority that this machine trusts, or that SSL_CERT_FILE names."""
    authorities = ssl.get_default_verify_paths().cafile
    return {"tls_verify": "1"} | ({"ca_file": authorities} if authorities else {})
