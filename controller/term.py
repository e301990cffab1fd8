"""Whose records count: a controller leads the fleet in a term that it began, until another one publishes in a later one.

Until controllers elect a leader, the one that began last leads, and whoever finds that out first stops: of two that
fight over a fleet, one ends as a reader, and stays one until a person starts it again.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from controller.actions import Log, Note, Tell
from controller.picture.events import EventType
from controller.publish.generations import is_beyond
from controller.state import State, Superseded
from crds.messages import AgentConfig, ControllerRun, GenerationRef

EXPLAINED_WITHIN = timedelta(seconds=5)
"""How long an agent may say that it holds what no record explains before numbers go above it: the record of another
controller may explain it, and the topics come in no order."""


def is_from_a_later_term(config: AgentConfig, term: int, run: ControllerRun) -> bool:
    """Tells whether a record that this controller's key signed ends its term.

    Two controllers that began together have one number for their terms: the one that was started later goes on, so that
    what a controller sent before it was killed, and that lands late, ends no term of the one after it. Records of
    older versions do not say who made them, and such a controller never stops: it goes on.

    Args:
        config: the record.
        term: the epoch of this controller.
        run: this controller.
    """
    epoch = config.order[0]
    if epoch != term:
        return epoch > term
    other = config.issued_by
    return other is None or other.order > run.order


def is_stale(config: AgentConfig, newest: AgentConfig, run: ControllerRun) -> bool:
    """True for a record of another controller that lies behind a newer one, and would be all that compaction leaves."""
    is_newer = config.order > newest.order
    return config.issued_by != run and config.ref != newest.ref and not is_newer


def end(state: State, config: AgentConfig, now: datetime) -> tuple[State, tuple[Note, ...]]:
    """Ends the term: from now on this controller reads, and says so."""
    if state.superseded is not None:
        return state, ()
    superseded = Superseded(config.issued_by, config.ref, config.hostname, now)
    return replace(state, superseded=superseded), (Tell(EventType.WARNING, "Superseded", superseded.message),)


def heed(state: State, claims: Mapping[str, GenerationRef], now: datetime) -> tuple[State, tuple[Note, ...]]:
    """Takes note of what agents hold that no record explains, and begins another term above that when it must.

    Args:
        state: of a controller that leads.
        claims: what agents of the fleet say they hold, as far as that is followed, by node id: all that no record explains.
        now: the time, UTC.
    """
    number = state.term
    if number is None or not state.leads:
        return state, ()
    published, before = state.published.configs, state.unexplained
    unexplained = {
        node_id: before.get(node_id, now)
        for node_id, claim in claims.items()
        if is_beyond(claim, published.get(node_id))
    }
    if unexplained != before:
        state = replace(state, unexplained=unexplained)
    heeded = [claims[one].order[0] for one, since in unexplained.items() if is_heeded(since, now)]
    highest = max(heeded, default=0)
    if highest <= number:
        return state, ()
    text = f"an agent holds a generation of epoch {highest}, which no record explains; this is epoch {highest + 1} from now on"
    return replace(state, term=highest + 1), (Log(EventType.WARNING, text),)


def is_heeded(since: datetime | None, now: datetime) -> bool:
    """True when what an agent holds is unexplained for so long that numbers must go above it."""
    return since is not None and now >= since + EXPLAINED_WITHIN


def looked_at_again(state: State, now: datetime) -> datetime | None:
    """When an agent's word will be heeded that is not yet."""
    return min(
        (since + EXPLAINED_WITHIN for since in state.unexplained.values() if not is_heeded(since, now)), default=None
    )
