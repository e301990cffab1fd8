"""The few words about the fleet as a whole that whoever looks at it has before his eyes."""

from dataclasses import dataclass

from controller.state import State


@dataclass(frozen=True, slots=True)
class Brief:
    """How the fleet and its controller are. It costs nothing to make, whatever the size of the fleet."""

    revision: str = ""
    """Which one is in force; empty while none is."""
    pending: str | None = None
    """The revision that waits for approval."""
    problems: int = 0
    """What is wrong with the newest manifests, which are not in force for that."""
    starting: str | None = None
    """How far a controller is that does not show the whole fleet yet."""
    superseded: str | None = None
    """Which other controller leads the fleet, in a sentence."""
    leads: bool = True
    """True while this controller publishes."""


def brief(state: State, why_starting: str) -> Brief:
    """The few words.

    Args:
        state: what the controller knows.
        why_starting: what is still to be done before the fleet is shown; empty when it is.
    """
    in_force, candidate = state.gate.in_force, state.gate.candidate
    return Brief(
        revision=in_force.id if in_force else "",
        pending=candidate.revision_id if candidate and candidate.state == "Parked" else None,
        problems=len(candidate.problems) if candidate else 0,
        starting=why_starting or None,
        superseded=state.superseded.message if state.superseded else None,
        leads=state.leads,
    )
