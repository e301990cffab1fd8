from typing import Any

import pytest

from controller.picture.placed import placed_instances
from tests.api.serving import REVISION, FakeControl, Http
from tests.picture import fleets

PATHS = {"/fleet/v1/approve": "revision", "/fleet/v1/update": "desc", "/fleet/v1/refresh": "desc"}
POSTS = (
    *PATHS,
    "/fleet/v1/hold",
    "/fleet/v1/release",
    *(f"/fleet/v1/nodes/n1/{word}" for word in ("trust", "adopt", "clean")),
)


def test_how_the_controller_is(http: Http) -> None:
    assert http.json("/fleet/v1/status") == {"leader": True, "revision": {"id": "sha256:1"}}


def test_where_an_object_stands(http: Http) -> None:
    assert http.json("/fleet/v1/where/Camera/hq-1") == {"file": "cameras.yaml", "line": 3}
    for path in ("Camera/hq-9", "Node/hq-1", "camera/hq-1"):
        answer = http.get(f"/fleet/v1/where/{path}")
        assert (answer.status_code, answer.json()["reason"]) == (404, "NotFound")


@pytest.mark.parametrize(("path", "field"), PATHS.items())
def test_what_is_asked_reaches_the_controller(http: Http, control: FakeControl, path: str, field: str) -> None:
    answer = http("POST", path, json={field: "sha256:1"})
    assert (answer.status_code, answer.json()["status"]) == (200, "Success")
    assert control.asked == [(path.rpartition("/")[2], "sha256:1")]


@pytest.mark.parametrize("word", ["adopt", "clean"])
def test_what_an_earlier_agent_left_is_taken_over_or_ended(http: Http, control: FakeControl, word: str) -> None:
    answer = http("POST", f"/fleet/v1/nodes/n1/{word}", json={"instance": "door"})
    assert (answer.status_code, answer.json()["message"]) == (200, f"node n1 was asked to {word}")
    assert http("POST", f"/fleet/v1/nodes/n1/{word}", json={}).status_code == 200
    assert control.asked == [(word, "door"), (word, "")]
    assert http("POST", f"/fleet/v1/nodes/n2/{word}", json={}).status_code == 409
    assert http("POST", f"/fleet/v1/nodes/n1/{word}", json={"instance": 7}).status_code == 400


def test_a_key_is_trusted(http: Http, control: FakeControl) -> None:
    answer = http("POST", "/fleet/v1/nodes/n1/trust", json={"key": "sha256:ab"})
    assert (answer.status_code, answer.json()["message"]) == (200, "node n1 is known by sha256:ab from now on")
    assert control.asked == [("trust", "sha256:ab")]
    assert http("POST", "/fleet/v1/nodes/n2/trust", json={"key": "sha256:ab"}).status_code == 409
    assert http("POST", "/fleet/v1/nodes/n1/trust", json={}).status_code == 400


def test_a_description_may_be_left_out(http: Http, control: FakeControl) -> None:
    assert http("POST", "/fleet/v1/update", json={}).status_code == 200
    assert control.asked == [("update", "")]


def test_holding_an_instance(http: Http, control: FakeControl) -> None:
    assert http("POST", "/fleet/v1/hold", json={"instance": "yard", "reason": "cabling"}).status_code == 200
    assert http("POST", "/fleet/v1/release", json={"instance": "yard"}).status_code == 200
    assert control.asked == [("hold", "cabling"), ("release", "yard")]
    refused = http("POST", "/fleet/v1/hold", json={"instance": "yrad"})
    assert (refused.status_code, refused.json()["message"]) == (409, "there is no dsinstance 'yrad'")
    assert http("POST", "/fleet/v1/hold", json={"reason": "cabling"}).status_code == 400
    unkept = http("POST", "/fleet/v1/release", json={"instance": "full"})
    assert (unkept.status_code, "No space left on device" in unkept.json()["message"]) == (503, True)


def test_an_approval_of_another_revision_is_a_conflict(http: Http) -> None:
    answer = http("POST", "/fleet/v1/approve", json={"revision": "sha256:2"})
    assert (answer.status_code, answer.json()["reason"]) == (409, "Conflict")
    assert answer.json()["message"] == "revision sha256:2 is not the one that waits"


