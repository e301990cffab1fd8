"""What is answered is what the OpenAPI documents say: codes, media types, headers, and the bodies by their schemas."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import httpx
import pytest
from jsonschema import Draft4Validator

from controller.api.openapi import version_2, version_3
from controller.api.served import DOCUMENTED, SERVED
from controller.source.fetch.directory import DirectorySource
from tests.api.test_openapi import as_draft_4
from tests.patience import wait_until
from tests.writing.conftest import write_fleet, write_movable
from tests.writing.served import CAMERAS, INSTANCES, NODES, Served, served

GROUPS = {SERVED[group][0].path: SERVED[group] for group in DOCUMENTED}
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
REPLICA_SETS = "/apis/apps/v1/namespaces/default/replicasets"
EVENTS = "/api/v1/namespaces/default/events"
OF_HTTP = {"content-length", "content-type", "date", "transfer-encoding"}
DRY = {"dryRun": "All"}
MERGE, APPLY = "application/merge-patch+json", "application/apply-patch+yaml"
CAMERA = {"metadata": {"name": "attic"}, "spec": {"address": "rtsp://10.0.0.9/1"}}
INSTANCE = {
    "metadata": {"name": "plates"},
    "spec": {"image": "registry.example.com/plates:1", "node": "edge-1", "cameras": ["gate"]},
}
NODE_ID = "2" * 8 + "-2222-4222-8222-" + "2" * 12
NODE = {"metadata": {"name": "edge-2"}, "spec": {"nodeId": NODE_ID, "hostname": "edge-2"}}
CORE_NODES, PODS = "/api/v1/nodes", "/api/v1/namespaces/default/pods"


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    top = tmp_path_factory.mktemp("documented") / "manifests"
    write_fleet(top)
    write_movable(top)
    with served(DirectorySource(top), nodes=("north", "south")) as api:
        wait_until(lambda: api.get(f"{PODS}/two")["spec"].get("nodeName"), "it is placed")
        yield api


@cache
def document(group: str) -> Any:
    return version_3.document(GROUPS[group], "1")


@cache
def validator(group: str, schema: str) -> Draft4Validator:
    return Draft4Validator({**as_draft_4(document(group)), "$ref": schema})


def template_of(group: str, path: str) -> str:
    """The path of the document that a path of a request is one of."""
    given = path.split("/")
    fits = [
        told
        for told in document(group)["paths"]
        if len(parts := told.split("/")) == len(given)
        and all(part == one or part.startswith("{") for part, one in zip(parts, given, strict=True))
    ]
    return min(fits, key=lambda told: told.count("{"))


def resolved(group: str, one: Mapping[str, Any]) -> Any:
    if "$ref" not in one:
        return one
    found = document(group)
    for name in one["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return found


def require_documented(answer: httpx.Response) -> tuple[str, str, int]:
    """Holds an answer to the document; gives what of that it is.

    Raises:
        AssertionError: the document says nothing of it, or something else.
    """
    request = answer.request
    group = next(one for one in GROUPS if request.url.path.startswith(f"{one}/"))
    path, method = template_of(group, request.url.path), request.method.lower()
    told = resolved(group, document(group)["paths"][path][method]["responses"][str(answer.status_code)])
    media_type = answer.headers["content-type"].partition(";")[0]
    schema = told["content"][media_type]["schema"]
    if media_type == "application/json":
        validator(group, schema["$ref"]).validate(answer.json())
    assert answer.headers.keys() - OF_HTTP <= {name.lower() for name in told.get("headers", {})}
    return path, method, answer.status_code


Asked = tuple[str, str, dict[str, Any], int]
"""Method, path and the rest of a request, and the code that is answered."""


def done() -> Iterator[Asked]:
    """What is done of every kind, one after another."""
    for path, new in ((CAMERAS, CAMERA), (INSTANCES, INSTANCE), (NODES, NODE)):
        one, metadata = f"{path}/{new['metadata']['name']}", {**new["metadata"], "annotations": {"example.com/x": "1"}}
        yield "GET", path, {}, 200
        yield "POST", path, {"json": new}, 201
        yield "GET", one, {}, 200
        yield "GET", f"{one}/status", {}, 200
        yield "PUT", one, {"json": {**new, "metadata": metadata}}, 200
        yield "PATCH", one, {"json": {"spec": {"unknown": 1}}, "headers": {"content-type": MERGE}}, 200
        yield "DELETE", one, {"params": DRY}, 200
        yield "DELETE", path, {"params": {"labelSelector": "no=such"}}, 200
    for scale in (f"{INSTANCES}/faces/scale", f"{DEPLOYMENTS}/faces/scale"):
        yield "GET", scale, {}, 200
        yield "PUT", scale, {"json": {"metadata": {}, "spec": {"replicas": 1}}}, 200
        yield "PATCH", scale, {"json": {"spec": {"replicas": 1}}, "headers": {"content-type": MERGE}}, 200
    for some in (DEPLOYMENTS, REPLICA_SETS):
        yield "GET", some, {}, 200
        yield "GET", some.replace("/namespaces/default", ""), {}, 200
    yield "GET", f"{DEPLOYMENTS}/faces", {}, 200
    yield "GET", f"{DEPLOYMENTS}/faces/status", {}, 200
    yield "PATCH", f"{DEPLOYMENTS}/faces", {"json": {"spec": {"replicas": 1}}, "headers": {"content-type": MERGE}}, 200
    for path in ("/api/v1/events", EVENTS, "/api/v1/namespaces", "/api/v1/namespaces/default", "/api/v1/pods", PODS):
        yield "GET", path, {}, 200
    node = f"{CORE_NODES}/edge-2"
    yield "GET", CORE_NODES, {}, 200
    yield "GET", node, {}, 200
    yield (
        "PUT",
        node,
        {"json": {"metadata": {"labels": {"a": "b"}}, "spec": {"providerID": f"dsfleet://{NODE_ID}"}}},
        200,
    )
    yield "PATCH", node, {"json": {"spec": {"unschedulable": True}}, "headers": {"content-type": MERGE}}, 200
    yield "DELETE", node, {"params": DRY}, 200
    for path in (f"{PODS}/two", f"{PODS}/two/log"):
        yield "GET", path, {}, 200
    yield "POST", f"{PODS}/two/eviction", {"params": DRY}, 201
    yield "DELETE", f"{PODS}/two", {"params": DRY}, 200


def refused() -> Iterator[Asked]:
    """What is refused, for each reason."""
    one, other = f"{CAMERAS}/gate", f"{CAMERAS}/nobody"
    gate = {**CAMERA, "metadata": {"name": "gate"}}
    for bad in ({"watch": "maybe"}, {"limit": "-1"}, {"timeoutSeconds": "soon"}, {"includeObject": "All"}):
        yield "GET", CAMERAS, {"params": bad}, 400
    for bad in ({"labelSelector": "a in"}, {"fieldSelector": "spec.x=1"}, {"resourceVersion": "x"}):
        yield "GET", CAMERAS, {"params": bad}, 400
    yield "GET", CAMERAS, {"params": {"continue": "x"}}, 410
    yield "GET", CAMERAS, {"params": {"continue": "x", "limit": "many"}}, 400
    yield "GET", CAMERAS, {"params": {"sendInitialEvents": "true"}}, 422
    yield "GET", CAMERAS, {"headers": {"accept": "text/html"}}, 406
    scale = f"{INSTANCES}/faces/scale"
    yield "PATCH", scale, {"json": {"spec": {"replicas": 2}}, "headers": {"content-type": MERGE}}, 422
    yield "PATCH", scale, {"json": {"spec": {"replicas": "x"}}, "headers": {"content-type": MERGE}}, 400
    yield "PATCH", scale, {"json": {}, "headers": {"content-type": APPLY}}, 415
    yield "PUT", scale, {"json": {"metadata": {"uid": "x"}, "spec": {"replicas": 1}}}, 409
    yield "GET", f"{INSTANCES}/nobody/scale", {}, 404
    paused = {"json": {"spec": {"paused": True}}, "headers": {"content-type": MERGE}}
    yield "PATCH", f"{DEPLOYMENTS}/faces", paused, 422
    yield "PUT", f"{DEPLOYMENTS}/faces", {"json": {}}, 400
    yield "GET", f"{REPLICA_SETS}/faces", {}, 404
    yield "GET", other, {}, 404
    yield "POST", CAMERAS, {"json": gate}, 409
    yield "POST", CAMERAS, {"json": {"metadata": {"name": "new"}, "spec": {}}}, 422
    yield "POST", CAMERAS, {"json": []}, 400
    yield "POST", CAMERAS, {"content": "x", "headers": {"content-type": "text/plain"}}, 415
    yield "POST", CAMERAS, {"content": b" " * (1 << 20) + b"{}", "headers": {"content-type": "application/json"}}, 413
    yield "POST", CAMERAS, {"json": gate, "headers": {"origin": "http://example.org"}}, 403
    yield "PUT", one, {"json": {**gate, "metadata": {"resourceVersion": "1"}}}, 409
    yield "PUT", other, {"json": {"spec": CAMERA["spec"]}}, 404
    yield "PATCH", one, {"json": {}, "params": {"force": "perhaps"}, "headers": {"content-type": APPLY}}, 400
    apply = {"headers": {"content-type": APPLY}, "params": DRY | {"fieldManager": "me"}}
    yield "PATCH", f"{CAMERAS}/new", apply | {"json": {"spec": CAMERA["spec"]}}, 201
    yield "DELETE", one, {"json": {"preconditions": {"uid": "x"}}}, 409
    yield "DELETE", other, {}, 404
    yield "DELETE", CAMERAS, {"params": {"dryRun": "Some"}}, 400
    yield "GET", "/api/v1/events", {"params": {"includeObject": "All"}}, 400
    yield "GET", f"{EVENTS}/none", {}, 404
    yield "PATCH", f"{CORE_NODES}/edge-1", {"json": {"spec": {"podCIDR": "x"}}, "headers": {"content-type": MERGE}}, 422
    yield "PATCH", f"{CORE_NODES}/none", {"json": {}, "headers": {"content-type": MERGE}}, 404
    yield "POST", f"{PODS}/faces/eviction", {}, 409
    yield "POST", f"{PODS}/none/eviction", {}, 404
    yield "GET", f"{PODS}/two/log", {"params": {"tailLines": "x"}}, 400
    yield "DELETE", f"{PODS}/none", {}, 404


def test_every_operation_answers_as_it_is_told(fleet: Served) -> None:
    event = fleet.get(EVENTS)["items"][0]["metadata"]["name"]
    met = set()
    version = fleet.get(REPLICA_SETS)["items"][0]["metadata"]["name"]
    whole = fleet.get(f"{DEPLOYMENTS}/faces")
    del whole["metadata"]["resourceVersion"]
    others = (
        ("GET", f"{EVENTS}/{event}", {}, 200),
        ("GET", f"{REPLICA_SETS}/{version}", {}, 200),
        ("PUT", f"{DEPLOYMENTS}/faces", {"json": whole}, 200),
    )
    for method, path, options, code in (*others, *done(), *refused()):
        answer = fleet(method, path, **options)
        assert answer.status_code == code, f"{method} {path} {options}: {answer.text}"
        met.add(require_documented(answer))
    told = {
        (path, method) for group in GROUPS for path, of_path in document(group)["paths"].items() for method in of_path
    }
    assert {(path, method) for path, method, code in met if code < 300} == told


def test_watches_tell_of_objects_as_the_schemas_have_them(fleet: Served) -> None:
    for group, resources in GROUPS.items():
        for resource in resources:
            query = {"watch": "true", "timeoutSeconds": "1", "fieldSelector": "metadata.name!=x"}
            path = f"{group}/{resource.plural}"
            schema = document(group)["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
            name = schema["$ref"].removesuffix("List")
            with fleet._client.stream("GET", path, params=query) as answer:
                first = json.loads(next(answer.iter_lines()))
            assert first["type"] == "ADDED"
            validator(group, name).validate(first["object"])


def test_a_method_that_there_is_not_is_told_those_that_there_are(fleet: Served) -> None:
    for path, allowed in (
        (CAMERAS, "DELETE, GET, POST"),
        (f"{CAMERAS}/gate", "DELETE, GET, PATCH, PUT"),
        (f"{CAMERAS}/gate/status", "GET"),
        ("/api/v1/events", "GET"),
        ("/fleet/v1/hold", "POST"),
        ("/version", "GET"),
        # What is refused with words of its own is not among them.
        (DEPLOYMENTS, "GET"),
        (f"{DEPLOYMENTS}/faces", "GET, PATCH, PUT"),
        (CORE_NODES, "GET"),
        (PODS, "GET"),
        (f"{PODS}/two", "DELETE, GET"),
    ):
        for method in {"GET", "PUT", "OPTIONS", "TRACE"} - set(allowed.split(", ")):
            answer = fleet(method, path)
            assert (answer.status_code, answer.headers["allow"]) == (405, allowed), f"{method} {path}"


def test_both_versions_tell_of_the_same_answers() -> None:
    everything = [one for some in GROUPS.values() for one in some]
    swagger = version_2.document(everything, "1")
    for group in GROUPS:
        for path, of_path in document(group)["paths"].items():
            for method, one in of_path.items():
                other = swagger["paths"][path][method]["responses"]
                assert one["responses"].keys() == other.keys()
                assert all(
                    one["$ref"].removeprefix("#/responses/") in swagger["responses"]
                    for one in other.values()
                    if "$ref" in one
                )
