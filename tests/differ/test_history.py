from dataclasses import replace
from datetime import timedelta

import pytest

from crds.instance_config import InstanceConfig
from nodeagent.differ.diff import leads_on
from nodeagent.differ.history import (
    TRUSTED_AFTER,
    after_observation,
    after_outcome,
    may_repair_at,
    may_revive_at,
    may_start_at,
    next_revival_at,
    restart_delay,
)
from nodeagent.model import InstanceHistory, ObservedInstance, describe_exit
from nodeagent.operations import Op, OpKind, Outcome, OutcomeKind
from tests.differ.generations import NOW, instance
from tests.differ.node_model import container
from tests.differ.operations import operation

YARD = instance("yard")
OTHER_FORM = instance("yard", image="retinaface:2")
CREATED = container(YARD, "id-1", 1)
RUNNING = replace(CREATED, running=True, started_at=NOW)
SECOND = timedelta(seconds=1)


def exited(after_seconds: float, code: int | None = 1) -> ObservedInstance:
    return replace(CREATED, finished_at=NOW + after_seconds * SECOND, exit_code=code)


def op(kind: OpKind, form: InstanceConfig = YARD, runtime_id: str | None = None) -> Op:
    return operation(kind, form, runtime_id=runtime_id)


def look(history: InstanceHistory, sight: ObservedInstance | None, after_seconds: float) -> InstanceHistory:
    return after_observation(history, sight, being_changed=False, now=NOW + after_seconds * SECOND)


def done(history: InstanceHistory, one: Op) -> InstanceHistory:
    return after_outcome(history, Outcome(one, OutcomeKind.DONE, NOW))


@pytest.mark.parametrize(
    ("exits", "seconds"), [(0, 0), (1, 0), (2, 1), (3, 2), (4, 4), (7, 32), (8, 60), (9, 60), (10**9, 60)]
)
def test_delays_before_the_next_start(exits: int, seconds: int) -> None:
    assert restart_delay(exits) == seconds * SECOND


def test_nothing_waits_without_a_past() -> None:
    assert may_start_at(InstanceHistory(), NOW) is None
    assert may_repair_at(InstanceHistory(), NOW) is None


@pytest.mark.parametrize(("after_seconds", "waits"), [(-3600, False), (-1, False), (0, True), (3, True), (4, False)])
def test_a_wait_ends_in_time_and_a_clock_that_was_set_back_ends_it(after_seconds: int, waits: bool) -> None:
    now = NOW + after_seconds * SECOND
    end = NOW + 4 * SECOND if waits else None

    assert may_start_at(InstanceHistory(exits=4, last_exit_at=NOW), now) == end
    assert may_repair_at(InstanceHistory(stops=4, last_stop_at=NOW), now) == end


def test_an_exit_that_was_never_seen_running_counts() -> None:
    history = look(InstanceHistory(), exited(1, code=137), 1)

    assert (history.exits, history.restarts, history.last_exit_code) == (1, 1, 137)


def test_exits_after_each_other_count_and_a_long_run_is_trusted_again() -> None:
    history = look(look(look(InstanceHistory(), RUNNING, 0), exited(1), 1), exited(2), 2)
    assert (history.exits, history.restarts) == (2, 2)

    history = look(history, RUNNING, 3)
    assert history.exits == 2
    history = look(history, RUNNING, TRUSTED_AFTER.total_seconds() + 3)
    assert (history.exits, history.restarts) == (0, 2)
    assert look(history, exited(99), 100).exits == 1


def test_a_container_that_was_never_started_is_no_exit() -> None:
    assert look(InstanceHistory(), CREATED, 1).restarts == 0


def test_what_vanishes_counts_once() -> None:
    history = look(look(look(InstanceHistory(), RUNNING, 0), None, 1), None, 2)

    assert (history.restarts, history.last_exit_code) == (1, None)


def test_what_somebody_removes_after_a_crash_need_not_wait_and_what_he_goes_on_to_remove_does() -> None:
    again = replace(RUNNING, runtime_id="id-2")
    crashed = look(look(look(InstanceHistory(), RUNNING, 0), exited(1), 1), again, 2)
    removed = look(crashed, None, 3)
    assert (removed.exits, removed.restarts) == (1, 2)
    assert may_start_at(removed, NOW + 3 * SECOND) is None

    removed_again = look(look(removed, replace(RUNNING, runtime_id="id-3"), 4), None, 5)
    assert (removed_again.exits, removed_again.restarts) == (2, 3)
    crashed_again = look(look(removed_again, RUNNING, 6), exited(7), 7)
    assert crashed_again.exits == 3


def test_what_the_agent_stopped_and_started_may_die_before_anybody_saw_it_run() -> None:
    history = look(InstanceHistory(), RUNNING, 0)
    history = done(history, op(OpKind.STOP, runtime_id="id-1"))
    assert look(history, exited(1, code=0), 1).restarts == 0

    history = done(history, op(OpKind.START))
    assert look(history, exited(2), 2).exits == 1
    assert look(look(history, exited(2), 2), exited(3), 3).exits == 2


