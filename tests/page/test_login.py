"""A browser shows a token by a cookie: who it is then, what it may, and what no other page can have it do."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from controller.access.authentication import Openness, peer_at
from controller.access.session_cookie import SESSION_COOKIE
from controller.api.page.login_paths import PageFacts
from controller.api.server import create_app
from controller.picture.brief import Brief
from controller.picture.store import ObjectStore
from controller.source.place import SourcePlace
from tests.api.serving import FakeControl, Http
from tests.api.two_sites import OBJECTS, SECRETS, FleetOfTwoSites
from tests.picture.fleets import NOW

ORIGIN = {"origin": "http://127.0.0.1:8080"}


@pytest.fixture
def fleet() -> FleetOfTwoSites:
    return FleetOfTwoSites()


def cookie(who: str, **more: str) -> dict[str, str]:
    return {"cookie": f"theme=dark; fleet-session={SECRETS[who]}; other=1", **more}


def test_from_login_to_logout(fleet: FleetOfTwoSites) -> None:
    answer = fleet("POST", "/fleet/v1/login", json={"token": f" {SECRETS['hq-operator']}\n"})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["set-cookie"] == (
        f"fleet-session={SECRETS['hq-operator']}; HttpOnly; SameSite=Strict; Path=/"
    )
    assert SECRETS["hq-operator"] not in answer.text
    me = answer.json()
    assert (me["user"], me["role"], me["selector"], me["kinds"]) == ("hq-operator", "operator", "site=hq", [])
    assert me["needsLogin"] is True
    again = fleet("GET", "/fleet/v1/me", headers=cookie("hq-operator"))
    assert again.json() == me
    left = fleet("POST", "/fleet/v1/logout", headers=cookie("hq-operator", **ORIGIN))
    assert left.status_code == 200
    assert left.headers["set-cookie"] == "fleet-session=; Max-Age=0; HttpOnly; SameSite=Strict; Path=/"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"token": SECRETS["admin"][:-1]}, 401),
        ({"token": "fleet_ffffffff_" + "f" * 64}, 401),
        ({"token": "ü" * 20}, 401),
        ({"token": "x" * 5000}, 401),
        ({"token": "a\r\nSet-Cookie: b=c"}, 401),
        ({"token": ""}, 400),
        ({"token": 5}, 400),
        ({}, 400),
    ],
)
def test_a_bad_token_opens_nothing(fleet: FleetOfTwoSites, body: dict[str, Any], code: int) -> None:
    answer = fleet("POST", "/fleet/v1/login", json=body)
    assert (answer.status_code, "set-cookie" in answer.headers) == (code, False)
    assert answer.json()["kind"] == "Status"


def test_a_login_takes_json_alone(fleet: FleetOfTwoSites) -> None:
    """A form of another page could post nothing else."""
    answer = fleet("POST", "/fleet/v1/login", data={"token": SECRETS["admin"]})
    assert (answer.status_code, "set-cookie" in answer.headers) == (415, False)


def test_the_cookie_counts_as_the_header_does_everywhere(fleet: FleetOfTwoSites) -> None:
    for path in (f"{OBJECTS}/cameras", "/api/v1/pods", "/fleet/v1/status", "/v1/Cameras/all_camera", "/apis"):
        for who in ("viewer", "hq-viewer", "camera-viewer", "admin"):
            by_cookie = fleet("GET", path, headers=cookie(who))
            assert (by_cookie.status_code, by_cookie.text) == (
                fleet("GET", path, who).status_code,
                fleet("GET", path, who).text,
            )


def test_the_header_wins_over_the_cookie(fleet: FleetOfTwoSites) -> None:
    assert fleet("GET", "/fleet/v1/me", "viewer", headers=cookie("admin")).json()["user"] == "viewer"
    wrong = {"cookie": f"fleet-session={SECRETS['admin']}", "authorization": "Bearer wrong"}
    assert fleet("GET", "/fleet/v1/me", headers=wrong).status_code == 401


@pytest.mark.parametrize("value", ["wrong", "fleet_ffffffff_" + "f" * 64, "%00", "a" * 4000])
def test_a_wrong_cookie_is_401_and_is_taken_back(fleet: FleetOfTwoSites, value: str) -> None:
    """Also where none is needed; without it the next request is answered."""
    for openness in (Openness(), Openness(loopback=True)):
        fleet.openness = openness
        peer = peer_at("127.0.0.1")
        answer = fleet("GET", "/fleet/v1/me", peer=peer, headers={"cookie": f"fleet-session={value}"})
        assert answer.status_code == 401
        assert answer.headers["set-cookie"].startswith("fleet-session=; Max-Age=0;")
        assert value not in answer.text
    assert fleet("GET", "/fleet/v1/me", peer=peer).json()["user"] == "anonymous"
    assert "set-cookie" not in fleet("GET", "/fleet/v1/me", headers={"authorization": "Bearer wrong"}).headers


def test_an_expired_cookie_says_so(fleet: FleetOfTwoSites) -> None:
    fleet.now = NOW + timedelta(days=2)
    answer = fleet("GET", f"{OBJECTS}/cameras", headers=cookie("viewer"))
    assert answer.status_code == 401
    assert "expired at" in answer.json()["message"]


WRITES = (("POST", "/fleet/v1/refresh"), ("PATCH", f"{OBJECTS}/cameras/hq-1"), ("DELETE", f"{OBJECTS}/cameras/hq-1"))
FOREIGN = (
    {},
    {"origin": "http://evil.example.com"},
    {"origin": "http://127.0.0.1:9999"},
    {"origin": "null"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "same-site", **ORIGIN},
)


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_cookie_changes_nothing_from_another_page(fleet: FleetOfTwoSites, headers: dict[str, str]) -> None:
    for method, path in WRITES:
        answer = fleet(method, path, headers=cookie("admin", **headers), json={})
        assert answer.status_code == 403
        assert "page" in answer.json()["message"]
    assert fleet.control.asked == []
    assert fleet("POST", "/fleet/v1/logout", headers=cookie("admin", **headers)).status_code == 403


@pytest.mark.parametrize("headers", FOREIGN[1:], ids=str)
def test_no_other_page_logs_a_browser_in(fleet: FleetOfTwoSites, headers: dict[str, str]) -> None:
    answer = fleet("POST", "/fleet/v1/login", json={"token": SECRETS["viewer"]}, headers=headers)
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


@pytest.mark.parametrize("headers", [ORIGIN, {"sec-fetch-site": "same-origin"}], ids=str)
def test_a_cookie_changes_what_its_owner_may_from_our_own_page(fleet: FleetOfTwoSites, headers: dict[str, str]) -> None:
    assert fleet("POST", "/fleet/v1/refresh", headers=cookie("hq-operator", **headers), json={}).status_code == 200
    assert fleet.audit.lines[-1].who.name == "hq-operator"
    assert fleet("POST", "/fleet/v1/refresh", headers=cookie("viewer", **headers), json={}).status_code == 403


def test_tokens_are_in_no_line_of_the_audit_log(fleet: FleetOfTwoSites) -> None:
    fleet("POST", "/fleet/v1/login", json={"token": SECRETS["admin"]}, headers=ORIGIN)
    fleet("POST", "/fleet/v1/refresh", headers=cookie("admin", **ORIGIN), json={})
    fleet("POST", "/fleet/v1/logout", headers=cookie("admin", **ORIGIN))
    assert [one.objects for one in fleet.audit.lines] == [("/fleet/v1/refresh",)]
    assert SECRETS["admin"] not in str(fleet.audit.lines)


def test_a_token_in_a_url_is_none(fleet: FleetOfTwoSites) -> None:
    for name in ("token", "access_token", "fleet-session"):
        assert fleet("GET", f"/fleet/v1/me?{name}={SECRETS['admin']}").status_code == 401


def test_what_me_tells() -> None:
    facts = PageFacts("hq", SourcePlace("git", "https://git.example.com/a", "main", "a tag takes no commits"), NOW)
    control = FakeControl(said=Brief("sha256:1", leads=False))
    http = Http(create_app(ObjectStore(1), ObjectStore(1), control, fleet_version="1.2", page=facts))
    assert http.json("/fleet/v1/me") == {
        "user": "anonymous", "role": "admin", "selector": "", "kinds": [], "needsLogin": False,
        "fleet": "hq", "version": "1.2",
        "source": {
            "kind": "git", "location": "https://git.example.com/a", "branch": "main",
            "readOnly": "a tag takes no commits",
        },
        "controller": {"leads": False, "startedAt": NOW.isoformat()},
    }  # fmt: skip


@pytest.mark.parametrize("origin", ["https://127.0.0.1:8080", ""])
def test_a_cookie_that_came_by_https_goes_by_nothing_else(fleet: FleetOfTwoSites, origin: str) -> None:
    """A proxy may have taken the https off."""
    headers = {"origin": origin} if origin else {}
    said = fleet("POST", "/fleet/v1/login", json={"token": SECRETS["viewer"]}, headers=headers).headers["set-cookie"]
    assert said.endswith("; Secure") is bool(origin)


def test_by_https_itself_likewise(fleet: FleetOfTwoSites) -> None:
    async def login() -> httpx.Response:
        transport = httpx.ASGITransport(fleet.app())
        async with httpx.AsyncClient(transport=transport, base_url="https://127.0.0.1") as client:
            return await client.post("/fleet/v1/login", json={"token": SECRETS["viewer"]})

    assert asyncio.run(login()).headers["set-cookie"].endswith("; SameSite=Strict; Path=/; Secure")


def test_which_cookie_is_a_session() -> None:
    assert SESSION_COOKIE.found_in([(b"cookie", b"a=b; fleet-session=x=y"), (b"Cookie", b"fleet-session=z")]) == "x=y"
    assert (
        SESSION_COOKIE.found_in([(b"cookie", b"fleet-session=; xfleet-session=1; fleet-sessions=2; FLEET-SESSION=3")])
        is None
    )
    assert SESSION_COOKIE.found_in([(b"cookie", b"fleet-session=x"), (b"AUTHORIZATION", b"Bearer y")]) is None
    assert SESSION_COOKIE.found_in([]) is None
