"""What is looked at before it is written: in terms of cameras, and line by line. Nothing becomes another thing by it."""

import errno
import itertools
import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from controller.history.camera_changes import CameraChange
from controller.history.camera_file import Happened
from controller.model import Change
from controller.writing.preview import expected_blind_seconds
from crds.change import ChangeClass
from tests.history.pasts import READY, conditions, rollout
from tests.writing.served import CAMERAS, INSTANCES, MERGE, Served

PREVIEW = {"accept": "application/json;as=Preview;v=v1;g=dsfleet.io, application/json"}
DRY: dict[str, Any] = {"headers": PREVIEW, "params": {"dryRun": "All"}}
ATTIC = {
    "apiVersion": "dsfleet.io/v1",
    "kind": "Camera",
    "metadata": {"name": "attic"},
    "spec": {"address": "rtsp://10.0.0.9/1"},
}
WIDER = """\
--- a/cameras.yaml
+++ b/cameras.yaml
@@ -6,6 +6,7 @@
   labels: {site: hanoi}
 spec:
   address: rtsp://10.0.0.1/1 # do not change
+  width: 640
 ---
 apiVersion: dsfleet.io/v1
 kind: Camera
"""
NEW = """\
--- a/cameras.yaml
+++ b/cameras.yaml
@@ -16,3 +16,10 @@
 kind: Camera
 metadata: {name: gate}
 spec: {address: 'rtsp://10.0.0.3/1'}
+---
+apiVersion: dsfleet.io/v1
+kind: Camera
+metadata:
+  name: attic
+spec:
+  address: rtsp://10.0.0.9/1
"""
GONE = """\
--- a/cameras.yaml
+++ b/cameras.yaml
@@ -11,8 +11,3 @@
 kind: Camera
 metadata: {name: yard}
 spec: {address: 'rtsp://10.0.0.2/1'}
----
-apiVersion: dsfleet.io/v1
-kind: Camera
-metadata: {name: gate}
-spec: {address: 'rtsp://10.0.0.3/1'}
"""


def patch(fleet: Served, path: str, body: Any) -> Any:
    return preview(fleet("PATCH", path, json=body, headers={**PREVIEW, **MERGE}, params={"dryRun": "All"}))


def preview(answer: Any) -> Any:
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["kind"], found["apiVersion"]) == ("Preview", "dsfleet.io/v1")
    return found


def test_a_change_as_a_plan_and_as_a_diff(many: Served) -> None:
    found = patch(many, f"{CAMERAS}/lobby", {"spec": {"width": 640, "hight": 1}})
    assert found["files"] == [{"path": "cameras.yaml", "diff": WIDER}]
    assert found["revision"].startswith("sha256:")
    assert found["parked"] is None
    assert found["object"]["spec"] == {"address": "rtsp://10.0.0.1/1", "width": 640}
    assert found["warnings"] == ['unknown field "spec.hight": there is no such field; did you mean height?']
    (change,) = found["changes"]
    assert (change["changeClass"], change["expectedBlindSeconds"]) == ("none", 0.0)
    (change,) = patch(many, f"{CAMERAS}/lobby", {"spec": {"address": "rtsp://10.0.0.8/1"}})["changes"]
    assert change == {
        "kind": "update",
        "instance": "faces",
        "node": "edge-1",
        "changeClass": "restart",
        "causes": ["camera/lobby spec.address: rtsp://10.0.0.1/1 -> rtsp://10.0.0.8/1 (restart)"],
        "camerasInterrupted": ["lobby", "yard"],
        "expectedBlindSeconds": None,
    }
    assert many.get(f"{CAMERAS}/lobby")["spec"] == {"address": "rtsp://10.0.0.1/1"}
    none = patch(many, f"{CAMERAS}/lobby", {"spec": {"address": "rtsp://10.0.0.1/1"}})
    assert (none["revision"], none["summary"], none["files"], none["changes"]) == ("", "No changes.", [], [])


@pytest.mark.parametrize(
    ("method", "path", "options", "diff", "has_object"),
    [
        ("POST", CAMERAS, {"json": ATTIC}, NEW, True),
        ("PUT", f"{CAMERAS}/lobby", {"json": {"metadata": {"name": "lobby", "labels": {"site": "hanoi"}}, "spec": {
            "address": "rtsp://10.0.0.1/1", "width": 640}}}, WIDER, True),
        ("PATCH", f"{CAMERAS}/attic", {"content": json.dumps(ATTIC), "headers": {"content-type": "application/apply-patch+yaml"},
            "params": {"fieldManager": "t"}}, NEW, True),
        ("DELETE", f"{CAMERAS}/gate", {}, GONE, False),
        ("DELETE", CAMERAS, {"params": {"fieldSelector": "metadata.name=gate"}}, GONE, False),
    ],
)  # fmt: skip
def test_every_verb(many: Served, method: str, path: str, options: Any, diff: str, *, has_object: bool) -> None:
    options = {**options, **{name: {**DRY[name], **options.get(name, {})} for name in DRY}}
    found = preview(many(method, path, **options))
    assert found["files"] == [{"path": "cameras.yaml", "diff": diff}]
    assert (found["object"] is not None) is has_object