@pytest.mark.parametrize("path", ["/fleet/v1/update", "/fleet/v1/refresh"])
def test_a_broker_that_is_down_is_said(http: Http, control: FakeControl, path: str) -> None:
    control.broker_is_down = True
    answer = http("POST", path, json={})
    assert (answer.status_code, answer.json()["reason"]) == (503, "ServiceUnavailable")


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    ("headers", "content", "code"),
    [
        pytest.param({"content-type": "text/plain"}, b"{}", 415, id="a form of a web page"),
        pytest.param({"content-type": "application/x-www-form-urlencoded"}, b"{}", 415, id="another form"),
        pytest.param({}, b"{}", 415, id="no type"),
        pytest.param({"host": "evil.example.com"}, b"{}", 403, id="a name that was made to point here"),
        pytest.param({"host": ""}, b"{}", 403, id="no name"),
        pytest.param({"host": "127.0.0.1.evil.example.com"}, b"{}", 403, id="a name that looks like an address"),
        pytest.param({"content-type": "application/json"}, b"{", 400, id="no JSON"),
        pytest.param({"content-type": "application/json"}, b"[]", 400, id="no object"),
        pytest.param({"content-type": "application/json"}, b"[" * 60_000, 400, id="deep"),
        pytest.param(
            {"content-type": "application/json"}, b'{"desc":1,"revision":1,"key":1,"instance":1}', 400, id="no text"
        ),
        pytest.param({"content-type": "application/json"}, b" " * 70_000, 413, id="too large"),
    ],
)
def test_posts_that_are_refused(
    http: Http, control: FakeControl, path: str, headers: dict[str, str], content: bytes, code: int
) -> None:
    if "host" in headers:
        headers = {**headers, "content-type": "application/json"}
    assert http("POST", path, headers=headers, content=content).status_code == code
    assert control.asked == []


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8080", "[::1]:8080", "localhost:8080", "LOCALHOST", "fleet.example.org:443"]
)
def test_hosts_that_are_ours(http: Http, host: str) -> None:
    assert http("POST", "/fleet/v1/update", json={}, headers={"host": host}).status_code == 200


@pytest.mark.parametrize(("method", "path"), [("POST", "/fleet/v1/status"), ("GET", "/fleet/v1/approve")])
def test_the_wrong_method(http: Http, method: str, path: str) -> None:
    answer: Any = http(method, path)
    assert (answer.status_code, answer.json()["message"]) == (405, f"{method} is not allowed at {path}")


def test_the_files_of_an_instance(http: Http) -> None:
    answer = http.json("/fleet/v1/rendered/door")
    config = fleets.plan(REVISION).nodes[fleets.node("n1", 1).node_id].instances[0]
    assert answer == {
        "instance": "door",
        "node": "n1",
        "generation": None,
        "files": [{"path": file.path, "content": file.content} for file in config.files],
        "cameras": [{"name": "hq-1", "cameraId": "hq-1", "slot": 0}, {"name": "hq-2", "cameraId": "hq-2", "slot": 1}],
    }


@pytest.mark.parametrize(("name", "hint"), [("dor", ": did you mean door?"), ("%C3%BC", "")])
def test_the_files_of_no_instance(http: Http, name: str, hint: str) -> None:
    answer = http.get(f"/fleet/v1/rendered/{name}")
    assert (answer.status_code, answer.json()["reason"]) == (404, "NotFound")
    assert answer.json()["message"].endswith(f'" is published for no node and planned on none{hint}')


def test_what_was_published_counts_until_the_plan_is() -> None:
    moved = fleets.revision(
        fleets.camera("hq-1"),
        fleets.instance("door", "n2", ("hq-1",)),
        fleets.instance("gate", "n2", ("hq-1",)),
        fleets.node("n1", 1),
        fleets.node("n2", 2),
    )
    there, here = fleets.published(REVISION), fleets.published(moved, generation=9)

    def places(*which: Any) -> dict[str, tuple[str, int | None, int]]:
        return {
            name: (one.node, one.generation, len(one.config.cameras)) for name, one in placed_instances(*which).items()
        }

    assert places(None, {}) == {}
    # Before the first plan the records have no better name for their node than that of the machine.
    assert places(None, there) == {"door": ("host", 7, 2)}
    assert places(fleets.plan(REVISION), there) == {"door": ("n1", 7, 2)}
    n1, n2 = fleets.node("n1", 1).node_id, fleets.node("n2", 2).node_id
    assert places(fleets.plan(moved), {n1: there[n1]}) == {"door": ("n1", 7, 2), "gate": ("n2", None, 1)}
    both = {n1: there[n1], n2: here[n2]}
    assert places(fleets.plan(moved), both) == {"door": ("n2", 9, 1), "gate": ("n2", 9, 1)}
