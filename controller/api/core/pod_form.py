"""A DsInstance as a Pod of `v1`. Pure.

https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
"""

from collections.abc import Mapping
from typing import Any, Final

from controller.api.apps.words import CONTAINER, INSTANCE_LABEL, NAMESPACE, uid_of
from controller.picture.beside import without_last_applied
from controller.picture.conditions import Document
from crds.document import API_VERSION
from crds.messages import InstanceState

_RUNNING: Final = frozenset({InstanceState.RUNNING, InstanceState.UNHEALTHY})
"""States in which its container runs, and was started."""
_ON_A_MACHINE: Final = _RUNNING | {InstanceState.STARTING, InstanceState.CRASH_LOOP}
_WAITS_AS: Final[Mapping[str, str]] = {
    InstanceState.PENDING: "ContainerCreating",
    InstanceState.PULLING: "ContainerCreating",
    InstanceState.CRASH_LOOP: "CrashLoopBackOff",
    InstanceState.STOPPED: "Stopped",
}
"""What a container waits for, in the words that Kubernetes has; of all else the reason that the agent gives."""


def pod_form(document: Document) -> Document | None:
    """An instance as clients of Kubernetes know what runs: a pod with one container. None for one that is to run nowhere.

    On another node it is another pod: of the same name, with another uid.

    Args:
        document: the instance, as it is shown.
    """
    spec, status = document["spec"], document.get("status", {})
    node = status.get("node")
    if node is None and status.get("phase") == InstanceState.STOPPED:
        return None
    stop = (spec.get("container") or {}).get("stopTimeoutSeconds")
    selector = (spec.get("nodeSelector") or {}).get("matchLabels")
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": _metadata(document, node),
        "spec": {
            "containers": [container_of(document)],
            "restartPolicy": "Always",
            **({"nodeName": node} if node is not None else {}),
            **({"nodeSelector": selector} if selector else {}),
            **({"terminationGracePeriodSeconds": stop} if stop is not None else {}),
        },
        "status": _status(document, status),
    }


def container_of(document: Document) -> Document:
    """The one container of an instance, as a pod has it. What its environment holds is not told."""
    spec, status = document["spec"], document.get("status", {})
    settings = spec.get("container") or {}
    limits = {
        name: text
        for name, text in (
            ("cpu", _text(settings.get("cpus"), "")),
            ("memory", _text(settings.get("memoryMib"), "Mi")),
        )
        if text
    }
    return {
        "name": CONTAINER,
        "image": status.get("image") or spec.get("image", ""),
        "resources": {"limits": limits, "requests": limits} if limits else {},
        **({"command": list(settings["command"])} if settings.get("command") else {}),
        "imagePullPolicy": "IfNotPresent",
    }


def _text(number: float | None, unit: str) -> str:
    return "" if number is None else f"{number:g}{unit}" if isinstance(number, float) else f"{number}{unit}"


def _metadata(document: Document, node: str | None) -> Document:
    metadata = without_last_applied(document["metadata"])
    name = metadata["name"]
    owner = {"apiVersion": API_VERSION, "kind": document["kind"], "name": name, "uid": metadata.get("uid", "")}
    return {
        "name": name,
        "namespace": NAMESPACE,
        "uid": uid_of("Pod", document, node or ""),
        "resourceVersion": metadata.get("resourceVersion", ""),
        "creationTimestamp": metadata.get("creationTimestamp"),
        "labels": {**(metadata.get("labels") or {}), INSTANCE_LABEL: name},
        **({"annotations": metadata["annotations"]} if metadata.get("annotations") else {}),
        "ownerReferences": [{**owner, "controller": True, "blockOwnerDeletion": False}],
    }


def _status(document: Document, status: Mapping[str, Any]) -> Document:
    phase, node = status.get("phase", "Unknown"), status.get("node")
    ready = _condition_of(status, "Ready")
    is_ready = ready.get("status") == "True"
    found: Document = {
        "phase": "Running" if phase in _ON_A_MACHINE else "Unknown" if phase == "Unknown" else "Pending",
        "conditions": [
            {"type": "PodScheduled", **_scheduled(status, node)},
            {"type": "Initialized", **_since(ready, "True" if node is not None else "False")},
            {"type": "ContainersReady", **{name: one for name, one in ready.items() if name != "type"}},
            {"type": "Ready", **{name: one for name, one in ready.items() if name != "type"}},
        ],
        "containerStatuses": [_container_status(document, status, is_ready=is_ready)],
        "qosClass": "BestEffort",
    }
    if started := status.get("startedAt"):
        found["startTime"] = started
    if phase != InstanceState.RUNNING or not is_ready:
        found |= {"reason": status.get("reason", ""), "message": status.get("message", "")}
    return {name: value for name, value in found.items() if value}


def _scheduled(status: Mapping[str, Any], node: str | None) -> Document:
    if node is not None:
        return _since(_condition_of(status, "Planned") or _condition_of(status, "Ready"), "True")
    why = {"reason": "Unschedulable", "message": status.get("message", "")}
    return {**_since(_condition_of(status, "Planned"), "False"), **why}


def _since(condition: Mapping[str, Any], status: str) -> Document:
    at = condition.get("lastTransitionTime")
    return {"status": status, **({"lastTransitionTime": at} if at else {})}


def _condition_of(status: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    unknown = {"status": "Unknown"}
    return next((one for one in status.get("conditions", ()) if one["type"] == name), unknown)


def _container_status(document: Document, status: Mapping[str, Any], *, is_ready: bool) -> Document:
    phase, container = status.get("phase", "Unknown"), container_of(document)
    started = status.get("startedAt")
    if phase in _RUNNING or phase == InstanceState.STARTING:
        state: Document = {"running": {"startedAt": started} if started else {}}
    else:
        reason = _WAITS_AS.get(phase) or status.get("reason") or phase
        state = {"waiting": {"reason": reason, "message": status.get("message", "")}}
    return {
        "name": container["name"],
        "image": container["image"],
        "imageID": status.get("imageId") or "",
        "ready": is_ready,
        "started": phase in _RUNNING,
        "restartCount": status.get("restarts") or 0,
        "state": state,
        "lastState": {},
    }
