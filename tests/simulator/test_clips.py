import itertools
import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from simulator.clip_reader import AccessUnit, ClipError, read_clip
from simulator.clips import NUMBER_BITS, ClipSpec, Codec, clip_in, truth_file, write_clip
from simulator.rtp import Packetizer, damaged, describe
from simulator.walkers import Walks, boxes_at, truth_of


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
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["a", "a.truth.json", "b", "b.truth.json", "c", "c.truth.json"]


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
    """What a receiver makes of the packets of H.264."""
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
        packets = list(
            Packetizer(Codec.H264, 7, first_stamp=2**32 - 100_000).packets(AccessUnit(nals, is_key=True), 1.0)
        )
        assert tuple(_received(packets)) == nals
        assert max(map(len, packets)) <= 1412
        assert [bool(packet[1] & 0x80) for packet in packets] == [False] * (len(packets) - 1) + [True]


def test_numbers_wrap_and_stamps_grow() -> None:
    packetizer = Packetizer(Codec.H264, 7, first_stamp=2**32 - 100_000)
    unit = AccessUnit((b"\x65x",), is_key=True)
    packets = [packet for number in range(65_540) for packet in packetizer.packets(unit, number * 0.1)]
    assert [int.from_bytes(packet[2:4]) for packet in packets[65_534:65_538]] == [65_534, 65_535, 0, 1]
    stamps = [int.from_bytes(packet[4:8]) for packet in packets]
    assert all((after - before) % 2**32 == 9000 for before, after in itertools.pairwise(stamps))


def _received_h265(packets: list[bytes]) -> list[bytes]:
    """What a receiver makes of the packets of H.265."""
    nals: list[bytes] = []
    for packet in packets:
        payload = packet[12:]
        if payload[0] >> 1 & 63 != 49:
            nals.append(payload)
        elif payload[2] & 0x80:
            nals.append(bytes([payload[0] & 0x81 | (payload[2] & 63) << 1, payload[1]]) + payload[3:])
        else:
            nals[-1] += payload[3:]
    return nals


def test_packets_of_h265_come_together_again() -> None:
    for size in (2, 1399, 1400, 1401, 2796, 2797, 2798, 10_000):
        nals = (b"\x40\x01abc", b"\x26\x01" + bytes(number % 251 for number in range(size - 2)))
        packets = list(Packetizer(Codec.H265, 7, first_stamp=1).packets(AccessUnit(nals, is_key=True), 1.0))
        assert tuple(_received_h265(packets)) == nals
        assert max(map(len, packets)) <= 1412


def test_a_bad_line_spares_the_headers() -> None:
    packetizer = Packetizer(Codec.H264, 7, first_stamp=1)
    sent = list(packetizer.packets(AccessUnit((b"\x65" + bytes(200_000),), is_key=True), 1.0))
    left = list(damaged(iter(sent)))
    lost = {packet[2:4] for packet in sent} - {packet[2:4] for packet in left}
    changed = [packet for packet in left if packet not in sent]
    assert len(lost) == pytest.approx(len(sent) / 10, abs=1)
    assert len(changed) == pytest.approx(len(sent) / 10, abs=1)
    assert {packet[:20] for packet in changed} <= {packet[:20] for packet in sent}


