import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from controller.api.routing import Router
from tests.api.serving import Http


async def _words(request: Request, kind: str, name: str) -> Response:
    return PlainTextResponse(f"{request.method} {kind} {name}")


async def _name(name: str) -> Response:
    return PlainTextResponse(name)


@pytest.fixture
def http() -> Http:
    router = Router("/things")
    router.add("/{kind}/{name}", _words, "GET", "PUT")
    router.add("/{name:path}", _name, "POST")
    return Http(FastAPI(routes=[*router.routes]))


def test_endpoints_are_given_what_they_ask_for_by_name(http: Http) -> None:
    assert http.get("/things/a/b").text == "GET a b"
    assert http("PUT", "/things/a%20b/c").text == "PUT a b c"
    assert http("POST", "/things/a/b/c").text == "a/b/c"


def test_head_is_no_part_of_get(http: Http) -> None:
    assert http("HEAD", "/things/a/b").status_code == 405


def test_an_endpoint_that_takes_what_its_path_does_not_have_is_a_bug() -> None:
    with pytest.raises(ValueError, match=r"/things/\{kind\} has no name, which its endpoint takes"):
        Router("/things").add("/{kind}", _words, "GET")
