"""Pure: how long nothing is to be done, when nothing is to be done now."""

from dataclasses import dataclass, fields
from datetime import datetime

from controller import known_agents, term, topic_loss
from controller.publish.published import to_send_again_after
from controller.rules import Rules
from controller.state import State
from controller.status.fold import connected
from controller.status.runs import rivals_until


@dataclass(frozen=True)
class Rest:
    """Nothing is to be done in a state until a time, unless something happens."""

    state: State
    since: datetime
    until: datetime | None
    awaited: frozenset[str] = frozenset()
    """The nodes for which something is to be done as soon as their agents give a sign of life."""

    def lasts(self, state: State, now: datetime) -> bool:
        """False when there may be something to do. Clocks that were set back are no rest."""
        if not self.since <= now or (self.until is not None and now > self.until):
            return False
        if state is self.state:
            return True
        before, after = self.state.fleet.pulses, state.fleet.pulses
        return _differ_in_pulses_alone(self.state, state) and not any(
            before.get(node_id) is not after.get(node_id) for node_id in self.awaited
        )


def _differ_in_pulses_alone(one: State, other: State) -> bool:
    heard, fleet = other.observed, other.fleet
    return (
        heard.waiting is one.observed.waiting
        and fleet.nodes is one.fleet.nodes
        and fleet.keys is one.fleet.keys
        and all(getattr(other, name) is getattr(one, name) for name in _BESIDES_WHAT_IS_OBSERVED)
    )


# The attention follows from the others.
_BESIDES_WHAT_IS_OBSERVED = tuple(one.name for one in fields(State) if one.compare and one.name != "observed")


def rest(state: State, rules: Rules, now: datetime) -> Rest:
    """How long nothing is to be done in a state in which nothing is to be done now."""
    state_now, state = state, state.looked_over()
    nodes, pulses = state.fleet.nodes, state.fleet.pulses
    ends = [rivals_until(nodes[node_id], now) for node_id in state.attention.contested]
    ends.append(to_send_again_after(known_agents.lacked_by_the_believed(state, now).values(), rules.resend_after))
    ends.append(known_agents.renew_after(state))
    if state.resent is not None and now <= state.resent.next_at:
        ends.append(state.resent.next_at)
    ends.append(topic_loss.looked_at_again(state, now))
    ends.append(term.looked_at_again(state, now))
    awaited = frozenset(one for one in state.attention.lacked if not connected(nodes[one], pulses.get(one), now))
    return Rest(state_now, now, min((end for end in ends if end is not None), default=None), awaited)
