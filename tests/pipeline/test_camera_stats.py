from pipeline.camera_stats import CameraState, CameraStats


def _run(stats: CameraStats, begin: float, end: float, fps: int) -> None:
    for number in range(round((end - begin) * fps)):
        stats.frame(begin + number / fps, 0.002)


def test_connecting_until_frames_come() -> None:
    stats = CameraStats(100.0)
    seen = stats.snapshot(101.0)
    assert (seen.state, seen.last_frame_age_s, seen.fps, seen.frame_number) == (CameraState.CONNECTING, None, 0.0, 0)
    stats.frame(101.0, 0.002)
    assert stats.snapshot(101.0).state is CameraState.CONNECTING
    stats.frame(101.1, 0.002)
    assert stats.snapshot(101.1).state is CameraState.ALIVE


def test_connecting_ends_with_a_failure_or_with_time() -> None:
    failed, silent = CameraStats(100.0), CameraStats(100.0)
    failed.failed("refused")
    assert (failed.snapshot(100.1).state, failed.snapshot(100.1).reason) == (CameraState.NOT_REACHABLE, "refused")
    assert (silent.snapshot(105.1).state, silent.snapshot(105.1).reason) == (CameraState.NOT_REACHABLE, "no frames")


def test_a_short_break_is_none() -> None:
    stats = CameraStats(0.0)
    _run(stats, 0.0, 1.0, 10)
    stats.failed("reset")
    assert stats.snapshot(3.0).state is CameraState.ALIVE
    stats.frame(3.5, 0.002)
    assert stats.snapshot(6.0).state is CameraState.ALIVE


def test_one_late_frame_is_no_sign_of_life() -> None:
    stats = CameraStats(0.0)
    _run(stats, 0.0, 1.0, 10)
    stats.failed("nothing sent")
    assert stats.snapshot(4.0).state is CameraState.NOT_REACHABLE
    stats.frame(5.0, 0.002)
    seen = stats.snapshot(5.1)
    assert (seen.state, seen.reason) == (CameraState.NOT_REACHABLE, "nothing sent")
    stats.frame(5.2, 0.002)
    seen = stats.snapshot(5.2)
    assert (seen.state, seen.reason, seen.frame_number) == (CameraState.ALIVE, "", 12)


def test_frame_rate_from_the_first_second_on() -> None:
    stats = CameraStats(0.0)
    _run(stats, 10.0, 11.0, 10)
    assert 8.5 < stats.snapshot(11.0).fps <= 10
    _run(stats, 11.0, 30.0, 10)
    assert abs(stats.snapshot(29.95).fps - 10) < 0.3


def test_frame_rate_falls_when_frames_stop() -> None:
    stats = CameraStats(0.0)
    _run(stats, 0.0, 10.0, 10)
    assert 4 < stats.snapshot(12.5).fps < 6
    assert stats.snapshot(16.0).fps == 0.0
    _run(stats, 60.0, 61.0, 10)
    assert 8.5 < stats.snapshot(61.0).fps <= 10


def test_memory_is_bounded_and_fast_cameras_are_counted() -> None:
    stats = CameraStats(0.0)
    _run(stats, 0.0, 20.0, 1000)
    assert abs(stats.snapshot(20.0).fps - 1000) < 5
    assert len(stats._recent) <= 1200


def test_latency_and_age() -> None:
    stats = CameraStats(0.0)
    _run(stats, 0.0, 2.0, 10)
    seen = stats.snapshot(2.9)
    assert abs(seen.latency_ms - 2.0) < 0.01
    assert seen.last_frame_age_s is not None
    assert abs(seen.last_frame_age_s - 1.0) < 1e-6
