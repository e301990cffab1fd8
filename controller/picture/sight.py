"""The agents as they were seen last: of which objects something else is to be said, by their word or by their silence."""

from collections.abc import Iterator
from datetime import UTC, datetime

from controller.differing import differing
from controller.observed import Fleet, ObservedNode, Pulse
from controller.picture.conditions import Verdict
from controller.picture.difference import Key
from controller.picture.layout import Touched
from controller.picture.look import TWO_MACHINES, Look
from controller.status.fold import lost_at
from controller.status.runs import rivals_until
from controller.status.skew import is_skewed

_NEVER = datetime.max.replace(tzinfo=UTC)
_NODES_AT_ONCE = 500
_NOT_YET = datetime.min.replace(tzinfo=UTC)


class Sight:
    """What was seen, who was silent, and until when that holds if nobody speaks.

    Signs of life come by the thousand in a second, so they are looked at for those who were silent alone: of the others they
    only put off when they count as lost, unless the clock was put back. A time that is too early costs one turn over the
    nodes, every ten seconds or so.
    """

    def __init__(self) -> None:
        """Nobody was seen yet."""
        self._fleet = Fleet()
        self._at = _NOT_YET
        self._until = _NEVER
        self._silences: dict[str, Verdict] = {}
        """Why nothing is known of a node, by id; who speaks is not in it."""

    def become(self, look: Look, touched: Touched) -> Iterator[None]:
        """Takes in what is seen now, in parts of which none takes long.

        Args:
            look: with the fleet and the time of now.
            touched: of what something else may be said for another reason; what is found is added.
        """
        before, fleet = self._fleet, look.fleet
        keys = differing(before.keys, fleet.keys)
        ids = {*differing(before.nodes, fleet.nodes), *keys, *touched.node_ids}
        ids |= {
            node_id
            for node_id in differing(before.pulses, fleet.pulses)
            if node_id in self._silences or _is_set_back(before.pulses.get(node_id), fleet.pulses.get(node_id))
        }
        if look.now < self._at:
            ids |= fleet.nodes.keys()
        elif look.now >= self._until:
            ids |= self._turned(look)
        self._fleet, self._at = fleet, look.now
        touched.node_ids |= ids
        for number, node_id in enumerate(ids, 1):
            old, new = before.nodes.get(node_id), fleet.nodes.get(node_id)
            was, now = self._silences.pop(node_id, None), look.silence(node_id) if new else None
            if now is not None:
                self._silences[node_id] = now
            touched.keys |= _keys(look, node_id, (old, new), is_alike=was == now)
            if node_id in keys:  # it is said which, whatever else was heard since
                touched.keys |= look.layout.node_key(node_id)
            if new is not None:
                self._until = min(self._until, _holds_until(look, node_id, new))
            if number % _NODES_AT_ONCE == 0:
                yield

    def _turned(self, look: Look) -> set[str]:
        """Who fell silent or speaks again, and no message came of it. Finds anew until when all this holds."""
        found, self._until, pulse_of = set[str](), _NEVER, look.fleet.pulses.get
        for node_id, node in look.fleet.nodes.items():
            silence, lost = self._silences.get(node_id), lost_at(node, pulse_of(node_id))
            if (look.now < lost) is (silence is not None) or (silence is not None and silence.reason == TWO_MACHINES):
                found.add(node_id)
            elif look.now < lost < self._until:
                self._until = lost
        return found


def _is_set_back(old: Pulse | None, new: Pulse | None) -> bool:
    """True when a sign of life puts forward when its node counts as lost: the clock was put back."""
    return old is not None and (new is None or new.at < old.at)


def _holds_until(look: Look, node_id: str, node: ObservedNode) -> datetime:
    """Until when a silence, or that there is none, lasts if nobody speaks."""
    if (parted := rivals_until(node, look.now)) is not None:
        return parted
    lost = lost_at(node, look.fleet.pulses.get(node_id))
    return lost if look.now < lost else _NEVER


def _keys(
    look: Look, node_id: str, nodes: tuple[ObservedNode | None, ObservedNode | None], *, is_alike: bool
) -> set[Key]:
    layout, (old, new) = look.layout, nodes
    if old is None or new is None or not is_alike or _are_times_moved(old, new):
        return layout.keys_on(node_id)
    found = layout.keys_on(node_id, _differing_instances(old, new)) if old is not new else set[Key]()
    # Of who is silent it is said when he was heard, to the second.
    if look.silence(node_id) is not None or not _are_nodes_alike(old, new) or old is new:
        found |= layout.node_key(node_id)
    return found


def _are_times_moved(old: ObservedNode, new: ObservedNode) -> bool:
    before, after = old.clock_ahead_seconds, new.clock_ahead_seconds
    return before != after and (is_skewed(before) or is_skewed(after))


def _are_nodes_alike(old: ObservedNode, new: ObservedNode) -> bool:
    """True when the same is said of the machine, but for what times only newer messages change."""
    return (
        old.info is new.info
        and old.clock_ahead_seconds == new.clock_ahead_seconds
        and _minute(old.last_seen) == _minute(new.last_seen)
        and [(one.public_key, one.hostname) for one in old.strangers]
        == [(one.public_key, one.hostname) for one in new.strangers]
        and (old.response is new.response or _said_of_machine(old) == _said_of_machine(new))
    )


def _said_of_machine(node: ObservedNode) -> tuple[object, ...] | None:
    said = node.response
    return (said.observed, said.applied, said.conditions, said.orphans) if said else None


def _minute(at: datetime | None) -> datetime | None:
    return at.replace(second=0, microsecond=0) if at else None


def _differing_instances(old: ObservedNode, new: ObservedNode) -> set[str]:
    """The instances of which an agent says something else; they are called as it calls them."""
    if old.response is new.response:
        return set()
    before, after = old.reported.plain, new.reported.plain
    return {name for name, one in after.items() if before.get(name) != one} | (before.keys() - after.keys())
