"""A Node of ours as a Node of `v1`, and a changed one as the change of ours. Pure.

https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/node-v1/
"""

import ipaddress
from collections.abc import Mapping
from typing import Any, Final

from controller.api.errors import ApiError
from controller.picture.beside import without_last_applied
from controller.picture.conditions import Document

UNSCHEDULABLE: Final = "node.kubernetes.io/unschedulable"
"""The taint that stands for `spec.unschedulable`."""
_PORTS: Final = {"first": 21000, "last": 21999}
"""Defaults of `spec.instancePorts`, which manifests need not say."""
_CHANGED_HERE: Final = frozenset({"unschedulable", "taints"})


def node_form(document: Document) -> Document:
    """A node as clients of Kubernetes know it.

    Args:
        document: the Node of ours, as it is shown.
    """
    spec, status = document["spec"], document.get("status", {})
    unschedulable = bool(spec.get("unschedulable"))
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": _metadata(document["metadata"]),
        "spec": {
            "providerID": f"dsfleet://{spec.get('nodeId', '')}",
            **({"unschedulable": True, "taints": [_taint()]} if unschedulable else {}),
        },
        "status": {
            "capacity": _capacity(spec, status),
            "allocatable": _capacity(spec, status),
            "conditions": [_condition(one) for one in status.get("conditions", ())],
            "addresses": _addresses(spec, status),
            "nodeInfo": _info(spec, status),
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 0}},
        },
    }


def with_changes(ours: Document, wanted: Document) -> Document:
    """What a changed Node of `v1` makes of ours.

    Labels, annotations and `unschedulable` are ours, too; a taint is taken for `unschedulable` when it is that one. What is said of
    the status is passed over, as Kubernetes does.

    Args:
        ours: as it is shown.
        wanted: its other form, as it is to be.

    Raises:
        ApiError: it asks for something that only a Node of ours can say.
    """
    shown, metadata = node_form(ours), wanted.get("metadata")
    spec = wanted.get("spec") or {}
    if not isinstance(metadata, dict) or not isinstance(spec, dict):
        raise _refused(ours, "", "metadata and spec must be objects")
    name = ours["metadata"]["name"]
    for field in sorted((spec.keys() | shown["spec"].keys()) - _CHANGED_HERE):
        if spec.get(field) != shown["spec"].get(field):
            why = f"it is no field of a node here: `kubectl edit nodes.dsfleet.io {name}` shows those that there are"
            raise _refused(ours, f"spec.{field}", why)
    unschedulable = _is_unschedulable(ours, shown, spec)
    rest = {field: value for field, value in ours["spec"].items() if field != "unschedulable"}
    kept = ours["metadata"].get("annotations", {})
    annotations = {**(metadata.get("annotations") or {}), **_without_shown(kept)}
    new = {**ours["metadata"], "labels": metadata.get("labels") or {}, "annotations": annotations}
    for field in ("resourceVersion", "uid"):
        if metadata.get(field):
            new[field] = metadata[field]
    new = {field: value for field, value in new.items() if value or field not in ("labels", "annotations")}
    return {**ours, "metadata": new, "spec": {**rest, **({"unschedulable": True} if unschedulable else {})}}


def _is_unschedulable(ours: Document, shown: Document, spec: Mapping[str, Any]) -> bool:
    """Either the field is changed, as `kubectl cordon` does, or the taint that stands for it."""
    was = bool(shown["spec"].get("unschedulable"))
    taints = spec.get("taints") or []
    if not isinstance(taints, list) or not all(isinstance(one, dict) for one in taints):
        raise _refused(ours, "spec.taints", "it must be a list of taints")
    if other := next((one for one in taints if one.get("key") != UNSCHEDULABLE), None):
        why = (
            f"instances tolerate no taints, so that {other.get('key')!r} could only mean that nothing new is placed there: "
            "`kubectl cordon` says that; a nodeSelector says which instances may go where"
        )
        raise _refused(ours, "spec.taints", why)
    given = spec.get("unschedulable") or False
    if not isinstance(given, bool):
        raise _refused(ours, "spec.unschedulable", "it must be true or false")
    return given if given != was else bool(taints)


def _without_shown(annotations: Mapping[str, str]) -> Mapping[str, str]:
    """Of our annotations those that the other form does not show."""
    shown = without_last_applied({"annotations": annotations}).get("annotations", {})
    return {name: value for name, value in annotations.items() if name not in shown}


def _refused(ours: Document, field: str, why: str) -> ApiError:
    name = ours["metadata"]["name"]
    causes = {"causes": [{"reason": "FieldValueForbidden", "message": why, "field": field}]} if field else {}
    message = f'Node "{name}" is invalid: {field}: {why}' if field else f'Node "{name}" is invalid: {why}'
    return ApiError(422, "Invalid", message, {"name": name, "kind": "Node", **causes})


def _metadata(metadata: Document) -> Document:
    shown = ("name", "uid", "resourceVersion", "creationTimestamp", "labels", "annotations")
    known = without_last_applied(metadata)
    return {field: known[field] for field in shown if field in known}


def _taint() -> Document:
    return {"key": UNSCHEDULABLE, "effect": "NoSchedule"}


def _condition(one: Mapping[str, Any]) -> Document:
    return {**one, "lastHeartbeatTime": one["lastTransitionTime"]}


def _capacity(spec: Mapping[str, Any], status: Mapping[str, Any]) -> dict[str, str]:
    """Instances and camera streams that it can take, its GPUs, and of processors and memory what its agent says that the machine has."""
    ports = {**_PORTS, **(spec.get("instancePorts") or {})}
    found = {"pods": str(ports["last"] - ports["first"] + 1)}
    if processors := status.get("processors"):
        found["cpu"] = str(processors)
    if memory_mib := status.get("memoryMib"):
        found["memory"] = f"{memory_mib}Mi"
    if gpus := spec.get("gpus"):
        found["nvidia.com/gpu"] = str(len(gpus))
    if (limit := (status.get("capacity") or {}).get("limit")) is not None:
        found["dsfleet.io/cameras"] = str(limit)
    return found


def _addresses(spec: Mapping[str, Any], status: Mapping[str, Any]) -> list[Document]:
    address = spec.get("address") or status.get("address")
    found = [{"type": "InternalIP" if _is_ip(address) else "InternalDNS", "address": address}] if address else []
    return [*found, {"type": "Hostname", "address": spec.get("hostname", "")}]


def _is_ip(address: str) -> bool:
    try:
        ipaddress.ip_address(address)
    except ValueError:
        return False
    return True


def _info(spec: Mapping[str, Any], status: Mapping[str, Any]) -> Document:
    """What clients show of a machine: all of these fields must be there."""
    driver = status.get("driver")
    return {
        "architecture": "",
        "bootID": "",
        "containerRuntimeVersion": f"{driver}://" if driver else "",
        "kernelVersion": "",
        "kubeProxyVersion": "",
        "kubeletVersion": status.get("agentVersion") or "",
        "machineID": spec.get("nodeId", ""),
        "operatingSystem": "linux",
        "osImage": "",
        "systemUUID": spec.get("nodeId", ""),
    }
