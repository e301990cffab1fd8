"""What is asked of objects over HTTP stands in the manifests, and is seen at once."""

import json
from pathlib import Path
from typing import Any

import pytest

from crds.annotations import LAST_APPLIED
from tests.patience import wait_until
from tests.writing.conftest import CAMERAS as TEXT
from tests.writing.served import CAMERAS, INSTANCES, Served


def camera(name: str, address: str = "rtsp://10.0.0.9/1", **metadata: Any) -> dict[str, Any]:
    return {
        "apiVersion": "dsfleet.io/v1", "kind": "Camera", "metadata": {"name": name, **metadata}, "spec": {"address": address},
    }  # fmt: skip


def test_an_object_is_created_where_its_neighbours_are(fleet: Served, directory: Path) -> None:
    answer = fleet("POST", CAMERAS, json=camera("attic", annotations={"dsfleet.io/reason": "new roof"}))
    assert answer.status_code == 201, answer.text
    assert answer.json() == fleet.get(f"{CAMERAS}/attic")
    assert (directory / "cameras.yaml").read_text().startswith(TEXT.rstrip("\n"))
    assert "attic" in (directory / "cameras.yaml").read_text()
    assert "dsfleet.io/reason" not in (directory / "cameras.yaml").read_text()
    again = fleet("POST", CAMERAS, json=camera("attic"))
    assert (again.status_code, again.json()["reason"]) == (409, "AlreadyExists")


def test_an_update_changes_what_is_said_and_nothing_else(fleet: Served, directory: Path) -> None:
    answer, lobby = None, {}
    while answer is None or answer.status_code == 409:  # its status may have become another meanwhile
        lobby = fleet.get(f"{CAMERAS}/lobby")
        lobby["spec"]["address"] = "rtsp://10.0.0.7/1"
        lobby["status"] = {"ready": True, "fps": 100}
        answer = fleet("PUT", f"{CAMERAS}/lobby", json=lobby)
    assert answer.status_code == 200, answer.text
    assert answer.json()["spec"] == {"address": "rtsp://10.0.0.7/1"}
    assert answer.json()["metadata"]["generation"] == 2
    assert (directory / "cameras.yaml").read_text() == TEXT.replace("10.0.0.1", "10.0.0.7")
    assert "interrupts" in str(answer.headers.get_list("warning"))
    plan = json.loads(answer.headers["fleet-plan"])
    assert (plan["changes"][0]["instance"], plan["revision"]) == ("faces", answer.headers["fleet-revision"])
    stale = fleet("PUT", f"{CAMERAS}/lobby", json=lobby)
    assert (stale.status_code, stale.json()["reason"]) == (409, "Conflict")
    del lobby["metadata"]["resourceVersion"]
    same = fleet("PUT", f"{CAMERAS}/lobby", json=lobby)
    assert same.json()["metadata"]["generation"] == answer.json()["metadata"]["generation"]
    assert "fleet-revision" not in same.headers


@pytest.mark.parametrize(
    ("kind", "patch"),
    [
        ("application/merge-patch+json", {"spec": {"width": 640}}),
        ("application/strategic-merge-patch+json", {"spec": {"width": 640}}),
        ("application/json-patch+json", [{"op": "add", "path": "/spec/width", "value": 640}]),
        ("application/apply-patch+yaml", {"apiVersion": "dsfleet.io/v1", "kind": "Camera", "spec": {"width": 640}}),
    ],
)
def test_patches(fleet: Served, directory: Path, kind: str, patch: Any) -> None:
    options: Any = {"content": json.dumps(patch), "headers": {"content-type": kind}, "params": {"fieldManager": "test"}}
    dry = fleet("PATCH", f"{CAMERAS}/lobby", **{**options, "params": {**options["params"], "dryRun": "All"}})
    assert dry.json()["spec"]["width"] == 640, dry.text
    assert (directory / "cameras.yaml").read_text() == TEXT
    answer = fleet("PATCH", f"{CAMERAS}/lobby", **options)
    assert answer.status_code == 200, answer.text
    assert answer.json()["spec"] == {"address": "rtsp://10.0.0.1/1", "width": 640}
    assert ("managedFields" in answer.json()["metadata"]) is (kind == "application/apply-patch+yaml")
    assert (directory / "cameras.yaml").read_text() == TEXT.replace(
        "# do not change\n", "# do not change\n  width: 640\n", 1
    )
    assert fleet.get(f"{CAMERAS}/lobby")["spec"] == answer.json()["spec"]


