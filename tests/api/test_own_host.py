"""Which names a request may call the server by."""

from typing import Any

import pytest

from tests.api.serving import FakeControl, Http

READS = ("/fleet/v1/status", "/apis/dsfleet.io/v1/cameras", "/api/v1/events", "/version", "/readyz", "/no/such/path")
FOREIGN = (
    "evil.example.com",
    "evil.example.com:8420",
    "",
    "127.0.0.1.evil.example.com",
    "localhost.evil.example.com",
    "localhost:evil.example.com",
    "127.0.0.1@evil.example.com",
    "127.0.0.1:8420:80",
    "[::1",
    "[127.0.0.1]",
    "[localhost]",
    "::1",
    "2130706433",
    "0x7f.1",
    "xn--fleet.example.org",
    "fleet.example.org.evil.com",
)
OWN = (
    "127.0.0.1",
    "10.1.2.3:8420",
    "[::1]:8420",
    "[fe80::1]",
    "localhost:8420",
    "LOCALHOST",
    "localhost.",
    "fleet.example.org",
    "Fleet.Example.Org.:443",
)


@pytest.mark.parametrize("host", FOREIGN)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS", "DELETE"])
def test_nothing_is_answered_to_another_name(http: Http, control: FakeControl, method: str, host: str) -> None:
    for path in (*READS, "/fleet/v1/update"):
        answer = http(method, path, headers={"host": host})
        assert answer.status_code == 403
        if method != "HEAD":
            assert "--allowed-host" in answer.json()["message"]
    assert control.asked == []


@pytest.mark.parametrize("host", OWN)
def test_everything_is_answered_to_our_own(http: Http, host: str) -> None:
    for path in READS[:-1]:
        assert http.get(path, headers={"host": host}).status_code == 200


def test_a_request_with_two_names_is_refused(http: Http) -> None:
    hosts: Any = [("host", "127.0.0.1"), ("host", "evil.example.com")]
    assert http.get("/fleet/v1/status", headers=hosts).status_code == 403
