"""The page itself: how its files are sent, and what browsers are told to keep it from."""

import gzip
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import Response

from controller.api.errors import ApiError, answer
from controller.api.page.static_paths import FOLDER, StaticPaths
from controller.api.server import create_app
from controller.picture.store import ObjectStore
from pages.static_files import SECURITY_HEADERS, read_static_files, static_file, takes_gzip
from tests.api.serving import FakeControl, Http
from tests.api.two_sites import FleetOfTwoSites

SCRIPT = b"console.log('fleet')\n" * 50


@pytest.fixture
def http() -> Http:
    return Http(create_app(ObjectStore(1), ObjectStore(1), FakeControl()))


@pytest.fixture
def built(tmp_path: Path) -> Http:
    (tmp_path / "index.html").write_text("<!doctype html><title>fleet</title>")
    (tmp_path / "app-1A2B3C4D.js").write_bytes(SCRIPT)
    (tmp_path / "app.css").write_bytes(b"p{margin:0}" * 50)
    (tmp_path / "nested").mkdir()
    (tmp_path / "nested" / "more.js").write_bytes(b"1")
    app = FastAPI()
    app.add_exception_handler(ApiError, refused)
    app.router.routes.extend(StaticPaths(tmp_path).router.routes)
    return Http(app)


async def refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return answer(error)


def test_the_policy_is_this_very_one(http: Http) -> None:
    for path in ("/", "/favicon.svg"):
        headers = http.get(path).headers
        assert headers["content-security-policy"] == (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
            "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
        )
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cross-origin-resource-policy"] == "same-origin"


class Document(HTMLParser):
    """What stands in the document that a policy without `unsafe-inline` would not run, and what it loads."""

    def __init__(self) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.loaded: list[str] = []
        self._within = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.inline += [name for name in given if name.startswith("on") or name == "style"]
        self.loaded += [str(given[name]) for name in ("src", "href") if name in given]
        self._within = tag if tag in ("script", "style") else ""

    def handle_endtag(self, tag: str) -> None:
        self._within = ""

    def handle_data(self, data: str) -> None:
        self.inline += [data] if self._within and data.strip() else []


def test_nothing_in_the_document_needs_a_weaker_policy_and_all_it_loads_is_here(http: Http) -> None:
    page = http.get("/")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    document = Document()
    document.feed(page.text)
    assert document.inline == []
    for path in document.loaded:
        assert not re.match(r"[\w+]+:|//", path)
        assert http.get(f"/{path.removeprefix('/')}").status_code == 200


def test_files_that_are_named_by_their_content_are_never_asked_for_again(built: Http) -> None:
    assert built.get("/web/app-1A2B3C4D.js").headers["cache-control"] == "public, max-age=31536000, immutable"
    for path in ("/", "/web/app.css"):
        first = built.get(path)
        assert (first.status_code, first.headers["cache-control"]) == (200, "no-cache")
        again = built.get(path, headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert built.get(path, headers={"if-none-match": '"another"'}).status_code == 200


def test_files_are_compressed_for_who_takes_that(built: Http) -> None:
    plain = built.get("/web/app-1A2B3C4D.js", headers={"accept-encoding": "identity"})
    assert (plain.content, plain.headers.get("content-encoding")) == (SCRIPT, None)
    packed = built.get("/web/app-1A2B3C4D.js", headers={"accept-encoding": "br, gzip;q=0.8"})
    assert (packed.content, packed.headers["content-encoding"]) == (SCRIPT, "gzip")
    assert int(packed.headers["content-length"]) < len(SCRIPT)
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert packed.headers["content-type"] == "text/javascript; charset=utf-8"


@pytest.mark.parametrize(
    ("accepted", "takes"),
    [("", False), ("gzip", True), ("br;q=1.0, gzip;q=0", False), ("deflate, gzip ;q=0.5", True), ("*", True)],
)
def test_what_a_client_takes(accepted: str, takes: bool) -> None:
    assert takes_gzip(accepted) is takes


@pytest.mark.parametrize(
    "path", ["/web/", "/web/none.js", "/web/index.html", "/web/nested", "/web/nested/more.js", "/web/..%2f__init__.py"]
)
def test_nothing_else_is_served(built: Http, path: str) -> None:
    assert built.get(path).status_code == 404


def test_what_saves_nothing_is_not_compressed() -> None:
    assert static_file("tiny.txt", b"x").compressed is None
    packed = static_file("some.txt", b"x" * 1000).compressed
    assert packed is not None
    assert gzip.decompress(packed) == b"x" * 1000


def test_strangers_get_the_page_and_nothing_else() -> None:
    fleet = FleetOfTwoSites()
    for path in ("/", "/favicon.svg", "/web/none.js"):
        assert fleet("GET", path).status_code == (404 if "none" in path else 200)
        assert fleet("GET", path, headers={"cookie": "fleet-session=wrong"}).status_code != 401
    for path in ("/webs", "/fleet/v1/me", "/fleet/v1/status"):
        assert fleet("GET", path).status_code == 401


def files() -> Iterator[str]:
    yield from read_static_files(FOLDER)


def test_the_files_of_the_wheel_are_those_of_a_page() -> None:
    assert {"index.html", "favicon.svg"} <= set(files())
    assert all(static.media_type != "application/octet-stream" for static in read_static_files(FOLDER).values())
    assert "'unsafe" not in SECURITY_HEADERS["Content-Security-Policy"]


@pytest.mark.parametrize("kind", ["camera", "dsinstance", "node"])
def test_the_schemas_that_forms_are_made_of_are_served(http: Http, kind: str) -> None:
    schema = http.get(f"/web/{kind}.schema.json").json()
    assert schema["properties"]["kind"]["const"].lower() == kind
    assert schema["properties"]["spec"]