def test_deletions(fleet: Served, directory: Path) -> None:
    assert fleet("DELETE", f"{CAMERAS}/gate", params={"dryRun": "All"}).status_code == 200
    assert fleet("GET", f"{CAMERAS}/gate").status_code == 200
    wrong = fleet("DELETE", f"{CAMERAS}/gate", json={}, headers={"content-type": "application/json"})
    assert wrong.status_code == 200, wrong.text
    assert wrong.json()["details"]["kind"] == "cameras"
    assert fleet("GET", f"{CAMERAS}/gate").status_code == 404
    assert fleet("DELETE", f"{CAMERAS}/gate").status_code == 404
    assert "gate" not in (directory / "cameras.yaml").read_text()
    other = {"preconditions": {"uid": "5b0f6f0e-9c0b-4d0e-8a55-3c8f2f9a7d11"}}
    assert fleet("DELETE", f"{CAMERAS}/lobby", json=other).status_code == 409


def test_many_go_at_once(fleet: Served, directory: Path) -> None:
    fleet.patch(f"{INSTANCES}/faces", {"spec": {"cameras": ["lobby"]}})
    for name in ("yard", "gate"):
        assert fleet.patch(f"{CAMERAS}/{name}", {"metadata": {"labels": {"old": "yes"}}}).status_code == 200
    answer = fleet("DELETE", CAMERAS, params={"labelSelector": "old=yes"})
    assert [one["metadata"]["name"] for one in answer.json()["items"]] == ["gate", "yard"]
    assert [one["metadata"]["name"] for one in fleet.get(CAMERAS)["items"]] == ["lobby"]


def test_what_was_saved_a_moment_ago_is_what_is_selected(fleet: Served, directory: Path) -> None:
    text = TEXT.replace("{name: gate}", "{name: gate, labels: {old: 'yes'}}")
    (directory / "cameras.yaml").write_text(text)
    wait_until(lambda: "labels" in fleet.get(f"{CAMERAS}/gate")["metadata"], "it is read")
    (directory / "cameras.yaml").write_text(text.replace("'yes'", "'not'"))
    answer = fleet("DELETE", CAMERAS, params={"labelSelector": "old=yes"})
    assert (answer.status_code, answer.json()["items"]) == (200, []), answer.text
    assert "name: gate" in (directory / "cameras.yaml").read_text()


def test_what_validate_refuses_is_told_with_file_line_and_field(fleet: Served, directory: Path) -> None:
    answer = fleet.patch(f"{CAMERAS}/lobby", {"spec": {"encodeType": "av1", "width": 1}})
    assert (answer.status_code, answer.json()["reason"]) == (422, "Invalid")
    causes = answer.json()["details"]["causes"]
    assert {one["field"] for one in causes} == {"spec.encodeType", "spec.width"}
    assert all(one["message"].startswith(f"{directory}/cameras.yaml:") for one in causes)
    used = fleet("DELETE", f"{CAMERAS}/lobby")
    assert used.status_code == 422, used.text
    assert "lobby" in used.json()["message"]
    everything = fleet("DELETE", CAMERAS).json()
    assert everything["message"].startswith("cameras.dsfleet.io is invalid: "), "of many no name is said"
    assert (directory / "cameras.yaml").read_text() == TEXT


def test_unknown_fields(fleet: Served, directory: Path) -> None:
    patch = {"spec": {"adress": "x", "width": 640}, "metadata": {"finalizers": ["x/y"]}}
    strict = fleet.patch(f"{CAMERAS}/lobby", patch, params={"fieldValidation": "Strict"})
    assert strict.status_code == 400
    assert "strict decoding error: unknown field" in strict.json()["message"]
    assert '"spec.adress": there is no such field; did you mean address?' in strict.json()["message"]
    warned = fleet.patch(f"{CAMERAS}/lobby", patch)
    assert warned.status_code == 200, warned.text
    told = '299 - "unknown field \\"spec.adress\\": there is no such field; did you mean address?"'
    assert told in warned.headers.get_list("warning")
    assert warned.json()["spec"] == {"address": "rtsp://10.0.0.1/1", "width": 640}
    ignored = fleet.patch(f"{CAMERAS}/lobby", {"spec": {"adress": "x"}}, params={"fieldValidation": "Ignore"})
    assert "warning" not in ignored.headers


