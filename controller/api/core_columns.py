"""What tables show of nodes and pods: the columns that people know from Kubernetes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from controller.api.columns import AGE, NAME, NONE, Column, at, printable, value_at

_ROLE: Final = "node-role.kubernetes.io/"


def _node_status(document: Mapping[str, Any], _now: datetime) -> str:
    conditions = value_at(document, "status", "conditions") or ()
    ready = next((one["status"] for one in conditions if one["type"] == "Ready"), "Unknown")
    found = "Ready" if ready == "True" else "NotReady"
    return f"{found},SchedulingDisabled" if value_at(document, "spec", "unschedulable") else found


def _roles(document: Mapping[str, Any], _now: datetime) -> str:
    labels = value_at(document, "metadata", "labels") or {}
    return printable(",".join(sorted(one.removeprefix(_ROLE) for one in labels if one.startswith(_ROLE))), NONE)


def _internal_address(document: Mapping[str, Any], _now: datetime) -> str:
    addresses = value_at(document, "status", "addresses") or ()
    return printable(next((one["address"] for one in addresses if one["type"].startswith("Internal")), ""), NONE)


def _containers_ready(document: Mapping[str, Any], _now: datetime) -> str:
    statuses = value_at(document, "status", "containerStatuses") or ()
    return f"{sum(one['ready'] for one in statuses)}/{len(statuses)}"


def _pod_status(document: Mapping[str, Any], _now: datetime) -> str:
    for one in value_at(document, "status", "containerStatuses") or ():
        waiting = value_at(one, "state", "waiting", "reason")
        if waiting and value_at(document, "spec", "nodeName"):
            return printable(waiting)
    return printable(value_at(document, "status", "phase"), "Unknown")


def _restarts(document: Mapping[str, Any], _now: datetime) -> str:
    return str(sum(one["restartCount"] for one in value_at(document, "status", "containerStatuses") or ()))


def _nothing(_document: Mapping[str, Any], _now: datetime) -> str:
    return NONE


NODE_COLUMNS: Final = (
    NAME,
    Column("Status", "Whether its agent is heard and well, and whether it takes something new.", _node_status),
    Column("Roles", "Of labels that begin with node-role.kubernetes.io/.", _roles),
    AGE,
    Column("Version", "Version of its agent.", at("status", "nodeInfo", "kubeletVersion", default="")),
    Column("Internal-IP", "Where it is reached.", _internal_address, 1),
    Column("External-IP", "Not known here.", _nothing, 1),
    Column("OS-Image", "Not known here.", at("status", "nodeInfo", "osImage", default="<unknown>"), 1),
    Column("Kernel-Version", "Not known here.", at("status", "nodeInfo", "kernelVersion", default="<unknown>"), 1),
    Column(
        "Container-Runtime",
        "What runs its instances.",
        at("status", "nodeInfo", "containerRuntimeVersion", default="<unknown>"),
        1,
    ),
)
POD_COLUMNS: Final = (
    NAME,
    Column("Ready", "Its container, when all its cameras are ready.", _containers_ready),
    Column("Status", "What the agent observed.", _pod_status),
    Column("Restarts", "Times that it left by itself.", _restarts),
    AGE,
    Column("IP", "Not known here.", at("status", "podIP"), 1),
    Column("Node", "The node that runs it.", at("spec", "nodeName"), 1),
    Column("Nominated Node", "Not known here.", _nothing, 1),
    Column("Readiness Gates", "Not known here.", _nothing, 1),
)
