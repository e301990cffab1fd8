"""Alerts of one stream: what its rules make of the objects of its frames. Pure but for what it remembers of each rule."""

import functools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from pipeline.analytics.alert_matches import matches
from pipeline.analytics.alert_schedule import is_within
from pipeline.files.alert_rules import AlertRule
from pipeline.model import Alert, AlertNews, TrackedObject

# Detectors miss one in ten objects in any frame: what is gone for no longer was not gone. As with crowds.
GAP_S: Final = 0.5

# So many classes are named in words.
_MOST_LABELS: Final = 3

NewId = Callable[[float], str]
"""Makes the id of an alert that begins at a moment, in seconds of Unix time."""


def alert_id(unix_s: float, random_word: str) -> str:
    """Returns the id of an alert: in the order of time, and another one on each camera: ``20261201T042139Z-3f9a1c``."""
    return f"{datetime.fromtimestamp(unix_s, UTC):%Y%m%dT%H%M%SZ}-{random_word}"


@dataclass(frozen=True)
class RuleState:
    """Where one rule is.

    Attributes:
        enough_since_s: Since when there has been enough of what it looks for; None while there is not. Monotonic, as the others.
        enough_last_s: When there was last.
        ended_s: When its last alert ended; None before the first.
        last: Its newest alert.
    """

    enough_since_s: float | None = None
    enough_last_s: float = 0.0
    ended_s: float | None = None
    last: Alert | None = None

    @property
    def is_active(self) -> bool:
        """Whether an alert has begun and not ended."""
        return self.last is not None and self.last.ended_at_s is None


def step(
    rule: AlertRule, state: RuleState, count: int, at_s: float, unix_s: float, begin: Callable[[int], Alert]
) -> RuleState:
    """Returns where the rule is after a frame.

    How long things last goes by the monotonic clock alone: a clock that is set neither begins nor ends an alert.

    Args:
        rule: What it looks for.
        state: Where it was.
        count: How much there is of that in the frame; 0 while the rule does not hold.
        at_s: When the frame was decoded, in monotonic seconds; not before the frame before.
        unix_s: The same, in seconds of Unix time.
        begin: Makes an alert with this number, counted from 1.
    """
    if count >= rule.at_least:
        since_s = at_s if state.enough_since_s is None else state.enough_since_s
        state = replace(state, enough_since_s=since_s, enough_last_s=at_s)
        is_paused = state.ended_s is not None and at_s - state.ended_s < rule.pause_s
        if state.is_active or is_paused or at_s - since_s < rule.for_s:
            return state
        return replace(state, last=begin(1 if state.last is None else state.last.number + 1))
    missing_s = at_s - state.enough_last_s
    if state.last is not None and state.is_active and missing_s > GAP_S and missing_s >= rule.ends_after_s:
        return RuleState(ended_s=at_s, last=replace(state.last, ended_at_s=unix_s))
    if not state.is_active and state.enough_since_s is not None and missing_s > GAP_S:
        return replace(state, enough_since_s=None)
    return state


def seen(rule: AlertRule, count: int, found: Sequence[TrackedObject]) -> str:
    """Returns what an alert begins with, for people: ``2 nohelmet, 1 novest``, ``3 pairs of person``."""
    labels = Counter(one.detection.label for one in found).most_common(_MOST_LABELS)
    if rule.distance is not None:
        return f"{count} pair{'s' if count != 1 else ''} of {', '.join(label for label, _ in labels)}"
    return ", ".join(f"{number} {label}" for label, number in labels)


class StreamAlerts:
    """The alerts of one stream. It is given the frames in their order, by one thread at a time; anyone may read ``newest``.

    Args:
        rules: By name.
        new_id: Makes the ids of alerts.
    """

    def __init__(self, rules: Mapping[str, AlertRule], new_id: NewId) -> None:
        self._new_id = new_id
        self._rules: Mapping[str, AlertRule] = {}
        self._states: Mapping[str, RuleState] = {}
        self.reload(rules)

    def reload(self, rules: Mapping[str, AlertRule]) -> None:
        """Goes on with other rules; those that are as they were stay where they are."""
        before, states = self._rules, self._states
        self._states = {name: states[name] if before.get(name) == rule else RuleState() for name, rule in rules.items()}
        self._rules = rules

    @property
    def look_everywhere(self) -> bool:
        """Whether a change anywhere in the picture matters to some rule."""
        return any(not rule.region for rule in self._rules.values())

    def newest(self) -> tuple[Alert, ...]:
        """Returns the newest alert of each rule that had one."""
        return tuple(state.last for state in self._states.values() if state.last is not None)

    def update(
        self, objects: Sequence[TrackedObject], frame_size: tuple[int, int], at_s: float, unix_s: float
    ) -> tuple[AlertNews, ...]:
        """Takes the objects of one frame, and tells which alerts begin or end with it.

        Args:
            objects: In it.
            frame_size: Its width and height, in pixels.
            at_s: When it was decoded, in monotonic seconds.
            unix_s: The same, in seconds of Unix time.
        """
        if not self._rules:
            return ()
        news: list[AlertNews] = []
        states: dict[str, RuleState] = {}
        for name, rule in self._rules.items():
            state = self._states[name]
            holds = is_within(rule.schedule, rule.zone, unix_s)
            count, found = matches(rule, objects, frame_size) if holds else (0, ())

            begin = functools.partial(self._begin, name, rule, count, found, unix_s)
            states[name] = after = step(rule, state, count, at_s, unix_s, begin)
            if after.last is not None and after.last != state.last:
                news.append(AlertNews(after.last, found if after.is_active else (), keeps_frame=rule.keep_frames))
        self._states = states
        return tuple(news)

    def _begin(
        self, name: str, rule: AlertRule, count: int, found: Sequence[TrackedObject], unix_s: float, number: int
    ) -> Alert:
        return Alert(
            self._new_id(unix_s),
            name,
            number,
            count,
            unix_s,
            seen=seen(rule, count, found),
            region=rule.region,
            message=rule.message,
        )
