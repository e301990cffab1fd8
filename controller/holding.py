"""What people ask about instances that they work on: held and released, by name. Pure."""

from collections.abc import Mapping
from dataclasses import replace

from controller.actions import Note, Tell
from controller.model import HoldRefused, Holds, ObjectRef
from controller.picture.events import EventType
from controller.state import State
from crds.annotations import HOLD
from crds.instance_config import InstanceConfig

MOST_HELD = 10_000
"""People hold a handful; whoever can reach the API must not fill the disk."""


def recall(state: State, holds: Holds, warning: str) -> tuple[State, tuple[Note, ...]]:
    """Takes in what lies on the controller's own disk."""
    text = f"what people asked to be held is not known: {warning}; what was published is held on"
    return replace(state, holds=holds), (Tell(EventType.WARNING, "HeldNotKnown", text),) if warning else ()


def hold(state: State, name: str, reason: str) -> tuple[Holds, Tell, str]:
    """Holds an instance.

    Returns:
        What is held then, with an event and a sentence for people.

    Raises:
        HoldRefused: there is no such instance, or another controller leads.
    """
    _refuse_at_a_reader(state)
    if name not in _written(state) and name not in _published(state):
        raise HoldRefused(f"there is no dsinstance {name!r}")
    holds = _without_stale(state)
    if len(holds.held) >= MOST_HELD and name not in holds.held:
        raise HoldRefused(f"{MOST_HELD:,} instances are held already")
    after = replace(holds, held={**holds.held, name: reason}, released=holds.released - {name})
    why = f": {reason}" if reason else ""
    text = f"held by request{why}; its agent does nothing to it until `fleet release dsinstance/{name}`"
    return after, Tell(EventType.WARNING, "Held", text, ObjectRef("DsInstance", name)), f"dsinstance/{name} is {text}"


def release(state: State, name: str) -> tuple[Holds, Tell, str]:
    """Releases an instance: whatever differs from its manifest by now is applied.

    Returns:
        What is held then, with an event and a sentence for people.

    Raises:
        HoldRefused: it is not held, its manifest holds it, or another controller leads.
    """
    _refuse_at_a_reader(state)
    manifest = _written(state).get(name)
    published = _published(state).get(name)
    by_manifest = manifest is not None and HOLD in manifest
    if name not in state.holds.held and by_manifest:
        raise HoldRefused(f"the manifest of dsinstance/{name} holds it: take the annotation {HOLD} out there")
    if name not in state.holds.held and (published is None or published.hold is None or name in state.holds.released):
        raise HoldRefused(f"dsinstance/{name} is not held")
    holds = _without_stale(state)
    held = {one: reason for one, reason in holds.held.items() if one != name}
    text = "the request to hold it is taken back"
    text += f"; its manifest still holds it (annotation {HOLD})" if by_manifest else ": what waited is applied"
    told = Tell(EventType.NORMAL, "Released", text, ObjectRef("DsInstance", name))
    return replace(holds, held=held, released=holds.released | {name}), told, f"dsinstance/{name}: {text}"


def _refuse_at_a_reader(state: State) -> None:
    """What a controller is told that publishes nothing reaches no agent, and people would rely on it."""
    if state.superseded is not None:
        raise HoldRefused(f"nothing can be held or released here: {state.superseded.message}")


def _without_stale(state: State) -> Holds:
    """Without releases that every record knows of, and without holds of names that nothing has any more.

    The one would undo a hold that is made anew, the other would hold a newcomer.
    """
    published, written = _published(state), _written(state)
    still_said = {name for name in state.holds.released if name in published and published[name].hold is not None}
    held = dict(state.holds.held)
    if state.caught_up and state.gate.in_force is not None:
        held = {name: reason for name, reason in held.items() if name in published or name in written}
    return replace(state.holds, held=held, released=frozenset(still_said))


def _written(state: State) -> dict[str, Mapping[str, str]]:
    """The annotations of the instances in force, by name."""
    revision = state.gate.in_force
    return {one.name: one.annotations for one in revision.instances} if revision else {}


def _published(state: State) -> dict[str, InstanceConfig]:
    configs = state.published.configs.values()
    return {one.name: one for config in configs for one in config.node_config_list}
