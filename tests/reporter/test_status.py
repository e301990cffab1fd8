"""What is said of an instance, and when a generation is applied."""

from dataclasses import replace
from typing import Any

import pytest

from crds.instance_config import InstanceConfig
from crds.messages import AgentConfig, InstanceState, InstanceStatus
from nodeagent.model import (
    InstanceHistory,
    Observed,
    ObservedInstance,
)
from nodeagent.operations import OpKind, OutcomeKind
from nodeagent.reporter.status import Known, instance_statuses, is_applied
from tests.differ.generations import NOW, generation, instance
from tests.reporter.known_instances import (
    CREATED,
    EXITED,
    MUTE,
    OLD_FORM,
    YARD,
    at,
    failed,
    known,
    op,
    probed,
    running,
    silent,
    status,
)

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
