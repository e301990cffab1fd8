"""H.264 on its way to a network: a clip taken apart, its description in SDP (RFC 8866) and its packets in RTP (RFC 6184)."""

import base64
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av

CLOCK_HZ: Final = 90_000
PAYLOAD_TYPE: Final = 96

# Fits an Ethernet frame with all headers before it.
_PAYLOAD_MOST: Final = 1400

_FU_A: Final = 28
_TYPE_BITS: Final = 0x1F
_IMPORTANCE_BITS: Final = 0x60


@dataclass(frozen=True)
class AccessUnit:
    """One picture.

    Attributes:
        nals: Its NAL units, without start codes or lengths.
        is_key: Whether decoding can begin with it.
    """

    nals: tuple[bytes, ...]
    is_key: bool


@dataclass(frozen=True)
class H264Clip:
    """A clip in memory.

    Attributes:
        units: Its pictures in order; there are no B-frames, so they are decoded in the order in which they are shown.
        parameter_sets: SPS and PPS.
        frame_s: Seconds from one picture to the next.
    """

    units: tuple[AccessUnit, ...]
    parameter_sets: tuple[bytes, ...]
    frame_s: float


def read_clip(path: Path) -> H264Clip:
    """Takes apart an MP4 file that ``pipeline.clips`` has written."""
    with av.open(str(path), "r") as container:
        stream = container.streams.video[0]
        extradata = stream.codec_context.extradata or b""
        # MP4 puts a length before each NAL unit; the decoder configuration says how wide that is, then lists SPS and PPS.
        width = (extradata[4] & 3) + 1
        units = tuple(
            AccessUnit(tuple(_nals(bytes(packet), width)), packet.is_keyframe)
            for packet in container.demux(stream)
            if packet.size
        )
        frame_s = float(1 / (stream.average_rate or Fraction(25)))
    return H264Clip(units, tuple(_parameter_sets(extradata)), frame_s)


def describe(clip: H264Clip, name: str) -> str:
    """Returns the SDP of a session that plays the clip."""
    sps = clip.parameter_sets[0]
    sets = ",".join(base64.b64encode(nal).decode() for nal in clip.parameter_sets)
    lines = (
        "v=0",
        "o=- 0 0 IN IP4 127.0.0.1",
        f"s={name}",
        "c=IN IP4 0.0.0.0",
        "t=0 0",
        "a=control:*",
        f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
        f"a=rtpmap:{PAYLOAD_TYPE} H264/{CLOCK_HZ}",
        f"a=fmtp:{PAYLOAD_TYPE} packetization-mode=1;profile-level-id={sps[1:4].hex()};sprop-parameter-sets={sets}",
        f"a=framerate:{1 / clip.frame_s:g}",
        "a=control:track1",
    )
    return "".join(f"{line}\r\n" for line in lines)


class Packetizer:
    """Makes RTP packets for one receiver; sequence numbers and time stamps go on however often the clip begins anew."""

    def __init__(self, source: int, first_stamp: int) -> None:
        self._first_stamp = first_stamp
        self._source = source.to_bytes(4)
        self._sequence = itertools.count()

    def packets(self, unit: AccessUnit, seconds: float) -> Iterator[bytes]:
        """Yields the packets of a picture that is shown so long after the first one; the last of them carries the marker."""
        stamp = (self._first_stamp + round(seconds * CLOCK_HZ) & 0xFFFFFFFF).to_bytes(4)
        payloads = [payload for nal in unit.nals for payload in _payloads(nal)]
        for place, payload in enumerate(payloads, start=1):
            kind = PAYLOAD_TYPE | (0x80 if place == len(payloads) else 0)
            sequence = (next(self._sequence) & 0xFFFF).to_bytes(2)
            yield b"".join((b"\x80", bytes([kind]), sequence, stamp, self._source, payload))


def _nals(data: bytes, width: int) -> Iterator[bytes]:
    place = 0
    while place + width <= len(data):
        begin = place + width
        place = begin + int.from_bytes(data[place:begin])
        yield data[begin:place]


def _parameter_sets(extradata: bytes) -> Iterator[bytes]:
    place = 5
    for count_bits in (_TYPE_BITS, 0xFF):
        count = extradata[place] & count_bits
        place += 1
        for _ in range(count):
            begin = place + 2
            place = begin + int.from_bytes(extradata[place:begin])
            yield extradata[begin:place]


def _payloads(nal: bytes) -> Iterator[bytes]:
    """Yields the NAL unit whole, or in fragments (FU-A) if it is too large for one packet."""
    if len(nal) <= _PAYLOAD_MOST:
        yield nal
        return
    indicator = nal[0] & _IMPORTANCE_BITS | _FU_A
    step = _PAYLOAD_MOST - 2
    for begin in range(1, len(nal), step):
        first = 0x80 if begin == 1 else 0
        last = 0x40 if begin + step >= len(nal) else 0
        yield bytes([indicator, first | last | nal[0] & _TYPE_BITS]) + nal[begin : begin + step]
