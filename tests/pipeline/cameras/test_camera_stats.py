import threading

from pipeline.cameras.camera_stats import CameraState, CameraStats
from pipeline.files.settings import CameraSettings


def _stats(began_s: float = 0.0, **settings: float) -> CameraStats:
    return CameraStats(began_s, CameraSettings(**settings))


def _run(stats: CameraStats, begin: float, end: float, fps: float) -> None:
    for number in range(round((end - begin) * fps)):
        stats.frame(begin + number / fps)


def test_connecting_until_frames_come() -> None:
    stats = _stats(100.0)
    seen = stats.snapshot(101.0)
    assert (seen.state, seen.last_frame_age_s, seen.fps, seen.frame_number) == (CameraState.CONNECTING, None, 0.0, 0)
    assert stats.frame(101.0) == 1
    assert stats.snapshot(101.0).state is CameraState.CONNECTING
    assert stats.frame(101.1) == 2
    assert stats.snapshot(101.1).state is CameraState.ALIVE


def test_connecting_ends_with_a_failure_or_with_time() -> None:
    failed, silent = _stats(100.0), _stats(100.0)
    failed.failed("refused")
    assert (failed.snapshot(100.1).state, failed.snapshot(100.1).reason) == (CameraState.NOT_REACHABLE, "refused")
    assert silent.snapshot(104.9).state is CameraState.CONNECTING
    assert (silent.snapshot(105.1).state, silent.snapshot(105.1).reason) == (CameraState.NOT_REACHABLE, "")


def test_a_camera_that_may_be_slow_may_take_long_to_connect() -> None:
    stats = _stats(100.0, not_reachable_after_s=10)
    assert stats.snapshot(109.9).state is CameraState.CONNECTING
    assert stats.snapshot(110.1).state is CameraState.NOT_REACHABLE


def test_a_short_break_is_none() -> None:
    stats = _stats()
    _run(stats, 0.0, 1.0, 10)
    stats.failed("reset")
    assert stats.snapshot(3.0).state is CameraState.ALIVE
    stats.frame(3.5)
    assert stats.snapshot(6.0).state is CameraState.ALIVE


def test_one_frame_after_a_long_time_is_no_sign_of_life() -> None:
    stats = _stats()
    _run(stats, 0.0, 1.0, 10)
    stats.failed("nothing sent")
    assert stats.snapshot(4.0).state is CameraState.NOT_REACHABLE
    stats.frame(5.0)
    seen = stats.snapshot(5.1)
    assert (seen.state, seen.reason) == (CameraState.NOT_REACHABLE, "nothing sent")
    stats.frame(5.2)
    seen = stats.snapshot(5.2)
    assert (seen.state, seen.reason, seen.frame_number) == (CameraState.ALIVE, "", 12)


def test_single_frames_far_apart_are_no_sign_of_life_either() -> None:
    stats = _stats()
    for moment in range(0, 100, 4):
        stats.frame(float(moment))
        assert stats.snapshot(moment + 0.1).state is not CameraState.ALIVE


def test_the_limit_is_the_one_of_the_settings_and_may_change() -> None:
    stats = _stats(not_reachable_after_s=10)
    _run(stats, 0.0, 20.0, 0.5)
    assert stats.snapshot(27.9).state is CameraState.ALIVE
    assert stats.snapshot(28.1).state is CameraState.NOT_REACHABLE
    stats.treat(CameraSettings(not_reachable_after_s=20))
    assert stats.snapshot(28.1).state is CameraState.ALIVE
    stats.treat(CameraSettings(not_reachable_after_s=1))
    assert stats.snapshot(28.1).state is CameraState.NOT_REACHABLE


def test_broken_frames_count_but_are_no_sign_of_life() -> None:
    stats = _stats()
    for _ in range(50):
        stats.broken_frame()
    seen = stats.snapshot(1.0)
    assert (seen.state, seen.frame_number, seen.decode_errors) == (CameraState.CONNECTING, 50, 50)
    stats.decoded(0.01, gaps=1)
    stats.take_failed()
    seen = stats.snapshot(1.0)
    assert (seen.decode_errors, seen.take_errors) == (51, 1)


