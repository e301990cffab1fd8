import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from av.video.frame import VideoFrame

from pipeline.detect.frame_slots import FrameSlots
from pipeline.model import CapturedFrame
from tests.patience import patient

PICTURE = VideoFrame(16, 16, "gray")
CAMERAS = [f"camera-{number}" for number in range(6)]


def frame(camera_id: str, number: int = 1) -> CapturedFrame:
    return CapturedFrame(camera_id, number, PICTURE, 0.0, 0.0)


def with_cameras(workers: int, *camera_ids: str) -> FrameSlots:
    slots = FrameSlots(workers)
    for camera_id in camera_ids:
        slots.add(camera_id)
    return slots


def started(*works: Callable[[], None]) -> list[threading.Thread]:
    threads = [threading.Thread(target=work, daemon=True) for work in works]
    for thread in threads:
        thread.start()
    return threads


def ended(threads: list[threading.Thread]) -> bool:
    for thread in threads:
        thread.join(patient(15))
    return not any(thread.is_alive() for thread in threads)


def test_many_cameras_and_workers_lose_no_last_frame_and_share_no_camera(wait_until: Callable[..., Any]) -> None:
    slots = with_cameras(3, *CAMERAS)
    lock = threading.Lock()
    in_work: Counter[str] = Counter()
    seen: dict[str, list[int]] = {camera: [] for camera in CAMERAS}
    wrong: list[str] = []

    def work() -> None:
        while batch := slots.take(4, 0.002):
            with lock:
                for taken in batch:
                    in_work[taken.camera_id] += 1
                    seen[taken.camera_id].append(taken.number)
                    if in_work[taken.camera_id] > 1:
                        wrong.append(taken.camera_id)
            time.sleep(0.001)
            with lock:
                in_work.subtract(taken.camera_id for taken in batch)
            slots.done(batch)

    def send(camera: str) -> Callable[[], None]:
        def put_all() -> None:
            for number in range(1, 301):
                slots.put(frame(camera, number))
                time.sleep(0.0005)

        return put_all

    workers = started(work, work, work)
    assert ended(started(*(send(camera) for camera in CAMERAS)))
    wait_until(lambda: all(numbers and numbers[-1] == 300 for numbers in seen.values()), "the last frame of each")
    slots.close()
    assert ended(workers)
    assert not wrong
    for camera, numbers in seen.items():
        assert numbers == sorted(set(numbers))
        assert slots.counts(camera) == (0, 300 - len(numbers))


def test_a_worker_that_waits_for_nothing_uses_no_cpu(wait_until: Callable[..., Any]) -> None:
    slots = with_cameras(2, "a")
    used_s: list[float] = []

    def wait_in_vain() -> None:
        began_s = time.thread_time()
        slots.take(4, 0.0)
        used_s.append(time.thread_time() - began_s)

    slots.put(frame("a", 1))
    batch = slots.take(4, 0.0)
    slots.put(frame("a", 2))
    threads = started(wait_in_vain)
    # The camera is in work: its frame has waited for longer than the deadline, and yet there is nothing to take.
    wait_until(lambda: slots.longest_wait_s(time.monotonic()) > 1.0, "a second of waiting")
    slots.close()
    assert ended(threads)
    assert used_s[0] < 0.5
    slots.done(batch)


def test_done_wakes_a_worker_for_the_frame_that_came_meanwhile() -> None:
    slots = with_cameras(2, "a")
    slots.put(frame("a", 1))
    batch = slots.take(1, 0.0)
    slots.put(frame("a", 2))
    taken: list[CapturedFrame] = []
    threads = started(lambda: taken.extend(slots.take(1, 0.0)))
    slots.done(batch)
    assert ended(threads)
    assert [one.number for one in taken] == [2]


def test_close_frees_all_who_wait_and_all_who_come() -> None:
    slots = with_cameras(2, "a")
    taken: list[list[CapturedFrame]] = []
    threads = started(*[lambda: taken.append(slots.take(4, 10.0))] * 2)
    slots.close()
    assert ended(threads)
    slots.put(frame("a"))
    assert [*taken, slots.take(4, 10.0)] == [[], [], []]


def test_frames_of_a_forgotten_camera_are_dropped_also_in_work() -> None:
    slots = with_cameras(1, "a", "b")
    slots.put(frame("a", 1))
    batch = slots.take(1, 0.0)
    slots.put(frame("a", 2))
    slots.forget("a")
    slots.put(frame("a", 3))
    assert slots.counts("a") == (0, 0)
    slots.done(batch)
    slots.done(batch)
    slots.put(frame("b", 4))
    assert [one.number for one in slots.take(4, 0.0)] == [4]
