"""An instance as a Deployment of `apps/v1`. Pure.

https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/deployment-v1/
"""

from typing import Any, Final

from controller.api.apps.template import template_of
from controller.api.apps.words import INSTANCE_LABEL, NAMESPACE, Document, replicas_there, replicas_wanted, uid_of
from controller.history.version import MOST_VERSIONS, Newest, key_of, number_of
from crds.annotations import LAST_APPLIED
from crds.messages import InstanceState

KIND: Final = "Deployment"
REVISION: Final = "deployment.kubernetes.io/revision"
"""The annotation that numbers versions."""
_FAILED: Final = InstanceState.FAILED.value


def deployment_of(document: Document, newest: Newest | None) -> Document:
    """The Deployment.

    Args:
        document: the instance as it is shown.
        newest: its version that was kept last.
    """
    metadata, spec, name = document["metadata"], document["spec"], document["metadata"]["name"]
    key = key_of(spec)
    notes = {one: text for one, text in (metadata.get("annotations") or {}).items() if one != LAST_APPLIED}
    return {
        "kind": KIND,
        "apiVersion": "apps/v1",
        "metadata": {
            "name": name,
            "namespace": NAMESPACE,
            "uid": uid_of(KIND, document),
            "resourceVersion": metadata["resourceVersion"],
            "generation": metadata["generation"],
            "creationTimestamp": metadata["creationTimestamp"],
            **({"labels": metadata["labels"]} if metadata.get("labels") else {}),
            "annotations": {**notes, REVISION: str(number_of(key, newest))},
        },
        "spec": {
            "replicas": replicas_wanted(document),
            "revisionHistoryLimit": MOST_VERSIONS,
            "selector": {"matchLabels": {INSTANCE_LABEL: name}},
            # The old one is stopped before the new one starts: they would want the same port and the same cameras.
            "strategy": {"type": "Recreate"},
            "template": template_of(name, spec, key),
        },
        "status": _status(document),
    }


def _status(document: Document) -> Document:
    """What `kubectl rollout status` waits for: that what was published last runs. Whether each camera has frames is `ready`."""
    status = document.get("status", {})
    wanted, there = replicas_wanted(document), replicas_there(document)
    is_new = bool(there and status.get("upToDate"))
    runs = int(is_new and status.get("phase") == InstanceState.RUNNING.value)
    ready = int(any(one["type"] == "Ready" and one["status"] == "True" for one in status.get("conditions", ())))
    counts = {
        "replicas": there,
        "updatedReplicas": int(is_new),
        "readyReplicas": min(ready, there),
        "availableReplicas": runs,
        "unavailableReplicas": wanted - min(wanted, runs),
    }
    return {
        "observedGeneration": document["metadata"]["generation"],
        **{name: count for name, count in counts.items() if count},
        "conditions": [_available(status, runs >= wanted), _progressing(status, is_done=runs >= wanted)],
    }


def _available(status: Document, is_available: bool) -> Document:
    reason = "MinimumReplicasAvailable" if is_available else "MinimumReplicasUnavailable"
    return _condition("Available", "True" if is_available else "False", reason, status)


def _progressing(status: Document, *, is_done: bool) -> Document:
    if status.get("phase") == _FAILED:
        # The word that clients take for the end of waiting: it does not run until its manifest changes.
        return _condition("Progressing", "False", "ProgressDeadlineExceeded", status)
    return _condition("Progressing", "True", "NewReplicaSetAvailable" if is_done else "ReplicaSetUpdated", status)


def _condition(kind: str, value: str, reason: str, status: Document) -> Document:
    since: Any = next((one for one in status.get("conditions", ()) if one["type"] == "Ready"), {})
    at = since.get("lastTransitionTime")
    return {
        "type": kind,
        "status": value,
        "reason": reason,
        "message": str(status.get("message") or ""),
        **({"lastTransitionTime": at, "lastUpdateTime": at} if at else {}),
    }
