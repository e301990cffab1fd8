"""What a node shall run, for tests of its numbers."""

from controller.model import NodeState
from controller.planner.planner import plan
from tests.planner.short_manifests import node_id, revision


def state(*instances: str, image: str = "retinaface:1") -> NodeState:
    """What a node shall run."""
    fleet = {"node/gate": {}, **{f"dsinstance/{name}": {"node": "gate", "image": image} for name in instances}}
    return plan(revision(fleet), {}).nodes[node_id("gate")]