def test_a_file_that_goes(many: Served) -> None:
    found = preview(many("DELETE", f"{INSTANCES}/faces", **DRY))
    assert [(one["path"], one["diff"].splitlines()[1]) for one in found["files"]] == [("faces.yaml", "+++ /dev/null")]


def test_what_the_guard_would_park_is_said_with_the_plan(fleet: Served, directory: Path) -> None:
    body = {"spec": {"cameras": []}}
    found = patch(fleet, f"{INSTANCES}/faces", body)
    assert found["parked"] == "2 of 2 cameras would no longer be watched (lobby, yard), more than 25 % and more than 1"
    assert found["changes"][0]["camerasRemoved"] == ["lobby", "yard"]
    assert found["files"][0]["diff"].splitlines()[-2:] == ["-  cameras: [lobby, yard]", "+  cameras: []"]
    refused = fleet.patch(f"{INSTANCES}/faces", body)
    assert (refused.status_code, refused.json()["details"]["revision"]) == (409, found["revision"])
    assert fleet.patch(f"{INSTANCES}/faces", body, params={"approve": found["revision"]}).status_code == 200
    (directory / "faces.yaml").write_text((directory / "faces.yaml").read_text() + "# all gone\n")


def test_what_is_refused_says_where(many: Served) -> None:
    answer = many(
        "PATCH", f"{CAMERAS}/lobby", json={"spec": {"width": 1}}, headers={**PREVIEW, **MERGE}, params={"dryRun": "All"}
    )
    assert (answer.status_code, answer.json()["kind"]) == (422, "Status")
    (cause,) = answer.json()["details"]["causes"]
    assert (cause["field"], cause["line"], cause["column"]) == ("spec.width", 9, 10)
    assert cause["file"].endswith("/manifests/cameras.yaml")
    assert many("DELETE", f"{CAMERAS}/nobody", **DRY).status_code == 404


def test_who_forgets_that_it_is_a_dry_run_writes_nothing(many: Served) -> None:
    answer = many("DELETE", f"{CAMERAS}/gate", headers=PREVIEW)
    assert (answer.status_code, "dryRun=All" in answer.json()["message"]) == (400, True)
    assert many("GET", f"{CAMERAS}/gate").status_code == 200
    plain = many(
        "DELETE", f"{CAMERAS}/gate", headers={"accept": "application/json, */*;as=Preview"}, params={"dryRun": "All"}
    )
    assert plain.json()["kind"] == "Status"


def test_what_earlier_changes_took_is_expected_of_the_next_one(many: Served) -> None:
    at = 4_000_000_000  # after all that is noticed of this fleet itself
    said = conditions((at, READY), (at + 10, "InstanceNotRunning"), (at + 14, READY))
    changes = [CameraChange("lobby", before, after) for before, after in itertools.pairwise(said)]
    many.controller.cameras._pasts.store(Happened(changes, [rollout(at + 9, at + 15, instance="faces")]))
    (change,) = patch(many, f"{CAMERAS}/lobby", {"spec": {"address": "rtsp://10.0.0.8/1"}})["changes"]
    assert (change["changeClass"], change["expectedBlindSeconds"]) == ("restart", 4.0)


def test_what_was_measured_is_expected(fleet: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Collection[str]] = []

    async def measured(instances: Collection[str]) -> dict[tuple[str, ChangeClass], float]:
        asked.append(instances)
        if len(asked) > 1:
            raise OSError(errno.EIO, "the disk is dying")
        return {("faces", ChangeClass.RESTART): 3.5}

    monkeypatch.setattr(fleet.controller.writer, "_blind_seconds", measured)
    body = {"spec": {"address": "rtsp://10.0.0.8/1"}}
    assert [patch(fleet, f"{CAMERAS}/lobby", body)["changes"][0]["expectedBlindSeconds"] for _ in range(2)] == [
        3.5,
        None,
    ]
    assert asked == [{"faces"}, {"faces"}]


@pytest.mark.parametrize(
    ("interrupted", "old_name", "change_class", "seconds"),
    [
        ((), None, ChangeClass.RESTART, 0.0),
        (("a",), None, ChangeClass.RESTART, 2.5),
        (("a",), None, ChangeClass.RECREATE, None),
        (("a",), "before", ChangeClass.RECREATE, 9.0),
    ],
)
def test_how_long_cameras_will_be_blind(
    interrupted: tuple[str, ...], old_name: str | None, change_class: ChangeClass, seconds: float | None
) -> None:
    change = Change("update", "door", "n", change_class, (), cameras_interrupted=interrupted, old_name=old_name)
    measured = {("door", ChangeClass.RESTART): 2.5, ("before", ChangeClass.RECREATE): 9.0}
    assert expected_blind_seconds(change, measured) == seconds
