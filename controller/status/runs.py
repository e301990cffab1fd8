"""The runs of one agent: what is newer, and whether two machines speak as one node.

A program that was started anew is a run that was not heard before, and the one before it is heard no more: at most what
was on its way when it died comes late. Two machines with one id and key, as after a disk was copied, are two runs that
both go on. No clock of theirs is asked.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from controller.model import AgentRun, ObservedNode
from crds.messages import AgentInfo, AgentResponse

SILENT_AFTER = timedelta(seconds=60)
"""A run that was not heard for so long is over: twelve reports are missing."""

# An agent waits for the acknowledgement of a message before it sends the next of its kind: one of a dead run can come
# late, and not two.
_LATE_MESSAGES_OF_THE_DEAD = 1
_MOST_RUNS = 16
_LONGEST_HOST = 253


def hear(
    runs: tuple[AgentRun, ...], message: AgentInfo | AgentResponse, at: datetime, alive_at: datetime | None = None
) -> tuple[tuple[AgentRun, ...], bool]:
    """What is known of the runs after a message that names its run, and whether that message is to be believed.

    Args:
        runs: what this kind of message told so far, the run that is believed last.
        message: what came, from whichever run.
        at: when it came, by the clock of the controller.
        alive_at: when the run that is believed was heard otherwise.

    Returns:
        The same runs when the message was heard before.
    """
    known = next((one for one in runs if one.boot_id == message.boot_id), None)
    if known is None:
        if runs and _is_recorded(message, runs[-1]):
            return runs, False
        new = AgentRun(message.boot_id, message.sequence, at, message.sent_at, message.starts, host=_host(message))
        return (*_kept(_alive(runs, alive_at)), new), True
    if message.sequence <= known.sequence:
        return runs, False
    heard = replace(known, sequence=message.sequence, heard_at=at, sent_at=message.sent_at, host=_host(message))
    if known is runs[-1]:
        return (*runs[:-1], heard), True
    runs = _alive(runs, alive_at)
    others = tuple(one for one in runs if one is not known)
    if all(at - one.heard_at >= SILENT_AFTER for one in others):
        return (*others, replace(heard, late=0, took_over_at=None)), True
    if known.late >= _LATE_MESSAGES_OF_THE_DEAD:
        return (*others, replace(heard, late=0, took_over_at=at)), True
    return tuple(replace(heard, late=known.late + 1) if one is known else one for one in runs), False


def _alive(runs: tuple[AgentRun, ...], at: datetime | None) -> tuple[AgentRun, ...]:
    """The runs when the believed one was heard at a time, too: who is not believed any more is no less alive for it."""
    if not runs or at is None or at <= runs[-1].heard_at:
        return runs
    return (*runs[:-1], replace(runs[-1], heard_at=at))


def _is_recorded(message: AgentInfo | AgentResponse, newest: AgentRun) -> bool:
    """True for a run that nobody remembers, and that was before the newest one by its count of starts and by its clock.

    One of them can be wrong of a run that begins: a state directory may come from a backup, and a clock be behind.
    """
    return message.starts < newest.starts and message.sent_at <= newest.sent_at


def rivals(node: ObservedNode, now: datetime) -> tuple[AgentRun, ...]:
    """The runs that go on beside each other, in a lasting order; none where there are not two."""
    found = [one for one in node.reporters if one.took_over_at is not None and now < _rival_until(one)]
    return tuple(sorted(found, key=lambda one: one.boot_id)) if len(found) > 1 else ()


def rivals_until(node: ObservedNode, now: datetime) -> datetime | None:
    """Until when there are rivals if nothing more is heard; None when there are none."""
    return sorted(map(_rival_until, rivals(node, now)))[-2] if rivals(node, now) else None


def hosts_of_rivals(node: ObservedNode, now: datetime) -> tuple[str, ...]:
    """Where the rivals run, sorted: hostname and address of each."""
    hosts = {one.boot_id: one.host for one in node.greeters}
    return tuple(sorted(hosts.get(one.boot_id, "a machine that has not greeted yet") for one in rivals(node, now)))


def _rival_until(run: AgentRun) -> datetime:
    # Of two that go on, each takes over from the other with every second message.
    return run.heard_at if run.took_over_at is None else min(run.heard_at, run.took_over_at) + SILENT_AFTER


def _host(message: AgentInfo | AgentResponse) -> str:
    if isinstance(message, AgentResponse):
        return ""
    text = f"{message.hostname[:_LONGEST_HOST]} ({message.ip_address[:_LONGEST_HOST]})"
    return "".join(one if one.isprintable() else "?" for one in text)


def _kept(runs: tuple[AgentRun, ...]) -> tuple[AgentRun, ...]:
    """The runs that stay known beside a new one."""
    if len(runs) < _MOST_RUNS:
        return runs
    forgotten = min(runs[:-1], key=lambda one: one.heard_at)
    return tuple(one for one in runs if one is not forgotten)
