"""Takes a video file apart into what is sent: pictures, as NAL units, and when each is shown."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import av
from av.bitstream import BitStreamFilterContext
from av.container import InputContainer
from av.video.stream import VideoStream

from simulator.jpeg import read_jpeg


class Codec(StrEnum):
    """How a clip is coded."""

    H264 = "h264"
    H265 = "h265"
    MPEG4 = "mpeg4"
    MJPEG = "mjpeg"


class ClipError(ValueError):
    """A file that no camera can show; the message is one line that names the file and says what to do."""


@dataclass(frozen=True)
class AccessUnit:
    """One picture.

    Attributes:
        nals: Its NAL units, without start codes or lengths; of MPEG-4 and MJPEG the whole picture.
        is_key: Whether decoding can begin with it.
        at_s: When it is shown, in seconds from the begin of the clip.
    """

    nals: tuple[bytes, ...]
    is_key: bool
    at_s: float = 0.0


@dataclass(frozen=True)
class Clip:
    """A clip in memory.

    Attributes:
        name: Of its file.
        codec: How it is coded.
        units: Its pictures in order; each refers to earlier ones only, so they are decoded in the order in which they are shown.
        parameter_sets: What a decoder must know first: SPS and PPS, and before them the VPS in H.265; the configuration in MPEG-4.
        length_s: After so long it begins anew.
    """

    name: str
    codec: Codec
    units: tuple[AccessUnit, ...]
    parameter_sets: tuple[bytes, ...]
    length_s: float

    @property
    def fps(self) -> float:
        """Frames per second, on average."""
        return len(self.units) / self.length_s


_CODEC_OF: Final = {"h264": Codec.H264, "hevc": Codec.H265, "mpeg4": Codec.MPEG4, "mjpeg": Codec.MJPEG}
# Containers put a length before each NAL unit; these make start codes of them, and repeat the parameter sets at key frames.
_FILTER_OF: Final = {Codec.H264: "h264_mp4toannexb", Codec.H265: "hevc_mp4toannexb"}
_PARAMETER_SETS: Final = {Codec.H264: (7, 8), Codec.H265: (32, 33, 34), Codec.MPEG4: ("configuration",)}
_START_CODE: Final = re.compile(rb"\0{2,}\x01")

_ENCODE_JPEG: Final = (
    "encode it anew, for example: ffmpeg -i FILE -an -c:v mjpeg -huffman default -pix_fmt yuvj420p new.mp4"
)
_ENCODE_ANEW: Final = "encode it anew, for example: ffmpeg -i FILE -an -c:v libx264 -bf 0 -g 30 new.mp4"


def nal_type(codec: Codec, nal: bytes) -> int:
    """Returns the type of a NAL unit (tables 7-1 of H.264 and of H.265)."""
    return nal[0] & 0x1F if codec is Codec.H264 else nal[0] >> 1 & 0x3F


def nals_of(stream: bytes) -> tuple[bytes, ...]:
    """Returns the NAL units between start codes."""
    return tuple(nal for nal in _START_CODE.split(stream) if nal)


def read_clip(path: Path) -> Clip:
    """Reads a video file: any container that libavformat knows, with H.264, H.265, MPEG-4 or MJPEG, and no B-frames.

    Raises:
        ClipError: If it is not such a file.
    """
    if path.exists() and not path.is_file():
        raise ClipError(f"{path}: is not a file")  # a pipe would be waited for without end
    try:
        with av.open(str(path), "r") as container:
            return _clip(path, container)
    except OSError as error:
        raise ClipError(f"{path}: cannot be read: {error.strerror}") from None
    except av.FFmpegError as error:
        raise ClipError(f"{path}: cannot be read as video: {error.strerror}") from None


def _clip(path: Path, container: InputContainer) -> Clip:
    if not container.streams.video:
        raise ClipError(f"{path}: there is no video in it")
    stream = container.streams.video[0]
    name = stream.codec_context.name
    codec = _CODEC_OF.get(name)
    if codec is None:
        raise ClipError(f"{path}: the video is {name}, and cameras send H.264, H.265, MPEG-4 or MJPEG; {_ENCODE_ANEW}")
    units = tuple(_units(path, container, stream, codec))
    sets = tuple(_parameter_sets(units, codec)) if codec in _FILTER_OF else _configuration(path, stream, units)
    if len(sets) < len(_PARAMETER_SETS.get(codec, ())) or not units or not units[0].is_key:
        raise ClipError(f"{path}: does not begin with a key frame; {_ENCODE_ANEW}")
    # The last picture stays for as long as one does on average.
    frame_s = units[-1].at_s / (len(units) - 1) if len(units) > 1 else 1.0
    return Clip(path.name, codec, units, sets, units[-1].at_s + frame_s)


def _units(path: Path, container: InputContainer, stream: VideoStream, codec: Codec) -> Iterator[AccessUnit]:
    splitter = BitStreamFilterContext(_FILTER_OF[codec], stream) if codec in _FILTER_OF else None
    first: float | None = None
    before = -1.0
    for packet in container.demux(stream):
        if not packet.size:
            continue
        if packet.pts is None or packet.time_base is None:
            raise ClipError(f"{path}: its pictures have no times; {_ENCODE_ANEW}")
        shown = float(packet.pts * packet.time_base)
        first = shown if first is None else first
        if shown - first <= before:
            raise ClipError(f"{path}: has B-frames, which hardly any camera sends; {_ENCODE_ANEW}")
        before = shown - first
        is_key = packet.is_keyframe  # the filter takes the packet's content away
        if splitter is None:
            yield AccessUnit((bytes(packet),), is_key, before)
            continue
        for whole in splitter.filter(packet):
            yield AccessUnit(nals_of(bytes(whole)), is_key, before)


def _configuration(path: Path, stream: VideoStream, units: tuple[AccessUnit, ...]) -> tuple[bytes, ...]:
    """What MPEG-4 needs before its pictures; MJPEG needs nothing, but RTP has no form for some of it."""
    if stream.codec_context.name == "mpeg4":
        return tuple(filter(None, [bytes(stream.codec_context.extradata or b"")]))
    try:
        for unit in units:
            read_jpeg(unit.nals[0])
    except ValueError as error:
        raise ClipError(f"{path}: {error}; {_ENCODE_JPEG}") from None
    return ()


def _parameter_sets(units: tuple[AccessUnit, ...], codec: Codec) -> Iterator[bytes]:
    for wanted in _PARAMETER_SETS[codec] if units else ():
        yield from [nal for nal in units[0].nals if nal_type(codec, nal) == wanted][:1]
