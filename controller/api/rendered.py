"""What each instance was told last: the files and slots that only the controller knows, for `fleet render`."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from controller.api.errors import ApiError
from controller.model import FleetPlan, Previous
from crds.messages import InstanceConfig


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
        one.instance_name: PlacedInstance(names.get(node_id, config.hostname), config.generation, one)
        for node_id, config in sorted(published.items())
        for one in config.node_config_list
    }
    for node_id, state in planned.nodes.items() if planned else ():
        told = published.get(node_id)
        here = {one.instance_name: one for one in told.node_config_list} if told else {}
        for one in state.instances:
            if told and one.instance_name in here:
                # While it moves, two nodes have it: the one that keeps it counts.
                now = here[one.instance_name]
                found[one.instance_name] = PlacedInstance(state.node_name, told.generation, now)
            else:
                found.setdefault(one.instance_name, PlacedInstance(state.node_name, None, one))
    return found


def rendered_document(name: str, placed: Mapping[str, PlacedInstance]) -> dict[str, Any]:
    """The answer of `/fleet/v1/rendered/NAME`. Secrets stand in it as placeholders, as they do on the topic.

    Raises:
        ApiError: no such instance is on any node.
    """
    one = placed.get(name)
    if one is None:
        near = get_close_matches(name, placed, n=1)
        hint = f": did you mean {near[0]}?" if near else ""
        message = f'dsinstances.dsfleet.io "{name}" is published for no node and planned on none{hint}'
        raise ApiError(404, "NotFound", message, {"name": name, "kind": "dsinstances"})
    return {
        "instance": name,
        "node": one.node,
        "generation": one.generation,
        "files": [file.model_dump(mode="json") for file in one.config.files],
        "cameras": [
            {"name": camera.name, "cameraId": camera.camera_id, "slot": camera.slot} for camera in one.config.cameras
        ],
    }
