"""Nodes, pods, and their events, as clients of Kubernetes list, get and watch them."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from controller.observed import Fleet
from tests.api.core.conftest import Served
from tests.api.serving import fleet_documents
from tests.picture.fleets import NOW

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"
PODS = "/api/v1/namespaces/default/pods"


def names(found: dict[str, Any]) -> list[str]:
    return [one["metadata"]["name"] for one in found["items"]]


def rows(fleet: Served, path: str) -> list[list[str]]:
    table = fleet.http.json(path, headers={"accept": TABLE})
    assert len(table["columnDefinitions"]) == len(table["rows"][0]["cells"])
    return [one["cells"] for one in table["rows"]]


def test_the_columns_are_those_that_people_know(fleet: Served) -> None:
    assert rows(fleet, "/api/v1/nodes") == [
        ["n1", "Ready", "<none>", "3m", "0.1.0", "10.1.0.1", "<none>", "<unknown>", "<unknown>", "docker://"],
        [
            "n2", "NotReady,SchedulingDisabled", "<none>", "3m", "0.1.0", "10.1.0.2", "<none>", "<unknown>",
            "<unknown>", "docker://",
        ],
    ]  # fmt: skip
    assert rows(fleet, PODS) == [["door", "1/1", "Running", "0", "3m", "<none>", "n1", "<none>", "<none>"]]


def test_what_is_selected(fleet: Served) -> None:
    json_of = fleet.http.json
    for query, found in (
        ("fieldSelector=spec.nodeName=n1,status.phase!=Succeeded,status.phase!=Failed", ["door"]),
        ("fieldSelector=spec.nodeName=n2", []),
        ("fieldSelector=metadata.name=door,metadata.namespace=default", ["door"]),
        ("labelSelector=dsfleet.io/instance=door", ["door"]),
        ("labelSelector=dsfleet.io/instance=x", []),
    ):
        assert names(json_of(f"/api/v1/pods?{query}")) == found
        assert names(json_of(f"{PODS}?{query}")) == found
    assert names(json_of("/api/v1/namespaces/other/pods")) == []
    assert names(json_of("/api/v1/nodes?fieldSelector=metadata.name=n2")) == ["n2"]
    assert json_of("/api/v1/nodes")["kind"] == "NodeList"


@pytest.mark.parametrize(
    "path",
    ["/api/v1/nodes/n3", f"{PODS}/x", "/api/v1/namespaces/other/pods/door", "/api/v1/namespaces/other/pods/door/log"],
)
def test_what_is_not_there(fleet: Served, path: str) -> None:
    answer = fleet.http.get(path)
    assert (answer.status_code, answer.json()["reason"]) == (404, "NotFound")
    assert answer.json()["message"].endswith("not found")


def test_a_watch_tells_of_them(fleet: Served) -> None:
    path = f"{PODS}?watch=true"

    async def watched() -> list[dict[str, Any]]:
        transport = httpx.ASGITransport(fleet.http._app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
            asked = asyncio.create_task(client.get(path))
            await asyncio.sleep(0)
            fleet.objects.replace(fleet_documents(Fleet()), NOW)
            fleet.objects.end_watches()
            return [json.loads(line) for line in (await asked).text.splitlines()]

    told = asyncio.run(watched())
    assert {one["object"]["kind"] for one in told} == {"Pod"}
    assert told[-1]["object"]["status"]["phase"] == "Unknown"


@pytest.mark.parametrize(
    ("selector", "told"),
    [
        ("involvedObject.kind=Pod,involvedObject.name=door", "of DsInstance door"),
        ("involvedObject.name=door,involvedObject.namespace=default,involvedObject.uid=x", "of DsInstance door"),
        ("involvedObject.kind=Camera,involvedObject.name=door", "of Camera door"),
        (
            "involvedObject.kind=Node,involvedObject.name=n2,involvedObject.namespace=,involvedObject.uid=n2",
            "of Node n2",
        ),
        ("involvedObject.kind=Node,involvedObject.name=n2,involvedObject.uid=other", ""),
        # Who asks in parts asks for those by the id of the node, too, and adds these.
        ("involvedObject.kind=Node,involvedObject.name=n2,involvedObject.uid=n2&limit=500", ""),
    ],
)
def test_the_events_of_ours_are_theirs(fleet: Served, selector: str, told: str) -> None:
    for path in ("/api/v1/events", "/api/v1/namespaces/default/events"):
        found = fleet.http.json(f"{path}?fieldSelector={selector}")["items"]
        assert [one["message"] for one in found] == ([told] if told else [])


@pytest.mark.parametrize(
    ("method", "path", "why"),
    [
        ("POST", "/api/v1/nodes", "nodes are not made here: make nodes.dsfleet.io"),
        ("POST", PODS, "pods are not made here: make dsinstances"),
        ("PATCH", f"{PODS}/door", "kubectl edit dsinstance door"),
        ("PATCH", "/api/v1/nodes/n1", "is read-only"),
        ("DELETE", "/api/v1/nodes/n1", "is read-only"),
    ],
)
def test_what_is_not_changed_here_says_where_it_is(fleet: Served, method: str, path: str, why: str) -> None:
    answer = fleet.http(method, path, json={})
    assert (answer.status_code, answer.json()["reason"]) == (405, "MethodNotAllowed")
    assert why in answer.json()["message"]


def test_usage_is_that_of_those_who_answer(fleet: Served) -> None:
    metrics, json_of = "/apis/metrics.k8s.io/v1beta1", fleet.http.json
    (node,) = json_of(f"{metrics}/nodes")["items"]
    assert node == json_of(f"{metrics}/nodes/n1")
    assert (node["metadata"]["name"], node["usage"]) == ("n1", {"cpu": "1500000000n", "memory": "3145728Ki"})
    assert (node["timestamp"], node["window"]) == ("2026-03-01T12:00:25Z", "5.000s")
    (pod,) = json_of(f"{metrics}/pods")["items"]
    assert json_of(f"{metrics}/namespaces/default/pods")["items"] == [pod]
    assert json_of(f"{metrics}/namespaces/default/pods/door") == pod
    assert pod["containers"] == [{"name": "app", "usage": {"cpu": "250000000n", "memory": "524288Ki"}}]
    assert json_of(f"{metrics}/pods?labelSelector=a=b")["items"] == []
    assert json_of(f"{metrics}/namespaces/other/pods")["items"] == []
    for path in ("nodes/n2", "nodes/n3", "namespaces/default/pods/x", "namespaces/other/pods/door"):
        assert fleet.http.get(f"{metrics}/{path}").status_code == 404
