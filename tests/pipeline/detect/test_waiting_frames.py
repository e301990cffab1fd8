from typing import Any

import pytest
from av.video.frame import VideoFrame
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pipeline.detect.waiting_frames import WaitingFrames
from pipeline.model import CapturedFrame

PICTURE = VideoFrame(16, 16, "gray")
CAMERAS = [f"camera-{number}" for number in range(6)]
CAMERA = st.sampled_from(CAMERAS)
WORKERS = 3
DEADLINE_S = 0.02


def frame(camera_id: str, number: int = 1) -> CapturedFrame:
    return CapturedFrame(camera_id, number, PICTURE, 0.0, 0.0)


def with_cameras(*camera_ids: str, workers: int = 1) -> WaitingFrames:
    waiting = WaitingFrames(workers)
    for camera_id in camera_ids:
        waiting.add(camera_id)
    return waiting


def giving(*camera_ids: str, workers: int = 1) -> WaitingFrames:
    """Cameras that have each given a frame lately, and had it looked at."""
    waiting = with_cameras(*camera_ids, workers=workers)
    for camera_id in camera_ids:
        waiting.put(frame(camera_id, 0), 9.9)
    for _ in camera_ids:
        waiting.done(waiting.take(len(camera_ids), 9.9))
    return waiting


def served(batch: list[CapturedFrame]) -> list[str]:
    return [taken.camera_id for taken in batch]


