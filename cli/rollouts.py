"""The versions of an instance, and how far the newest one is, as the API tells them: as a Deployment and its ReplicaSets."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from cli.connection import Api

_DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
_SETS = "/apis/apps/v1/namespaces/default/replicasets"
_REVISION = "deployment.kubernetes.io/revision"
_CAUSE = "kubernetes.io/change-cause"
_DEADLINE = "ProgressDeadlineExceeded"


@dataclass(frozen=True)
class Version:
    """A version of an instance."""

    number: int
    cause: str
    """Why it came; empty when nobody said that."""
    template: dict[str, Any]


class NeverEnds(Exception):  # noqa: N818 - says what happened
    """What was published last does not run until its manifest changes."""


def deployment_path(name: str) -> str:
    """The path of the Deployment of an instance."""
    return f"{_DEPLOYMENTS}/{quote(name, safe='')}"


def versions_of(api: Api, name: str) -> list[Version]:
    """The versions of an instance that are remembered, from the oldest to the newest."""
    found = api.get_list(_SETS, {"labelSelector": f"dsfleet.io/instance={name}"})["items"]
    return sorted((_version(one) for one in found), key=lambda one: one.number)


def number_in_force(deployment: dict[str, Any]) -> int:
    """The number of the version that is in force."""
    return int(deployment["metadata"]["annotations"][_REVISION])


def waits_for(deployment: dict[str, Any]) -> str:
    """What a rollout still waits for; empty when it is over.

    Raises:
        NeverEnds: it comes to nothing as things are.
    """
    wanted, status = deployment["spec"]["replicas"], deployment["status"]
    updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    for one in status.get("conditions", ()):
        if one["type"] == "Progressing" and one["reason"] == _DEADLINE:
            raise NeverEnds(one["message"])
    if status["observedGeneration"] < deployment["metadata"]["generation"]:
        return "the change to be seen"
    if updated < wanted:
        return "its node to take over what was published last"
    if status.get("replicas", 0) > wanted:
        return "what runs to end"
    if available < updated:
        return "its app to run"
    return ""


def _version(replica_set: dict[str, Any]) -> Version:
    notes = replica_set["metadata"]["annotations"]
    return Version(int(notes[_REVISION]), str(notes.get(_CAUSE, "")), replica_set["spec"]["template"])
