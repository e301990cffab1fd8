from datetime import timedelta
from typing import Any

import pytest

from controller.api.columns import COLUMNS, human_duration, printable
from controller.api.server import create_app
from controller.picture.store import ObjectStore, object_uid
from tests.api.serving import FakeControl, Http
from tests.picture.fleets import NOW

FLEET = "/apis/dsfleet.io/v1"
TABLE = (
    "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json"
)


def names(found: Any) -> list[str]:
    return [one["metadata"]["name"] for one in found["items"]]


def test_a_list_has_kind_version_and_whole_objects(http: Http) -> None:
    found = http.json(f"{FLEET}/cameras")
    assert (found["kind"], found["apiVersion"]) == ("CameraList", "dsfleet.io/v1")
    assert found["metadata"]["resourceVersion"].isdigit()
    assert names(found) == ["hq-1", "hq-2", "yard-1"]
    assert {one["kind"] for one in found["items"]} == {"Camera"}
    assert found["items"][0] == http.json(f"{FLEET}/cameras/hq-1")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"labelSelector": "site=hq"}, ["hq-1", "hq-2"]),
        ({"labelSelector": "site notin (hq)"}, ["yard-1"]),
        ({"labelSelector": "!site"}, []),
        ({"fieldSelector": "metadata.name=hq-2"}, ["hq-2"]),
        ({"fieldSelector": "metadata.name!=hq-2", "labelSelector": "site=hq"}, ["hq-1"]),
        ({"fieldSelector": "status.reason==NotWatched"}, ["yard-1"]),
        ({"limit": "1"}, ["hq-1", "hq-2", "yard-1"]),
        ({"limit": "1", "continue": ""}, ["hq-1", "hq-2", "yard-1"]),
        ({"watch": "false"}, ["hq-1", "hq-2", "yard-1"]),
    ],
)
def test_selectors(http: Http, query: dict[str, str], expected: list[str]) -> None:
    assert names(http.json(f"{FLEET}/cameras", params=query)) == expected


def table(http: Http, resource: str, **query: str) -> Any:
    return http.json(f"{FLEET}/{resource}", headers={"accept": TABLE}, params=query)


@pytest.mark.parametrize(
    ("resource", "columns", "row"),
    [
        (
            "nodes",
            "Name Status Instances Cameras Generation Age | Address Driver Version Node-ID",
            "n1 Ready 1 2/24 7 3m | 10.1.0.1 docker 0.1.0 00000001-0000-4000-8000-000000000001",
        ),
        (
            "dsinstances",
            "Name Node Status Cameras Restarts Age | Image Generation Message",
            "door n1 Running 2/2 0 3m | retinaface:1 7 ",
        ),
        (
            "cameras",
            "Name Instance Node Ready FPS Age | Display-Name Address Degraded Reason Message",
            "hq-1 door n1 True 25.0 3m | <none> rtsp://10.0.0.9/hq-1 ? FramesProcessed ",
        ),
    ],
)
def test_tables(http: Http, resource: str, columns: str, row: str) -> None:
    found = table(http, resource)
    assert (found["kind"], found["apiVersion"]) == ("Table", "meta.k8s.io/v1")
    narrow = [one["name"] for one in found["columnDefinitions"] if one["priority"] == 0]
    wide = [one["name"] for one in found["columnDefinitions"] if one["priority"] == 1]
    assert " ".join(narrow) + " | " + " ".join(wide) == columns
    cells = [str(cell) for cell in found["rows"][0]["cells"]]
    assert " ".join(cells[: len(narrow)]) + " | " + " ".join(cells[len(narrow) :]) == row
    held = found["rows"][0]["object"]
    assert (held["kind"], held["metadata"]["name"]) == ("PartialObjectMetadata", cells[0])


def test_what_is_unknown_looks_unknown(http: Http) -> None:
    assert table(http, "nodes")["rows"][1]["cells"][1:5] == ["Unknown,SchedulingDisabled", "0", "0/24", "?/7"]
    assert table(http, "cameras")["rows"][2]["cells"][1:5] == ["<none>", "<none>", "False", "-"]


def test_one_object_as_a_table(http: Http) -> None:
    assert [row["cells"][0] for row in table(http, "cameras/hq-2")["rows"]] == ["hq-2"]


@pytest.mark.parametrize(("include", "keys"), [("None", None), ("Metadata", 3), ("Object", 5)])
def test_what_comes_with_a_row(http: Http, include: str, keys: int | None) -> None:
    held = table(http, "cameras", includeObject=include)["rows"][0]["object"]
    assert (None if held is None else len(held)) == keys


