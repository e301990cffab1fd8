"""A browser logs in by name and password, and shows a cookie then: what it opens, and what no page of others can have it do."""

import logging
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from pages.static_files import SECURITY_HEADERS, read_static_files
from tasks.service.http_api import create_app
from tasks.service.page_paths import FOLDER
from tests.tasks.service.conftest import PASSWORDS, Api, Client
from tests.tasks.worker.small_networks import grey_png

OURS = {"origin": "http://service"}
PICTURE = grey_png(7)


@pytest.fixture
def log_in(api: Api) -> Callable[..., httpx.Response]:
    def log_in(user: str = "alice", password: str = "", **headers: str) -> httpx.Response:
        body = {"username": user, "password": password or PASSWORDS[user]}
        return api.client.post("/login", json=body, headers=headers)

    return log_in


def cookie_of(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 200, answer.text
    return {"cookie": f"theme=dark; {answer.headers['set-cookie'].partition(';')[0]}"}


def test_from_login_to_logout(api: Api, log_in: Callable[..., httpx.Response]) -> None:
    given = log_in()
    name, _, token = cookie_of(given)["cookie"].removeprefix("theme=dark; ").partition("=")
    assert given.headers["set-cookie"] == f"{name}={token}; HttpOnly; SameSite=Strict; Path=/"
    assert name == "fleet-tasks-session"
    assert given.headers["cache-control"] == "no-store"
    assert token not in given.text
    assert given.json() == {"user": "alice", "max_image_bytes": 100_000}

    cookie = cookie_of(given)
    assert api.client.get("/me", headers=cookie).json() == given.json()
    made = api.client.post("/tasks", files={"image": PICTURE}, headers=cookie | OURS)
    assert made.status_code == 201
    path = made.headers["location"]
    picture = api.client.get(f"{path}/input", headers=cookie)
    assert (picture.content, picture.headers["cross-origin-resource-policy"]) == (PICTURE, "same-origin")
    assert api.client.request("DELETE", path, headers=cookie | {"sec-fetch-site": "same-origin"}).status_code == 204

    left = api.client.post("/logout", headers=cookie | OURS)
    assert left.status_code == 204
    assert left.headers["set-cookie"] == "fleet-tasks-session=; Max-Age=0; HttpOnly; SameSite=Strict; Path=/"
    assert api.client.get("/me", headers=cookie).status_code == 401
    assert api.client.post("/logout", headers=OURS).status_code == 204


def test_a_login_behind_https_sets_a_cookie_that_goes_by_nothing_else(log_in: Callable[..., httpx.Response]) -> None:
    given = log_in(origin="https://service")
    assert given.headers["set-cookie"].endswith("; Secure")


def test_each_cookie_is_of_its_user(api: Api, log_in: Callable[..., httpx.Response]) -> None:
    task_id = api.upload(PICTURE).json()["id"]
    assert api.client.get(f"/tasks/{task_id}", headers=cookie_of(log_in("alice"))).status_code == 200
    assert api.client.get(f"/tasks/{task_id}", headers=cookie_of(log_in("bob"))).status_code == 404


def test_who_sends_a_header_means_that_and_not_the_cookie(api: Api, log_in: Callable[..., httpx.Response]) -> None:
    both = cookie_of(log_in("alice")) | api.headers["bob"]
    assert api.client.get("/me", headers=both).json()["user"] == "bob"
    for wrong in ("Bearer guessed", "Basic YTpi", "Bearer "):
        assert api.client.get("/me", headers=both | {"Authorization": wrong}).status_code == 401


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({}, "our own page"),
        ({"origin": "http://service:8080"}, "another site"),
        ({"origin": "https://evil.example"}, "another site"),
        ({"origin": "null"}, "another site"),
        ({"origin": "http://[", "sec-fetch-site": "same-origin"}, "another site"),
        ({"sec-fetch-site": "same-site"}, "another site"),
        ({"sec-fetch-site": "cross-site", "origin": "http://service"}, "another site"),
    ],
)
def test_a_cookie_changes_nothing_from_elsewhere(
    api: Api, log_in: Callable[..., httpx.Response], headers: dict[str, str], why: str
) -> None:
    task_id = api.upload(PICTURE).json()["id"]
    cookie = cookie_of(log_in())
    for method, path in (("DELETE", f"/tasks/{task_id}"), ("POST", "/tasks"), ("POST", "/logout")):
        refused = api.client.request(method, path, headers=cookie | headers)
        assert (refused.status_code, why in refused.json()["detail"]) == (403, True), refused.text
    assert api.client.get(f"/tasks/{task_id}", headers=cookie).status_code == 200


def test_another_page_cannot_log_somebody_in(log_in: Callable[..., httpx.Response]) -> None:
    refused = log_in(origin="https://evil.example")
    assert (refused.status_code, "set-cookie" in refused.headers) == (403, False)


def test_guesses_of_passwords_are_slowed_down_here_too(
    api: Api, log_in: Callable[..., httpx.Response], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answers = [log_in(password="hunter2hunter2") for _ in range(6)]
    assert [refused.status_code for refused in answers] == [401] * 5 + [429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert api.client.post("/token", data={"username": "alice", "password": PASSWORDS["alice"]}).status_code == 429
    assert "hunter2" not in caplog.text + "".join(refused.text for refused in answers)


@pytest.mark.parametrize(
    "body", [{}, {"username": "alice"}, {"username": "alice", "password": "sesame" * 99}, [], "sesame"]
)
def test_what_was_sent_to_login_is_not_sent_back(api: Api, body: object) -> None:
    refused = api.client.post("/login", json=body)
    assert (refused.status_code, "set-cookie" in refused.headers, "sesame" in refused.text) == (422, False, False)
    assert isinstance(refused.json()["detail"], str)


def test_the_page_is_for_everybody_and_its_headers_are_those_of_the_controllers(api: Api, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<!doctype html><title>fleet tasks</title>")
    (tmp_path / "favicon.svg").write_text("<svg/>")
    (tmp_path / "app-1A2B3C4D.js").write_bytes(b"console.log('tasks')\n" * 50)
    client = Client(create_app(api.parts, tmp_path))
    for path in ("/", "/favicon.svg", "/web/app-1A2B3C4D.js"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert SECURITY_HEADERS.items() <= {name.title(): value for name, value in answer.headers.items()}.items()
    assert client.get("/").headers["content-type"] == "text/html; charset=utf-8"
    script = client.get("/web/app-1A2B3C4D.js", headers={"accept-encoding": "gzip"}).headers
    assert (script["content-encoding"], "immutable" in script["cache-control"]) == ("gzip", True)
    again = client.get("/", headers={"if-none-match": client.get("/").headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    for path in ("/web/", "/web/none.js", "/web/index.html", "/web/..%2ftables.py"):
        assert client.get(path).status_code == 404


def test_the_files_of_the_wheel_are_those_of_a_page() -> None:
    files = read_static_files(FOLDER)
    assert {"index.html", "favicon.svg", "THIRD_PARTY.txt"} <= files.keys()
    assert b"<title>fleet tasks</title>" in files["index.html"].content
    assert all(file.media_type != "application/octet-stream" for file in files.values())
