"""Folds what the agents say into the observed fleet: the newest message of each kind wins.

Newest by run and number, see `runs`. Agents of versions that name no run are ordered by their clocks, as they were.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from controller.observed import ObservedNode, Pulse
from controller.status.runs import hear, hear_heartbeat, rivals
from controller.status.skew import ahead_seconds, is_worth_reading, with_reading
from crds.heartbeat import Heartbeat, follows
from crds.messages import AgentInfo, AgentResponse
from crds.reported import Reported

NODE_LOST_AFTER_SECONDS = 15
"""Three missed reports: agents report every 5 s."""

CLOCK_AHEAD_SECONDS = 5
"""A message dated further into the future than this was written by a clock that was wrong.

Shorter than `NODE_LOST_AFTER_SECONDS`: so long is an agent unheard whose clock was ahead by less, and was put right.
"""

AgentMessage = AgentInfo | AgentResponse

_NEVER = datetime.min.replace(tzinfo=UTC)


def heard_at(node: ObservedNode, pulse: Pulse | None) -> datetime | None:
    """When an agent was heard last, by a message or by a sign of life; None for one that never was."""
    if pulse is None or node.last_seen is None:
        return node.last_seen
    return max(node.last_seen, pulse.at)


def connected(node: ObservedNode, pulse: Pulse | None, now: datetime) -> bool:
    """True when the agent was heard within the last `NODE_LOST_AFTER_SECONDS`."""
    return now < lost_at(node, pulse)


def lost_at(node: ObservedNode, pulse: Pulse | None) -> datetime:
    """From when on the agent is not connected, if nothing is heard of it until then."""
    at = heard_at(node, pulse)
    return _NEVER if at is None else at + timedelta(seconds=NODE_LOST_AFTER_SECONDS)


def is_believed(node: ObservedNode, pulse: Pulse | None, now: datetime) -> bool:
    """True when an agent is connected, and no other machine speaks as the same node."""
    return connected(node, pulse, now) and not rivals(node, now)


def fold(
    known: ObservedNode,
    message: AgentMessage,
    seen_at: datetime,
    *,
    is_live: bool = False,
    pulse: Pulse | None = None,
    report: str = "",
) -> ObservedNode:
    """What is known of an agent after one message.

    Args:
        known: what is known so far.
        message: a greeting or a report of this agent whose signature was checked.
        seen_at: when it was written to the bus, or read from it.
        is_live: it was read as it came, so that its time tells of the clock of its machine.
        pulse: the newest sign of life of the run whose reports are believed.
        report: what heartbeats will call the message, if it is a report.

    Returns:
        The same object when the message says nothing new.
    """
    if message.boot_id:
        known, is_news = _with_run(known, message, seen_at, pulse, report)
    else:
        is_news = _is_news_by_clock(known, message)
    if not is_news:
        return known
    if is_live:
        known = _with_reading(known, message.sent_at, seen_at)
    last_seen = seen_at if known.last_seen is None else max(known.last_seen, seen_at)
    if isinstance(message, AgentInfo):
        return replace(known, info=message, last_seen=last_seen)
    return replace(
        known, response=_without_statuses(message), reported=Reported.of(message.status), last_seen=last_seen
    )


def fold_heartbeat(
    known: ObservedNode, pulse: Pulse | None, heartbeat: Heartbeat, seen_at: datetime, *, is_live: bool = False
) -> tuple[ObservedNode, Pulse | None]:
    """What is known of an agent after a heartbeat, and its newest sign of life.

    Args:
        known: what is known so far.
        pulse: the newest sign of life so far.
        heartbeat: of this agent, as far as its key says: it may be anybody's.
        seen_at: as for `fold`.
        is_live: as for `fold`.

    Returns:
        The same objects for one that is not genuine, or stands for another report than the newest of its run, or was heard
        before. The same node, too, while one machine alone speaks as this node, and its clock goes as it is known to.
    """
    run = next((one for one in reversed(known.reporters) if one.report == heartbeat.report), None)
    if run is None:
        return known, pulse
    # A run that was believed until another began: what it said since stands with the run, and the pulse is older.
    newest = pulse if pulse is not None and pulse.report == run.report and pulse.number > run.number else run
    if not follows(heartbeat, newest.number, newest.link):
        return known, pulse
    if run is not known.reporters[-1]:
        reporters, is_believed_now = hear_heartbeat(known.reporters, run, heartbeat, seen_at, pulse)
        last_seen = max(known.last_seen or _NEVER, seen_at) if is_believed_now else known.last_seen
        return replace(known, reporters=reporters, last_seen=last_seen), pulse
    if is_live and is_worth_reading(known.clock_ahead_seconds, heartbeat.sent_at, seen_at):
        known = _with_reading(known, heartbeat.sent_at, seen_at)
    return known, Pulse(seen_at, heartbeat.number, bytes.fromhex(heartbeat.link), run.report)


def _with_reading(known: ObservedNode, sent_at: datetime, seen_at: datetime) -> ObservedNode:
    clock = with_reading(known.clock, sent_at, seen_at)
    return replace(known, clock=clock, clock_ahead_seconds=ahead_seconds(clock, known.clock_ahead_seconds))


def _with_run(
    known: ObservedNode, message: AgentMessage, seen_at: datetime, pulse: Pulse | None, report: str
) -> tuple[ObservedNode, bool]:
    """What is known of the runs of an agent after a message, and whether that is to be believed."""
    if isinstance(message, AgentInfo):
        greeters, is_news = hear(known.greeters, message, seen_at)
        return known if greeters is known.greeters else replace(known, greeters=greeters), is_news
    reporters, is_news = hear(known.reporters, message, seen_at, pulse, report)
    return known if reporters is known.reporters else replace(known, reporters=reporters), is_news


def _is_news_by_clock(known: ObservedNode, message: AgentMessage) -> bool:
    """True when the message of an agent that names no run is newer than the one of its kind that is known.

    A message delivered again is no sign of life, so it must not move `last_seen` either.
    """
    current = known.info if isinstance(message, AgentInfo) else known.response
    if current is None:
        return True
    if _order(message) > _order(current):
        return True
    # An agent whose clock was ahead and is right again would otherwise stay unheard until its old date comes.
    clock_was_ahead = known.last_seen is not None and current.sent_at - known.last_seen > timedelta(
        seconds=CLOCK_AHEAD_SECONDS
    )
    return clock_was_ahead and not _is_known(message, known)


def _is_known(message: AgentMessage, known: ObservedNode) -> bool:
    if isinstance(message, AgentInfo):
        return message == known.info
    return _without_statuses(message) == known.response and message.status == known.reported.statuses


def _without_statuses(message: AgentResponse) -> AgentResponse:
    return message.model_copy(update={"status": ()})


def _order(message: AgentMessage) -> tuple[datetime, int]:
    return (message.sent_at, message.sequence if isinstance(message, AgentResponse) else 0)
