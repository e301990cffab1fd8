"""Too much work, on a virtual clock: who is looked at how often."""

import heapq
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from av.video.frame import VideoFrame
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.detect.choice import frames_at_once
from pipeline.detect.waiting_frames import WaitingFrames
from pipeline.files.settings import MotionSettings, OnnxSettings, PeopleSettings, Settings
from pipeline.model import CapturedFrame

PICTURE = VideoFrame(16, 16, "gray")


@dataclass
class Told:
    """What became of the frames.

    Attributes:
        sent: By each camera.
        turns: Moments at which frames of each camera were taken.
        always_waiting: Cameras that had the next frame there whenever one of them was done.
        longest_wait_s: From the moment that a camera may have a turn to the turn.
    """

    sent: list[int]
    turns: list[list[float]]
    always_waiting: set[int]
    longest_wait_s: float = 0.0

    @property
    def counts(self) -> list[int]:
        return [len(turns) for turns in self.turns]


@dataclass
class Overload:
    """Cameras that send at their own paces, and workers for whom each frame takes equally long."""

    fps: Sequence[float]
    workers: int
    frame_s: float
    most: int = 1
    phases: Sequence[float] = ()
    events: list[tuple[float, int, int, object]] = field(default_factory=list)

    def play(self, seconds: float) -> Told:
        cameras = range(len(self.fps))
        told = Told([0] * len(self.fps), [[] for _ in cameras], set(cameras))
        waiting = WaitingFrames(self.workers)
        order = itertools.count()
        for camera in cameras:
            waiting.add(str(camera))
            first_s = (self.phases[camera] if self.phases else 0.0) / self.fps[camera]
            self.events.append((first_s, 1, next(order), camera))
        heapq.heapify(self.events)
        idle, ready_since = self.workers, dict.fromkeys(cameras, 0.0)
        while self.events and self.events[0][0] <= seconds:
            now_s = self.events[0][0]
            # All that happens in this very moment, and then the idle ones look.
            while self.events and self.events[0][0] == now_s:
                _, kind, _, what = heapq.heappop(self.events)
                if kind == 0:
                    waiting.done(what)
                    idle += 1
                    for frame in what:
                        ready_since[int(frame.camera_id)] = now_s
                        if not waiting.counts(frame.camera_id)[0]:
                            told.always_waiting.discard(int(frame.camera_id))
                else:
                    told.sent[what] += 1
                    if not waiting.counts(str(what))[0]:
                        ready_since[what] = max(ready_since[what], now_s)
                    waiting.put(CapturedFrame(str(what), told.sent[what], PICTURE, now_s, now_s), now_s)
                    heapq.heappush(self.events, (now_s + 1 / self.fps[what], 1, next(order), what))
            while idle and (batch := waiting.take(self.most, now_s)):
                idle -= 1
                for frame in batch:
                    camera = int(frame.camera_id)
                    told.turns[camera].append(now_s)
                    told.longest_wait_s = max(told.longest_wait_s, now_s - ready_since[camera])
                heapq.heappush(self.events, (now_s + self.frame_s * len(batch), 0, next(order), batch))
        return told


def longest_wait_s(cameras: int, workers: int, frame_s: float) -> float:
    """One turn of each other camera, and the rest of a frame that is in work."""
    return frame_s * (1 + (cameras - 1) / workers)


@given(data=st.data(), workers=st.integers(1, 3), frame_s=st.sampled_from([0.02, 0.07, 0.1, 0.31]))
@settings(deadline=None)
def test_who_has_frames_left_out_is_looked_at_as_often_as_any_other(
    data: st.DataObject, workers: int, frame_s: float
) -> None:
    fps = data.draw(st.lists(st.sampled_from([0.5, 1.0, 5.0, 10.0, 15.0, 25.0]), min_size=1, max_size=12))
    phases = data.draw(st.lists(st.floats(0, 1), min_size=len(fps), max_size=len(fps)))
    told = Overload(fps, workers, frame_s, phases=phases).play(30.0)
    wait_s = longest_wait_s(len(fps), workers, frame_s)
    assert told.longest_wait_s <= wait_s + 1e-9
    for camera, count in enumerate(told.counts):
        if camera in told.always_waiting:
            assert count >= max(told.counts) - 2
        if 1 / fps[camera] > wait_s + frame_s:
            # It needs less than its share: all its frames are looked at, but for those that are just on their way.
            assert count >= told.sent[camera] - 1


@given(cameras=st.integers(1, 12), workers=st.integers(1, 4), most=st.integers(1, 6))
@settings(deadline=None)
def test_also_with_batches_all_have_as_many_turns_when_all_have_too_many_frames(
    cameras: int, workers: int, most: int
) -> None:
    told = Overload([100.0] * cameras, workers, 0.1, most).play(30.0)
    assert max(told.counts) - min(told.counts) <= 2


def test_a_camera_that_sends_much_and_one_that_sends_little() -> None:
    # Where one frame takes so long, both are looked at equally often: that is nearly all of one, and a fifteenth of the other.
    told = Overload([15.0, 1.0], 1, 0.52).play(96.0)
    assert told.sent == [1441, 97]
    assert told.counts == pytest.approx([92, 92], abs=2)
    # Where there is more time, the one has all that it sends looked at, and the other the rest of the time.
    told = Overload([15.0, 1.0], 1, 0.1).play(96.0)
    assert told.counts == pytest.approx([864, 97], abs=10)


def test_frames_are_given_together_only_to_a_network() -> None:
    assert frames_at_once(Settings(MotionSettings(), batch_size=8)) == 1
    assert frames_at_once(Settings(PeopleSettings(), batch_size=8)) == 1
    assert frames_at_once(Settings(OnnxSettings(model="m.onnx"), batch_size=8)) == 8
