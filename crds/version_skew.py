"""Which versions of controller and agent may meet: those of neighbouring minor versions, see docs/versions.md."""

import re

_NUMBERS = re.compile(r"v?(\d{1,6})(?:\.(\d{1,6}))?(?![\d])")


def needs_upgrade(controller: str, agent: str) -> str:
    """Who must be upgraded before they count on each other, and why; empty when they may meet, or nobody can tell.

    Args:
        controller: the version of the controller; empty when it does not say.
        agent: the version of the agent.
    """
    one, other = _numbers(controller), _numbers(agent)
    if one is None or other is None or _are_neighbours(*sorted((one, other))):
        return ""
    older = "agent" if other < one else "controller"
    return (
        f"the agent is of version {agent}, the controller of {controller}, more than one minor version apart: "
        f"upgrade the {older}; until then what is newer than it is not done there"
    )


def _are_neighbours(older: tuple[int, int], newer: tuple[int, int]) -> bool:
    if older[0] == newer[0]:
        return newer[1] - older[1] <= 1
    # The first minor version of a major one comes after whichever was the last before.
    return newer == (older[0] + 1, 0)


def _numbers(version: str) -> tuple[int, int] | None:
    found = _NUMBERS.match(version)
    return (int(found[1]), int(found[2] or 0)) if found else None
