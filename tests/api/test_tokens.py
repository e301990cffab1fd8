"""Tokens are made, listed and taken back through the API."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from controller.access.access_file import AccessFile, CertificateBinding, binding_of
from controller.access.audit_line import Audited
from controller.access.authentication import Openness, Peer
from controller.access_keeper import AccessKeeper
from controller.api.access_control import AccessControl, NoAccess
from controller.api.server import create_app
from controller.picture.store import ObjectStore
from ports.disk import RealDisk
from tests.api.serving import FakeControl
from tests.picture.fleets import NOW

TOKENS = "/fleet/v1/tokens"
CAMERAS = "/apis/dsfleet.io/v1/cameras"


class Lines(list[Audited]):
    def require_room(self) -> None:
        pass


class Http:
    """The API of a controller with an access file, asked over its unix socket, or with a token."""

    def __init__(self, folder: Path) -> None:
        self.keeper = AccessKeeper(folder, RealDisk(), lambda: NOW)
        self.audit = Lines()
        self.objects = ObjectStore(1)
        control = AccessControl(self.keeper, self.audit, Openness())
        self.app: FastAPI = create_app(
            self.objects, ObjectStore(1), FakeControl(), access=control, clock=lambda: NOW, bookmark_seconds=0.05
        )

    def __call__(self, method: str, path: str, token: str = "", **options: Any) -> httpx.Response:
        return asyncio.run(self.ask(method, path, token, **options))

    async def ask(
        self,
        method: str,
        path: str,
        token: str = "",
        at_body: Callable[[], Any] = lambda: None,
        peer: Peer | None = None,
        **options: Any,
    ) -> httpx.Response:
        async def asgi(scope: Any, receive: Any, send: Any) -> None:
            async def noting(message: Any) -> None:
                await send(message)
                if message["type"] == "http.response.body":
                    at_body()

            scope["state"] = {} if token else {"peer": peer or Peer(unix_user="root")}
            await self.app(scope, receive, noting)

        headers = {"authorization": f"Bearer {token}"} if token else {}
        transport = httpx.ASGITransport(asgi)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.request(method, path, headers=headers, **options)


@pytest.fixture
def http(tmp_path: Path) -> Http:
    return Http(tmp_path)


def test_a_token_from_its_making_to_its_end(http: Http) -> None:
    assert http("GET", TOKENS).json() == {"tokens": []}
    made = http("POST", TOKENS, json={"name": "alice", "role": "admin", "ttlSeconds": 3600})
    assert (made.status_code, made.headers["cache-control"]) == (201, "no-store")
    document = made.json()
    secret = document.pop("token")
    assert document == {
        "id": secret[6:14], "name": "alice", "role": "admin", "selector": "", "kinds": [],
        "created": "2026-03-01T12:00:30+00:00", "expires": "2026-03-01T13:00:30+00:00",
    }  # fmt: skip
    ci = http("POST", TOKENS, secret, json={"role": "operator", "selector": "site=hq", "kinds": ["cam", "DsInstance"]})
    assert ci.json()["name"] == f"token-{ci.json()['id']}"
    assert ci.json()["kinds"] == ["Camera", "DsInstance"]
    listed = http("GET", TOKENS, secret)
    assert [one["name"] for one in listed.json()["tokens"]] == ["alice", ci.json()["name"]]
    for answer in (listed, http("GET", TOKENS, ci.json()["token"])):
        assert "fleet_" not in answer.text
        assert http.keeper.current is not None
        assert http.keeper.current.tokens[0].digest not in answer.text
    assert http("DELETE", f"{TOKENS}/{ci.json()['id']}", secret).status_code == 200
    assert http("DELETE", f"{TOKENS}/{ci.json()['id']}", secret).status_code == 404
    assert http("GET", CAMERAS, ci.json()["token"]).status_code == 401
    assert [(one.who.name, one.verb, one.objects) for one in http.audit] == [
        ("root", "tokens", (f"Token/{secret[6:14]}",)),
        ("alice", "tokens", (f"Token/{ci.json()['id']}",)),
        ("alice", "tokens", (f"Token/{ci.json()['id']}",)),
        ("alice", "tokens", (f"{TOKENS}/{ci.json()['id']}",)),
    ]


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ({}, 422, "role is ''"),
        ({"role": "admin", "selektor": "site=hq"}, 400, "and holds selektor"),
        ({"role": "viewer"}, 422, "the first token must be an admin's"),
        ({"role": "admin", "selector": "(("}, 422, "no label selector"),
        ({"role": "admin", "kinds": "Camera"}, 400, "kinds must be a list"),
        ({"role": "admin", "kinds": ["Pod"]}, 422, "kind is 'Pod'"),
        ({"role": "admin", "name": "a\nb"}, 422, "a name has"),
        ({"role": "admin", "name": 5}, 400, "name must be a text"),
        ({"role": "admin", "ttlSeconds": 0}, 400, "ttlSeconds"),
        ({"role": "admin", "ttlSeconds": True}, 400, "ttlSeconds"),
        ({"role": "admin", "ttlSeconds": 1e300}, 400, "ttlSeconds"),
    ],
)
def test_what_makes_no_token(http: Http, body: dict[str, Any], code: int, words: str) -> None:
    answer = http("POST", TOKENS, json=body)
    assert answer.status_code == code
    assert words in answer.json()["message"]
    assert http.keeper.current is None


def test_a_disk_that_is_full(http: Http, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(RealDisk, "write", full)
    answer = http("POST", TOKENS, json={"role": "admin"})
    assert (answer.status_code, answer.json()["reason"]) == (507, "InsufficientStorage")
    assert http.keeper.current is None


@pytest.mark.parametrize("how", ["revoked", "narrowed"])
def test_a_watch_ends_with_its_token(http: Http, how: str) -> None:
    """It goes on for half an hour otherwise, and longer when its client wants that."""
    http.keeper.create("a", binding_of("admin"), None)
    token, secret = http.keeper.create("w", binding_of("viewer"), timedelta(days=1))
    bodies = []

    def note() -> None:
        bodies.append(1)
        if len(bodies) == 1:
            if how == "revoked":
                http.keeper.revoke(token.id)
            else:
                http.keeper.create("b", binding_of("viewer"), None)

    query = {"watch": "1", "timeoutSeconds": "1", "allowWatchBookmarks": "true"}
    answer = asyncio.run(http.ask("GET", CAMERAS, secret, note, params=query))
    assert answer.status_code == 200
    assert answer.text.count("BOOKMARK") == (1 if how == "revoked" else len(bodies) - 1)
    assert len(bodies) == 2 if how == "revoked" else len(bodies) > 3


BOB = CertificateBinding(binding_of("viewer"), user="bob")


@pytest.mark.parametrize(
    ("peer", "before", "after"),
    [
        # His certificate is good for nothing any more, or for less.
        (Peer("192.0.2.7", common_name="bob"), AccessFile(certificates=(BOB,)), AccessFile()),
        (
            Peer("192.0.2.7", common_name="bob"),
            AccessFile(certificates=(BOB,)),
            AccessFile(certificates=(replace(BOB, binding=binding_of("viewer", "site=hq")),)),
        ),
        # He needed none before there were any.
        (Peer("192.0.2.7"), None, AccessFile(certificates=(BOB,))),
        (Peer("127.0.0.1", is_local=True), None, AccessFile(certificates=(BOB,))),
    ],
)
def test_a_watch_ends_with_what_it_was_begun_with(
    tmp_path: Path, peer: Peer, before: AccessFile | None, after: AccessFile
) -> None:
    http, access, bodies = Http(tmp_path), NoAccess(), list[int]()
    access.current = before
    http.app = create_app(
        http.objects,
        ObjectStore(1),
        FakeControl(),
        access=AccessControl(access, openness=Openness()),
        bookmark_seconds=0.05,
    )

    def note() -> None:
        bodies.append(1)
        access.current = after

    query = {"watch": "1", "timeoutSeconds": "1", "allowWatchBookmarks": "true"}
    answer = asyncio.run(http.ask("GET", CAMERAS, "", note, peer, params=query))
    assert answer.status_code == 200
    assert (answer.text.count("BOOKMARK"), len(bodies)) == (1, 2)
