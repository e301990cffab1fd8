from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crds.instance_config import InstanceConfig
from nodeagent.model import Observed, Probe, StreamStats
from nodeagent.reporter.frames import AppProgress, after_probe
from nodeagent.reporter.liveness import RULES, hung, why_hung
from tests.differ.generations import NOW, generation, instance
from tests.differ.node_model import container

TWO = instance("yard", cameras=["dock", "gate"])
RARE = instance("yard", {"gate": {"limits": {"notReachableAfterSeconds": 120}}}, cameras=["dock", "gate"])
MUTE = instance("yard", cameras=["dock"], app={"kind": "retinaface"})
RULE = RULES[TWO.app_kind]
CLOCK_STEP = timedelta(seconds=1)

Look = tuple[str, int, int, str]
"""What the app says (ready, unready, nothing), the frames of dock and gate, and the reason for gate."""


def looked(looks: Sequence[Look], step: timedelta = CLOCK_STEP) -> AppProgress:
    progress = AppProgress("id-1", NOW)
    for number, (says, dock, gate, reason) in enumerate(looks):
        at = NOW + number * step
        if says == "nothing":
            probe = Probe("yard", "id-1", at, answered=False, message="no answer within 1 s")
        else:
            streams = (StreamStats("dock", 25.0, dock, reason), StreamStats("gate", 25.0, gate, reason))
            probe = Probe("yard", "id-1", at, answered=True, ready=says == "ready", streams=streams)
        progress = after_probe(progress, probe)
    return progress


def still(times: int, reason: str = "") -> list[Look]:
    return [("ready", 5, 5, reason)] * times


WELL: list[Look] = [("ready", 4, 4, ""), ("ready", 5, 5, "")]
SILENT: Look = ("nothing", 0, 0, "")
UNREADY: Look = ("unready", 0, 0, "")


@pytest.mark.parametrize(
    ("config", "looks", "why"),
    [
        pytest.param(TWO, WELL, "", id="all is well"),
        pytest.param(TWO, [*WELL, *[SILENT] * 15], "", id="silent for a moment"),
        pytest.param(
            TWO,
            [*WELL, *[SILENT] * 16],
            "the app did not answer 16 times in a row: no answer within 1 s",
            id="silent for long",
        ),
        pytest.param(TWO, [*WELL, *[SILENT] * 16, *still(1)], "", id="it answers again"),
        pytest.param(TWO, [SILENT] * 300, "", id="it loads its models"),
        pytest.param(
            TWO, [SILENT] * 301, "the app was not ready in 301 looks since it started", id="it was never there"
        ),
        pytest.param(
            TWO, [UNREADY] * 301, "the app was not ready in 301 looks since it started", id="it was never ready"
        ),
        pytest.param(TWO, [*WELL, *[UNREADY] * 400], "", id="it answers, and says that it is busy"),
        pytest.param(TWO, [*WELL, *still(30)], "", id="still for a moment"),
        pytest.param(
            TWO,
            [*WELL, *still(31)],
            "no camera had a new frame in 31 looks, and the app has no reason for it",
            id="still for long",
        ),
        pytest.param(TWO, [*WELL, *still(400, "connection refused")], "", id="all cameras are dead"),
        pytest.param(TWO, [*WELL, *[("ready", n, 5, "") for n in range(6, 400)]], "", id="one camera is still"),
        pytest.param(RARE, [*WELL, *still(120)], "", id="a camera may be still for two minutes"),
        pytest.param(
            RARE,
            [*WELL, *still(121)],
            "no camera had a new frame in 121 looks, and the app has no reason for it",
            id="and was for longer",
        ),
        pytest.param(MUTE, [SILENT] * 400, "", id="an app that tells nothing"),
    ],
)
def test_an_app_hangs_when_nothing_else_explains_what_is_seen(
    config: InstanceConfig, looks: list[Look], why: str
) -> None:
    assert why_hung(config, looked(looks)) == why


@given(
    st.lists(
        st.tuples(st.just("ready"), st.integers(0, 9), st.integers(0, 9), st.sampled_from(["", "timed out"])),
        max_size=90,
    )
)
def test_an_app_in_which_any_camera_moves_now_and_then_never_hangs(looks: list[Look]) -> None:
    moving = [(says, number // 30, gate, reason) for number, (says, _, gate, reason) in enumerate(looks)]
    assert why_hung(TWO, looked(moving)) == ""


@given(st.integers(0, 14), st.timedeltas(timedelta(days=-400), timedelta(days=400)))
def test_neither_a_clock_that_jumps_nor_a_machine_that_slept_makes_it_hang(silent: int, step: timedelta) -> None:
    assert why_hung(TWO, looked([*WELL, *[SILENT] * silent], step)) == ""
    assert why_hung(TWO, looked([*WELL, *still(silent)], step)) == ""


def test_only_what_runs_and_was_asked_itself_can_hang() -> None:
    running = replace(container(TWO, "id-1", 1), running=True)
    dead = looked([*WELL, *[SILENT] * 20])

    def names(desired: InstanceConfig | None, there: Observed | None, progress: AppProgress) -> set[str]:
        return set(hung(generation([desired], 1) if desired else None, there, {"yard": progress}))

    assert names(TWO, Observed({"yard": running}), dead) == {"yard"}
    assert names(TWO, Observed({"yard": replace(running, running=False)}), dead) == set()
    assert names(TWO, Observed({"yard": replace(running, runtime_id="id-2")}), dead) == set()
    assert names(TWO, Observed({}), dead) == set()
    assert names(TWO, None, dead) == set()
    assert names(None, Observed({"yard": running}), dead) == set()
