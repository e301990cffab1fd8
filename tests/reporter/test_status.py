from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from crds.instance_config import InstanceConfig
from crds.messages import AgentConfig, CameraStatus, InstanceState, InstanceStatus
from nodeagent.model import (
    Applied,
    FilesState,
    InstanceHistory,
    LoginProblem,
    Observed,
    ObservedInstance,
    Probe,
    StreamStats,
)
from nodeagent.operations import Op, OpKind, Outcome, OutcomeKind
from nodeagent.reporter.frames import AppProgress, after_probe
from nodeagent.reporter.status import Known, instance_statuses, is_applied
from tests.differ.generations import NOW, generation, instance
from tests.differ.node_model import container
from tests.differ.operations import operation

YARD = instance("yard", cameras=["dock"])
OLD_FORM = instance("yard", cameras=["dock"], image="retinaface:0")
MUTE = instance("yard", cameras=["dock"], app={"kind": "retinaface"})
STRICT = instance("yard", {"dock": {"limits": {"minimumFps": 5, "notReachableAfterSeconds": 20}}}, cameras=["dock"])


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def running(config: InstanceConfig = YARD, runtime_id: str = "id-1") -> ObservedInstance:
    return replace(
        container(config, runtime_id, 2), running=True, started_at=NOW, applied=Applied(config, 2, runtime_id)
    )


LOST = LoginProblem("SecretNotFound", "secret 'dock' is missing")
EXITED = replace(running(), running=False, finished_at=NOW, exit_code=3)
CREATED = container(YARD, "id-1", 2)


def op(kind: OpKind, config: InstanceConfig = YARD) -> Op:
    return operation(kind, config, 2, cause="it is not there")


def failed(kind: OpKind, how: OutcomeKind = OutcomeKind.TRANSIENT, config: InstanceConfig = YARD) -> InstanceHistory:
    outcome = Outcome(op(kind, config), how, NOW, "the registry is away", attempt=3)
    return InstanceHistory(outcome=outcome, failed_digest=config.digest if how is OutcomeKind.PERMANENT else None)


def probed(*frames: int, runtime_id: str = "id-1", fps: float = 25.0, ready: bool = True) -> AppProgress:
    """An app that was asked once a second, from NOW on, and said these numbers of frames."""
    progress = None
    for second, number in enumerate(frames):
        streams = (StreamStats("dock", fps, number),)
        progress = after_probe(
            progress, Probe("yard", runtime_id, at(second), answered=True, ready=ready, streams=streams)
        )
    assert progress is not None
    return progress


def silent(runtime_id: str = "id-1") -> AppProgress:
    return after_probe(None, Probe("yard", runtime_id, NOW, answered=False, message="connection refused"))


def known(
    there: ObservedInstance | None,
    *,
    config: InstanceConfig = YARD,
    history: InstanceHistory | None = None,
    working_on: Op | None = None,
    waits_for: str | None = None,
    progress: AppProgress | None = None,
) -> Known:
    return Known(
        desired=generation([config], 2),
        observed=Observed({"yard": there} if there else {}),
        history={"yard": history} if history else {},
        waiting={"yard": waits_for} if waits_for else {},
        working_on={"yard": working_on} if working_on else {},
        progress={"yard": progress} if progress else {},
    )


def status(what: Known, now: datetime = NOW, previous: Mapping[str, InstanceStatus] | None = None) -> InstanceStatus:
    (one,) = instance_statuses(what, previous or {}, now)
    return one


S = InstanceState


