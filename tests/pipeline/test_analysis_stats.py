"""What is known of the analysis of one camera, moment by moment."""

import pytest

from pipeline.analysis_stats import RATE_WINDOW_S, STUCK_S, AnalysisStats


def test_nothing_yet() -> None:
    seen = AnalysisStats(100.0).snapshot(101.0)
    assert (seen.analysed, seen.unchanged, seen.fps, seen.latency_ms, seen.stuck) == (0, 0, 0.0, 0.0, False)


def test_counts_rate_and_delays() -> None:
    stats = AnalysisStats(0.0)
    for number in range(100):
        at_s = number / 10
        stats.offered(at_s)
        stats.finished(at_s, at_s + (0.02 if number % 10 else 0.3), unchanged=number % 4 == 0)
    seen = stats.snapshot(10.0)
    assert (seen.analysed, seen.unchanged) == (75, 25)
    assert seen.fps == pytest.approx(10, abs=0.5)
    assert seen.latency_ms == pytest.approx(20)
    assert seen.latency_p95_ms == pytest.approx(300)


def test_the_rate_of_a_young_stream_is_that_of_its_life() -> None:
    stats = AnalysisStats(0.0)
    for number in range(10):
        stats.finished(number / 10, number / 10, unchanged=False)
    assert stats.snapshot(1.0).fps == pytest.approx(10)
    assert stats.snapshot(1.0 + RATE_WINDOW_S).fps == 0


def test_stuck_is_who_owes_a_result_too_long_whatever_comes_meanwhile() -> None:
    stats = AnalysisStats(0.0)
    for second in range(int(STUCK_S) + 1):
        stats.offered(float(second))
    assert not stats.snapshot(STUCK_S).stuck
    assert stats.snapshot(STUCK_S + 0.5).stuck
    stats.finished(STUCK_S, STUCK_S + 1, unchanged=True)
    assert not stats.snapshot(STUCK_S + 60).stuck
