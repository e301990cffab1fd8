"""What a camera shows whose pictures are damaged: made of its own clip, when somebody breaks it."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Final, cast

import av
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from simulator.camera_path import Fault
from simulator.clip_reader import AccessUnit, Clip, Codec, nals_of

# So many pictures are looped: with the number of the frame in it no two of a camera's own are the same.
_MOST_PICTURES: Final = 30

_START: Final = b"\0\0\0\1"
_DECODERS: Final = {Codec.H264: "h264", Codec.H265: "hevc"}
_ENCODERS: Final = {
    Codec.H264: ("libx264", {"preset": "ultrafast", "x264-params": "bframes=0:sliced-threads=0:threads=1"}),
    Codec.H265: (
        "libx265",
        {"preset": "ultrafast", "x265-params": "bframes=0:slices=1:pools=1:frame-threads=1:log-level=none"},
    ),
}

_BLACK: Final = 16
_NO_COLOUR: Final = 128


def faulty_clip(clip: Clip, fault: Fault) -> Clip:
    """Returns what is shown instead of the clip: black, one picture of it for ever, or its first pictures at half their size."""
    pictures = list(_decoded(clip))
    if fault is Fault.STILL:
        # One key frame for ever: an encoder would make several forms of the same picture.
        pictures = pictures[:1]
    make: Callable[[VideoFrame], VideoFrame] = {
        Fault.BLACK: _black,
        Fault.STILL: lambda picture: picture,
        Fault.RESIZED: _halved,
    }[fault]
    units = tuple(_encoded([make(one) for one in pictures], clip))
    return Clip(clip.name, clip.codec, units, clip.parameter_sets, len(units) / clip.fps)


def _decoded(clip: Clip) -> Iterator[VideoFrame]:
    decoder = cast("VideoCodecContext", av.CodecContext.create(_DECODERS[clip.codec], "r"))
    for unit in clip.units[:_MOST_PICTURES]:
        yield from decoder.decode(cast("Packet[VideoStream]", Packet(b"".join(_START + nal for nal in unit.nals))))
    yield from decoder.decode(None)


def _encoded(pictures: list[VideoFrame], clip: Clip) -> Iterator[AccessUnit]:
    name, options = _ENCODERS[clip.codec]
    encoder = cast("VideoCodecContext", av.CodecContext.create(name, "w"))
    rate = Fraction(clip.fps).limit_denominator(1000)
    encoder.width, encoder.height, encoder.pix_fmt = pictures[0].width, pictures[0].height, "yuv420p"
    encoder.framerate, encoder.time_base, encoder.options = rate, 1 / rate, options
    encoder.gop_size = max(1, round(clip.fps))
    packets = []
    for number, picture in enumerate(pictures):
        picture.pts, picture.time_base = number, 1 / rate
        picture.pict_type = 0
        packets += encoder.encode(picture)
    packets += encoder.encode(None)
    for number, packet in enumerate(packets):
        yield AccessUnit(nals_of(bytes(packet)), packet.is_keyframe, number / clip.fps)


def _black(picture: VideoFrame) -> VideoFrame:
    black = VideoFrame(picture.width, picture.height, "yuv420p")
    for plane, value in zip(black.planes, (_BLACK, _NO_COLOUR, _NO_COLOUR), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    return black


def _halved(picture: VideoFrame) -> VideoFrame:
    return picture.reformat(picture.width // 4 * 2, picture.height // 4 * 2, "yuv420p")