class AnyOrder(RuleBasedStateMachine):
    """Cameras and workers in any order, against what the rules promise of them."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = WaitingFrames(WORKERS)
        self.now_s = 0.0
        self.number = 0
        self.newest: dict[str, CapturedFrame | None] = {}
        self.replaced: dict[str, int] = {}
        self.in_work: list[list[CapturedFrame]] = []
        self.turn = 0
        self.last_turn: dict[str, int] = {}
        self.overtaken_by: dict[str, set[str]] = {}

    def _ready(self) -> list[str]:
        busy = {taken.camera_id for batch in self.in_work for taken in batch}
        return [camera for camera, newest in self.newest.items() if newest is not None and camera not in busy]

    @rule(camera=CAMERA)
    def add(self, camera: str) -> None:
        self.waiting.add(camera)
        if camera not in self.newest:
            self.turn += 1
            self.newest[camera], self.replaced[camera], self.last_turn[camera] = None, 0, self.turn

    @rule(camera=CAMERA)
    def forget(self, camera: str) -> None:
        self.waiting.forget(camera)
        for known in (self.newest, self.replaced, self.last_turn, self.overtaken_by):
            known.pop(camera, None)

    @rule(camera=CAMERA)
    def put(self, camera: str) -> None:
        was_ready = camera in self._ready()
        self.number += 1
        given_frame = frame(camera, self.number)
        became_ready = self.waiting.put(given_frame, self.now_s)
        if camera in self.newest:
            self.replaced[camera] += self.newest[camera] is not None
            self.newest[camera] = given_frame
        assert became_ready == (camera in self._ready() and not was_ready)

    @rule(seconds=st.sampled_from([0.001, 0.02, 1.0, 5.0]))
    def pass_time(self, seconds: float) -> None:
        self.now_s += seconds

    @precondition(lambda self: len(self.in_work) < WORKERS)
    @rule(most=st.integers(1, 5))
    def take(self, most: int) -> None:
        ready = self._ready()
        batch = self.waiting.take(most, self.now_s)
        cameras = served(batch)
        assert len(set(cameras)) == len(cameras) <= max(1, min(most, len(self.newest) // WORKERS))
        assert set(cameras) <= set(ready)
        assert bool(batch) == bool(ready)
        assert all(taken is self.newest[taken.camera_id] for taken in batch)
        left = [self.last_turn[camera] for camera in ready if camera not in cameras]
        assert max([self.last_turn[camera] for camera in cameras], default=0) < min(left, default=self.turn + 1)
        for waits in set(ready) - set(cameras):
            overtaken_by = self.overtaken_by.setdefault(waits, set())
            assert not overtaken_by & set(cameras), "a second turn while another camera waits for its first"
            overtaken_by |= set(cameras)
        for camera in cameras:
            self.turn += 1
            self.newest[camera], self.last_turn[camera] = None, self.turn
            self.overtaken_by.pop(camera, None)
        if batch:
            self.in_work.append(batch)

    @precondition(lambda self: self.in_work)
    @rule(data=st.data())
    def done(self, data: Any) -> None:
        self.waiting.done(self.in_work.pop(data.draw(st.integers(0, len(self.in_work) - 1))))

    @invariant()
    def it_holds_one_frame_a_camera_and_the_newest(self) -> None:
        for camera in CAMERAS:
            newest = self.newest.get(camera)
            assert self.waiting.counts(camera) == (int(newest is not None), self.replaced.get(camera, 0))
        assert len(self.waiting._slots) == len(self.newest)
        assert len(self.waiting._in_work) == sum(len(batch) for batch in self.in_work)

    @invariant()
    def nobody_waits_for_nothing_and_nobody_spins(self) -> None:
        due_s = self.waiting.batch_due_s(4, DEADLINE_S, self.now_s)
        assert (due_s is not None) == bool(self._ready()) == self.waiting.is_any_ready()
        assert due_s is None or due_s <= self.now_s + DEADLINE_S


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=150, stateful_step_count=50, deadline=None)


@given(cameras=st.integers(1, 12), workers=st.integers(1, 4), most=st.integers(1, 6), rounds=st.integers(1, 60))
@settings(deadline=None)
def test_all_cameras_are_served_alike_when_there_is_too_much_work(
    cameras: int, workers: int, most: int, rounds: int
) -> None:
    ids = [f"camera-{number}" for number in range(cameras)]
    waiting = with_cameras(*ids, workers=workers)
    times = dict.fromkeys(ids, 0)
    in_work: list[list[CapturedFrame]] = []
    for number in range(rounds):
        for camera in ids:
            waiting.put(frame(camera, number), float(number))
        if len(in_work) == workers:
            waiting.done(in_work.pop(0))
        batch = waiting.take(most, float(number))
        in_work.append(batch)
        for camera in served(batch):
            times[camera] += 1
        assert max(times.values()) - min(times.values()) <= 1


def test_a_batch_is_taken_when_it_is_full_or_its_first_frame_has_waited_long_enough() -> None:
    waiting = giving("a", "b", "c")
    assert waiting.batch_due_s(2, 0.5, 10.0) is None
    waiting.put(frame("a"), 10.0)
    waiting.put(frame("b"), 10.3)
    assert waiting.batch_due_s(3, 0.5, 10.3) == 10.5
    assert waiting.batch_due_s(2, 0.5, 10.3) == 10.3


def test_a_newer_frame_does_not_make_others_wait_longer() -> None:
    waiting = giving("a", "b")
    waiting.put(frame("a", 1), 10.0)
    assert not waiting.put(frame("a", 2), 10.4)
    assert waiting.batch_due_s(2, 0.5, 10.4) == 10.5
    assert [taken.number for taken in waiting.take(2, 10.5)] == [2]


def test_a_worker_whose_frames_were_taken_by_another_has_nothing_to_wait_for() -> None:
    waiting = with_cameras("a", "b", workers=2)
    waiting.put(frame("a"), 10.0)
    assert waiting.batch_due_s(2, 0.0, 10.0) == 10.0
    waiting.take(2, 10.0)
    waiting.put(frame("a", 2), 10.1)
    assert waiting.batch_due_s(2, 0.0, 11.0) is None


def test_the_cameras_are_shared_by_the_workers_and_dead_ones_do_not_count() -> None:
    waiting = with_cameras("a", "b", "c", "d", workers=2)
    for camera in "abcd":
        waiting.put(frame(camera), 0.0)
    assert served(waiting.take(4, 0.0)) == ["a", "b"]
    assert served(waiting.take(4, 0.0)) == ["c", "d"]
    waiting.done([])
    alive = with_cameras("a", "b", "c", "d", workers=2)
    for camera in "ab":
        alive.put(frame(camera), 100.0)
    assert served(alive.take(4, 100.0)) == ["a"]
    # What a share is for one worker is one for each.
    odd = with_cameras("a", "b", "c", "d", "e", workers=2)
    for camera in "abcde":
        odd.put(frame(camera), 0.0)
    assert [served(odd.take(4, 0.0)) for _ in range(2)] == [["a", "b"], ["c", "d"]]


def test_a_camera_that_comes_back_waits_for_the_worker_that_still_has_its_old_frame() -> None:
    waiting = with_cameras("a")
    waiting.put(frame("a", 1), 0.0)
    old = waiting.take(1, 0.0)
    waiting.forget("a")
    waiting.add("a")
    waiting.put(frame("a", 2), 0.1)
    assert waiting.take(1, 0.2) == []
    waiting.done([frame("a", 1)])
    assert waiting.take(1, 0.2) == []
    waiting.done(old)
    assert [taken.number for taken in waiting.take(1, 0.3)] == [2]


def test_the_longest_wait_is_seen_although_the_camera_goes_on_sending() -> None:
    waiting = with_cameras("a", "b")
    assert waiting.longest_wait_s(50.0) == 0.0
    for second in range(10):
        waiting.put(frame("a", second), float(second))
    assert waiting.longest_wait_s(9.0) == 9.0
    batch = waiting.take(1, 9.0)
    assert waiting.longest_wait_s(12.0) == 12.0
    waiting.done(batch)
    assert waiting.longest_wait_s(12.0) == 0.0


@pytest.mark.parametrize("known", [True, False])
def test_a_camera_without_a_slot_has_no_frames(known: bool) -> None:
    waiting = with_cameras(*(["a"] if known else []))
    assert waiting.put(frame("a"), 0.0) == known
    assert waiting.counts("a") == (int(known), 0)
