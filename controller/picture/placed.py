"""What each instance was told last, with the files and slots that only the controller knows."""

from dataclasses import dataclass

from controller.model import FleetPlan, Previous
from crds.instance_config import InstanceConfig


@dataclass(frozen=True)
class PlacedInstance:
    """An instance on the node that runs it, or will."""

    node: str
    """Name of the node."""
    generation: int | None
    """The generation that holds it; None while it is planned and not published yet."""
    config: InstanceConfig


def placed_instances(planned: FleetPlan | None, published: Previous) -> dict[str, PlacedInstance]:
    """Every instance as it was published last, by name; as it is planned, where nothing of it was published yet.

    Args:
        planned: the newest plan; None before there is one.
        published: the newest record of every node, by node id.
    """
    names = {node_id: state.node_name for node_id, state in planned.nodes.items()} if planned else {}
    found = {
        one.name: PlacedInstance(names.get(node_id, config.hostname), config.generation, one)
        for node_id, config in sorted(published.items())
        for one in config.node_config_list
    }
    for node_id, state in planned.nodes.items() if planned else ():
        told = published.get(node_id)
        here = {one.name: one for one in told.node_config_list} if told else {}
        for one in state.instances:
            if told and one.name in here:
                # While it moves, two nodes have it: the one that keeps it counts.
                now = here[one.name]
                found[one.name] = PlacedInstance(state.node_name, told.generation, now)
            else:
                found.setdefault(one.name, PlacedInstance(state.node_name, None, one))
    return found
