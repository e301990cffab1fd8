"""What nodes and instances use, as `metrics-server` tells it: asked of the agents when somebody looks."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from controller.api.apps.words import CONTAINER, NAMESPACE
from controller.api.caller import caller_of
from controller.api.core_resources import METRICS, NODES, PODS
from controller.api.errors import not_found
from controller.api.facade_store import FacadeStore
from controller.api.resources import Resource
from controller.api.selection import parse_selection
from controller.asking.base import Asking
from controller.asking.wanted import NodeUsage, Usage
from controller.picture.conditions import Document, timestamp

NODE_METRICS, POD_METRICS = METRICS


class Metrics:
    """Answers requests for usage. Of whom no agent says anything nothing is told."""

    def __init__(self, shown: FacadeStore, asking: Asking) -> None:
        self._shown = shown
        self._asking = asking

    async def nodes(self, request: Request) -> Response:
        """What all nodes use."""
        found = self._selected(request, NODES, None)
        usage = await self._asking.usage([one["metadata"]["name"] for one in found])
        return _list(NODE_METRICS, (_of_node(one, usage) for one in found))

    async def node(self, name: str) -> Response:
        """What one node uses."""
        found = self._shown.get(NODES.kind, name)
        shown = None if found is None else _of_node(found.document, await self._asking.usage([name]))
        return _one(NODE_METRICS, name, shown)

    async def pods(self, request: Request) -> Response:
        """What all instances use."""
        return await self._pods(request, None)

    async def pods_of(self, request: Request, namespace: str) -> Response:
        """What those of a namespace use."""
        return await self._pods(request, namespace)

    async def pod(self, namespace: str, name: str) -> Response:
        """What one instance uses."""
        found = self._shown.get(PODS.kind, name) if namespace == NAMESPACE else None
        if found is None:
            return _one(POD_METRICS, name, None)
        document = found.document
        return _one(POD_METRICS, name, _of_pod(document, await self._asking.usage(_nodes_of([document]))))

    async def _pods(self, request: Request, namespace: str | None) -> Response:
        found = self._selected(request, PODS, namespace)
        usage = await self._asking.usage(_nodes_of(found))
        return _list(POD_METRICS, (_of_pod(one, usage) for one in found))

    def _selected(self, request: Request, resource: Resource, namespace: str | None) -> list[Document]:
        query = request.query_params
        selection = parse_selection(
            resource,
            label_selector=query.get("labelSelector", ""),
            field_selector=query.get("fieldSelector", ""),
            namespace=namespace,
        )
        sight = caller_of(request).sight_of(resource)
        found = (one for one in self._shown.objects(resource.kind) if sight is None or sight(one))
        return [one.document for one in found if selection.matches(one)]


def _nodes_of(pods: Iterable[Document]) -> list[str]:
    return sorted({one["spec"]["nodeName"] for one in pods if "nodeName" in one["spec"]})


def _of_node(node: Document, usage: Mapping[str, NodeUsage]) -> Document | None:
    found = usage.get(node["metadata"]["name"])
    return None if found is None else {**_head(NODE_METRICS, node, found), "usage": _usage(found.node)}


def _of_pod(pod: Document, usage: Mapping[str, NodeUsage]) -> Document | None:
    found = usage.get(pod["spec"].get("nodeName", ""))
    if found is None or (used := found.instances.get(pod["metadata"]["name"])) is None:
        return None
    return {**_head(POD_METRICS, pod, found), "containers": [{"name": CONTAINER, "usage": _usage(used)}]}


def _head(resource: Resource, of: Document, usage: NodeUsage) -> Document:
    metadata = {name: of["metadata"][name] for name in ("name", "namespace", "labels") if name in of["metadata"]}
    at = timestamp(usage.at)
    return {
        "kind": resource.kind,
        "apiVersion": resource.api_version,
        "metadata": {**metadata, "creationTimestamp": at},
        "timestamp": at,
        "window": f"{usage.window_seconds:.3f}s",
    }


def _usage(usage: Usage) -> dict[str, str]:
    return {"cpu": f"{round(usage.cpu_cores * 1e9)}n", "memory": f"{usage.memory_bytes // 1024}Ki"}


def _list(resource: Resource, items: Iterable[Document | None]) -> Response:
    head = {"kind": f"{resource.kind}List", "apiVersion": resource.api_version, "metadata": {}}
    return _json({**head, "items": [one for one in items if one is not None]})


def _one(resource: Resource, name: str, document: Document | None) -> Response:
    if document is None:
        raise not_found(resource.plural, resource.group, name)
    return _json(document)


def _json(document: Mapping[str, Any]) -> Response:
    return Response(json.dumps(document, separators=(",", ":")).encode(), media_type="application/json")