@pytest.mark.parametrize(
    ("what", "after", "expected"),
    [
        pytest.param(known(None), 0, (S.PENDING, "Pending", ""), id="nothing happened yet"),
        pytest.param(known(CREATED), 0, (S.PENDING, "Pending", ""), id="created"),
        pytest.param(
            known(None, waits_for="secret dock"), 0, (S.PENDING, "Waiting", "secret dock"), id="waits for a secret"
        ),
        pytest.param(
            known(None, working_on=op(OpKind.PULL_IMAGE)), 0, (S.PULLING, "Pulling", "retinaface:1"), id="pulling"
        ),
        pytest.param(
            known(None, working_on=op(OpKind.PULL_IMAGE), history=failed(OpKind.PULL_IMAGE)),
            0,
            (S.PULLING, "Retrying", "pull-image: the registry is away (attempt 3)"),
            id="pulling again",
        ),
        pytest.param(
            known(None, working_on=op(OpKind.CREATE), history=failed(OpKind.CREATE)),
            0,
            (S.PENDING, "Retrying", "create: the registry is away (attempt 3)"),
            id="creating again",
        ),
        pytest.param(
            known(None, working_on=op(OpKind.CREATE), history=failed(OpKind.CREATE, OutcomeKind.WAITING)),
            0,
            (S.PENDING, "Waiting", "create: the registry is away (attempt 3)"),
            id="an operation waits",
        ),
        pytest.param(
            known(None, working_on=op(OpKind.CREATE), history=failed(OpKind.PULL_IMAGE, config=OLD_FORM)),
            0,
            (S.STARTING, "Starting", "it is not there"),
            id="an error of a chain that was given up is not that of the next one",
        ),
        pytest.param(
            known(CREATED, working_on=op(OpKind.START)), 0, (S.STARTING, "Starting", "it is not there"), id="starting"
        ),
        pytest.param(
            known(running(OLD_FORM), working_on=op(OpKind.STOP)),
            0,
            (S.STARTING, "Starting", "it is not there"),
            id="being replaced",
        ),
        pytest.param(known(running()), 0, (S.STARTING, "WaitingForApp", ""), id="not asked yet"),
        pytest.param(
            known(running(), progress=silent()),
            30,
            (S.STARTING, "WaitingForApp", "connection refused"),
            id="starts for half a minute",
        ),
        pytest.param(
            known(running(), progress=silent()),
            31,
            (S.UNHEALTHY, "NoAnswer", "the app has not answered since it started: connection refused"),
            id="never answered",
        ),
        pytest.param(
            known(running(), progress=probed(1, ready=False)),
            0,
            (S.STARTING, "NotReady", "the app answers and is not ready yet"),
            id="not ready",
        ),
        pytest.param(known(running(), progress=probed(1)), 0, (S.RUNNING, "Running", ""), id="running"),
        pytest.param(known(running(), progress=probed(1)), 10, (S.RUNNING, "Running", ""), id="silent for a moment"),
        pytest.param(
            known(running(), progress=probed(1)),
            11,
            (S.UNHEALTHY, "NoAnswer", "the app has not answered for 11 s: "),
            id="silent",
        ),
        pytest.param(
            known(running(runtime_id="id-2"), progress=probed(1, 2)),
            1,
            (S.STARTING, "WaitingForApp", ""),
            id="the answers of an older container do not count",
        ),
        pytest.param(
            known(running(MUTE), config=MUTE),
            0,
            (S.RUNNING, "Running", "this app does not say whether it is ready"),
            id="an app that says nothing",
        ),
        pytest.param(
            known(
                running(OLD_FORM),
                working_on=op(OpKind.PULL_IMAGE),
                history=failed(OpKind.PULL_IMAGE),
                progress=probed(1),
            ),
            0,
            (S.RUNNING, "Retrying", "pull-image: the registry is away"),
            id="runs while its successor cannot be pulled",
        ),
        pytest.param(
            known(running(), waits_for="secret dock", progress=probed(1)),
            0,
            (S.RUNNING, "Waiting", "secret dock"),
            id="runs and waits for a secret of its next form",
        ),
        pytest.param(
            known(EXITED, history=InstanceHistory(exits=1, restarts=1)), 0, (S.PENDING, "Pending", ""), id="left once"
        ),
        pytest.param(
            known(
                EXITED,
                history=InstanceHistory(exits=3, restarts=9, last_exit_code=3, last_output="no such camera\n"),
                waits_for="the next start waits",
            ),
            0,
            (
                S.CRASH_LOOP,
                "BackOff",
                "the next start waits; the last time it left with code 3; its last words: no such camera",
            ),
            id="left again and again",
        ),
        pytest.param(
            known(None, history=InstanceHistory(exits=2, restarts=2)),
            0,
            (S.CRASH_LOOP, "BackOff", "it left 2 times in a row; the last time it left with an unknown code"),
            id="vanished again and again",
        ),
        pytest.param(
            known(None, history=failed(OpKind.PULL_IMAGE, OutcomeKind.PERMANENT)),
            0,
            (S.FAILED, "Failed", "the registry is away"),
            id="failed",
        ),
        pytest.param(
            known(running(OLD_FORM), history=failed(OpKind.PULL_IMAGE, OutcomeKind.PERMANENT)),
            0,
            (S.FAILED, "Failed", "the registry is away"),
            id="failed while an older form runs",
        ),
        pytest.param(
            known(None, history=failed(OpKind.PULL_IMAGE, OutcomeKind.PERMANENT, OLD_FORM)),
            0,
            (S.PENDING, "Pending", ""),
            id="what failed is no longer desired",
        ),
    ],
)
def test_state_reason_and_message(what: Known, after: float, expected: tuple[InstanceState, str, str]) -> None:
    one = status(what, at(after))

    assert (one.state, one.reason, one.message) == expected


