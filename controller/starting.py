"""How far a controller is that starts: until it knows the whole fleet, it shows none of it, and says this instead."""

from controller.state import State


def progress(state: State) -> str:
    """What is still to be read or decided, for people; empty once the state is the whole fleet."""
    if state.copies_left:
        read = len(state.published.by_node)
        return f"reading the copies of what was published: {read:,} of {read + state.copies_left:,}"
    if not state.caught_up:
        return _about_topics(state)
    gate = state.gate
    if gate.in_force is None and gate.candidate is None and (state.reading is None or not state.is_reading_decided):
        return "reading the manifests"
    return "" if state.term is not None else "deciding what is in force"


def _about_topics(state: State) -> str:
    if not state.connected:
        return "waiting for Kafka, to read the topics"
    in_force = state.gate.in_force
    known = state.published.by_node.keys() | (in_force.node_by_id.keys() if in_force else ())
    found = state.published.on_topic
    if found < len(known):
        return f"reading the topics: {found:,} of {len(known):,} nodes' records"
    return f"reading the topics: {found:,} nodes' records so far"
