"""The runs of one agent: what is newer, and whether two machines speak as one node.

A program that was started anew is a run that was not heard before, and the one before it is heard no more: at most what
was on its way when it died comes late. Two machines with one id and key, as after a disk was copied, are two runs that
both go on. No clock of theirs is asked.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from controller.observed import AgentRun, ObservedNode, Pulse
from crds.heartbeat import Heartbeat, first_link
from crds.messages import AgentInfo, AgentResponse

SILENT_AFTER = timedelta(seconds=60)
"""A run that was not heard for so long is over: twelve reports are missing."""

# An agent waits for the acknowledgement of a message before it sends the next of its kind: one of a dead run can come
# late, and not two.
_LATE_MESSAGES_OF_THE_DEAD = 1
_MOST_RUNS = 16
_LONGEST_HOST = 253


def hear(
    runs: tuple[AgentRun, ...],
    message: AgentInfo | AgentResponse,
    at: datetime,
    pulse: Pulse | None = None,
    report: str = "",
) -> tuple[tuple[AgentRun, ...], bool]:
    """What is known of the runs after a message that names its run, and whether that message is to be believed.

    Args:
        runs: what this kind of message told so far, the run that is believed last.
        message: what came, from whichever run.
        at: when it came, by the clock of the controller.
        pulse: the newest heartbeat of the run that is believed.
        report: what heartbeats will call this message, if it is a report.

    Returns:
        The same runs when the message was heard before.
    """
    known = next((one for one in runs if one.boot_id == message.boot_id), None)
    run = _run_of(message, at, report)
    if known is None:
        if runs and _is_recorded(message, runs[-1]):
            return runs, False
        return (*_kept(_alive(runs, pulse)), run), True
    if message.sequence <= known.sequence:
        return runs, False
    heard = replace(run, late=known.late, took_over_at=known.took_over_at)
    if known is runs[-1]:
        return (*runs[:-1], heard), True
    runs = _alive(runs, pulse)
    if all(at - one.heard_at >= SILENT_AFTER for one in runs if one is not known):
        return (*(one for one in runs if one is not known), replace(heard, late=0, took_over_at=None)), True
    return _beside(runs, known, heard, at)


def hear_heartbeat(
    runs: tuple[AgentRun, ...], known: AgentRun, heartbeat: Heartbeat, at: datetime, pulse: Pulse | None
) -> tuple[tuple[AgentRun, ...], bool]:
    """What is known of the runs after a heartbeat of one that is not believed, and whether that one is believed now.

    It takes the place of a run that is silent only with a report: what the other one reported is not what it stands for.

    Args:
        runs: as for `hear`.
        known: the one of them that it is of.
        heartbeat: is genuine, and was not heard before.
        at: when it came, by the clock of the controller.
        pulse: the newest heartbeat of the run that is believed.
    """
    runs = _alive(runs, pulse)
    heard = replace(known, number=heartbeat.number, link=bytes.fromhex(heartbeat.link), heard_at=at)
    if all(at - one.heard_at >= SILENT_AFTER for one in runs if one is not known):
        return tuple(heard if one is known else one for one in runs), False
    return _beside(runs, known, heard, at)


def _beside(
    runs: tuple[AgentRun, ...], known: AgentRun, heard: AgentRun, at: datetime
) -> tuple[tuple[AgentRun, ...], bool]:
    """After something that a run said beside one that is believed, and lives: what comes late, or that it goes on."""
    if known.late >= _LATE_MESSAGES_OF_THE_DEAD:
        return (*(one for one in runs if one is not known), replace(heard, late=0, took_over_at=at)), True
    return tuple(replace(heard, late=known.late + 1) if one is known else one for one in runs), False


def _alive(runs: tuple[AgentRun, ...], pulse: Pulse | None) -> tuple[AgentRun, ...]:
    """The runs with the newest heartbeat of the believed one: who is not believed any more is no less alive for it."""
    if not runs or pulse is None:
        return runs
    *others, last = runs
    if pulse.report == last.report and pulse.number > last.number:
        last = replace(last, number=pulse.number, link=pulse.link)
    if pulse.at > last.heard_at:
        last = replace(last, heard_at=pulse.at)
    return (*others, last)


def _run_of(message: AgentInfo | AgentResponse, at: datetime, report: str) -> AgentRun:
    """What one message says of its run; none of the heartbeats that follow it has come yet."""
    anchor = message.heartbeat_anchor if isinstance(message, AgentResponse) else ""
    return AgentRun(
        boot_id=message.boot_id,
        sequence=message.sequence,
        heard_at=at,
        sent_at=message.sent_at,
        starts=message.starts,
        host=_host(message),
        report=report,
        link=first_link(anchor),
    )


def _is_recorded(message: AgentInfo | AgentResponse, newest: AgentRun) -> bool:
    """True for a run that nobody remembers, and that was before the newest one by its count of starts and by its clock.

    One of them can be wrong of a run that begins: a state directory may come from a backup, and a clock be behind.
    """
    return message.starts < newest.starts and message.sent_at <= newest.sent_at


def may_have_rivals(node: ObservedNode) -> bool:
    """False for a node that has no `rivals` at any time, if nothing more is heard."""
    return len(node.reporters) > 1 and sum(one.took_over_at is not None for one in node.reporters) > 1


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