def test_what_is_not_desired_is_stopped_and_without_a_generation_it_is_what_it_is() -> None:
    there = Observed({"yard": running(), "hall": replace(EXITED, name="hall")})
    gone = instance_statuses(Known(generation([], 3, approved=True), there), {}, NOW)
    unknown = instance_statuses(Known(None, there), {}, NOW)

    assert [(one.instance_name, one.state, one.reason) for one in gone] == [
        ("hall", S.STOPPED, "NotDesired"),
        ("yard", S.STOPPED, "NotDesired"),
    ]
    assert [(one.instance_name, one.state, one.reason) for one in unknown] == [
        ("hall", S.STOPPED, "NoGeneration"),
        ("yard", S.RUNNING, "NoGeneration"),
    ]


def test_nothing_is_said_before_the_engine_was_asked() -> None:
    assert instance_statuses(Known(generation([YARD], 2), None), {}, NOW) == ()


def test_digest_and_generation_are_those_of_what_runs() -> None:
    runs = status(known(running(OLD_FORM), progress=probed(1)))
    left = status(known(EXITED))

    assert (runs.digest, runs.generation, runs.runtime_id) == (OLD_FORM.digest, 2, "id-1")
    assert (left.digest, left.generation, left.started_at, left.runtime_id) == (None, None, None, "id-1")


def test_since_stays_while_the_state_does() -> None:
    first = status(known(running(), progress=probed(1)), at(0))
    second = status(known(running(), progress=probed(1, 2)), at(5), {"yard": first})
    third = status(known(EXITED), at(9), {"yard": second})

    assert [one.since for one in (first, second, third)] == [at(0), at(0), at(9)]


# --- cameras ---------------------------------------------------------------------------------------------------------


def camera(what: Known, after: float, previous: InstanceStatus | None = None) -> CameraStatus:
    (one,) = status(what, at(after), {"yard": previous} if previous else None).cameras
    return one


def test_why_the_app_has_no_frames_is_said_in_its_words() -> None:
    streams = (StreamStats("dock", 0.0, 7, "Connection refused"),)
    progress = after_probe(None, Probe("yard", "id-1", NOW, answered=True, ready=True, streams=streams))
    found = camera(known(running(), progress=progress), 0)
    assert "no frame has been processed yet: Connection refused" in str(found)


@pytest.mark.parametrize(
    ("what", "after", "expected"),
    [
        pytest.param(known(None), 0, (False, "InstanceNotRunning"), id="no instance"),
        pytest.param(known(EXITED, progress=probed(1, 2)), 1, (False, "InstanceNotRunning"), id="the instance left"),
        pytest.param(known(running(MUTE), config=MUTE), 0, (None, "NoEvidence"), id="an app that says nothing"),
        pytest.param(known(running()), 0, (False, "WaitingForApp"), id="not asked yet"),
        pytest.param(known(running(), progress=silent()), 0, (False, "WaitingForApp"), id="no answer yet"),
        pytest.param(known(running(), progress=probed(5000)), 0, (False, "WaitingForFrames"), id="one number"),
        pytest.param(known(running(), progress=probed(7, 7, 7)), 2, (False, "WaitingForFrames"), id="it stands still"),
        pytest.param(known(running(), progress=probed(7, 8)), 1, (True, "FramesProcessed"), id="it grew"),
        pytest.param(known(running(), progress=probed(7, 8)), 11, (True, "FramesProcessed"), id="within the limit"),
        pytest.param(known(running(), progress=probed(7, 8)), 11.5, (False, "NoFrames"), id="past the limit"),
        pytest.param(
            known(running(), progress=probed(7, 8, 8, 8)), 3, (True, "FramesProcessed"), id="stands for a moment"
        ),
        pytest.param(
            known(running(), progress=probed(7, 8, 2)), 2, (False, "WaitingForFrames"), id="the app began anew"
        ),
        pytest.param(
            known(running(runtime_id="id-2"), progress=probed(7, 8)),
            1,
            (False, "WaitingForApp"),
            id="frames of an older container",
        ),
        pytest.param(
            known(running(STRICT), config=STRICT, progress=probed(7, 8, fps=4.9)),
            1,
            (False, "TooFewFrames"),
            id="too few frames",
        ),
        pytest.param(
            known(running(STRICT), config=STRICT, progress=probed(7, 8, fps=5.0)),
            21,
            (True, "FramesProcessed"),
            id="limits of its own",
        ),
        pytest.param(
            known(running(STRICT), config=STRICT, progress=probed(7, 8)),
            22,
            (False, "NoFrames"),
            id="past its own limit",
        ),
    ],
)
def test_a_camera_is_ready_when_its_frames_grow(what: Known, after: float, expected: tuple[bool | None, str]) -> None:
    one = camera(what, after)

    assert (one.ready, one.reason) == expected


