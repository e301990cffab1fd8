"""Nodes, pods, and what they use, as discovery describes them."""

from typing import Final

from controller.access.roles import Verb
from controller.api.columns import NAME
from controller.api.core_columns import NODE_COLUMNS, POD_COLUMNS
from controller.api.resources import ADDED_LABEL, Part, Resource, selectable

NODES: Final = Resource(
    group="",
    kind="Node",
    plural="nodes",
    singular="node",
    short_names=("no",),
    verbs=("delete", "get", "list", "patch", "update", "watch"),
    stands_for="Node",
    columns=NODE_COLUMNS,
    fields=selectable("spec.unschedulable"),
)
PODS: Final = Resource(
    group="",
    kind="Pod",
    plural="pods",
    singular="pod",
    namespaced=True,
    short_names=("po",),
    verbs=("delete", "get", "list", "watch"),
    categories=("all",),
    subresources={
        "log": Part(("get",), is_text=True),
        "eviction": Part(("create",), "Eviction", "policy"),
    },
    stands_for="DsInstance",
    added_labels=frozenset({ADDED_LABEL}),
    asks={("GET", "log"): Verb.LOGS, ("POST", "eviction"): Verb.EVICT, ("DELETE", ""): Verb.EVICT},
    columns=POD_COLUMNS,
    fields=selectable("spec.nodeName", "status.phase", "spec.restartPolicy"),
)
METRICS_GROUP: Final = "metrics.k8s.io"
METRICS: Final = tuple(
    Resource(
        group=METRICS_GROUP,
        version="v1beta1",
        kind=f"{one.kind}Metrics",
        plural=one.plural,
        singular="",
        namespaced=one.namespaced,
        verbs=("get", "list"),
        stands_for=one.stands_for,
        added_labels=one.added_labels,
    )
    for one in (NODES, PODS)
)
"""What nodes and pods use, as `metrics-server` tells it."""

POLICY_GROUP: Final = "policy"
BUDGETS: Final = Resource(
    group=POLICY_GROUP,
    kind="PodDisruptionBudget",
    plural="poddisruptionbudgets",
    singular="poddisruptionbudget",
    namespaced=True,
    short_names=("pdb",),
    verbs=("get", "list"),
    columns=(NAME,),
    fields=selectable(),
)
"""There are none: kubectl up to 1.21 looks for their group before it evicts a pod, and else deletes it."""
