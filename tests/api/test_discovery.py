from typing import Any

import pytest

from controller.api.resources import VERBS
from tests.api.serving import Http

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v={};as=APIGroupDiscoveryList"
# As kubectl 1.30 and later asks, and as 1.27 does.
NAMESPACED = {"deployments", "events", "poddisruptionbudgets", "pods", "replicasets"}
NEW = ",".join([AGGREGATED.format("v2"), AGGREGATED.format("v2beta1"), "application/json"])
OLD = ",".join([AGGREGATED.format("v2beta1"), "application/json"])


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        ("/version", "gitVersion", "v1.33.0-fleet"),
        ("/api", "versions", ["v1"]),
        ("/api/v1", "groupVersion", "v1"),
        ("/apis", "kind", "APIGroupList"),
        ("/apis/dsfleet.io", "name", "dsfleet.io"),
        ("/apis/dsfleet.io/v1", "groupVersion", "dsfleet.io/v1"),
        ("/apis/authorization.k8s.io", "name", "authorization.k8s.io"),
        ("/apis/authentication.k8s.io/v1", "groupVersion", "authentication.k8s.io/v1"),
        ("/apis/metrics.k8s.io", "name", "metrics.k8s.io"),
        ("/apis/metrics.k8s.io/v1beta1", "groupVersion", "metrics.k8s.io/v1beta1"),
    ],
)
def test_discovery_with_and_without_a_slash_at_its_end(http: Http, path: str, slash: str, key: str, value: Any) -> None:
    assert http.json(path + slash)[key] == value


def test_the_resources_of_the_fleet(http: Http) -> None:
    found = {one["name"]: one for one in http.json("/apis/dsfleet.io/v1")["resources"]}
    assert found["dsinstances"] == {
        "name": "dsinstances",
        "singularName": "dsinstance",
        "namespaced": False,
        "kind": "DsInstance",
        "verbs": list(VERBS),
        "shortNames": ["ds"],
        "categories": ["all", "fleet"],
    }
    assert found["nodes/status"]["verbs"] == ["get"]
    kinds = {"cameras", "dsinstances", "nodes"}
    assert found.keys() == kinds | {f"{kind}/status" for kind in kinds} | {"dsinstances/scale"}
    scale = found["dsinstances/scale"]
    assert (scale["group"], scale["version"], scale["kind"]) == ("autoscaling", "v1", "Scale")
    assert scale["verbs"] == ["get", "patch", "update"]


def test_clients_that_wait_for_namespaces_find_them(http: Http) -> None:
    assert {one["name"] for one in http.json("/api/v1")["resources"]} >= {"events", "namespaces"}


def test_no_group_version_is_empty(http: Http) -> None:
    """An empty one defeats the cache of kubectl: it asks for everything again with each command."""
    for group in http.json("/apis")["groups"]:
        for version in group["versions"]:
            assert http.json(f"/apis/{version['groupVersion']}")["resources"]


@pytest.mark.parametrize(("accept", "version"), [(NEW, "v2"), (OLD, "v2beta1")])
@pytest.mark.parametrize("path", ["/api", "/apis"])
def test_aggregated_discovery_is_known_by_its_media_type(http: Http, path: str, accept: str, version: str) -> None:
    answer = http.get(path, headers={"accept": accept})
    assert answer.headers["content-type"] == AGGREGATED.format(version)
    assert answer.headers["vary"] == "Accept"
    assert answer.json()["apiVersion"] == f"apidiscovery.k8s.io/{version}"


@pytest.mark.parametrize("accept", ["*/*", "application/json", AGGREGATED.format("v3"), "application/json," + NEW])
def test_plain_discovery_is_for_all_others(http: Http, accept: str) -> None:
    answer = http.get("/apis", headers={"accept": accept})
    assert (answer.headers["content-type"], answer.json()["kind"]) == ("application/json", "APIGroupList")


def test_both_forms_of_discovery_say_the_same(http: Http) -> None:
    for path, prefix in (("/api", "/api/"), ("/apis", "/apis/")):
        for item in http.json(path, headers={"accept": NEW})["items"]:
            group = item["metadata"].get("name", "")
            version = item["versions"][0]["version"]
            plain = http.json(f"{prefix}{group}/{version}" if group else "/api/v1")["resources"]
            told = []
            for one in item["versions"][0]["resources"]:
                assert one["responseKind"]["group"] == group
                assert one["scope"] == ("Namespaced" if one["resource"] in NAMESPACED else "Cluster")
                told.append((one["resource"], one["verbs"], one["shortNames"], one["categories"]))
                told += [(f"{one['resource']}/{part['subresource']}", part["verbs"]) for part in one["subresources"]]
            assert told == [
                (one["name"], one["verbs"], *((one["shortNames"], one["categories"]) if "shortNames" in one else ()))
                for one in plain
            ]
