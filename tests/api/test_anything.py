"""Whatever bytes a request is made of, the answer is no bug of ours."""

import asyncio
import json
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.api.server import create_app
from controller.picture.store import ObjectStore
from tests.api.serving import FakeControl, Http

PATHS = (
    "/fleet/v1/approve",
    "/fleet/v1/update",
    "/fleet/v1/refresh",
    "/fleet/v1/nodes/n1/trust",
    "/fleet/v1/rendered/x",
    "/fleet/v1/status",
    "/apis/dsfleet.io/v1/cameras",
    "/apis/dsfleet.io/v1/cameras/x",
    "/apis/dsfleet.io/v1/x",
    "/api/v1/events",
    "/api/v1/namespaces/default/events/x",
    "/version",
    "/apis",
    "/api/v1/namespaces/x",
    "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
    "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
    "/apis/authentication.k8s.io/v1/selfsubjectreviews",
    "/v1/Cameras/all_camera",
    "/v1/Cameras/7",
    "/v1/Refresh",
    "/v1/x",
)
SURROGATES = [
    rb'{"desc": "\ud800", "revision": "\ud800", "key": "\ud800"}',
    rb'{"desc": "x\udfffy", "revision": "x\udfffy", "key": "x\udfffy"}',
    rb'{"\udc00": 1}',
    rb'{"more": [{"deep": ["\udbff"]}]}',
]
odd_bytes = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(SURROGATES),
    st.text(max_size=30).map(lambda text: json.dumps({"desc": text, "revision": text, "key": text}).encode()),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["desc", "key", "x"]), inner),
        max_leaves=5,
    ).map(lambda value: json.dumps(value).encode()),
)
query = st.one_of(
    st.binary(max_size=60),
    st.lists(
        st.tuples(
            st.sampled_from(
                [b"labelSelector", b"fieldSelector", b"resourceVersion", b"timeoutSeconds", b"includeObject", b"limit"]
            ),
            st.binary(max_size=20),
        ),
        max_size=3,
    ).map(lambda pairs: b"&".join(name + b"=" + value for name, value in pairs)),
)
header_values = st.binary(max_size=40).map(lambda value: value.replace(b"\r", b"").replace(b"\n", b""))


def answered(scope: dict[str, Any], body: bytes) -> tuple[int, bytes]:
    """Status and body of the answer."""
    sent: list[dict[str, Any]] = []
    given_out = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return given_out.pop() if given_out else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    async def run() -> None:
        app = create_app(ObjectStore(1), ObjectStore(1), FakeControl())
        await app(scope, receive, send)

    asyncio.run(run())
    return sent[0]["status"], b"".join(one.get("body", b"") for one in sent[1:])


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=150)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"]),
    path=st.sampled_from(PATHS) | st.binary(max_size=20).map(lambda raw: "/fleet/v1/nodes/" + raw.decode("latin-1")),
    query_string=query.filter(lambda raw: b"watch" not in raw),
    headers=st.dictionaries(
        st.sampled_from([b"accept", b"content-length", b"origin", b"impersonate-user"]), header_values
    ),
    body=odd_bytes,
)
def test_no_request_meets_a_bug(
    method: str, path: str, query_string: bytes, headers: dict[bytes, bytes], body: bytes
) -> None:
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode("latin-1", errors="replace"),
        "root_path": "",
        "query_string": query_string,
        "headers": [(b"host", b"127.0.0.1"), (b"content-type", b"application/json"), *headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8420),
    }
    status, content = answered(scope, body)
    assert status < 500, content


@pytest.mark.parametrize("body", SURROGATES)
@pytest.mark.parametrize("path", PATHS[:4])
def test_half_of_a_character_is_told_as_that(http: Http, path: str, body: bytes) -> None:
    answer = http("POST", path, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert "surrogate" in answer.json()["message"]


def test_whole_pairs_are_text(http: Http, control: FakeControl) -> None:
    body = rb'{"desc": "\ud83d\ude00"}'
    assert (
        http("POST", "/fleet/v1/update", content=body, headers={"content-type": "application/json"}).status_code == 200
    )
    assert control.asked == [("update", "\U0001f600")]
