"""What is served of `apps/v1`, as discovery describes it."""

from typing import Final

from controller.api.apps_columns import DEPLOYMENT_COLUMNS, REPLICA_SET_COLUMNS
from controller.api.resources import ADDED_LABEL, READ_VERBS, SCALE, Part, Resource, selectable

_GROUP: Final = "apps"


def instance_of_set(name: str) -> str:
    """The name of the instance whose version a ReplicaSet of some name is."""
    return name.rpartition("-")[0]


DEPLOYMENTS: Final = Resource(
    group=_GROUP,
    kind="Deployment",
    plural="deployments",
    singular="deployment",
    namespaced=True,
    short_names=("deploy",),
    verbs=("get", "list", "patch", "update", "watch"),
    subresources={"status": Part(("get",)), "scale": SCALE},
    stands_for="DsInstance",
    columns=DEPLOYMENT_COLUMNS,
    fields=selectable(),
)
REPLICA_SETS: Final = Resource(
    group=_GROUP,
    kind="ReplicaSet",
    plural="replicasets",
    singular="replicaset",
    namespaced=True,
    short_names=("rs",),
    verbs=READ_VERBS,
    stands_for="DsInstance",
    shows=instance_of_set,
    added_labels=frozenset({ADDED_LABEL}),
    columns=REPLICA_SET_COLUMNS,
    fields=selectable(),
)
APPS_RESOURCES: Final = (DEPLOYMENTS, REPLICA_SETS)
