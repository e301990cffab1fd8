"""Nodes that are emptied: nothing new is placed there, and what runs there moves to other nodes."""

from collections.abc import Sequence
from typing import Any, Final

import click

from cli.connection import Refused
from cli.failure import Failure, printable
from cli.kinds import DSINSTANCE, Target
from cli.refused_writes import NotDone
from cli.writing import Writes
from ports.clock import SystemClock

_PODS: Final = "/api/v1/pods"
_OF_NAMESPACE: Final = "/api/v1/namespaces/default/pods"
"""Instances in the form in which they are moved: see docs/api.md."""
_AGAIN_AFTER_SECONDS: Final = 5.0
_GONE, _LATER = 404, 429


def drain(made: Writes, nodes: Sequence[Target], *, pod_selector: str, timeout_seconds: float) -> None:
    """Has the instances of nodes move, one after the other, and says what became of each.

    Args:
        made: asks the controller.
        nodes: whose instances.
        pod_selector: only instances with these labels; empty for all.
        timeout_seconds: how long those are waited for that cannot move at once; 0 for ever.
    """
    deadline = SystemClock().monotonic() + timeout_seconds if timeout_seconds else None
    for node in nodes:
        with made.attempt(node):
            stayed = [one for one in _instances_on(made, node, pod_selector) if not _moved(made, one, deadline)]
            if stayed:
                names = ", ".join(map(str, stayed))
                Failure(printable(f"{node} is not drained: {names} stayed there")).show()
                made.has_failed = True
            else:
                made.say(node, "drained")


def _instances_on(made: Writes, node: Target, pod_selector: str) -> list[Target]:
    query = {"fieldSelector": f"spec.nodeName={node.name}"} | ({"labelSelector": pod_selector} if pod_selector else {})
    found = made.api.get_list(_PODS, query)["items"]
    return [Target(DSINSTANCE, str(one["metadata"]["name"])) for one in found]


def _moved(made: Writes, instance: Target, deadline: float | None) -> bool:
    """False when it stays, which was said."""
    path, query = f"{_OF_NAMESPACE}/{instance.name}/eviction", {"dryRun": "All"} if made.how.dry_run else {}
    body: dict[str, Any] = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": instance.name}}
    clock = SystemClock()
    while True:
        try:
            made.say(instance, "evicted", made.api.send("POST", path, query, body))
        except Refused as refused:
            if refused.status == _GONE:
                return True
            if refused.status != _LATER or (deadline is not None and clock.monotonic() >= deadline):
                NotDone(instance, refused).show()
                made.has_failed = True
                return False
            click.echo(
                printable(f"{instance} is asked again in {_AGAIN_AFTER_SECONDS:g} s: {refused.message}"), err=True
            )
            clock.pause(_AGAIN_AFTER_SECONDS)
        else:
            return True