def test_a_camera_that_the_app_does_not_name_is_not_ready() -> None:
    other = Probe("yard", "id-1", NOW, answered=True, ready=True, streams=(StreamStats("ramp", 25.0, 7),))

    assert camera(known(running(), progress=after_probe(None, other)), 0).reason == "NotInApp"


def test_another_container_starts_from_nothing() -> None:
    before = probed(5000, 5001)
    probe = Probe("yard", "id-2", at(2), answered=True, ready=True, streams=(StreamStats("dock", 25.0, 9000),))

    assert camera(known(running(runtime_id="id-2"), progress=after_probe(before, probe)), 2).ready is False


def test_a_missed_answer_keeps_what_was_seen() -> None:
    missed = after_probe(probed(7, 8), Probe("yard", "id-1", at(2), answered=False, message="timed out"))

    assert camera(known(running(), progress=missed), 2).ready is True
    assert camera(known(running(), progress=missed), 12).ready is False


def test_since_of_a_camera_stays_while_its_readiness_does() -> None:
    first = status(known(running(), progress=probed(7, 8)), at(1))
    second = status(known(running(), progress=probed(7, 8, 9)), at(2), {"yard": first})
    third = status(known(running(), progress=probed(7, 8, 9)), at(50), {"yard": second})

    assert [one.cameras[0].since for one in (first, second, third)] == [at(1), at(1), at(50)]
    assert [one.cameras[0].frame_number for one in (first, second, third)] == [8, 9, 9]


# --- applied ---------------------------------------------------------------------------------------------------------


def statuses(desired: AgentConfig, *there: ObservedInstance, **more: Any) -> tuple[InstanceStatus, ...]:
    progress = {one.name: replace(probed(1), runtime_id=one.runtime_id) for one in there}
    observed = Observed({one.name: one for one in there})
    return instance_statuses(Known(desired, observed, progress=progress, **more), {}, NOW)


@pytest.mark.parametrize(
    ("configs", "there", "expected"),
    [
        pytest.param([YARD], [running()], True, id="all of it runs"),
        pytest.param([YARD], [], False, id="nothing runs"),
        pytest.param([YARD], [running(OLD_FORM)], False, id="an older form runs"),
        pytest.param([YARD], [EXITED], False, id="it left"),
        pytest.param([YARD, instance("hall")], [running()], False, id="one of two runs"),
        pytest.param([YARD], [running(), running(instance("hall"))], False, id="something else runs too"),
        pytest.param([YARD], [running(), replace(EXITED, name="hall")], False, id="something else was not removed yet"),
        pytest.param([], [], True, id="a drain"),
        pytest.param([], [running()], False, id="a drain that is not over"),
    ],
)
def test_a_generation_is_applied_as_a_whole(
    configs: list[InstanceConfig], there: list[ObservedInstance], expected: bool
) -> None:
    desired = generation(configs, 2, approved=True)

    assert is_applied(desired, statuses(desired, *there)) is expected


def test_an_app_that_is_not_ready_is_not_applied() -> None:
    desired = generation([YARD], 2)
    observed = Observed({"yard": running()})

    assert not is_applied(desired, instance_statuses(Known(desired, observed), {}, NOW))
    assert not is_applied(None, ())


@pytest.mark.parametrize(
    ("files", "ready", "reason", "message"),
    [
        ({"dark": {"dock": LOST}}, False, "SecretNotFound", "secret 'dock' is missing"),
        (
            {"kept": {"dock": LOST}},
            True,
            "FramesProcessed",
            "its login is the one that it had: secret 'dock' is missing",
        ),
        ({"dark": {"another": LOST}}, True, "FramesProcessed", ""),
    ],
)
def test_a_camera_says_what_is_wrong_with_its_secret(
    files: dict[str, Any], ready: bool, reason: str, message: str
) -> None:
    there = known(running(), progress=probed(1, 2))
    assert there.observed is not None
    observed = replace(there.observed, files={"yard": FilesState(current=True, **files)})
    (camera,) = status(replace(there, observed=observed), at(1)).cameras
    assert (camera.ready, camera.reason, camera.message) == (ready, reason, message)
