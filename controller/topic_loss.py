"""What is done when topics were lost with all that lay on them: told, filled again, and told when they are whole again.

Topics are lost when a broker loses its disk, or somebody deletes them. Nothing that runs is touched: agents hold their
generations on disk, and what goes out again are the same bytes.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from bus.base import Topic, TopicsChecked
from controller.actions import AskAgents, Note, Send, Tell
from controller.picture.events import EventType
from controller.state import State, TopicLoss

_OF_THE_MOMENT = frozenset({Topic.AGENT_ANSWER})
"""What lay there was for whoever asked for it then: it is no loss, and fleets of before had no such topic."""

HEALED_AFTER = timedelta(seconds=5)
"""How long after it was found a loss counts as one: readers notice it one after the other."""


def lost(state: State, topics: Iterable[Topic], now: datetime) -> tuple[State, tuple[Note, ...]]:
    """Takes note that what lay on some topics is gone; that the topics are there, and empty, is known."""
    topics, loss = set(topics) - _OF_THE_MOMENT, state.loss
    known = set(loss.topics) if loss is not None and loss.healed_at is None else set()
    if not topics - known:
        return state, ()
    found_at = loss.found_at if loss is not None and known else now
    loss = TopicLoss(tuple(topic for topic in Topic if topic in known | topics), found_at)
    text = (
        f"what lay on the topics {', '.join(loss.topics)} is gone, they were made anew: the newest generations are sent "
        "again, and the agents asked to greet and report. Nothing that runs is touched"
    )
    return replace(state, loss=loss), (Tell(EventType.WARNING, "TopicsLost", text),)


def found(state: State, checked: TopicsChecked) -> tuple[State, tuple[Note, ...]]:
    """Takes note of what differs from what topics must be. It is told and not mended: a person set it, and must know why."""
    before, now = state.topic_differences, checked.differences
    if before == now:
        return state, ()
    told = tuple(
        Tell(EventType.WARNING, "TopicSettingsDiffer", f"{difference}; until it is, records may be lost")
        for difference in now
        if difference not in before
    )
    if not now:
        told = (Tell(EventType.NORMAL, "TopicSettingsRight", "all topics are as they must be again"),)
    return replace(state, topic_differences=now), told


def ask(state: State) -> tuple[Send, ...]:
    """What asks the agents to greet and report again: their greetings and reports may be lost, too."""
    loss = state.loss
    if loss is None or loss.are_agents_asked or not state.connected or not state.leads:
        return ()
    return (AskAgents("topics were made anew"),)


def heal(state: State, now: datetime) -> tuple[State, tuple[Note, ...]]:
    """Takes note that all is there again that must lie on the topics, and the agents were asked for the rest."""
    loss = state.loss
    if loss is None or loss.healed_at is not None or now < loss.found_at + HEALED_AFTER:
        return state, ()
    if state.leads and not loss.are_agents_asked:
        return state, ()
    if not state.connected or state.published.missing:
        return state, ()
    count = len(state.published.by_node)
    text = f"{count} generations lie on the topics again, which were lost {(now - loss.found_at).total_seconds():.0f} s ago"
    return replace(state, loss=replace(loss, healed_at=now)), (Tell(EventType.NORMAL, "TopicsHealed", text),)


def looked_at_again(state: State, now: datetime) -> datetime | None:
    """When a loss may be healed; None while there is none that is not."""
    loss = state.loss
    return None if loss is None or loss.healed_at is not None else max(now, loss.found_at + HEALED_AFTER)
