"""Which frames are left out: on a virtual clock, then by a real decoder, then by a capture that is held up."""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cameras.backlog import LATE_S, WINDOW_S, Backlog
from pipeline.cameras.decoding import KeyFrameDistance, PictureDecoder
from pipeline.model import CapturedFrame
from tests.pipeline.cameras.test_decoding import CODINGS
from tests.pipeline.cameras.watching import WatchedCapture, encode
from tests.pipeline.conftest import SimulatorThread

READ_S = 0.001


@dataclass
class Camera:
    """One that sends evenly, over a network that may hold frames back, to a decoder that takes equally long for each.

    Attributes:
        left_out: Numbers of the frames that were.
        ages_s: By number of the others, since they were sent until they are decoded.
    """

    fps: float
    group: int
    decode_s: float
    clock: float = 1.0
    stalls: list[tuple[float, float]] = field(default_factory=list)
    left_out: list[int] = field(default_factory=list)
    ages_s: dict[int, float] = field(default_factory=dict)

    def play(self, seconds: float, delay_s: Callable[[float], float] = lambda _: 0.0) -> None:
        backlog, now_s = Backlog(), 0.0
        for number in range(int(seconds * self.fps)):
            sent_s = number / self.fps
            there_s = max([sent_s + delay_s(sent_s)] + [end for begin, end in self.stalls if begin <= sent_s < end])
            asked_s, now_s = now_s, max(now_s, there_s) + READ_S
            backlog.came(90.0 + sent_s * self.clock, now_s)
            if backlog.leaves_out(now_s, now_s - asked_s, key_frame=number % self.group == 0):
                self.left_out.append(number)
            else:
                now_s += self.decode_s
                self.ages_s[number] = now_s - sent_s


@given(
    fps=st.sampled_from([5.0, 15.0, 25.0]),
    group=st.sampled_from([10, 50]),
    times=st.floats(1.2, 20.0),
    clock=st.sampled_from([0.995, 1.0]),
)
@settings(deadline=None)
def test_pictures_do_not_grow_old_however_long_decoding_takes(
    fps: float, group: int, times: float, clock: float
) -> None:
    camera = Camera(fps, group, times / fps, clock)
    camera.play(240.0)
    most_s = LATE_S + 2 * WINDOW_S + 3 * camera.decode_s
    assert max(camera.ages_s.values()) <= most_s
    numbers = sorted(camera.ages_s)
    for before, after in itertools.pairwise(numbers):
        # Whatever refers to a frame that was left out is left out too, and nobody is without pictures for long.
        assert after == before + 1 or after % group == 0
        assert after - before <= 2 * group + fps * most_s


@given(
    fps=st.sampled_from([1.0, 5.0, 25.0]),
    clock=st.floats(0.995, 1.005),
    stalls=st.lists(st.tuples(st.floats(0, 60), st.floats(0.1, 4.0)), max_size=4),
)
@settings(deadline=None)
def test_nothing_is_left_out_where_decoding_is_quick_whatever_network_and_clock_do(
    fps: float, clock: float, stalls: list[tuple[float, float]]
) -> None:
    camera = Camera(fps, 50, 0.05 / fps, clock, [(begin, begin + lasts) for begin, lasts in stalls])
    camera.play(120.0)
    assert not camera.left_out


def test_a_way_that_has_become_longer_is_no_backlog() -> None:
    camera = Camera(15.0, 15, 0.02)
    camera.play(60.0, lambda sent_s: 3.0 if sent_s > 20 else 0.0)
    assert not camera.left_out


@pytest.mark.parametrize("jump_s", [-1e6, -3.0, 10.0, 1e6])
def test_a_clock_that_is_set_is_no_backlog(jump_s: float) -> None:
    backlog = Backlog()
    for number in range(200):
        now_s = number / 10
        assert backlog.came(now_s + (jump_s if number > 100 else 0.0), now_s) < LATE_S
        assert not backlog.leaves_out(now_s, 0.0, key_frame=False)


def test_frames_without_a_time_stamp_are_as_late_as_the_last_one() -> None:
    backlog = Backlog()
    assert backlog.came(None, 5.0) == 0.0
    backlog.came(0.0, 5.0)
    assert backlog.came(0.1, 6.1) == pytest.approx(1.0)
    assert backlog.came(None, 9.0) == pytest.approx(1.0)


@pytest.mark.parametrize("name", CODINGS)
def test_after_frames_were_left_out_pictures_are_whole(name: str, tmp_path: Path) -> None:
    codec, coding = CODINGS[name]
    clip = encode(tmp_path / "clip.mp4", coding, codec=codec, frames=60)

    def pictures(*, with_gap: bool) -> tuple[dict[int, bytes], int]:
        shown: dict[int, bytes] = {}
        gap, goes_on = False, 0
        with av.open(str(clip), "r") as container:
            stream = container.streams.video[0]
            decoder = PictureDecoder(stream, KeyFrameDistance())
            for number, packet in enumerate(container.demux(stream)):
                gap = (gap or number == 13) and with_gap and not (number > 25 and packet.is_keyframe)
                if gap:
                    decoder.leave_out()
                    continue
                if with_gap and packet.is_keyframe and not goes_on and number > 25:
                    goes_on = round(float(packet.pts or 0) * float(packet.time_base) * 10)
                if decoder.wants(packet, number / 10, 0.0, due=True):
                    found = decoder.pictures(packet, 0.0)
                    assert not any(picture.is_corrupt for picture in found)
                    shown |= {round((one.time or 0) * 10): bytes(one.planes[0]) for one in found}
        return shown, goes_on

    (whole, _), (some, goes_on) = pictures(with_gap=False), pictures(with_gap=True)
    assert set(range(goes_on, 60)) <= set(some) < set(whole) == set(range(60))
    assert all(whole[number] == picture for number, picture in some.items())


def test_a_camera_that_is_held_up_goes_on_with_a_key_frame_that_is_new(
    watch: Callable[..., WatchedCapture], simulator: Callable[..., SimulatorThread], wait_until: Callable[..., Any]
) -> None:
    seen: list[CapturedFrame] = []

    def hold_up(frame: CapturedFrame) -> None:
        seen.append(frame)
        time.sleep(0.5)

    camera = watch(simulator("lobby").url("lobby"), on_take=hold_up)

    def gaps() -> list[CapturedFrame]:
        return [after for before, after in itertools.pairwise(seen) if after.number > before.number + 1]

    wait_until(gaps, "frames that are left out")
    assert gaps()[0].picture.key_frame
    assert camera.seen().left_out > 0
    assert camera.seen().decode_errors == 0