def test_no_cell_shows_user_info_or_control_characters() -> None:
    address = next(column for column in COLUMNS["Camera"] if column.name == "Address")
    assert address.cell({"spec": {"address": "rtsp://me:secret@10.0.0.9/a"}}, NOW) == "rtsp://10.0.0.9/a"
    assert printable("a\x1b[31mb\nc\u202e") == "a [31mb c "
    assert len(printable("x" * 9999)) == 300


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0s"), (0, "0s"), (119, "119s"), (120, "2m"), (330, "5m30s"), (600, "10m"), (10799, "179m"),
        (10800, "3h"), (12600, "3h30m"), (28800, "8h"), (172799, "47h"), (172800, "2d"), (190800, "2d5h"),
        (691200, "8d"), (86400 * 400, "400d"),
    ],
)  # fmt: skip
def test_ages_are_written_as_kubectl_writes_them(seconds: int, text: str) -> None:
    assert human_duration(timedelta(seconds=seconds)) == text


def status(answer: Any) -> tuple[int, str]:
    found = answer.json()
    assert (found["kind"], found["apiVersion"], found["status"]) == ("Status", "v1", "Failure")
    assert found["code"] == answer.status_code
    return answer.status_code, found["reason"]


def test_a_name_that_is_not_there(http: Http) -> None:
    answer = http.get(f"{FLEET}/cameras/nobody")
    assert status(answer) == (404, "NotFound")
    assert answer.json()["message"] == 'cameras.dsfleet.io "nobody" not found'
    assert answer.json()["details"] == {"name": "nobody", "group": "dsfleet.io", "kind": "cameras"}


@pytest.mark.parametrize(
    ("path", "query", "accept", "expected"),
    [
        (f"{FLEET}/pods", {}, "*/*", (404, "NotFound")),
        ("/openapi/v4", {}, "*/*", (404, "NotFound")),
        (f"{FLEET}/cameras", {"labelSelector": "a in"}, "*/*", (400, "BadRequest")),
        (f"{FLEET}/cameras", {"fieldSelector": "spec.address=x"}, "*/*", (400, "BadRequest")),
        (f"{FLEET}/cameras", {"fieldSelector": "nonsense"}, "*/*", (400, "BadRequest")),
        (f"{FLEET}/cameras", {"includeObject": "All"}, "*/*", (400, "BadRequest")),
        (f"{FLEET}/cameras", {"limit": "1", "continue": "abc"}, "*/*", (410, "Expired")),
        (f"{FLEET}/cameras/nobody/status", {}, "*/*", (404, "NotFound")),
        (f"{FLEET}/cameras/hq-1/scale", {}, "*/*", (404, "NotFound")),
        (f"{FLEET}/cameras", {}, "application/vnd.kubernetes.protobuf", (406, "NotAcceptable")),
        (f"{FLEET}/cameras", {"watch": "1", "resourceVersion": "x"}, "*/*", (400, "BadRequest")),
        (f"{FLEET}/cameras", {"watch": "1", "timeoutSeconds": "-1"}, "*/*", (400, "BadRequest")),
        (f"{FLEET}/cameras", {"watch": "1", "sendInitialEvents": "true"}, "*/*", (422, "Invalid")),
        (f"{FLEET}/cameras", {"sendInitialEvents": "true"}, "*/*", (422, "Invalid")),
    ],
)
def test_errors_are_status_objects(
    http: Http, path: str, query: dict[str, str], accept: str, expected: tuple[int, str]
) -> None:
    assert status(http.get(path, params=query, headers={"accept": accept})) == expected


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["cameras", "cameras/hq-1"])
def test_writes_are_sent_to_the_manifests(http: Http, method: str, path: str) -> None:
    answer = http(method, f"{FLEET}/{path}")
    assert status(answer) == (405, "MethodNotAllowed")
    assert "committing manifests" in answer.json()["message"]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_what_is_not_there_is_not_found_before_it_is_read_only(http: Http, method: str) -> None:
    assert status(http(method, f"{FLEET}/cameras/nobody")) == (404, "NotFound")
    assert status(http(method, f"{FLEET}/pods/hq-1")) == (404, "NotFound")


def test_the_status_of_an_object_can_be_asked_for_alone(http: Http) -> None:
    assert http.json(f"{FLEET}/cameras/hq-1/status") == http.json(f"{FLEET}/cameras/hq-1")
    assert table(http, "cameras/hq-1/status")["rows"][0]["cells"][0] == "hq-1"


def test_nobody_is_impersonated(http: Http) -> None:
    answer = http.get(f"{FLEET}/cameras", headers={"Impersonate-User": "bob"})
    assert status(answer) == (403, "Forbidden")


def test_a_bug_answers_a_status_without_details(http: Http, control: FakeControl) -> None:
    control.status = lambda: {"bad": object()}  # type: ignore[method-assign]
    answer = http.get("/fleet/v1/status")
    assert status(answer) == (500, "InternalError")
    assert "object" not in answer.text


@pytest.mark.parametrize("path", ["/healthz", "/livez", "/readyz"])
def test_probes(http: Http, path: str) -> None:
    assert http.get(path).text == "ok"


def test_why_it_is_not_ready(objects: ObjectStore, events: ObjectStore, control: FakeControl) -> None:
    http = Http(
        create_app(
            objects,
            events,
            control,
            host_names=("fleet.example.org",),
            why_not_ready=lambda: "another controller leads",
        )
    )
    answer = http.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "not ready: another controller leads")
    assert http.get("/livez").text == "ok"


