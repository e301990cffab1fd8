"""The systemd units start what exists, with variables that mean something."""

import re
from pathlib import Path

import click
import pytest

from cli.commands.agent import agent
from cli.commands.controller import controller

DEPLOY = Path(__file__).parents[2] / "deploy"


@pytest.mark.parametrize(
    ("unit", "command"), [("fleet-agent.service", agent), ("fleet-controller.service", controller)]
)
def test_a_unit_names_variables_of_its_command_and_all_that_it_requires(unit: str, command: click.Command) -> None:
    text = (DEPLOY / unit).read_text()
    known = {f"FLEET_{(one.name or '').upper()}": one for one in command.params}
    named = set(re.findall(r"FLEET_[A-Z][A-Z_]*", text))
    assert named <= known.keys()
    assert {name for name, one in known.items() if one.required} <= named
    state_dir = known["FLEET_STATE_DIR"].default
    directory = re.search(r"^StateDirectory=(.*)$", text, re.MULTILINE)
    assert directory
    assert Path(str(state_dir)) == Path("/var/lib", directory[1])
    assert f"/fleet {command.name}\n" in text
