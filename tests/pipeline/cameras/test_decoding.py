from dataclasses import dataclass
from pathlib import Path

import av
import pytest

from pipeline.cameras.decoding import KeyFrameDistance, PictureDecoder
from tests.pipeline.cameras.watching import encode

KEYS = "keyint=10:min-keyint=10:scenecut=0"
# Ten frames a second, a key frame each second.
CODINGS = {
    "plain": ("libx264", f"{KEYS}:bframes=0"),
    "reordered": ("libx264", f"{KEYS}:bframes=3:b-adapt=0"),
    "open": ("libx264", f"{KEYS}:bframes=3:b-adapt=0:open-gop=1"),
    "h265": ("libx265", f"{KEYS}:bframes=0:log-level=none"),
    "h265-open": ("libx265", f"{KEYS}:bframes=3:open-gop=1:log-level=none"),
}


@dataclass
class _Seen:
    decoded: list[int]
    pictures: list[tuple[int, float]]


def _decode(clip: Path, delay_s: float, due_every: int = 1, distance: KeyFrameDistance | None = None) -> _Seen:
    """Plays a clip; returns which packets were decoded, and which picture came out of which packet."""
    seen = _Seen([], [])
    with av.open(str(clip), "r") as container:
        stream = container.streams.video[0]
        decoder = PictureDecoder(stream, distance or KeyFrameDistance())
        keys = 0
        for number, packet in enumerate(container.demux(stream)):
            keys += packet.is_keyframe
            due = keys % due_every == 0
            if not decoder.wants(packet, number / 10, delay_s, due=due):
                continue
            seen.decoded.append(number)
            seen.pictures += [(number, round(picture.time or 0, 2)) for picture in decoder.pictures(packet, delay_s)]
    return seen


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("codings")
    return {
        name: encode(folder / f"{name}.mp4", coding, codec=codec, frames=80)
        for name, (codec, coding) in CODINGS.items()
    }


@pytest.mark.parametrize("name", CODINGS)
def test_everything_is_decoded_where_key_frames_are_too_rare(clips: dict[str, Path], name: str) -> None:
    for delay_s in (0.0, 0.5, 0.8):
        assert len(_decode(clips[name], delay_s).pictures) == 80


@pytest.mark.parametrize("name", CODINGS)
def test_key_frames_alone_are_decoded_and_come_out_at_once(clips: dict[str, Path], name: str) -> None:
    seen = _decode(clips[name], 1.0)
    alone = [(number, shown_s) for number, shown_s in seen.pictures if number > 12]
    # All is decoded until the distance of the key frames is known.
    assert [number for number in seen.decoded if number > 12] == [number for number, _ in alone]
    assert [shown_s for _, shown_s in alone] == [float(second) for second in range(2, 8)]
    assert len(seen.decoded) <= 11 + 6


def test_key_frames_that_are_not_due_are_not_decoded(clips: dict[str, Path]) -> None:
    seen = _decode(clips["plain"], 2.0, due_every=2)
    assert [number for number in seen.decoded if number > 10] == [30, 50, 70]


def test_pictures_that_are_refreshed_bit_by_bit_need_all_frames(tmp_path: Path) -> None:
    clip = encode(tmp_path / "refreshed.mp4", "keyint=10:min-keyint=10:scenecut=0:bframes=0:intra-refresh=1", frames=80)
    with av.open(str(clip), "r") as container:
        assert sum(packet.is_keyframe for packet in container.demux(container.streams.video[0])) > 5
    seen = _decode(clip, 1.0)
    assert max(shown_s for _, shown_s in seen.pictures) > 7.5
    assert len(seen.pictures) > 50


def test_back_to_all_frames_begins_with_a_key_frame(clips: dict[str, Path]) -> None:
    with av.open(str(clips["plain"]), "r") as container:
        stream = container.streams.video[0]
        decoder = PictureDecoder(stream, KeyFrameDistance())
        shown: list[int] = []
        for number, packet in enumerate(container.demux(stream)):
            delay_s = 5.0 if number < 35 else 0.0
            if decoder.wants(packet, number / 10, delay_s, due=True):
                shown += [round((picture.time or 0) * 10) for picture in decoder.pictures(packet, delay_s)]
    assert shown == [*range(10), 10, 20, 30, *range(40, 80)]


def test_what_is_known_of_a_camera_holds_when_it_is_opened_again(clips: dict[str, Path]) -> None:
    distance = KeyFrameDistance()
    _decode(clips["plain"], 1.0, distance=distance)
    assert _decode(clips["plain"], 1.0, distance=distance).decoded == [0, 10, 20, 30, 40, 50, 60, 70]
    # The pause between the two is no distance of key frames.
    assert _decode(clips["plain"], 0.8, distance=distance).decoded == list(range(81))