def test_slow_is_told_after_a_full_window() -> None:
    stats = _stats(minimum_fps=10)
    _run(stats, 0.0, 4.9, 5)
    assert stats.snapshot(4.9).state is CameraState.ALIVE
    _run(stats, 4.9, 10.0, 5)
    seen = stats.snapshot(10.0)
    assert (seen.state, seen.reason) == (CameraState.SLOW, "fewer than 10 frames per second")
    _run(stats, 10.0, 16.0, 15)
    assert (stats.snapshot(16.0).state, stats.snapshot(16.0).reason) == (CameraState.ALIVE, "")
    stats.treat(CameraSettings(minimum_fps=30))
    assert stats.snapshot(16.0).state is CameraState.SLOW
    assert stats.snapshot(20.0).state is CameraState.NOT_REACHABLE


def test_a_camera_that_sends_exactly_as_much_as_it_must_is_not_slow() -> None:
    for fps in (1, 5, 10, 25, 30):
        stats = _stats(minimum_fps=fps)
        for number in range(20 * fps):
            stats.frame(number / fps)
            for later in (0.0, 0.4 / fps, 0.9 / fps):
                assert stats.snapshot(number / fps + later).state is not CameraState.SLOW


def test_when_to_say_again_that_a_camera_is_alive() -> None:
    stats = _stats(alive_interval_s=30, minimum_fps=20)
    assert not stats.alive_report_due(40.0, 0.0)
    _run(stats, 30.0, 40.0, 10)
    assert stats.snapshot(40.0).state is CameraState.SLOW
    assert stats.alive_report_due(40.0, 10.0)
    assert not stats.alive_report_due(40.0, 10.1)
    assert not stats.alive_report_due(50.0, 0.0)
    stats.treat(CameraSettings(alive_interval_s=1))
    assert stats.alive_report_due(40.0, 39.0)


def test_frame_rate_from_the_first_second_on() -> None:
    stats = _stats()
    _run(stats, 10.0, 11.0, 10)
    assert 8.5 < stats.snapshot(11.0).fps <= 10
    _run(stats, 11.0, 30.0, 10)
    assert abs(stats.snapshot(29.95).fps - 10) < 0.3


def test_frame_rate_falls_when_frames_stop() -> None:
    stats = _stats()
    _run(stats, 0.0, 10.0, 10)
    assert 4 < stats.snapshot(12.5).fps < 6
    assert stats.snapshot(16.0).fps == 0.0
    _run(stats, 60.0, 61.0, 10)
    assert 8.5 < stats.snapshot(61.0).fps <= 10


def test_memory_is_bounded_and_fast_cameras_are_counted() -> None:
    stats = _stats()
    _run(stats, 0.0, 20.0, 1000)
    assert abs(stats.snapshot(20.0).fps - 1000) < 5
    assert len(stats._recent_s) <= 1200


def test_time_of_decoding_and_age() -> None:
    stats = _stats()
    _run(stats, 0.0, 2.0, 10)
    for _ in range(40):
        stats.decoded(0.002)
    seen = stats.snapshot(2.9)
    assert abs(seen.decode_ms - 2.0) < 0.01
    assert seen.last_frame_age_s is not None
    assert abs(seen.last_frame_age_s - 1.0) < 1e-6


def test_losses_are_counted() -> None:
    stats = _stats()
    stats.failed("refused")
    stats.failed("reset", lost=True)
    stats.failed("404")
    seen = stats.snapshot(0.0)
    assert (seen.losses, seen.last_loss, seen.reason) == (1, "reset", "404")


def test_no_frame_is_lost_between_threads() -> None:
    stats = _stats()
    writers = [
        threading.Thread(target=lambda: [stats.frame(1.0) and stats.treat(CameraSettings()) for _ in range(2000)])
        for _ in range(4)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert stats.snapshot(1.0).frame_number == 8000
