"""Video on its way to a network: its description in SDP (RFC 8866), its packets in RTP (H.264: RFC 6184, H.265: RFC 7798).

MPEG-4 goes by RFC 6416, MJPEG by RFC 2435.
"""

import base64
import itertools
from collections.abc import Iterator
from typing import Final

from simulator import jpeg
from simulator.clip_reader import AccessUnit, Clip, Codec

CLOCK_HZ: Final = 90_000
PAYLOAD_TYPE: Final = 96
TRACK: Final = "track1"
"""What a camera calls its only stream; clients put it behind the URL of the camera."""

# Fits an Ethernet frame with all headers before it.
_PAYLOAD_MOST: Final = 1400

_FU_A: Final = 28
_FU: Final = 49

_RTP_NAMES: Final = {Codec.H264: "H264", Codec.H265: "H265", Codec.MPEG4: "MP4V-ES", Codec.MJPEG: "JPEG"}
# Of the last digits of a sequence number.
_LOST: Final = 3
_DAMAGED: Final = 7

_H265_SETS: Final = ("sprop-vps", "sprop-sps", "sprop-pps")


def describe(clip: Clip, name: str, *, lying: bool = False) -> str:
    """Returns the SDP of a session that plays the clip; a lying one names another codec, and no parameter sets."""
    named = clip.codec
    if lying:
        named = Codec.H265 if named is Codec.H264 else Codec.H264
    number = _payload_type(named)
    parameters = (f"a=fmtp:{number} {_parameters(clip)}",) if clip.parameter_sets and not lying else ()
    lines = (
        "v=0",
        "o=- 0 0 IN IP4 127.0.0.1",
        f"s={name}",
        "c=IN IP4 0.0.0.0",
        "t=0 0",
        "a=control:*",
        f"m=video 0 RTP/AVP {number}",
        f"a=rtpmap:{number} {_RTP_NAMES[named]}/{CLOCK_HZ}",
        *parameters,
        f"a=framerate:{clip.fps:g}",
        f"a=control:{TRACK}",
    )
    return "".join(f"{line}\r\n" for line in lines)


def _parameters(clip: Clip) -> str:
    if clip.codec is Codec.MPEG4:
        return f"profile-level-id=1;config={clip.parameter_sets[0].hex().upper()}"
    sets = [base64.b64encode(nal).decode() for nal in clip.parameter_sets]
    if clip.codec is Codec.H265:
        return ";".join(f"{name}={value}" for name, value in zip(_H265_SETS, sets, strict=True))
    profile = clip.parameter_sets[0][1:4].hex()
    return f"packetization-mode=1;profile-level-id={profile};sprop-parameter-sets={','.join(sets)}"


def _payload_type(codec: Codec) -> int:
    return jpeg.PAYLOAD_TYPE if codec is Codec.MJPEG else PAYLOAD_TYPE


class Packetizer:
    """Makes RTP packets for one receiver; sequence numbers and time stamps go on however often the clip begins anew."""

    def __init__(self, codec: Codec, source: int, first_stamp: int) -> None:
        self._codec = codec
        self._first_stamp = first_stamp
        self._source = source.to_bytes(4)
        self._sequence = itertools.count()

    def packets(self, unit: AccessUnit, seconds: float) -> Iterator[bytes]:
        """Yields the packets of a picture that is shown so long after the first one; the last of them carries the marker."""
        stamp = (self._first_stamp + round(seconds * CLOCK_HZ) & 0xFFFFFFFF).to_bytes(4)
        payloads = [payload for nal in unit.nals for payload in _payloads(self._codec, nal)]
        for place, payload in enumerate(payloads, start=1):
            kind = _payload_type(self._codec) | (0x80 if place == len(payloads) else 0)
            sequence = (next(self._sequence) & 0xFFFF).to_bytes(2)
            yield b"".join((b"\x80", bytes([kind]), sequence, stamp, self._source, payload))


def _payloads(codec: Codec, nal: bytes) -> Iterator[bytes]:
    """Yields the NAL unit whole, or in fragments if it is too large for one packet."""
    if codec is Codec.MJPEG:
        yield from jpeg.jpeg_payloads(jpeg.read_jpeg(nal), _PAYLOAD_MOST)
        return
    if codec is Codec.MPEG4:
        yield from (nal[begin : begin + _PAYLOAD_MOST] for begin in range(0, len(nal), _PAYLOAD_MOST))
        return
    if len(nal) <= _PAYLOAD_MOST:
        yield nal
        return
    if codec is Codec.H264:
        header, kind = bytes([nal[0] & 0x60 | _FU_A]), nal[0] & 0x1F
    else:
        header, kind = bytes([nal[0] & 0x81 | _FU << 1, nal[1]]), nal[0] >> 1 & 0x3F
    step = _PAYLOAD_MOST - len(header) - 1
    for begin in range(len(header), len(nal), step):
        first = 0x80 if begin == len(header) else 0
        last = 0x40 if begin + step >= len(nal) else 0
        yield header + bytes([first | last | kind]) + nal[begin : begin + step]


def damaged(packets: Iterator[bytes]) -> Iterator[bytes]:
    """Yields what a bad line leaves of packets: of each ten, by their sequence numbers, one is lost and one damaged."""
    for packet in packets:
        place = int.from_bytes(packet[2:4]) % 10
        if place == _DAMAGED:
            # The header stays, and the first bytes of the payload: a decoder shall try its luck.
            keep = 12 + 8
            yield packet[:keep] + bytes(value ^ 0x55 for value in packet[keep:])
        elif place != _LOST:
            yield packet
