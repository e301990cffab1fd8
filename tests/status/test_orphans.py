"""The command that a person's word about orphans becomes."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.model import OrderRefused
from controller.observed import Fleet
from controller.status.orphans import orphan_command
from crds.messages import AgentCommand, CommandKind, OrphanStatus
from tests.picture.fleets import NOW, healthy, heard, instance, node, node_id, report, revision

REVISION = revision(instance("door", "n1", ()), node("n1", 1))
DOOR = OrphanStatus(node_id="old", instance_name="door", runtime_id="id-door", running=True)
YARD = OrphanStatus(node_id="old", instance_name="yard", runtime_id="id-yard", running=False)


def telling(*orphans: OrphanStatus) -> Fleet:
    said = report(1, sequence=2).model_copy(update={"orphans": orphans})
    return heard(healthy(REVISION), said, NOW)


def ordered(fleet: Fleet, name: str = "n1", instance: str = "", **different: Any) -> AgentCommand:
    given = {"fleet_id": "test", "epoch": 3, "leads": True, "now": NOW, **different}
    return orphan_command(CommandKind.CLEAN, REVISION.node_by_name.get(name), name, instance, fleet=fleet, **given)


def test_it_names_the_very_runtimes_that_the_node_tells_of() -> None:
    fleet = telling(DOOR, YARD)
    command = ordered(fleet)
    info = fleet.nodes[node_id(1)].info
    assert (command.command, command.runtimes, command.epoch) == (CommandKind.CLEAN, ("id-door", "id-yard"), 3)
    assert str(command.node_id) == node_id(1)
    assert info is not None
    assert command.public_key == info.public_key
    assert ordered(fleet, instance="yard").runtimes == ("id-yard",)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"name": "n2"}, "no manifest in force declares node n2"),
        ({"epoch": None}, "still reading"),
        ({"leads": False}, "another controller leads"),
        ({"now": NOW + timedelta(minutes=5)}, "the agent of node n1 is not heard"),
        ({"instance": "hall"}, "tells of nothing of instance hall that an earlier agent has left"),
        ({"fleet": telling()}, "tells of nothing that an earlier agent has left"),
        ({"fleet": replace(telling(), nodes={})}, "the agent of node n1 is not heard"),
    ],
)
def test_what_cannot_be_ordered_is_refused_with_the_reason(given: dict[str, Any], reason: str) -> None:
    with pytest.raises(OrderRefused, match=reason):
        ordered(given.pop("fleet", telling(DOOR)), **given)