def test_stops_count_until_it_ran_long_enough() -> None:
    history = done(done(InstanceHistory(), op(OpKind.STOP)), op(OpKind.STOP))
    assert (history.stops, may_repair_at(history, NOW)) == (2, NOW + SECOND)

    history = look(history, RUNNING, TRUSTED_AFTER.total_seconds())
    assert history.stops == 0


def test_a_permanent_failure_is_remembered_for_its_digest_and_ended_by_a_success() -> None:
    failed = after_outcome(InstanceHistory(), Outcome(op(OpKind.CREATE), OutcomeKind.PERMANENT, NOW, "no"))
    assert failed.failed_digest == YARD.digest

    assert done(failed, op(OpKind.CREATE)).failed_digest is None
    assert done(failed, op(OpKind.CREATE)).outcome is None


def test_a_success_of_another_form_says_nothing_about_the_one_that_failed() -> None:
    failed = after_outcome(
        InstanceHistory(), Outcome(op(OpKind.PULL_IMAGE, OTHER_FORM), OutcomeKind.PERMANENT, NOW, "no")
    )

    assert done(failed, op(OpKind.START)).failed_digest == OTHER_FORM.digest


def test_a_transient_failure_is_not_permanent() -> None:
    failed = after_outcome(InstanceHistory(), Outcome(op(OpKind.CREATE), OutcomeKind.TRANSIENT, NOW, "later"))

    assert failed.failed_digest is None
    assert failed.outcome is not None


def chain(*ops: tuple[OpKind, str | None] | OpKind) -> tuple[Op, ...]:
    return tuple(op(*((one, YARD) if isinstance(one, OpKind) else (one[0], YARD, one[1]))) for one in ops)


@pytest.mark.parametrize(
    ("rest", "planned", "expected"),
    [
        (chain(OpKind.CREATE, OpKind.START), chain(OpKind.PULL_IMAGE, OpKind.CREATE, OpKind.START), True),
        (chain(OpKind.CREATE, OpKind.START), chain(OpKind.CREATE, OpKind.START), True),
        # The container is gone: to start it again and again would never end.
        (chain(OpKind.START, OpKind.NOTE), chain(OpKind.PULL_IMAGE, OpKind.CREATE, OpKind.START, OpKind.NOTE), False),
        # Another one holds the name.
        (chain(OpKind.CREATE), chain((OpKind.REMOVE, "id-2"), OpKind.CREATE, OpKind.START), False),
        (chain((OpKind.STOP, "id-1")), chain((OpKind.STOP, "id-2")), False),
        (chain(OpKind.STOP, OpKind.START), (), False),
        (chain(OpKind.STOP, OpKind.START), chain(OpKind.START), False),
    ],
)
def test_a_chain_that_fails_goes_on_while_the_same_would_be_planned(
    rest: tuple[Op, ...], planned: tuple[Op, ...], expected: bool
) -> None:
    assert leads_on(rest, planned) is expected


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, "left with code 0"),
        (3, "left with code 3"),
        (-9, "was killed by SIGKILL"),
        (137, "was killed by SIGKILL"),
        (143, "was killed by SIGTERM"),
        (128, "left with code 128"),
        (255, "left with code 255"),
        (None, "left with an unknown code"),
    ],
)
def test_an_exit_is_told_in_words(code: int | None, words: str) -> None:
    assert describe_exit(code) == words


@pytest.mark.parametrize(
    ("revivals", "minutes"), [(0, 0), (1, 1), (2, 2), (3, 4), (5, 16), (6, 30), (7, 30), (10**9, 30)]
)
def test_a_hung_app_is_restarted_at_once_and_then_ever_later(revivals: int, minutes: int) -> None:
    history = InstanceHistory(revivals=revivals, last_revival_at=NOW if revivals else None)
    end = NOW + minutes * 60 * SECOND
    assert may_revive_at(history, end - SECOND) == (end if minutes else None)
    assert may_revive_at(history, end) is None


def test_a_restart_of_what_hung_is_counted_and_is_no_exit_and_an_hour_without_one_is_trusted() -> None:
    history = look(InstanceHistory(), RUNNING, 0)
    stop = replace(op(OpKind.STOP, runtime_id="id-1"), is_hung=True)
    history = done(history, stop)
    assert (history.restarts, history.revivals, history.exits) == (1, 1, 0)
    assert (history.last_revival_at, history.last_revival_cause) == (NOW, stop.cause)
    assert next_revival_at({"yard": history}, NOW + 9 * SECOND) == NOW + 10 * SECOND
    assert next_revival_at({"yard": history}, NOW + 10 * SECOND) is None

    history = look(history, exited(1, 137), 1)
    assert (history.restarts, history.exits) == (1, 0)
    history = look(history, replace(RUNNING, started_at=NOW + SECOND), 3599)
    assert history.revivals == 1
    history = look(history, replace(RUNNING, started_at=NOW + SECOND), 3600)
    assert (history.revivals, history.last_revival_cause) == (0, "")