def test_what_the_guard_parks_is_refused_with_its_plan_until_it_is_approved(fleet: Served, directory: Path) -> None:
    empty = {"spec": {"cameras": []}}
    answer = fleet.patch(f"{INSTANCES}/faces", empty)
    assert (answer.status_code, answer.json()["reason"]) == (409, "Conflict")
    details = answer.json()["details"]
    assert "removes 2 cameras: lobby, yard" in details["causes"][0]["message"]
    assert details["revision"].startswith("sha256:")
    dry = fleet.patch(f"{INSTANCES}/faces", empty, params={"dryRun": "All"})
    assert dry.json()["details"]["revision"] == details["revision"]
    approve = {"metadata": {"annotations": {"dsfleet.io/approve": details["revision"]}}}
    approved = fleet.patch(f"{INSTANCES}/faces", {**empty, **approve})
    assert approved.status_code == 200, approved.text
    assert approved.headers["fleet-revision"] == details["revision"]
    assert fleet.get(f"{INSTANCES}/faces")["spec"]["cameras"] == []
    assert "approve" not in (directory / "faces.yaml").read_text()


def test_a_deletion_is_approved_by_an_annotation_beforehand(fleet: Served) -> None:
    for name in ("second", "third"):
        document = fleet.get(f"{INSTANCES}/faces")
        made = {
            **document,
            "metadata": {"name": name, "labels": {"go": "yes"}},
            "spec": {**document["spec"], "cameras": []},
        }
        assert fleet("POST", INSTANCES, json=made).status_code == 201
    refused = fleet("DELETE", INSTANCES, params={"labelSelector": "go=yes"})
    assert refused.status_code == 409, refused.text
    revision = refused.json()["details"]["revision"]
    annotated = fleet.patch(f"{INSTANCES}/faces", {"metadata": {"annotations": {"dsfleet.io/approve": revision}}})
    assert annotated.status_code == 200
    assert fleet("DELETE", INSTANCES, params={"labelSelector": "go=yes"}).status_code == 200
    assert [one["metadata"]["name"] for one in fleet.get(INSTANCES)["items"]] == ["faces"]


def test_what_somebody_broke_is_told_and_what_mends_it_is_written(fleet: Served, directory: Path) -> None:
    (directory / "cameras.yaml").write_text(TEXT.replace("rtsp://10.0.0.2", "http://10.0.0.2"))
    refused = fleet.patch(f"{CAMERAS}/lobby", {"spec": {"width": 640}})
    assert refused.status_code == 422, refused.text
    assert "the manifests have problems already" in refused.json()["message"]
    mended = fleet.patch(f"{CAMERAS}/yard", {"spec": {"width": 640}})
    assert mended.status_code == 200, mended.text
    assert (directory / "cameras.yaml").read_text().count("rtsp://") == 3


def test_what_somebody_saves_meanwhile_is_taken_first(fleet: Served, directory: Path) -> None:
    (directory / "cameras.yaml").write_text(TEXT.replace("10.0.0.2", "10.0.0.8"))
    answer = fleet.patch(f"{CAMERAS}/yard", {"spec": {"width": 640}})
    assert answer.json()["spec"] == {"address": "rtsp://10.0.0.8/1", "width": 640}


def test_bookkeeping_of_clients_is_shown_and_in_no_file(fleet: Served, directory: Path) -> None:
    annotations = {LAST_APPLIED: "{}"}
    answer = fleet.patch(f"{CAMERAS}/gate", {"metadata": {"annotations": annotations}})
    assert answer.status_code == 200, answer.text
    assert answer.json()["metadata"]["annotations"] == annotations
    assert fleet.get(f"{CAMERAS}/gate") == answer.json()
    assert (directory / "cameras.yaml").read_text() == TEXT
    fleet.patch(f"{CAMERAS}/gate", {"spec": {"width": 640}})
    assert fleet.get(f"{CAMERAS}/gate")["metadata"]["annotations"] == annotations
    fleet("DELETE", f"{CAMERAS}/gate")
    fleet("POST", CAMERAS, json=camera("gate"))
    assert "annotations" not in fleet.get(f"{CAMERAS}/gate")["metadata"]


