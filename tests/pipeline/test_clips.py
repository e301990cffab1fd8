import itertools
from fractions import Fraction
from pathlib import Path

import av

from pipeline.clips import NUMBER_BITS, ClipSpec, clip_in, write_clip
from pipeline.rtp import AccessUnit, Packetizer, describe, read_clip


def _number(frame: av.VideoFrame) -> int:
    luma = frame.planes[0]
    block = frame.width // NUMBER_BITS
    row = bytes(luma)[luma.line_size * (block // 2) :]
    bits = (row[block * place + block // 2] > 128 for place in range(NUMBER_BITS))
    return sum(bit << place for place, bit in zip(reversed(range(NUMBER_BITS)), bits, strict=True))


def test_the_frames_carry_their_numbers(clip: Path) -> None:
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.average_rate) == ("h264", Fraction(10))
        frames = list(container.decode(stream))
        assert [_number(frame) for frame in frames] == list(range(20))
        assert [frame.key_frame for frame in frames] == [number % 10 == 0 for number in range(20)]


def test_equal_specs_give_equal_clips_and_variants_differ(tmp_path: Path) -> None:
    for name, variant in (("a", 1), ("b", 1), ("c", 2)):
        write_clip(tmp_path / name, ClipSpec(seconds=1, variant=variant))
    a, b, c = ((tmp_path / name).read_bytes() for name in "abc")
    assert a == b != c
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "c"]


def test_odd_sizes_that_need_padding(tmp_path: Path) -> None:
    write_clip(tmp_path / "odd", ClipSpec(width=350, height=190, seconds=1))
    with av.open(str(tmp_path / "odd")) as container:
        assert [_number(frame) for frame in container.decode(video=0)] == list(range(10))


def test_a_clip_is_made_once(tmp_path: Path) -> None:
    path = clip_in(tmp_path, ClipSpec(seconds=1))
    made = path.stat()
    assert clip_in(tmp_path, ClipSpec(seconds=1)).stat().st_mtime_ns == made.st_mtime_ns


def test_one_slice_per_picture(clip: Path) -> None:
    units = read_clip(clip).units
    assert len(units) == 20
    assert all(sum(nal[0] & 31 in (1, 5) for nal in unit.nals) == 1 for unit in units)
    assert [unit.is_key for unit in units] == [number % 10 == 0 for number in range(20)]


def test_description(clip: Path) -> None:
    text = describe(read_clip(clip), "lobby")
    assert "a=rtpmap:96 H264/90000\r\n" in text
    assert "a=framerate:10\r\n" in text
    assert "sprop-parameter-sets=Z" in text


def _received(packets: list[bytes]) -> list[bytes]:
    """What a receiver makes of the packets."""
    nals: list[bytes] = []
    for packet in packets:
        payload = packet[12:]
        if payload[0] & 31 != 28:
            nals.append(payload)
        elif payload[1] & 0x80:
            nals.append(bytes([payload[0] & 0x60 | payload[1] & 31]) + payload[2:])
        else:
            nals[-1] += payload[2:]
    return nals


def test_packets_of_every_size_come_together_again() -> None:
    for size in (1, 1399, 1400, 1401, 1402, 2797, 2798, 2799, 2800, 10_000):
        nals = (b"\x67abc", b"\x65" + bytes(number % 251 for number in range(size - 1)))
        packets = list(Packetizer(7, first_stamp=2**32 - 100_000).packets(AccessUnit(nals, is_key=True), 1.0))
        assert tuple(_received(packets)) == nals
        assert max(map(len, packets)) <= 1412
        assert [bool(packet[1] & 0x80) for packet in packets] == [False] * (len(packets) - 1) + [True]


def test_numbers_wrap_and_stamps_grow() -> None:
    packetizer = Packetizer(7, first_stamp=2**32 - 100_000)
    unit = AccessUnit((b"\x65x",), is_key=True)
    packets = [packet for number in range(65_540) for packet in packetizer.packets(unit, number * 0.1)]
    assert [int.from_bytes(packet[2:4]) for packet in packets[65_534:65_538]] == [65_534, 65_535, 0, 1]
    stamps = [int.from_bytes(packet[4:8]) for packet in packets]
    assert all((after - before) % 2**32 == 9000 for before, after in itertools.pairwise(stamps))
