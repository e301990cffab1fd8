"""An instance as a Scale of `autoscaling/v1`: how often it is to run, and how often it does. Pure.

https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/scale-v1/
"""

from collections.abc import Callable
from typing import Any

from controller.api.apps.words import INSTANCE_LABEL, NAMESPACE, Document, replicas_there, replicas_wanted, uid_of
from controller.api.errors import bad_request
from controller.api.resources import Resource
from controller.model import ObjectRef
from controller.writing.refusals import Outdated
from controller.writing.request import MODIFIED


def scale_of(document: Document, resource: Resource) -> Document:
    """How often an instance is to run.

    Args:
        document: the instance as it is shown.
        resource: that is scaled.
    """
    metadata, name = document["metadata"], document["metadata"]["name"]
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {
            "name": name,
            **({"namespace": NAMESPACE} if resource.namespaced else {}),
            "uid": uid_of(resource.kind, document) if resource.stands_for else metadata["uid"],
            "resourceVersion": metadata["resourceVersion"],
            "creationTimestamp": metadata["creationTimestamp"],
        },
        "spec": {"replicas": replicas_wanted(document)},
        "status": {"replicas": replicas_there(document), "selector": f"{INSTANCE_LABEL}={name}"},
    }


def rescaled(ref: ObjectRef, resource: Resource, change: Callable[[Document], Any]) -> Callable[[Document], Any]:
    """What a change of its Scale makes of an instance.

    Args:
        ref: the instance.
        resource: that is scaled.
        change: what becomes of the Scale.
    """

    def make(current: Document) -> Document:
        scale = scale_of(current, resource)
        wanted = change(scale)
        spec, metadata = (wanted.get(field) if isinstance(wanted, dict) else None for field in ("spec", "metadata"))
        if not isinstance(spec, dict) or not isinstance(metadata, dict):
            raise bad_request("the body must be a Scale: metadata, and spec with replicas")
        for field, why in (("resourceVersion", MODIFIED), ("uid", "the precondition failed: it has another uid")):
            if metadata.get(field) and metadata[field] != scale["metadata"][field]:
                raise Outdated(ref, why)
        replicas = spec.get("replicas", 0)  # as Kubernetes has it: a Scale that does not say it says 0
        if isinstance(replicas, bool) or not isinstance(replicas, int):
            raise bad_request(f"spec.replicas is {str(replicas)[:40]!r}, expected a number")
        if not _is_status(wanted.get("status")):
            raise bad_request(
                "status is passed over; where it is given, replicas is a number in it, and selector a text"
            )
        if replicas == replicas_wanted(current):
            return current
        return {**current, "spec": {**current["spec"], "replicas": replicas}}

    return make


def _is_status(value: object) -> bool:
    """True for what a status may be in a body: clients send back what they were given."""
    if value is None:
        return True
    if not isinstance(value, dict):
        return False
    return type(value.get("replicas", 0)) is int and isinstance(value.get("selector", ""), str)
