"""A version of an instance as a ReplicaSet of `apps/v1`. Pure.

https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/replica-set-v1/
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from controller.api.apps.deployment import KIND as DEPLOYMENT
from controller.api.apps.deployment import REVISION
from controller.api.apps.template import template_of
from controller.api.apps.words import INSTANCE_LABEL, NAMESPACE, Document, replicas_there, replicas_wanted, uid_of
from controller.history.version import CHANGE_CAUSE, Newest, Version, key_of, number_of, spec_of_version

KIND: Final = "ReplicaSet"
_KEY_DIGITS: Final = 10


def replica_set_of(document: Document, newest: Newest | None) -> Document:
    """That of the version in force.

    Args:
        document: the instance as it is shown.
        newest: its version that was kept last.
    """
    spec, notes = document["spec"], document["metadata"].get("annotations") or {}
    key = key_of(spec)
    cause = notes.get(CHANGE_CAUSE, "")
    return _of(document, Version(number_of(key, newest), key, spec_of_version(spec), cause, cause), is_in_force=True)


def replica_sets_of(document: Document, newest: Newest | None, versions: Iterable[Version]) -> tuple[Document, ...]:
    """Those of all versions that are remembered, and of the one in force, from the oldest to the newest.

    Args:
        document: the instance as it is shown.
        newest: its version that was kept last.
        versions: what is kept.
    """
    key = key_of(document["spec"])
    now = replica_set_of(document, newest)
    kept = tuple(versions)
    known = next((one for one in kept if one.key == key), None)
    if known is not None:
        said = known.cause or now["metadata"]["annotations"].get(CHANGE_CAUSE, "")
        number = int(now["metadata"]["annotations"][REVISION])
        now = _of(document, replace(known, number=number, cause=said), is_in_force=True)
    return (*(_of(document, one, is_in_force=False) for one in kept if one.key != key), now)


def _of(document: Document, version: Version, *, is_in_force: bool) -> Document:
    metadata, name = document["metadata"], document["metadata"]["name"]
    labels = {**(metadata.get("labels") or {}), INSTANCE_LABEL: name}
    owner = {"apiVersion": "apps/v1", "kind": DEPLOYMENT, "name": name, "uid": uid_of(DEPLOYMENT, document)}
    replicas = replicas_there(document) if is_in_force and document.get("status", {}).get("upToDate") else 0
    return {
        "kind": KIND,
        "apiVersion": "apps/v1",
        "metadata": {
            "name": f"{name}-{version.key[:_KEY_DIGITS]}",
            "namespace": NAMESPACE,
            "uid": uid_of(KIND, document, version.key),
            "resourceVersion": metadata["resourceVersion"],
            "generation": 1,
            "creationTimestamp": metadata["creationTimestamp"],
            "labels": labels,
            "annotations": {
                REVISION: str(version.number),
                **({CHANGE_CAUSE: version.cause} if version.cause else {}),
            },
            "ownerReferences": [{**owner, "controller": True, "blockOwnerDeletion": True}],
        },
        "spec": {
            "replicas": replicas_wanted(document) if is_in_force else 0,
            "selector": {"matchLabels": {INSTANCE_LABEL: name}},
            "template": template_of(name, version.spec, version.key),
        },
        "status": {
            "replicas": replicas,
            "observedGeneration": 1,
            **({"readyReplicas": replicas, "availableReplicas": replicas} if replicas else {}),
        },
    }
