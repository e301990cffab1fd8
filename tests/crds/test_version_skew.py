"""Which versions may meet."""

import pytest

from crds.version_skew import needs_upgrade


@pytest.mark.parametrize(
    ("controller", "agent"),
    [
        ("0.4.0", "0.4.9"),
        ("0.4.0", "0.3.0"),
        ("0.4.0", "0.5.1"),
        ("1.0.0", "0.9.0"),
        ("0.9.0", "1.0.3"),
        ("v2.1", "2.2.0rc1"),
        ("0.4.0", "0.5.0.dev3+g1a2b"),
        ("", "0.3.0"),
        ("0.4.0", ""),
        ("0.4.0", "unknown"),
        ("0.4.0", "\x00" * 100),
        ("0.4.0", "9" * 5000),
    ],
)
def test_neighbours_may_meet_and_nobody_guesses(controller: str, agent: str) -> None:
    assert needs_upgrade(controller, agent) == ""
    assert needs_upgrade(agent, controller) == ""


@pytest.mark.parametrize(
    ("older", "newer"), [("0.3.0", "0.5.0"), ("0.9.9", "1.1.0"), ("1.0", "3.0"), ("1.9.0", "1.11.0"), ("0", "2")]
)
def test_others_are_told_who_is_too_old(older: str, newer: str) -> None:
    assert needs_upgrade(newer, older).startswith(f"the agent is of version {older}, the controller of {newer}, ")
    assert "upgrade the agent" in needs_upgrade(newer, older)
    assert "upgrade the controller" in needs_upgrade(older, newer)
