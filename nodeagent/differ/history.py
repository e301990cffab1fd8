"""What observations and outcomes mean for the history of an instance: how often it left, and when it may start again."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from crds.messages import AgentConfig
from nodeagent.model import InstanceHistory, Observed, ObservedInstance
from nodeagent.operations import Op, Outcome, OutcomeKind, Remove, SetBack, Start, Stop

# The first restart is immediate: a pipeline that died once shall be back within a second. After that the delay doubles
# up to a minute; it is capped in length, never in number (a camera must not stay dark because someone gave up).
FIRST_DELAY = timedelta(seconds=1)
LONGEST_DELAY = timedelta(seconds=60)
# An instance that ran this long is trusted again: its next exit counts as the first.
TRUSTED_AFTER = timedelta(seconds=60)
# The first time that an app hangs it is restarted at once; what hangs again and again is not helped by it, and the next
# time waits from a minute on, up to half an hour. Whoever did not hang for an hour is trusted again.
FIRST_REVIVAL_DELAY = timedelta(minutes=1)
LONGEST_REVIVAL_DELAY = timedelta(minutes=30)
REVIVALS_FORGOTTEN_AFTER = timedelta(hours=1)
# A machine that is too busy for any of its apps to answer is not made busier by restarting them all at once.
BETWEEN_REVIVALS = timedelta(seconds=10)


def restart_delay(exits: int) -> timedelta:
    """How long to wait after the given number of exits in a row: 0, 1, 2, 4, … seconds, at most a minute."""
    if exits <= 1:
        return timedelta(0)
    doublings = min(exits - 2, 16)
    return min(FIRST_DELAY * float(2**doublings), LONGEST_DELAY)


def may_start_at(history: InstanceHistory, now: datetime) -> datetime | None:
    """The time before which the instance shall not be started again; None when there is no reason to wait."""
    return _end_of_wait(history.last_exit_at, history.exits, now)


def may_repair_at(history: InstanceHistory, now: datetime) -> datetime | None:
    """The time before which a running instance shall not be stopped to put its files right; None for no reason to wait.

    An app that writes into its own configuration folder would otherwise be restarted without end.
    """
    return _end_of_wait(history.last_stop_at, history.stops, now)


def may_revive_at(history: InstanceHistory, now: datetime) -> datetime | None:
    """The time before which an instance whose app hangs shall not be restarted; None for no reason to wait."""
    doublings = min(max(history.revivals - 1, 0), 16)
    delay = min(FIRST_REVIVAL_DELAY * float(2**doublings), LONGEST_REVIVAL_DELAY) if history.revivals else timedelta(0)
    return _end(history.last_revival_at, delay, now)


def next_revival_at(history: Mapping[str, InstanceHistory], now: datetime) -> datetime | None:
    """The time before which no app of this node is restarted because it hangs: they are restarted one after another."""
    latest = max((one.last_revival_at for one in history.values() if one.last_revival_at is not None), default=None)
    return _end(latest, BETWEEN_REVIVALS, now)


def may_set_back_at(history: InstanceHistory, now: datetime) -> datetime | None:
    """The time before which nothing is set back again: somebody, or a tool of his, who insists is not fought in a hot loop."""
    return _end_of_wait(history.set_back_at, history.set_backs, now)


def _end_of_wait(since: datetime | None, times: int, now: datetime) -> datetime | None:
    return _end(since, restart_delay(times), now)


def _end(since: datetime | None, delay: timedelta, now: datetime) -> datetime | None:
    # What happened in the future happened before the clock was set back: waiting for that could last for hours.
    if since is None or now < since:
        return None
    end = since + delay
    return end if now < end else None


def after_look(
    history: Mapping[str, InstanceHistory],
    desired: AgentConfig | None,
    seen: Observed,
    busy: Collection[str],
    now: datetime,
) -> dict[str, InstanceHistory]:
    """What is remembered after one look at the node: of every instance that is desired, there, or being changed.

    Args:
        history: what was remembered, by name of the instance.
        desired: the generation in force.
        seen: the look.
        busy: the instances that something was done to when it began.
        now: the time, UTC.
    """
    configs = desired.node_config_list if desired else ()
    wanted = {config.instance_name for config in configs}
    # Whoever holds an instance may stop it and start it: that is no exit.
    held = {config.instance_name for config in configs if config.hold is not None}
    after = {name: one for name, one in history.items() if name in busy}
    for name in sorted(wanted | seen.instances.keys()):
        before, there = history.get(name, InstanceHistory()), seen.instances.get(name)
        after[name] = after_observation(before, there, being_changed=name in busy or name in held, now=now)
        if name in held and there is not None and not there.running:
            after[name] = replace(after[name], stopped_on_purpose=there.runtime_id)
    return after


def exited(before: Mapping[str, InstanceHistory], after: Mapping[str, InstanceHistory]) -> tuple[str, ...]:
    """The instances that were found to have left by themselves, sorted."""
    return tuple(
        sorted(name for name, one in after.items() if one.restarts > before.get(name, InstanceHistory()).restarts)
    )


def after_observation(
    history: InstanceHistory, observed: ObservedInstance | None, *, being_changed: bool, now: datetime
) -> InstanceHistory:
    """The history after one look at the instance.

    Args:
        history: what was known.
        observed: what is there now, if anything.
        being_changed: True while the agent itself stops or starts it: then its absence is no exit.
        now: the time, UTC.
    """
    if observed is not None and observed.running:
        if history.seen_running != observed.runtime_id:
            since = observed.started_at or now
            history = replace(history, seen_running=observed.runtime_id, running_since=since, stopped_on_purpose=None)
        if history.running_since is not None and now - history.running_since >= TRUSTED_AFTER:
            history = replace(history, exits=0, stops=0)
        if history.last_revival_at is not None and now - history.last_revival_at >= REVIVALS_FORGOTTEN_AFTER:
            history = replace(history, revivals=0, last_revival_at=None, last_revival_cause="")
        return history
    if being_changed or (observed is not None and observed.runtime_id == history.stopped_on_purpose):
        return replace(history, seen_running=None, running_since=None)
    if observed is None:
        left = history.seen_running is not None
        exit_key = None
    else:
        exit_key = f"{observed.runtime_id} {observed.finished_at}"
        left = observed.finished_at is not None and exit_key != history.last_exit_key
    if not left:
        return history
    return replace(
        history,
        exits=_exits(history, was_removed=observed is None, now=now),
        restarts=history.restarts + 1,
        last_exit_at=now,
        last_exit_code=observed.exit_code if observed else None,
        last_exit_key=exit_key,
        seen_running=None,
        running_since=None,
    )


def _exits(history: InstanceHistory, *, was_removed: bool, now: datetime) -> int:
    """How often it left in a row, now that it left once more."""
    if history.running_since is not None and now - history.running_since >= TRUSTED_AFTER:
        return 1
    # An app does not remove its own container: the first time that somebody did is no further crash, and it need not wait for
    # that. One who goes on to remove it is not fought in a hot loop.
    crashed_before = history.last_exit_key is not None
    return max(1, history.exits) if was_removed and crashed_before else history.exits + 1


def after_outcome(history: InstanceHistory, outcome: Outcome) -> InstanceHistory:
    """The history after an operation, or an attempt at it, ended."""
    op = outcome.op
    if outcome.kind is not OutcomeKind.DONE:
        failed = op.towards if outcome.kind is OutcomeKind.PERMANENT else None
        return replace(history, outcome=outcome, failed_digest=failed)
    if _same_target(history.outcome, op):
        history = replace(history, outcome=None, failed_digest=None)
    if isinstance(op, Stop | Remove):
        # It was stopped on purpose: that is no exit, and a new start need not wait.
        history = replace(history, seen_running=None, running_since=None, stopped_on_purpose=op.runtime_id)
        if isinstance(op, Stop):
            history = replace(history, stops=history.stops + 1, last_stop_at=outcome.at)
            if op.is_hung:
                history = replace(
                    history,
                    restarts=history.restarts + 1,
                    revivals=history.revivals + 1,
                    last_revival_at=outcome.at,
                    last_revival_cause=op.cause,
                )
    elif isinstance(op, SetBack):
        again = history.set_back_at is not None and outcome.at - history.set_back_at < TRUSTED_AFTER
        times = history.set_backs + 1 if again else 1
        history = replace(history, set_back=op.drift, set_back_at=outcome.at, set_backs=times)
    elif isinstance(op, Start):
        # From here on it leaves by itself again, even if it does so before anybody has seen it run.
        history = replace(history, stopped_on_purpose=None)
    return history


def _same_target(failure: Outcome | None, op: Op) -> bool:
    """True when a success of `op` ends what the failure said: one about another form of the instance stands."""
    if failure is None or failure.op.towards is None or op.towards is None:
        return True
    return failure.op.towards == op.towards
