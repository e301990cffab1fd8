"""The words that the forms of an instance have in common."""

import uuid
from typing import Any, Final

from controller.api.resources import ADDED_LABEL
from controller.picture.event_log import EVENT_NAMESPACE
from crds.messages import InstanceState

Document = dict[str, Any]

NAMESPACE: Final = EVENT_NAMESPACE
"""Of all that Kubernetes has in namespaces: there is one."""

INSTANCE_LABEL: Final = ADDED_LABEL
"""On what stands for a running instance: its name. Selectors find it by that."""

CONTAINER: Final = "app"
"""The name of the one container of an instance."""

_RUNS: Final = frozenset(
    {
        InstanceState.STARTING.value,
        InstanceState.RUNNING.value,
        InstanceState.UNHEALTHY.value,
        InstanceState.CRASH_LOOP.value,
        "Unknown",
    }
)
"""Phases of what is on a node. Of a node that is not heard the last word counts."""


def uid_of(kind: str, document: Document, more: str = "") -> str:
    """The id of another form of an object: the same in every process, and another one for another object.

    Args:
        kind: of the form.
        document: the object.
        more: what tells several of that kind apart.
    """
    return str(uuid.uuid5(uuid.UUID(document["metadata"]["uid"]), f"{kind}/{more}"))


def replicas_wanted(document: Document) -> int:
    """How often an instance is to run: 0 or 1."""
    return int(document["spec"].get("replicas", 1))


def replicas_there(document: Document) -> int:
    """How often it is on a node, whatever it does there: 0 or 1."""
    return int(document.get("status", {}).get("phase") in _RUNS)
