"""The workers between real captures and a detector that misbehaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pipeline.analysis import Analysis
from pipeline.detect.choice import make_detector
from pipeline.detect.frame_slots import FrameSlots
from pipeline.files.config import load
from pipeline.files.settings import MotionSettings
from pipeline.files.source import source_of_url
from pipeline.streams import StreamError, Streams

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from pipeline.model import CapturedFrame, Detection, FrameResult
    from pipeline.stream import Stream
    from tests.pipeline.conftest import Configs


class FailsAt:
    """The motion detector, but frames of one camera make it raise, for whole batches as a network does."""

    def __init__(self, camera_id: str) -> None:
        self.camera_id = camera_id
        self._motion = make_detector(MotionSettings())
        self.labels, self.identity = self._motion.labels, self._motion.identity
        self.forgotten: list[str] = []

    def detect(self, frames: Sequence[CapturedFrame]) -> list[tuple[Detection, ...]]:
        if any(frame.camera_id == self.camera_id for frame in frames):
            raise RuntimeError("broken network")
        return self._motion.detect(frames)

    def forget(self, camera_id: str) -> None:
        self.forgotten.append(camera_id)
        self._motion.forget(camera_id)


class Running:
    """Streams and workers in this process."""

    def __init__(self, source_list: Path, detector: FailsAt) -> None:
        self.results: dict[str, list[FrameResult]] = {}
        self.detector = detector
        self.streams = Streams(load(source_list), source_list.parent, FrameSlots(2), detector)
        self._analysis = Analysis(self.streams, detector, self._told, workers=2, batch_size=4, batch_deadline_s=0.02)
        self._analysis.start()

    def _told(self, stream: Stream, result: FrameResult) -> None:
        self.results.setdefault(stream.source.camera_id, []).append(result)

    def add(self, camera_id: str, clip: Path) -> Stream:
        return self.streams.add(source_of_url(camera_id, clip.as_uri()), camera_id)

    def stop(self) -> None:
        self.streams.stop()
        self._analysis.join()


@pytest.fixture
def running(configs: Configs) -> Iterator[Running]:
    found = Running(configs(streammux_batch_size=3), FailsAt("bad"))
    yield found
    found.stop()


def test_a_frame_that_the_detector_fails_at_costs_only_its_own_result(
    running: Running, clip: Path, wait_until: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    streams = {name: running.add(name, clip) for name in ("good", "bad", "fine")}
    wait_until(
        lambda: all(len(running.results.get(name, ())) > 10 for name in ("good", "fine")), "results of the others"
    )
    assert "bad" not in running.results
    said = [record for record in caplog.records if "could not be analysed" in record.message]
    assert [record.getMessage() for record in said] == [
        "camera=bad frame 1 could not be analysed; said once until one can"
    ]
    assert streams["bad"].analysis.snapshot(0.0).failed > 0
    # A camera whose frames nobody can look at must not pass for one that is watched.
    now_s = streams["bad"].analysis
    wait_until(lambda: now_s.snapshot(1e9).stuck, "stuck, sooner or later")
    assert not streams["good"].analysis.snapshot(0.0).stuck


def test_a_failure_behind_the_detector_costs_no_worker(
    running: Running, clip: Path, wait_until: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = running.add("fine", clip)
    wait_until(lambda: running.results.get("fine"), "a result")

    def broken(*_: object) -> FrameResult:
        raise ValueError("strange picture")

    with monkeypatch.context() as patched:
        patched.setattr(stream, "result_of", broken)
        # Many more than there are workers.
        before = stream.camera.snapshot(0.0).frame_number
        wait_until(lambda: stream.camera.snapshot(0.0).frame_number > before + 10, "frames that fail")
    so_far = len(running.results["fine"])
    wait_until(lambda: len(running.results["fine"]) > so_far + 5, "results again")


def test_results_come_in_the_order_of_the_frames_and_never_two_at_once(
    running: Running, clip: Path, wait_until: Callable[..., Any]
) -> None:
    running.add("good", clip)
    wait_until(lambda: len(running.results.get("good", ())) > 20, "results")
    numbers = [result.frame.number for result in running.results["good"]]
    assert numbers == sorted(set(numbers))


def test_a_camera_that_went_is_forgotten(running: Running, clip: Path, wait_until: Callable[..., Any]) -> None:
    running.add("good", clip)
    wait_until(lambda: running.results.get("good"), "a result")
    with pytest.raises(StreamError):
        running.streams.remove("good", "file:///another")
    running.streams.remove("good", clip.as_uri())
    assert running.streams.find("good") is None
    assert running.streams.all() == []
    again = running.add("good", clip)
    assert again.source_id == 1
    before = len(running.results["good"])
    wait_until(lambda: len(running.results["good"]) > before + 5, "results of the one that came back")


def test_a_frame_of_the_camera_that_was_there_before_is_not_shown_for_the_next(
    running: Running, clip: Path, wait_until: Callable[..., Any]
) -> None:
    running.add("good", clip)
    wait_until(lambda: running.results.get("good"), "a result")
    (frame,) = [running.results["good"][-1].frame]
    running.streams.remove("good", clip.as_uri())
    again = running.add("good", clip)
    assert not again.owns(frame)
    wait_until(lambda: again.last_result, "a result of the next one")
    assert again.owns(again.last_result.frame)


def test_what_cannot_be_compared_is_not_taken_for_unchanged(
    running: Running, clip: Path, wait_until: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = running.add("fine", clip)
    wait_until(lambda: running.results.get("fine"), "a result")

    def broken(_: CapturedFrame) -> bool:
        raise ValueError("strange picture")

    before = stream.analysis.snapshot(0.0)
    with monkeypatch.context() as patched:
        patched.setattr(stream, "is_significant", broken)
        wait_until(lambda: stream.analysis.snapshot(0.0).failed > 5, "frames that fail")
        # One may have been in work.
        assert stream.analysis.snapshot(0.0).unchanged <= before.unchanged + 1


def test_a_detector_remembers_no_camera_that_went_while_its_frame_was_in_work(
    running: Running, clip: Path, wait_until: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = running.add("fine", clip)
    wait_until(lambda: running.results.get("fine"), "a result")
    forgotten = running.detector.forgotten

    def goes_meanwhile(_: CapturedFrame) -> bool:
        running.streams.remove("fine", clip.as_uri())
        return True

    monkeypatch.setattr(stream, "is_significant", goes_meanwhile)
    # Once because it went, and once more behind the frame.
    wait_until(lambda: forgotten.count("fine") >= 2, "forgotten for good")


def test_pictures_of_a_camera_stay_private_when_it_comes_back(configs: Configs, clip: Path) -> None:
    running = Running(configs(configs.camera("shy", clip, stream=False)), FailsAt("bad"))
    try:
        assert not running.add("shy", clip).source.stream
        assert running.add("open", clip).source.stream
    finally:
        running.stop()