@pytest.mark.parametrize(
    "spec",
    [
        ClipSpec(seconds=12, walks=Walks.SIDEWAYS),
        ClipSpec(640, 360, seconds=12, variant=1, walks=Walks.UPRIGHT),
        ClipSpec(seconds=12, variant=2, walks=Walks.DIAGONAL, noise=2.0),
        ClipSpec(seconds=12, walks=Walks.SIDEWAYS, codec=Codec.H265),
    ],
    ids=str,
)
def test_walkers_are_where_the_truth_says(tmp_path: Path, spec: ClipSpec) -> None:
    clip = clip_in(tmp_path, spec)
    assert json.loads(truth_file(clip).read_text()) == json.loads(json.dumps(truth_of(spec)))
    with av.open(str(clip)) as container:
        pictures = [picture.to_ndarray(format="gray").astype(int) for picture in container.decode(video=0)]
    assert len(pictures) == spec.frames
    ground = pictures[spec.fps]  # nobody is there yet
    seen = 0
    for frame in range(0, spec.frames, 7):
        differs = np.abs(pictures[frame] - ground) > 40
        differs[: spec.width // 16] = False  # there are the dots
        outside = differs.copy()
        for _, left, top, width, height in boxes_at(spec, frame):
            box = slice(max(0, round(top)), round(top + height)), slice(max(0, round(left)), round(left + width))
            visible = (
                top >= spec.width / 16 and left >= 0 and left + width <= spec.width and top + height <= spec.height
            )
            if visible:
                seen += 1
                rows, columns = np.nonzero(differs[box])
                assert differs[box].mean() > 0.3
                # They fill it from head to foot, and stand in its middle.
                assert rows.min() <= 3
                assert rows.max() >= height - 4
                assert abs((columns.min() + columns.max()) / 2 - width / 2) <= 0.1 * width + 1.5
            margin = 2
            rows_around = slice(max(0, box[0].start - margin), box[0].stop + margin)
            outside[rows_around, max(0, box[1].start - margin) : box[1].stop + margin] = False
        assert not outside.any(), frame
    assert seen >= 8


def _encode(path: Path, codec: str, options: dict[str, str], frames: int = 20, form: str = "yuv420p") -> Path:
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=10, options=options)
        stream.width, stream.height, stream.pix_fmt = 64, 48, form
        for number in range(frames):
            picture = av.VideoFrame(64, 48, form)
            for plane in picture.planes:
                plane.update(bytes((number * 11 + place * 3) % 256 for place in range(plane.buffer_size)))
            picture.pts = number
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts"])
@pytest.mark.parametrize(("codec", "is_slice"), [("libx264", range(1, 6)), ("libx265", range(22))])
def test_given_clips(tmp_path: Path, ending: str, codec: str, is_slice: range) -> None:
    quiet = {"x265-params": "bframes=0:log-level=none"} if codec == "libx265" else {"bf": "0"}
    clip = read_clip(_encode(tmp_path / f"given.{ending}", codec, quiet))
    assert len(clip.units) == 20
    assert clip.units[0].is_key
    assert clip.length_s == pytest.approx(2.0, abs=0.01)
    assert [unit.at_s for unit in clip.units] == pytest.approx([number / 10 for number in range(20)], abs=0.002)
    kinds = [nal[0] & 31 if codec == "libx264" else nal[0] >> 1 & 63 for unit in clip.units for nal in unit.nals]
    assert sum(kind in is_slice for kind in kinds) >= 20
    assert len(clip.parameter_sets) == (2 if codec == "libx264" else 3)


def test_clips_that_no_camera_can_show(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    (tmp_path / "empty.mp4").write_bytes(b"")
    _encode(tmp_path / "b.mp4", "libx264", {"bf": "2"})
    _encode(tmp_path / "old.avi", "mpeg2video", {})
    _encode(tmp_path / "444.mp4", "mjpeg", {"huffman": "default"}, form="yuvj444p")
    with av.open(str(tmp_path / "sound.wav"), "w") as container:
        sound = av.AudioFrame("s16", "mono", 800)
        sound.rate = 8000
        container.mux(container.add_stream("pcm_s16le", rate=8000, layout="mono").encode(sound))
    for name, what in {
        "none.mp4": "cannot be read: No such file",
        "": "is not a file",
        "text.mp4": "cannot be read as video: ",
        "empty.mp4": "cannot be read as video: ",
        "b.mp4": "has B-frames, which hardly any camera sends; encode it anew, for example: ffmpeg",
        "old.avi": "the video is mpeg2video, and cameras send H.264, H.265, MPEG-4 or MJPEG; encode it anew",
        "sound.wav": "there is no video in it",
        "444.mp4": "RTP knows pictures of 4:2:0 and 4:2:2 only",
    }.items():
        with pytest.raises(ClipError) as caught:
            read_clip(tmp_path / name)
        assert str(caught.value).startswith(f"{tmp_path / name}: {what}")


def test_the_description_of_h265_and_of_a_liar(tmp_path: Path) -> None:
    h265 = read_clip(clip_in(tmp_path, ClipSpec(seconds=1, codec=Codec.H265)))
    text = describe(h265, "lobby")
    assert "a=rtpmap:96 H265/90000\r\na=fmtp:96 sprop-vps=Q" in text
    assert ";sprop-sps=Q" in text
    assert ";sprop-pps=R" in text
    lie = describe(h265, "lobby", lying=True)
    assert "a=rtpmap:96 H264/90000\r\n" in lie
    assert "sprop" not in lie


def test_as_a_program(tmp_path: Path) -> None:
    file = tmp_path / "mine.mp4"
    options = ["--width", "160", "--height", "90", "--seconds", "9", "--walks", "sideways", "--overlapping"]
    done = subprocess.run(
        [sys.executable, "-m", "simulator.clips", str(file), *options],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert json.loads(truth_file(file).read_text())["frames"] == 90
    assert len(read_clip(file).units) == 90
