"""Requests as clients for Python send them, and what they look for in the answers.

They were written down from kubernetes 37.0, kopf 1.45, kr8s 0.20 and lightkube 1.0 at work; what these send again is left out.
"""

from typing import Any

import pytest

from tests.api.serving import Http

FLEET = "/apis/dsfleet.io/v1"
JSON = {"accept": "application/json"}
# The dynamic client, and kr8s, say of every request that it is JSON.
TYPED = {**JSON, "content-type": "application/json"}
ANY = {"accept": "*/*"}

REQUESTS = [
    ("kubernetes: VersionApi", "/version/", JSON, "gitVersion"),
    ("kubernetes: CoreApi", "/api/", JSON, "versions"),
    ("kubernetes: ApisApi", "/apis/", JSON, "groups"),
    ("kubernetes: CoreV1Api", "/api/v1/", JSON, "resources"),
    ("kubernetes: AuthorizationApi", "/apis/authorization.k8s.io/", JSON, "preferredVersion"),
    ("kubernetes: list_namespace", "/api/v1/namespaces", JSON, "items"),
    ("kubernetes: read_namespace", "/api/v1/namespaces/default", JSON, "status"),
    ("kubernetes: list_namespaced_event", "/api/v1/namespaces/default/events", JSON, "items"),
    ("kubernetes: list_cluster_custom_object", f"{FLEET}/cameras?limit=1", JSON, "items"),
    ("kubernetes: get_cluster_custom_object_status", f"{FLEET}/cameras/hq-1/status", JSON, "status"),
    ("kubernetes: dynamic client", "/apis/authentication.k8s.io/v1", TYPED, "resources"),
    ("kubernetes: dynamic client, one", f"{FLEET}/cameras/hq-1", TYPED, "status"),
    ("kopf: core", "/api", ANY, "versions"),
    ("kopf: groups", "/apis", ANY, "groups"),
    ("kopf: resources", FLEET, ANY, "resources"),
    ("kopf: list", f"{FLEET}/nodes", ANY, "items"),
    ("kr8s: version", "/version/", TYPED, "gitVersion"),
    ("kr8s: list", f"{FLEET}/cameras?limit=100&labelSelector=site%3Dyard", TYPED, "items"),
    (
        "kr8s: one, which it asks for twice at once",
        f"{FLEET}/cameras?limit=100&fieldSelector=metadata.name%3Dhq-1%2Cmetadata.name%3Dhq-1",
        TYPED,
        "items",
    ),
    ("lightkube: chunks", f"{FLEET}/cameras?limit=1", ANY, "items"),
    ("lightkube: events", "/api/v1/events", ANY, "items"),
]


@pytest.mark.parametrize(("path", "headers", "field"), [one[1:] for one in REQUESTS], ids=[one[0] for one in REQUESTS])
def test_what_they_ask_is_answered(http: Http, path: str, headers: dict[str, str], field: str) -> None:
    assert http.json(path, headers=headers)[field]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/apis/authentication.k8s.io/v1/selfsubjectreviews", b"{}"),
        ("/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", b'{"spec": {"namespace": "default"}}'),
        (
            "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            b'{"spec": {"resourceAttributes": {"verb": "list", "group": "dsfleet.io", "resource": "cameras"}}}',
        ),
    ],
)
def test_kubernetes_sends_reviews_without_a_type(http: Http, path: str, body: bytes) -> None:
    assert http("POST", path, content=body, headers=JSON).status_code == 201


def test_a_list_without_continue_is_the_last_part(http: Http) -> None:
    """lightkube and kr8s ask for parts until there is no continue."""
    found: Any = http.json(f"{FLEET}/cameras", params={"limit": "1"})
    assert len(found["items"]) == 3
    assert "continue" not in found["metadata"]


def test_kopf_finds_out_that_it_may_watch_namespaces(http: Http) -> None:
    """It waits for ever, and says nothing, until discovery has them."""
    (found,) = (one for one in http.json("/api/v1", headers=ANY)["resources"] if one["name"] == "namespaces")
    assert {"list", "watch"} <= set(found["verbs"])
    assert found["namespaced"] is False


def test_lightkube_reads_why_nothing_was_found(http: Http) -> None:
    answer = http.get(f"{FLEET}/cameras/nope", headers=ANY)
    assert answer.status_code == 404
    assert answer.json()["message"] == 'cameras.dsfleet.io "nope" not found'
