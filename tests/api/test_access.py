"""Who may do what through the API: who is let in, what he sees, what he is refused, and in which words."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from controller.access.authentication import Openness, Peer, peer_at
from controller.access.buckets import Rate
from tests.api.two_sites import BINDINGS, OBJECTS, SECRETS, FleetOfTwoSites
from tests.picture.fleets import NOW


@pytest.fixture
def fleet() -> FleetOfTwoSites:
    return FleetOfTwoSites()


WHO = tuple(BINDINGS)
APPS = "/apis/apps/v1/namespaces/default"
# path -> codes, in the order of BINDINGS; writes of objects are 405 here, or what the paths that write them say
#                                           viewer  hq-v  cam-v  hq-op  op  hq-adm  adm
PODS, METRICS = "/api/v1/namespaces/default/pods", "/apis/metrics.k8s.io/v1beta1"
REACHED = {
    ("GET", f"{OBJECTS}/cameras"): (200, 200, 200, 200, 200, 200, 200),
    ("GET", f"{OBJECTS}/nodes"): (200, 200, 403, 200, 200, 200, 200),
    ("GET", f"{OBJECTS}/cameras/hq-1"): (200, 200, 200, 200, 200, 200, 200),
    ("GET", f"{OBJECTS}/cameras/yard-1"): (200, 403, 200, 403, 200, 403, 200),
    ("GET", f"{OBJECTS}/cameras/none"): (404, 403, 404, 403, 404, 403, 404),
    ("GET", f"{OBJECTS}/nodes/hq-node"): (200, 200, 403, 200, 200, 200, 200),
    ("GET", "/api/v1/events"): (200, 200, 200, 200, 200, 200, 200),
    ("GET", "/fleet/v1/status"): (200, 403, 403, 403, 200, 403, 200),
    ("GET", "/fleet/v1/history/cameras/hq-1"): (200, 200, 200, 200, 200, 200, 200),
    ("GET", "/fleet/v1/history/cameras/yard-1"): (200, 403, 200, 403, 200, 403, 200),
    ("GET", "/fleet/v1/where/Camera/hq-1"): (200, 200, 200, 200, 200, 200, 200),
    ("GET", "/fleet/v1/where/Camera/yard-1"): (404, 403, 404, 403, 404, 403, 404),
    ("GET", "/fleet/v1/where/Secret/a"): (404, 403, 403, 403, 404, 403, 404),
    ("GET", "/fleet/v1/rendered/hq"): (404, 403, 403, 403, 404, 403, 404),
    ("POST", "/fleet/v1/pictures"): (400, 400, 400, 400, 400, 400, 400),
    ("GET", "/fleet/v1/pictures"): (405, 405, 405, 405, 405, 405, 405),
    ("GET", "/fleet/v1/pictures/hq-1"): (404, 404, 404, 404, 404, 404, 404),
    ("GET", "/fleet/v1/pictures/yard-1"): (404, 403, 404, 403, 404, 403, 404),
    ("GET", "/fleet/v1/pictures/none"): (404, 403, 404, 403, 404, 403, 404),
    ("POST", "/fleet/v1/pictures/hq-1"): (403, 403, 403, 403, 403, 403, 405),
    ("GET", "/"): (200, 200, 200, 200, 200, 200, 200),
    ("GET", "/fleet/v1/snapshot"): (200, 200, 200, 200, 200, 200, 200),
    ("GET", "/fleet/v1/me"): (200, 200, 200, 200, 200, 200, 200),
    ("POST", "/fleet/v1/login"): (400, 400, 400, 400, 400, 400, 400),
    ("POST", "/fleet/v1/logout"): (200, 200, 200, 200, 200, 200, 200),
    ("GET", "/apis"): (200, 200, 200, 200, 200, 200, 200),
    ("GET", "/version"): (200, 200, 200, 200, 200, 200, 200),
    ("GET", "/api/v1/namespaces/default"): (200, 200, 200, 200, 200, 200, 200),
    ("GET", "/openapi/v3"): (200, 200, 200, 200, 200, 200, 200),
    ("GET", f"{OBJECTS}/cameras/yard-1/status"): (200, 403, 200, 403, 200, 403, 200),
    ("GET", "/no/such/path"): (404, 403, 403, 403, 404, 403, 404),
    ("POST", "/no/such/path"): (403, 403, 403, 403, 403, 403, 404),
    ("POST", "/fleet/v1/hold"): (403, 403, 403, 403, 200, 403, 200),
    ("POST", "/fleet/v1/release"): (403, 403, 403, 403, 200, 403, 200),
    ("POST", "/fleet/v1/update"): (403, 403, 403, 200, 200, 200, 200),
    ("POST", "/fleet/v1/refresh"): (403, 403, 403, 200, 200, 200, 200),
    ("POST", "/fleet/v1/approve"): (403, 403, 403, 403, 403, 403, 200),
    ("POST", "/fleet/v1/nodes/n1/adopt"): (403, 403, 403, 403, 400, 403, 400),
    ("POST", "/fleet/v1/nodes/hq-node/clean"): (403, 403, 403, 400, 400, 400, 400),
    ("POST", "/fleet/v1/nodes/hq-node/trust"): (403, 403, 403, 403, 403, 409, 409),
    ("GET", "/fleet/v1/plan"): (200, 403, 403, 403, 200, 403, 200),
    ("GET", "/fleet/v1/revisions"): (200, 403, 403, 403, 200, 403, 200),
    ("GET", "/fleet/v1/revisions/4be1c0de"): (404, 403, 403, 403, 404, 403, 404),
    ("POST", "/fleet/v1/revisions/4be1c0de/restore"): (403, 403, 403, 403, 403, 403, 400),
    ("GET", "/fleet/v1/tokens"): (403, 403, 403, 403, 403, 403, 200),
    ("POST", f"{OBJECTS}/cameras"): (403, 403, 403, 403, 403, 405, 405),
    ("PATCH", f"{OBJECTS}/cameras/hq-1"): (403, 403, 403, 405, 405, 405, 405),
    ("PUT", f"{OBJECTS}/cameras/yard-1"): (403, 403, 403, 403, 405, 403, 405),
    ("PATCH", f"{OBJECTS}/cameras/none"): (403, 403, 403, 403, 404, 403, 404),
    ("DELETE", f"{OBJECTS}/cameras/hq-1"): (403, 403, 403, 403, 403, 405, 405),
    ("DELETE", f"{OBJECTS}/cameras"): (403, 403, 403, 403, 403, 403, 405),
    ("GET", f"{OBJECTS}/dsinstances/hq/scale"): (200, 200, 403, 200, 200, 200, 200),
    ("PATCH", f"{OBJECTS}/dsinstances/hq/scale"): (403, 403, 403, 405, 405, 405, 405),
    ("PUT", f"{OBJECTS}/dsinstances/yard/scale"): (403, 403, 403, 403, 405, 403, 405),
    ("GET", f"{APPS}/deployments"): (200, 200, 403, 200, 200, 200, 200),
    ("GET", f"{APPS}/deployments/hq"): (200, 200, 403, 200, 200, 200, 200),
    ("GET", f"{APPS}/deployments/yard"): (200, 403, 403, 403, 200, 403, 200),
    ("GET", f"{APPS}/deployments/none"): (404, 403, 403, 403, 404, 403, 404),
    ("PATCH", f"{APPS}/deployments/hq"): (403, 403, 403, 405, 405, 405, 405),
    ("PATCH", f"{APPS}/deployments/yard/scale"): (403, 403, 403, 403, 405, 403, 405),
    ("GET", "/apis/apps/v1/namespaces/other/deployments/hq/scale"): (404, 404, 403, 404, 404, 404, 404),
    ("PATCH", "/apis/apps/v1/namespaces/other/deployments/hq/scale"): (403, 403, 403, 404, 404, 404, 404),
    ("PUT", f"{APPS}/deployments/yard"): (403, 403, 403, 403, 405, 403, 405),
    ("DELETE", f"{PODS}/yard"): (403, 403, 403, 403, 200, 403, 200),
    ("GET", f"{METRICS}/namespaces/default/pods/hq"): (404, 404, 403, 404, 404, 404, 404),
    ("GET", f"{METRICS}/namespaces/default/pods/yard"): (404, 403, 403, 403, 404, 403, 404),
    ("GET", f"{METRICS}/nodes/yard-node"): (404, 403, 403, 403, 404, 403, 404),
    ("GET", "/api/v1/nodes/yard-node"): (200, 403, 403, 403, 200, 403, 200),
    ("PUT", "/api/v1/nodes/yard-node"): (403, 403, 403, 403, 405, 403, 405),
    ("GET", f"{APPS}/replicasets"): (200, 200, 403, 200, 200, 200, 200),
    ("GET", f"{APPS}/replicasets/hq-0123456789"): (404, 404, 403, 404, 404, 404, 404),
    ("GET", f"{APPS}/replicasets/yard-0123456789"): (404, 403, 403, 403, 404, 403, 404),
    ("PATCH", f"{OBJECTS}/cameras"): (403, 403, 403, 403, 405, 403, 405),
    ("GET", "/v1/Cameras/all_camera"): (200, 200, 200, 200, 200, 200, 200),
    ("GET", "/v1/Agent/all_agent"): (200, 200, 403, 200, 200, 200, 200),
    ("GET", "/api/v1/pods"): (200, 200, 403, 200, 200, 200, 200),
    ("GET", "/api/v1/nodes/hq-node"): (200, 200, 403, 200, 200, 200, 200),
    ("PATCH", "/api/v1/nodes/hq-node"): (403, 403, 403, 405, 405, 405, 405),
    ("DELETE", "/api/v1/nodes/hq-node"): (403, 403, 403, 403, 403, 405, 405),
    ("GET", f"{PODS}/hq"): (200, 200, 403, 200, 200, 200, 200),
    ("GET", f"{PODS}/yard"): (200, 403, 403, 403, 200, 403, 200),
    ("GET", f"{PODS}/none"): (404, 403, 403, 403, 404, 403, 404),
    # Allowed, and on no node.
    ("GET", f"{PODS}/hq/log"): (400, 400, 403, 400, 400, 400, 400),
    ("GET", f"{PODS}/yard/log"): (400, 403, 403, 403, 400, 403, 400),
    ("POST", f"{PODS}/hq/eviction"): (403, 403, 403, 201, 201, 201, 201),
    ("POST", f"{PODS}/yard/eviction"): (403, 403, 403, 403, 201, 403, 201),
    ("DELETE", f"{PODS}/hq"): (403, 403, 403, 200, 200, 200, 200),
    ("GET", f"{METRICS}/nodes"): (200, 200, 403, 200, 200, 200, 200),
    ("GET", f"{METRICS}/nodes/hq-node"): (404, 404, 403, 404, 404, 404, 404),
    ("GET", "/v1/Cameras/hq-1"): (200, 200, 200, 200, 200, 200, 200),
    ("GET", "/v1/Cameras/yard-1"): (200, 403, 200, 403, 200, 403, 200),
    ("GET", "/v1/Cameras/none"): (404, 403, 404, 403, 404, 403, 404),
    ("GET", "/v1/Cameras/77"): (404, 403, 404, 403, 404, 403, 404),
    ("GET", "/v1/DsInstance/hq/Cameras"): (200, 200, 403, 200, 200, 200, 200),
    ("GET", "/v1/openapi.json"): (200, 200, 200, 200, 200, 200, 200),
    ("GET", "/v1/none"): (404, 403, 403, 403, 404, 403, 404),
    ("POST", "/v1/Cameras"): (403, 403, 403, 403, 403, 405, 405),
    ("PUT", "/v1/Cameras/hq-1"): (403, 403, 403, 405, 405, 405, 405),
    ("DELETE", "/v1/Cameras/hq-1"): (403, 403, 403, 403, 403, 405, 405),
    ("POST", "/v1/Camera_Instance"): (403, 403, 403, 404, 404, 404, 404),
    ("PUT", "/v1/Agent_Instance"): (403, 403, 403, 404, 404, 404, 404),
    ("POST", "/v1/Update_config"): (403, 403, 403, 202, 202, 202, 202),
    ("POST", "/v1/Refresh"): (403, 403, 403, 202, 202, 202, 202),
    ("DELETE", "/v1/Database"): (403, 403, 403, 403, 403, 403, 404),
}


@pytest.mark.parametrize("asked", REACHED, ids=" ".join)
def test_who_reaches_what(fleet: FleetOfTwoSites, asked: tuple[str, str]) -> None:
    assert tuple(fleet.code(*asked, who) for who in WHO) == REACHED[asked]


def test_lists_and_events_hold_what_is_seen(fleet: FleetOfTwoSites) -> None:
    assert fleet.names("/api/v1/pods", "hq-viewer") == ["hq"]
    assert fleet.names("/api/v1/nodes", "hq-viewer") == ["hq-node"]
    assert fleet.names("/api/v1/pods", "viewer") == ["hq", "yard"]
    assert fleet.names(f"{OBJECTS}/cameras", "hq-viewer") == ["hq-1"]
    assert fleet.names(f"{OBJECTS}/cameras", "camera-viewer") == ["hq-1", "yard-1"]
    assert fleet.names(f"{OBJECTS}/cameras?labelSelector=site=yard", "hq-viewer") == []
    about = {
        who: sorted(one["involvedObject"]["name"] for one in fleet("GET", "/api/v1/events", who).json()["items"])
        for who in ("viewer", "hq-viewer", "camera-viewer")
    }
    assert about == {
        "viewer": ["gone", "hq-1", "hq-node", "yard-1"],
        "hq-viewer": ["hq-1", "hq-node"],
        "camera-viewer": ["gone", "hq-1", "yard-1"],
    }


def test_other_forms_of_instances_are_seen_by_who_sees_these(fleet: FleetOfTwoSites) -> None:
    for plural, sites in (("deployments", {"hq"}), ("replicasets", {"hq"})):
        found = fleet("GET", f"{APPS}/{plural}", "hq-viewer").json()["items"]
        assert {one["metadata"]["labels"]["site"] for one in found} == sites
    selector = "labelSelector=dsfleet.io/instance%3Dyard"
    assert fleet("GET", f"{APPS}/replicasets?{selector}", "hq-viewer").json()["items"] == []
    assert len(fleet("GET", f"{APPS}/replicasets?{selector}", "viewer").json()["items"]) == 1


def test_a_watch_tells_what_comes_into_sight_and_what_leaves_it(fleet: FleetOfTwoSites) -> None:
    version = fleet("GET", f"{OBJECTS}/cameras", "hq-viewer").json()["metadata"]["resourceVersion"]
    fleet.show("yard", "hq")
    query = f"watch=true&timeoutSeconds=1&resourceVersion={version}"
    told = [
        (one["type"], one["object"]["metadata"]["name"], one["object"]["metadata"]["labels"]["site"])
        for one in map(json.loads, fleet("GET", f"{OBJECTS}/cameras?{query}", "hq-viewer").text.splitlines())
    ]
    assert told == [("DELETED", "hq-1", "hq"), ("ADDED", "yard-1", "hq")]


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
@pytest.mark.parametrize("who", ["hq-viewer", "hq-operator", "hq-admin"])
def test_nothing_tells_whether_what_is_not_seen_exists(fleet: FleetOfTwoSites, method: str, who: str) -> None:
    there = fleet(method, f"{OBJECTS}/cameras/yard-1", who)
    absent = fleet(method, f"{OBJECTS}/cameras/yard-2", who)
    assert there.status_code == absent.status_code == 403
    assert there.text.replace("yard-1", "yard-2") == absent.text
    assert there.headers == absent.headers


def test_events_tell_no_more(fleet: FleetOfTwoSites) -> None:
    path = "/api/v1/namespaces/default/events"
    names = {
        one["involvedObject"]["name"]: one["metadata"]["name"] for one in fleet("GET", path, "viewer").json()["items"]
    }
    assert fleet("GET", f"{path}/{names['hq-1']}", "hq-viewer").status_code == 200
    hidden, absent = fleet("GET", f"{path}/{names['yard-1']}", "hq-viewer"), fleet("GET", f"{path}/none", "hq-viewer")
    assert hidden.status_code == absent.status_code == 403
    assert hidden.text.replace(names["yard-1"], "none") == absent.text
    assert fleet("GET", f"{path}/none", "viewer").status_code == 404


def test_a_refusal_is_a_status_that_says_what_is_missing(fleet: FleetOfTwoSites) -> None:
    answer = fleet("PATCH", f"{OBJECTS}/cameras/yard-1", "hq-operator", json={})
    assert answer.json() == {
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "reason": "Forbidden", "code": 403,
        "message": 'cameras.dsfleet.io "yard-1" is forbidden: User "hq-operator" cannot patch resource "cameras": that needs '
        "the role operator of Camera with such labels, and hq-operator is operator where site=hq",
        "details": {"name": "yard-1", "group": "dsfleet.io", "kind": "cameras"},
    }  # fmt: skip
    answer = fleet("GET", "/fleet/v1/status", "hq-viewer")
    assert answer.json()["message"] == (
        'forbidden: User "hq-viewer" cannot look at the controller, or at a path that tells of everything: that needs the '
        "role viewer for the whole fleet, and hq-viewer is viewer where site=hq"
    )


@pytest.mark.parametrize(
    ("header", "words", "challenge"),
    [
        (None, "no credential was shown", 'Bearer realm="fleet"'),
        (f"Bearer {SECRETS['admin'][:-1]}0", "this token is not known", 'Bearer realm="fleet", error="invalid_token"'),
        ("Basic abc", "none that is understood", 'Bearer realm="fleet", error="invalid_request"'),
    ],
)
@pytest.mark.parametrize(
    "path", [f"{OBJECTS}/cameras", "/version", "/no/such/path", "/fleet/v1/status", "/apis", "/webs"]
)
def test_who_is_not_known_learns_that_and_nothing_else(
    fleet: FleetOfTwoSites, path: str, header: str | None, words: str, challenge: str
) -> None:
    answers = [
        fleet(method, path, headers={"authorization": header} if header else {})
        for method in ("GET", "POST", "DELETE", "OPTIONS")
    ]
    for answer in answers:
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, challenge)
        assert words in answer.json()["message"]
        assert answer.json()["reason"] == "Unauthorized"
        assert "fleet_" not in answer.text
    assert fleet.audit.lines == []


def test_an_expired_token_is_told(fleet: FleetOfTwoSites) -> None:
    fleet.now = NOW + timedelta(days=1)
    answer = fleet("GET", "/version", "admin")
    assert answer.status_code == 401
    assert f"token {SECRETS['admin'][6:14]} expired at" in answer.json()["message"]


def test_two_headers_are_none(fleet: FleetOfTwoSites) -> None:
    two: Any = [("authorization", f"Bearer {SECRETS['viewer']}"), ("authorization", f"Bearer {SECRETS['admin']}")]
    app = fleet.app()

    async def request() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
            return await client.get("/version", headers=two)

    assert asyncio.run(request()).status_code == 401


def test_a_token_in_the_query_is_none(fleet: FleetOfTwoSites) -> None:
    secret = SECRETS["admin"]
    assert fleet("GET", f"/version?token={secret}&access_token={secret}").status_code == 401


def test_probes_need_no_credential_and_learn_little(fleet: FleetOfTwoSites) -> None:
    fleet.why_not_ready = "another controller leads: host9"
    assert fleet("GET", "/livez").text == "ok"
    assert fleet("GET", "/readyz").text == "not ready"
    assert fleet("GET", "/readyz", "viewer").text == "not ready: another controller leads: host9"


@pytest.mark.parametrize(
    ("peer", "codes"),
    [
        (Peer(unix_user="root"), (200, 200)),
        (Peer("192.0.2.7", common_name="bob", organizations=("guards",)), (200, 403)),
        (Peer("192.0.2.7", common_name="bob"), (403, 403)),
        (peer_at("127.0.0.1"), (401, 401)),
    ],
)
def test_other_ways_in(fleet: FleetOfTwoSites, peer: Peer, codes: tuple[int, int]) -> None:
    paths = (f"{OBJECTS}/cameras/hq-1", f"{OBJECTS}/cameras/yard-1")
    assert tuple(fleet("GET", path, peer=peer).status_code for path in paths) == codes


def test_without_an_access_file_this_machine_does_all_and_others_look(fleet: FleetOfTwoSites) -> None:
    fleet.access.current = None
    body = {"json": {"revision": "sha256:1"}}
    assert fleet("POST", "/fleet/v1/approve", peer=peer_at("127.0.0.1"), **body).status_code == 200
    assert fleet("GET", f"{OBJECTS}/cameras").status_code == 200
    assert fleet("POST", "/fleet/v1/approve", **body).status_code == 403
    fleet.openness = Openness(everybody=True)
    assert fleet("POST", "/fleet/v1/approve", **body).status_code == 200


def test_nobody_is_impersonated(fleet: FleetOfTwoSites) -> None:
    answer = fleet("GET", "/version", "admin", headers={"impersonate-user": "bob"})
    assert (answer.status_code, answer.json()["reason"]) == (403, "Forbidden")


def test_requests_are_counted_for_each_client(fleet: FleetOfTwoSites) -> None:
    fleet.rates = {"known_rate": Rate(0.1, 2), "unknown_rate": Rate(0.1, 1)}
    app = fleet.app()

    async def codes(*who: str) -> list[tuple[int, str | None]]:
        transport = httpx.ASGITransport(app, client=("192.0.2.7", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            answers = [
                await client.get("/version", headers={"authorization": f"Bearer {SECRETS.get(one, one)}"})
                for one in who
            ]
        return [(one.status_code, one.headers.get("retry-after")) for one in answers]

    assert asyncio.run(codes("viewer", "viewer", "viewer", "admin", "x", "x", "admin")) == [
        (200, None), (200, None), (429, "10"), (200, None), (401, None), (429, "10"), (200, None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"origin": "http://evil.example.com"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://[::1"}, 403),
        ({"origin": "http://127.0.0.1:9999"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "http://127.0.0.1:8080", "sec-fetch-site": "same-origin"}, 200),
        ({}, 200),
    ],
)
def test_pages_of_other_sites_change_nothing(fleet: FleetOfTwoSites, headers: dict[str, str], code: int) -> None:
    asked = fleet("POST", "/fleet/v1/update", "admin", json={}, headers=headers)
    assert asked.status_code == code
    assert fleet("GET", "/version", "admin", headers=headers).status_code == 200


REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


@pytest.mark.parametrize(
    ("attributes", "allowed"),
    [
        ({"verb": "list", "group": "dsfleet.io", "resource": "cameras"}, "viewer hq-viewer hq-operator admin"),
        ({"verb": "get", "group": "dsfleet.io", "resource": "cameras", "name": "yard-1"}, "viewer admin"),
        ({"verb": "get", "group": "dsfleet.io", "resource": "cameras", "name": "none"}, "viewer admin"),
        (
            {"verb": "get", "group": "apps", "resource": "replicasets", "name": "hq-0123456789"},
            "viewer hq-viewer hq-operator admin",
        ),
        ({"verb": "get", "group": "apps", "resource": "replicasets", "name": "yard-0123456789"}, "viewer admin"),
        ({"verb": "get", "resource": "pods", "subresource": "log", "name": "yard"}, "viewer admin"),
        ({"verb": "create", "resource": "pods", "subresource": "eviction", "name": "hq"}, "hq-operator admin"),
        ({"verb": "delete", "resource": "pods", "name": "yard"}, "admin"),
        ({"verb": "get", "group": "metrics.k8s.io", "resource": "pods", "name": "yard"}, "viewer admin"),
        ({"verb": "list", "resource": "events"}, "viewer hq-viewer hq-operator admin"),
        ({"verb": "get", "resource": "namespaces"}, "viewer hq-viewer hq-operator admin"),
    ],
)
def test_who_asks_beforehand_is_answered_the_same(
    fleet: FleetOfTwoSites, attributes: dict[str, str], allowed: str
) -> None:
    asked = {"spec": {"resourceAttributes": attributes}}
    answers = {
        who: fleet("POST", REVIEW, who, json=asked).json()["status"]
        for who in ("viewer", "hq-viewer", "hq-operator", "admin")
    }
    assert " ".join(who for who, status in answers.items() if status["allowed"]) == allowed
    assert all("that needs the role" in status["reason"] for status in answers.values() if not status["allowed"])


def test_who_asks_who_he_is(fleet: FleetOfTwoSites) -> None:
    path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
    guard = fleet("POST", path, peer=Peer("192.0.2.7", common_name="bob", organizations=("guards",)), json={})
    assert guard.json()["status"] == {"userInfo": {"username": "bob", "groups": ["guards"]}}
    assert fleet("POST", path, "hq-admin", json={}).json()["status"]["userInfo"]["username"] == "hq-admin"
    assert fleet.audit.lines == []