@pytest.mark.parametrize(
    ("method", "path", "options", "code"),
    [
        ("POST", CAMERAS, {"content": "{}", "headers": {"content-type": "text/plain"}}, 415),
        ("POST", CAMERAS, {"content": "{}", "headers": {"sec-fetch-site": "same-origin"}}, 415),
        ("POST", CAMERAS, {"content": "{", "headers": {"content-type": "application/json"}}, 400),
        ("POST", CAMERAS, {"json": []}, 400),
        ("POST", CAMERAS, {"json": camera("")}, 400),
        ("POST", CAMERAS, {"json": {**camera("x"), "kind": "Node"}}, 400),
        ("POST", CAMERAS, {"json": camera("x", namespace="y")}, 400),
        ("POST", CAMERAS, {"json": camera("x", resourceVersion="1")}, 400),
        ("POST", CAMERAS, {"json": camera("UPPER")}, 422),
        ("POST", CAMERAS, {"json": camera("x"), "params": {"dryRun": "Some"}}, 400),
        ("POST", CAMERAS, {"json": camera("x"), "params": {"fieldValidation": "Maybe"}}, 400),
        ("POST", CAMERAS, {"json": camera("x", annotations={"dsfleet.io/file": "../x.yaml"})}, 422),
        ("POST", "/apis/dsfleet.io/v1/things", {"json": {}}, 404),
        ("PUT", f"{CAMERAS}/lobby", {"json": camera("other")}, 400),
        ("PUT", f"{CAMERAS}/nobody", {"json": camera("nobody")}, 404),
        ("PATCH", f"{CAMERAS}/lobby", {"json": {}, "headers": {"content-type": "application/json"}}, 415),
        ("PATCH", f"{CAMERAS}/lobby", {"content": "[1]", "headers": {"content-type": "application/json-patch+json"}}, 400),
        ("PATCH", f"{CAMERAS}/lobby", {"content": "[1]", "headers": {"content-type": "application/merge-patch+json"}}, 400),
        ("PATCH", f"{CAMERAS}/lobby", {"content": "a: 1", "headers": {"content-type": "application/apply-patch+yaml"}}, 400),
        (
            "PATCH", f"{CAMERAS}/lobby",
            {"content": '[{"op":"test","path":"/spec/width","value":1}]', "headers": {"content-type": "application/json-patch+json"}}, 422,
        ),
        ("PATCH", f"{CAMERAS}/nobody", {"content": "{}", "headers": {"content-type": "application/merge-patch+json"}}, 404),
        ("PATCH", f"{CAMERAS}/lobby", {"content": '{"metadata":{"resourceVersion":"1"}}', "headers": {"content-type": "application/merge-patch+json"}}, 409),
        ("DELETE", f"{CAMERAS}/lobby", {"json": {"dryRun": ["Some"]}}, 400),
        ("POST", CAMERAS, {"content": "x" * (1 << 21), "headers": {"content-type": "application/json"}}, 413),
    ],
)  # fmt: skip
def test_what_cannot_be_asked(many: Served, method: str, path: str, options: Any, code: int) -> None:
    answer = many(method, path, **options)
    assert (answer.status_code, answer.json()["kind"]) == (code, "Status"), answer.text


def test_yaml_and_generated_names(fleet: Served) -> None:
    text = "apiVersion: dsfleet.io/v1\nkind: Camera\nmetadata:\n  generateName: roof-\nspec:\n  address: rtsp://10.0.0.9/1\n"
    answer = fleet("POST", CAMERAS, content=text, headers={"content-type": "application/yaml"})
    assert answer.status_code == 201, answer.text
    assert len(answer.json()["metadata"]["name"]) == len("roof-") + 5


def test_a_watch_sees_a_write_once(fleet: Served) -> None:
    version = fleet.get(CAMERAS)["metadata"]["resourceVersion"]
    fleet.patch(f"{CAMERAS}/gate", {"spec": {"width": 640}, "metadata": {"annotations": {LAST_APPLIED: "{}"}}})
    # Of this camera alone: a fleet that has just begun says other things of the others meanwhile.
    params = {"watch": "true", "resourceVersion": version, "timeoutSeconds": "1", "fieldSelector": "metadata.name=gate"}
    lines = [json.loads(line) for line in fleet("GET", CAMERAS, params=params).text.splitlines()]
    assert [one["type"] for one in lines] in (["MODIFIED"], ["MODIFIED", "MODIFIED"])
    written = [one["object"] for one in lines if one["object"]["spec"].get("width") == 640]
    assert written
    assert all(LAST_APPLIED in one["metadata"]["annotations"] for one in written)