def test_a_controller_that_starts_shows_no_part_of_a_fleet_and_says_how_far_it_is(
    objects: ObjectStore, events: ObjectStore, control: FakeControl
) -> None:
    """An empty list would tell a watching client that everything was deleted."""
    why = "reading the topics: 412 of 1,000 nodes' records"
    so_far = [why]
    app = create_app(
        objects,
        events,
        control,
        host_names=("fleet.example.org",),
        why_not_ready=lambda: so_far[0],
        why_starting=lambda: so_far[0],
    )
    http = Http(app)
    objects_path = "/apis/dsfleet.io/v1/cameras"
    others = ("/api/v1/nodes", "/api/v1/namespaces/default/pods/door/log", "/apis/metrics.k8s.io/v1beta1/pods")
    for path in (
        objects_path,
        f"{objects_path}/hq-1",
        f"{objects_path}?watch=true",
        "/fleet/v1/rendered/door",
        *others,
    ):
        answer = http.get(path)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert answer.json() == {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": f"the controller is starting: {why}",
            "reason": "ServiceUnavailable",
            "details": {"retryAfterSeconds": 2},
            "code": 503,
        }
    answer = http.get("/readyz")
    assert (answer.status_code, answer.text, answer.headers["retry-after"]) == (503, f"not ready: {why}", "2")
    for path in ("/healthz", "/version", "/apis/dsfleet.io/v1", "/api/v1/events", "/fleet/v1/status"):
        assert http.get(path).status_code == 200
    so_far[0] = ""
    assert http.json(objects_path)["items"]
    assert http.get("/readyz").text == "ok"


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
def test_no_page_of_the_framework_is_served(http: Http, path: str) -> None:
    assert http.get(path).status_code == 404


@pytest.mark.parametrize(
    ("path", "selector", "reasons"),
    [
        ("/api/v1/events", "", ["NodeLost", "CameraReady", "Running"]),
        ("/api/v1/namespaces/default/events", "", ["NodeLost", "CameraReady", "Running"]),
        ("/api/v1/namespaces/elsewhere/events", "", []),
        ("/api/v1/events", "type=Warning", ["NodeLost"]),
        ("/api/v1/events", "involvedObject.kind=Camera,involvedObject.name=hq-1", ["CameraReady"]),
        (
            "/api/v1/events",
            f"involvedObject.namespace=,involvedObject.uid={object_uid('DsInstance', 'door')}",
            ["Running"],
        ),
    ],
)
def test_events(http: Http, path: str, selector: str, reasons: list[str]) -> None:
    assert [one["reason"] for one in http.json(path, params={"fieldSelector": selector})["items"]] == reasons


def test_events_as_a_table(http: Http) -> None:
    found = http.json("/api/v1/events", headers={"accept": TABLE})
    assert found["rows"][0]["cells"][:5] == ["3m", "Warning", "NodeLost", "node/n2", "the message about n2"]


def test_one_event(http: Http) -> None:
    name = http.json("/api/v1/events")["items"][0]["metadata"]["name"]
    assert http.json(f"/api/v1/namespaces/default/events/{name}")["reason"] == "NodeLost"
    assert http.get(f"/api/v1/namespaces/other/events/{name}").status_code == 404


def test_there_is_one_namespace(http: Http) -> None:
    (namespace,) = http.json("/api/v1/namespaces")["items"]
    assert (namespace["metadata"]["name"], namespace["status"]["phase"]) == ("default", "Active")
    assert http.json("/api/v1/namespaces/default") == namespace
    assert status(http.get("/api/v1/namespaces/other")) == (404, "NotFound")
    assert namespace["metadata"]["labels"] == {"kubernetes.io/metadata.name": "default"}
    found = http.json("/api/v1/namespaces", headers={"accept": TABLE})
    assert found["rows"][0]["cells"] == ["default", "Active", "0s"]


def test_a_held_instance_is_marked_in_its_column() -> None:
    status = next(column for column in COLUMNS["DsInstance"] if column.name == "Status")
    held = {"status": {"phase": "Running", "held": "held by request: cabling"}}
    assert status.cell(held, NOW) == "Running,Held"
    assert status.cell({"status": {"phase": "Running"}}, NOW) == "Running"
    assert status.cell({}, NOW) == "Unknown"


def test_whoever_asks_for_objects_has_those_made_that_were_put_off_and_no_other(
    objects: ObjectStore, events: ObjectStore, control: FakeControl
) -> None:
    made: list[str] = []

    async def make_whole() -> None:
        made.append("whole")

    http = Http(create_app(objects, events, control, host_names=("fleet.example.org",), make_whole=make_whole))
    for path in ("/readyz", "/version", "/api/v1/events", "/fleet/v1/status"):
        http.get(path)
    assert made == []
    assert http.get("/apis/dsfleet.io/v1/cameras").status_code == 200
    assert made == ["whole"]
