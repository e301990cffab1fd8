"""The pod template of an instance: what of it a version is, in the words of Kubernetes. Pure.

https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-template-v1/
"""

from collections.abc import Mapping
from typing import Any, Final

from controller.api.apps.words import CONTAINER, INSTANCE_LABEL, Document
from controller.history.version import key_of
from crds.document import API_GROUP

VERSION_KEY: Final = f"{API_GROUP}/version-key"
"""The annotation of a template that tells versions apart: it stands for all of the spec that a template has no words for."""
RESTARTED_AT: Final = "kubectl.kubernetes.io/restartedAt"
"""The annotation in which `kubectl rollout restart` says when it was asked."""
_DECIMAL: Final = {"n": 1, "u": 10**3, "m": 10**6, "": 10**9, "k": 10**12}
"""Suffixes of quantities, in parts of 10⁻⁹."""
_BINARY: Final = {"Mi": 1, "Gi": 2**10, "Ti": 2**20, "Pi": 2**30}
"""Of amounts of memory, in MiB."""


def template_of(name: str, spec: Mapping[str, Any], key: str = "") -> Document:
    """The template.

    Args:
        name: of the instance.
        spec: of the instance, as its manifest wrote it.
        key: of the version, if it is known.
    """
    annotations = {VERSION_KEY: key or key_of(spec)}
    if spec.get("restartedAt"):
        annotations[RESTARTED_AT] = spec["restartedAt"]
    return {
        "metadata": {"labels": {INSTANCE_LABEL: name}, "annotations": annotations},
        "spec": {"containers": [_container(spec)], **_place(spec)},
    }


def _container(spec: Mapping[str, Any]) -> Document:
    given = spec.get("container") or {}
    found: Document = {"name": CONTAINER, "image": str(spec.get("image", ""))}
    if command := given.get("command"):
        found["command"] = list(command)
    if env := given.get("env"):
        found["env"] = [{"name": one, "value": value} for one, value in sorted(env.items())]
    limits = {
        **({"cpu": _quantity(round(given["cpus"] * 10**9), _DECIMAL)} if given.get("cpus") else {}),
        **({"memory": _quantity(int(given["memoryMib"]), _BINARY)} if given.get("memoryMib") else {}),
    }
    return {**found, **({"resources": {"limits": limits}} if limits else {})}


def _quantity(amount: int, suffixes: Mapping[str, int]) -> str:
    """As Kubernetes writes it: with the largest suffix that leaves a whole number. Typed clients send it back so.

    https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
    """
    suffix, unit = max(
        ((one, unit) for one, unit in suffixes.items() if amount % unit == 0), key=lambda found: found[1]
    )
    return f"{amount // unit}{suffix}"


def _place(spec: Mapping[str, Any]) -> Document:
    if spec.get("node"):
        return {"nodeName": spec["node"]}
    labels = (spec.get("nodeSelector") or {}).get("matchLabels")
    return {"nodeSelector": dict(labels)} if labels else {}
