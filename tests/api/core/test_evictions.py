"""Pods that are to go: their instances move, or stay and it is said why. None is ever deleted."""

import json
from typing import Any

import pytest

from controller.api.protobuf import length_delimited
from tests.api.core.conftest import Served

POD = "/api/v1/namespaces/default/pods/door"
PROTOBUF = {"content-type": "application/vnd.kubernetes.protobuf"}


def uid(fleet: Served) -> str:
    found: str = fleet.http.json(POD)["metadata"]["uid"]
    return found


def version(fleet: Served) -> str:
    found: str = fleet.http.json(POD)["metadata"]["resourceVersion"]
    return found


def eviction(**options: Any) -> dict[str, Any]:
    return {
        "apiVersion": "policy/v1",
        "kind": "Eviction",
        "metadata": {"name": "door", "namespace": "default"},
        **({"deleteOptions": options} if options else {}),
    }


def wrapped(message: bytes) -> bytes:
    return b"k8s\0" + length_delimited(1, b"") + length_delimited(2, message)


def test_it_is_moved_and_it_is_told_what_that_does_to_cameras(fleet: Served) -> None:
    for method, path, body, code in (
        ("POST", f"{POD}/eviction", eviction(), 201),
        ("POST", f"{POD}/eviction", eviction(preconditions={"uid": uid(fleet)}), 201),
        ("POST", f"{POD}/eviction", eviction(preconditions={"resourceVersion": version(fleet)}), 201),
        ("POST", f"{POD}/eviction", eviction() | {"apiVersion": "policy/v1beta1"}, 201),
        ("DELETE", POD, {}, 200),
        ("DELETE", POD, {"kind": "DeleteOptions", "apiVersion": "v1"}, 200),
    ):
        answer = fleet.http(method, path, json=body)
        assert (answer.status_code, answer.json()["status"]) == (code, "Success")
        assert answer.json()["message"] == "dsinstance/door moves from node n1 to node n2"
        assert any("> move dsinstance/door" in one for one in answer.headers.get_list("warning"))
        assert json.loads(answer.headers["fleet-plan"])["changes"][0]["camerasInterrupted"] == ["hq-1"]
    assert fleet.http("DELETE", POD).status_code == 200, "kubectl may send no body"
    assert fleet.control.asked == [("evict", "door")] * 7


@pytest.mark.parametrize(
    ("method", "path", "options"),
    [
        ("POST", f"{POD}/eviction", {"json": eviction(dryRun=["All"])}),
        ("POST", f"{POD}/eviction?dryRun=All", {"json": eviction()}),
        ("DELETE", f"{POD}?dryRun=All", {}),
        ("DELETE", POD, {"json": {"dryRun": ["All"]}}),
        # As typed clients of newer versions send it.
        (
            "POST",
            f"{POD}/eviction",
            {"content": wrapped(length_delimited(2, length_delimited(5, "All"))), "headers": PROTOBUF},
        ),
        ("DELETE", POD, {"content": wrapped(length_delimited(5, "All")), "headers": PROTOBUF}),
    ],
)
def test_a_dry_run_moves_nothing(fleet: Served, method: str, path: str, options: dict[str, Any]) -> None:
    assert fleet.http(method, path, **options).status_code in (200, 201)
    assert fleet.control.asked == [("evict", "door, dry run")]


@pytest.mark.parametrize(("is_final", "code", "reason"), [(True, 409, "Conflict"), (False, 429, "TooManyRequests")])
def test_why_it_stays(fleet: Served, is_final: bool, code: int, reason: str) -> None:
    """kubectl tries again for ever at 429, and ends at 409."""
    fleet.control.why_not_evicted, fleet.control.is_refusal_final = "its manifest names its node", is_final
    answer = fleet.http("POST", f"{POD}/eviction", json=eviction())
    assert (answer.status_code, answer.json()["reason"]) == (code, reason)
    assert "its manifest names its node" in answer.json()["message"]
    assert ("retry-after" in answer.headers) is not is_final


@pytest.mark.parametrize(
    ("path", "options", "code", "why"),
    [
        (f"{POD}/eviction", {"json": eviction(preconditions={"uid": "x"})}, 409, "UID in precondition: x"),
        (f"{POD}/eviction", {"json": eviction(preconditions={"resourceVersion": "1"})}, 409, "has been modified"),
        (
            f"{POD}/eviction",
            {
                "content": wrapped(length_delimited(2, length_delimited(2, length_delimited(2, "1")))),
                "headers": PROTOBUF,
            },
            409,
            "has been modified",
        ),
        (
            f"{POD}/eviction",
            {"json": eviction() | {"metadata": {"name": "gate"}}},
            400,
            "(gate) is not that of the path",
        ),
        (
            f"{POD}/eviction",
            {"json": eviction() | {"metadata": {"namespace": "x"}}},
            400,
            "(x) is not that of the path",
        ),
        (f"{POD}/eviction", {"json": eviction() | {"metadata": [1]}}, 400, "metadata must be an object"),
        (f"{POD}/eviction", {"json": eviction() | {"kind": "Pod"}}, 400, "must be an Eviction"),
        (
            f"{POD}/eviction",
            {"content": wrapped(length_delimited(1, length_delimited(1, "gate"))), "headers": PROTOBUF},
            400,
            "(gate) is not that of the path",
        ),
        (f"{POD}/eviction", {"json": eviction(dryRun=["Some"])}, 400, "dryRun"),
        (f"{POD}/eviction", {"json": eviction(dryRun="All")}, 400, "dryRun a list"),
        (f"{POD}/eviction", {"json": {"deleteOptions": []} | {"deleteOptions": [1]}}, 400, "must be an Eviction"),
        (f"{POD}/eviction", {"json": []}, 400, "must be an Eviction"),
        (f"{POD}/eviction", {"content": "x", "headers": {"content-type": "text/plain"}}, 415, "protobuf"),
        (f"{POD}/eviction", {"content": b"k8s\0\xff", "headers": PROTOBUF}, 400, "no message of protobuf"),
        (f"{POD}/eviction", {"content": b"x", "headers": PROTOBUF}, 400, "no message of protobuf"),
        ("/api/v1/namespaces/default/pods/x/eviction", {"json": {}}, 404, 'pods "x" not found'),
        ("/api/v1/namespaces/other/pods/door/eviction", {"json": eviction()}, 404, 'pods "door" not found'),
    ],
)
def test_what_is_refused(fleet: Served, path: str, options: dict[str, Any], code: int, why: str) -> None:
    answer = fleet.http("POST", path, **options)
    assert (answer.status_code, fleet.control.asked) == (code, [])
    assert why in answer.json()["message"]
