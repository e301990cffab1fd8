"""Apps that run evenly are asked at every fifth look, and nobody hears of anything later for that."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crds.instance_config import InstanceConfig
from nodeagent.model import Probe, StreamStats
from nodeagent.reporter.app_probes import AppProbes
from nodeagent.reporter.frames import AppProgress, after_probe
from nodeagent.reporter.liveness import why_hung
from nodeagent.reporter.pace import EVERY, STEADY_LOOKS, may_be_left_out
from ports.simulated import LoopClock
from ports.virtual_time import run_in_virtual_time
from tests.differ.generations import NOW, instance

YARD = instance("yard", cameras=["dock"])
PATIENT_S = 10.0
"""Without frames, until a camera is not Ready."""
STEADY = AppProgress("id-1", NOW, steady_looks=STEADY_LOOKS, cameras={})

Frames = Callable[[float], int]


@dataclass(frozen=True)
class Seen:
    """What a scenario came to: seconds, and questions."""

    dark_at: float | None
    hung_at: float | None
    questions: int
    ready_was_asked: tuple[bool, ...]


def watched(frames: Frames, seconds: int, *, silent_from: float = 1e9, paced: bool = True) -> Seen:
    """Watches an app with one camera, once with all looks and once without those that are left out."""

    async def scenario() -> Seen:
        loop, clock = asyncio.get_running_loop(), LoopClock()
        asked = 0
        ready_was_asked: list[bool] = []
        dark_at = hung_at = None

        async def app(config: InstanceConfig, runtime_id: str, now: object, *, known_ready: bool = False) -> Probe:
            nonlocal asked
            ready_was_asked.append(not known_ready)
            asked += 1
            if loop.time() - begun >= silent_from:
                return Probe("yard", runtime_id, clock.now(), answered=False, message="no answer")
            streams = (StreamStats("dock", 15.0, frames(loop.time() - begun)),)
            return Probe("yard", runtime_id, clock.now(), answered=True, ready=True, streams=streams)

        begun = loop.time()
        probes = AppProbes(app, clock)
        progress = None
        left_out = 0
        for _ in range(seconds):
            await asyncio.sleep(1.0)
            # As the agent does: looks at which nobody would be asked are not made.
            if paced and left_out < probes.rest:
                left_out += 1
            elif paced:
                await probes.look({"yard": (YARD, "id-1")}, 1 + left_out)
                progress, left_out = probes.progress["yard"], 0
            else:
                progress = after_probe(progress, await app(YARD, "id-1", clock.now()))
            assert progress is not None
            seen = (progress.cameras or {})["dock"]
            at = loop.time() - begun
            is_dark = seen.advanced_at is not None and clock.now() - seen.advanced_at > timedelta(seconds=PATIENT_S)
            dark_at = at if is_dark and dark_at is None else dark_at
            hung_at = at if why_hung(YARD, progress) and hung_at is None else hung_at
        return Seen(dark_at, hung_at, asked, tuple(ready_was_asked))

    return run_in_virtual_time(scenario(), limit_seconds=1000)


def even(per_second: float, until: float = 1e9) -> Frames:
    return lambda seconds: 1000 + int(per_second * min(seconds, until))


@pytest.mark.parametrize("per_second", [1.3, 5, 15, 30])
def test_an_app_that_runs_evenly_is_asked_at_every_fifth_look(per_second: float) -> None:
    seen = watched(even(per_second), 100)
    assert seen.questions < 100 / EVERY + 2 * STEADY_LOOKS
    assert (seen.dark_at, seen.hung_at) == (None, None)
    assert all(seen.ready_was_asked[:STEADY_LOOKS])
    assert not any(seen.ready_was_asked[-5:])


def test_whether_it_is_ready_is_asked_again_at_the_look_after_one_that_missed_frames() -> None:
    seen = watched(even(15, 30), 40)
    assert not seen.ready_was_asked[-7]
    assert all(seen.ready_was_asked[-5:])


@given(st.floats(0.8, 40), st.floats(12, 20))
def test_a_camera_that_goes_dark_is_told_as_soon_and_its_app_hangs_as_soon(per_second: float, until: float) -> None:
    plain = watched(even(per_second, until), 60, paced=False)
    paced = watched(even(per_second, until), 60)
    assert paced.dark_at is not None
    assert plain.dark_at is not None
    assert until + PATIENT_S - 1 - 1 / per_second <= paced.dark_at <= plain.dark_at + 1
    assert paced.hung_at is not None
    assert plain.hung_at is not None
    assert paced.hung_at <= plain.hung_at + 1


@given(st.lists(st.integers(0, 30), min_size=40, max_size=40))
def test_a_camera_with_frames_in_every_few_seconds_is_never_told_to_be_dark(frames: list[int]) -> None:
    # However uneven they are: some in each fifth second.
    uneven = [sum(max(one, number % 5 == 0) for number, one in enumerate(frames[:second])) for second in range(41)]
    assert watched(lambda seconds: uneven[int(seconds)], 40).dark_at is None


@given(st.floats(12, 20))
def test_an_app_that_falls_silent_hangs_four_looks_later_at_most(silent_from: float) -> None:
    plain = watched(even(15), 40, silent_from=silent_from, paced=False)
    paced = watched(even(15), 40, silent_from=silent_from)
    assert plain.hung_at is not None
    assert paced.hung_at is not None
    assert paced.hung_at <= plain.hung_at + EVERY - 1


def test_looks_that_were_left_out_count_when_nothing_was_new() -> None:
    well = Probe("yard", "id-1", NOW, answered=True, ready=True, streams=(StreamStats("dock", 15.0, 7),))
    still = after_probe(after_probe(None, well), replace(well, at=NOW + timedelta(seconds=EVERY)), EVERY - 1)
    assert still.still_looks == 1 + EVERY
    assert still.steady_looks == 0


@pytest.mark.parametrize(
    ("limits", "fps", "left_out"),
    [
        pytest.param({}, 15.0, True, id="all is well"),
        pytest.param({"minimumFps": 20}, 15.0, False, id="it has too few frames"),
        pytest.param({"notReachableAfterSeconds": 5}, 15.0, False, id="it is missed soon"),
    ],
)
def test_whose_cameras_are_not_as_they_should_be_is_asked_each_time(
    limits: Mapping[str, float], fps: float, left_out: bool
) -> None:
    config = instance("yard", {"dock": {"limits": limits}}, cameras=["dock"])
    stream = StreamStats(config.cameras[0].camera_id, fps, 7)
    probe = Probe("yard", "id-1", NOW, answered=True, ready=True, streams=(stream,))
    progress = replace(after_probe(None, probe), steady_looks=STEADY_LOOKS)
    assert may_be_left_out(config, "id-1", progress) is left_out


def test_whom_nothing_is_known_of_is_asked_each_time() -> None:
    assert not may_be_left_out(YARD, "id-1", None)
    assert not may_be_left_out(YARD, "id-1", STEADY), "its camera is not in the app"
    assert not may_be_left_out(instance("yard", cameras=[]), "id-2", STEADY), "another container"
    assert not may_be_left_out(instance("yard", cameras=[]), "id-1", replace(STEADY, steady_looks=STEADY_LOOKS - 1))
    assert may_be_left_out(instance("yard", cameras=[]), "id-1", STEADY)


@given(st.lists(st.floats(1, 4), min_size=10, max_size=30))
def test_looks_that_come_late_on_a_busy_machine_leave_an_even_app_even(pauses: list[float]) -> None:
    progress, seconds = None, 0.0
    for pause in pauses:
        seconds += pause
        streams = (StreamStats("dock", 15.0, int(15 * seconds)),)
        at = NOW + timedelta(seconds=seconds)
        progress = after_probe(progress, Probe("yard", "id-1", at, answered=True, ready=True, streams=streams))
    assert progress is not None
    assert progress.steady_looks == len(pauses) - 1
