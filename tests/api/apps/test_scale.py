"""An instance is scaled through its Scale: to nowhere and back, guarded as any other removal."""

from pathlib import Path
from typing import Any

import pytest

from tests.patience import wait_until
from tests.writing.served import INSTANCES, Served

SCALE = f"{INSTANCES}/faces/scale"


def scaled(replicas: Any, **metadata: Any) -> dict[str, Any]:
    """Without the version: what is seen of the instance may make it another at any time."""
    return {"metadata": {"name": "faces", **metadata}, "spec": {"replicas": replicas}}


def approved(fleet: Served, method: str, **asked: Any) -> Any:
    """Asks again with the approval that the refusal names: the one instance watches all that is watched."""
    refused = fleet(method, SCALE, **asked)
    details = refused.json()["details"]
    assert (refused.status_code, details["kind"], details["causes"][0]["reason"]) == (422, "DsInstance", "RemovalGuard")
    return fleet(method, SCALE, **asked, params={"approve": refused.json()["details"]["revision"]})


def test_a_scale_says_how_often_it_is_to_run(many: Served) -> None:
    found, instance = many.get(SCALE), many.get(f"{INSTANCES}/faces")
    assert (found["kind"], found["apiVersion"], found["spec"]) == ("Scale", "autoscaling/v1", {"replicas": 1})
    assert found["status"]["selector"] == "dsfleet.io/instance=faces"
    same = ("name", "uid", "creationTimestamp")
    assert {field: found["metadata"][field] for field in same} == {field: instance["metadata"][field] for field in same}
    assert many("GET", f"{INSTANCES}/nobody/scale").status_code == 404


def test_it_is_scaled_to_nowhere_and_back_and_the_file_says_so(fleet: Served, directory: Path) -> None:
    patch = {"json": {"spec": {"replicas": 0}}, "headers": {"content-type": "application/merge-patch+json"}}
    answer = approved(fleet, "PATCH", **patch)
    assert (answer.status_code, answer.json()["spec"]) == (200, {"replicas": 0})
    assert answer.headers["Fleet-Revision"]
    assert "replicas: 0" in (directory / "faces.yaml").read_text()

    def is_stopped() -> bool:
        status = fleet.get(f"{INSTANCES}/faces")["status"]
        return (status["phase"], status.get("reason")) == ("Stopped", "ScaledToZero")

    # What was written is shown with the answer; what comes of it with the next plan.
    wait_until(is_stopped, "the instance is stopped")
    assert fleet.get(SCALE)["status"]["replicas"] == 0

    answer = fleet("PUT", SCALE, json=scaled(1))
    assert (answer.status_code, answer.json()["spec"]) == (200, {"replicas": 1})
    assert "replicas: 1" in (directory / "faces.yaml").read_text()


def test_what_is_so_already_is_not_written(fleet: Served, directory: Path) -> None:
    before = (directory / "faces.yaml").read_bytes()
    answer = fleet("PUT", SCALE, json=scaled(1))
    assert (answer.status_code, "Fleet-Revision" in answer.headers) == (200, False)
    assert (directory / "faces.yaml").read_bytes() == before


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        ({"spec": {"replicas": 2}}, 422, "2 replicas cannot be: cameras are not shared out over replicas yet"),
        ({"spec": {"replicas": -1}}, 422, "replicas"),
        ({"spec": {"replicas": "many"}}, 400, "expected a number"),
        ({"spec": {"replicas": True}}, 400, "expected a number"),
        ({"spec": None}, 400, "the body must be a Scale"),
        ({"status": "up"}, 400, "status is passed over"),
        ({"status": {"replicas": "many"}}, 400, "replicas is a number in it"),
        ({"status": {"selector": ["a"]}}, 400, "selector a text"),
        ({"metadata": {"resourceVersion": "1"}}, 409, "the object has been modified"),
        ({"metadata": {"uid": "x"}}, 409, "another uid"),
        ({"metadata": {"name": "other"}}, 400, "does not match the name on the URL (faces)"),
    ],
)
def test_what_is_no_scale_of_it_is_refused(many: Served, body: Any, code: int, said: str) -> None:
    patch = many("PATCH", SCALE, json=body, headers={"content-type": "application/merge-patch+json"})
    assert (patch.status_code, said in patch.json()["message"]) == (code, True), patch.text
    put = many("PUT", SCALE, json={**scaled(1), **body})
    assert put.status_code == code, put.text


def test_other_bodies_are_refused(many: Served) -> None:
    assert many("PUT", SCALE, json=[]).status_code == 400
    assert many("PATCH", SCALE, json={}, headers={"content-type": "application/apply-patch+yaml"}).status_code == 415
    assert (
        many(
            "PATCH", f"{INSTANCES}/nobody/scale", json={}, headers={"content-type": "application/merge-patch+json"}
        ).status_code
        == 404
    )
