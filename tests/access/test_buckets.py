"""How many requests each client may make, and what an audit line tells."""

import json
from datetime import UTC, datetime

from controller.access.audit_line import Audited
from controller.access.buckets import Buckets, Rate
from controller.access.identity import Identity

RATE = Rate(per_second=2, burst=3)


def test_a_bucket_empties_and_fills_again() -> None:
    buckets = Buckets()
    assert [buckets.wait_seconds("a", RATE, 0) for _ in range(4)] == [0, 0, 0, 0.5]
    assert buckets.wait_seconds("b", RATE, 0) == 0
    assert buckets.wait_seconds("a", RATE, 0.25) == 0.25
    assert buckets.wait_seconds("a", RATE, 0.5) == 0
    assert [buckets.wait_seconds("a", RATE, 1000) for _ in range(4)] == [0, 0, 0, 0.5]


def test_clients_are_bounded() -> None:
    buckets = Buckets(most_clients=2)
    for client in ("a", "b", "a", "c"):
        buckets.wait_seconds(client, Rate(1, 1), 0)
    assert len(buckets) == 2
    assert buckets.wait_seconds("a", Rate(1, 1), 0) > 0, "whoever asked last is remembered"
    assert buckets.wait_seconds("b", Rate(1, 1), 0) == 0


def test_an_audit_line_is_bounded_and_one_line() -> None:
    who = Identity("ci\n", credential="token/01020304")
    names = tuple(f"Camera/{number}" for number in range(500))
    line = Audited(datetime(2026, 3, 1, tzinfo=UTC), who, "192.0.2.7", "patch", names, 200, "sha256:1", 7).line()
    assert line.count(b"\n") == 1
    found = json.loads(line)
    assert (found["who"], found["credential"], found["from"]) == ("ci\n", "token/01020304", "192.0.2.7")
    assert (found["verb"], found["code"], found["revision"]) == ("patch", 200, "sha256:1")
    assert (len(found["objects"]), found["more"], found["leftOut"]) == (300, 200, 7)
