"""What clients ask about themselves, in both of the forms that they send."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from fastapi import Request

from controller.api.protobuf import length_delimited
from controller.api.resources import VERBS
from controller.api.reviews import Attempt
from controller.api.server import create_app
from controller.picture.store import ObjectStore
from tests.api.serving import FakeControl, Http

MAY = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
RULES = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
WHO = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


def in_protobuf(attributes: Mapping[str, str], number: int, numbers: Mapping[str, int]) -> bytes:
    """A review as a typed client of Go writes it."""
    texts = b"".join(length_delimited(numbers[name], text) for name, text in attributes.items())
    spec = length_delimited(1, b"") + length_delimited(2, length_delimited(number, texts))
    kind = length_delimited(1, "authorization.k8s.io/v1") + length_delimited(2, "SelfSubjectAccessReview")
    return b"k8s\0" + length_delimited(1, kind) + length_delimited(2, spec) + length_delimited(3, "")


OF_RESOURCE = {"namespace": 1, "verb": 2, "group": 3, "version": 4, "resource": 5, "subresource": 6, "name": 7}


def ask(http: Http, attributes: dict[str, str], form: str) -> httpx.Response:
    if form == "json":
        return http("POST", MAY, json={"spec": {"resourceAttributes": attributes}})
    content = in_protobuf(attributes, 1, OF_RESOURCE)
    return http("POST", MAY, content=content, headers={"content-type": "application/vnd.kubernetes.protobuf"})


@pytest.mark.parametrize("form", ["json", "protobuf"])
@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({"verb": "list", "group": "dsfleet.io", "resource": "cameras"}, None),
        ({"verb": "get", "group": "dsfleet.io", "resource": "cameras", "name": "hq-1", "namespace": "default"}, None),
        ({"verb": "get", "group": "dsfleet.io", "resource": "nodes", "subresource": "status"}, None),
        ({"verb": "watch", "group": "*", "resource": "events"}, None),
        ({"verb": "list", "resource": "pods"}, None),
        ({"verb": "get", "resource": "pods", "subresource": "log", "name": "door"}, None),
        ({"verb": "create", "resource": "pods", "subresource": "eviction"}, None),
        ({"verb": "create", "resource": "pods"}, "pods know delete, get, list, watch"),
        ({"verb": "list", "group": "metrics.k8s.io", "resource": "nodes"}, None),
        ({"verb": "list", "resource": "secrets"}, "this API serves no secrets"),
        ({"verb": "list", "resource": "cameras"}, "this API serves no cameras"),
        ({"verb": "fly", "group": "dsfleet.io", "resource": "cameras"}, f"cameras know {', '.join(VERBS)}"),
        ({"verb": "*", "group": "*", "resource": "events"}, "events know get, list, watch"),
        (
            {"verb": "get", "group": "dsfleet.io", "resource": "nodes", "subresource": "proxy"},
            "nodes/proxy know nothing",
        ),
    ],
)
def test_what_may_be_done(http: Http, form: str, attributes: dict[str, str], reason: str | None) -> None:
    answer = ask(http, attributes, form)
    assert answer.status_code == 201
    found = answer.json()
    assert (found["kind"], found["apiVersion"]) == ("SelfSubjectAccessReview", "authorization.k8s.io/v1")
    assert found["status"] == ({"allowed": True} if reason is None else {"allowed": False, "reason": reason})
    told = found["spec"]["resourceAttributes"]
    assert told.items() <= attributes.items()


def test_what_is_no_resource_may_be_read(http: Http) -> None:
    attributes = {"path": "/version", "verb": "get"}
    assert http("POST", MAY, json={"spec": {"nonResourceAttributes": attributes}}).json()["status"]["allowed"] is True
    content = in_protobuf(attributes, 2, {"path": 1, "verb": 2})
    answer = http("POST", MAY, content=content, headers={"content-type": "application/vnd.kubernetes.protobuf"})
    assert answer.json()["spec"] == {"nonResourceAttributes": attributes}


def test_the_rules_hold_all_that_is_served(http: Http) -> None:
    answer = http("POST", RULES, json={"spec": {"namespace": "default"}})
    assert answer.status_code == 201
    status = answer.json()["status"]
    assert {
        "verbs": list(VERBS),
        "apiGroups": ["dsfleet.io"],
        "resources": ["cameras"],
    } in status["resourceRules"]
    assert {"verbs": ["get"], "apiGroups": ["dsfleet.io"], "resources": ["cameras/status"]} in status["resourceRules"]
    assert status["incomplete"] is False


def test_who_is_not_known_is_anonymous(http: Http) -> None:
    assert http("POST", WHO, json={}).json()["status"] == {"userInfo": {"username": "anonymous", "groups": []}}


def test_who_may_less_is_told_so(objects: ObjectStore, events: ObjectStore) -> None:
    def why_not(_request: Request, attempt: Attempt) -> str:
        return "jane may see cameras" if attempt.resource != "cameras" else ""

    http = Http(create_app(objects, events, FakeControl(), why_not=why_not))
    nodes = {"verb": "list", "group": "dsfleet.io", "resource": "nodes"}
    assert ask(http, nodes, "json").json()["status"] == {"allowed": False, "reason": "jane may see cameras"}
    rules = http("POST", RULES, json={}).json()["status"]["resourceRules"]
    assert [rule["resources"] for rule in rules] == [["cameras"], ["cameras/status"]]


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, 201),
        ({"sec-fetch-site": "same-origin"}, 415),
        ({"origin": "http://elsewhere.example.org"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
    ],
)
def test_a_body_of_no_type_is_json_but_for_browsers(http: Http, headers: dict[str, str], code: int) -> None:
    """The client for Python names none; a foreign web page can have a browser send such a body without asking."""
    content = b'{"spec": {"resourceAttributes": {"verb": "list", "group": "dsfleet.io", "resource": "cameras"}}}'
    assert http("POST", MAY, content=content, headers=headers).status_code == code


@pytest.mark.parametrize(
    ("content", "content_type", "code"),
    [
        (b"{}", "application/json", 400),
        (b"[]", "application/json", 400),
        (b'{"spec": 7}', "application/json", 400),
        (b'{"spec": {"resourceAttributes": {"verb": 7}}}', "application/json", 400),
        (b"{}", "text/plain", 415),
        (b"k8s\0", "application/vnd.kubernetes.protobuf", 400),
        (b"k8s\0\x12\xff", "application/vnd.kubernetes.protobuf", 400),
        (b"{}", "application/vnd.kubernetes.protobuf", 400),
        (b"k8s\0" + length_delimited(2, b"x" * 70_000), "application/vnd.kubernetes.protobuf", 413),
    ],
)
def test_bodies_that_ask_nothing(http: Http, content: bytes, content_type: str, code: int) -> None:
    answer: Any = http("POST", MAY, content=content, headers={"content-type": content_type})
    assert (answer.status_code, answer.json()["kind"]) == (code, "Status")
