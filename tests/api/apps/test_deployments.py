"""An instance as a Deployment, and its versions as ReplicaSets: what is shown, what can be changed, and what cannot be said."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.patience import wait_until
from tests.writing.served import INSTANCES, Served

DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
SETS = "/apis/apps/v1/namespaces/default/replicasets"
FACES = f"{DEPLOYMENTS}/faces"
OF_FACES = f"{SETS}?labelSelector=dsfleet.io/instance%3Dfaces"
REVISION = "deployment.kubernetes.io/revision"
KEY = "dsfleet.io/version-key"
STRATEGIC = {"content-type": "application/strategic-merge-patch+json"}
TABLE = {"accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}


def image(tag: str, **more: Any) -> dict[str, Any]:
    """What `kubectl set image` sends."""
    container = {"name": "app", "image": f"registry.example.com/faces:{tag}", **more}
    return {
        "spec": {"template": {"spec": {"containers": [container], "$setElementOrder/containers": [{"name": "app"}]}}}
    }


def patched(fleet: Served, patch: Any) -> Any:
    return fleet("PATCH", FACES, json=patch, headers=STRATEGIC)


def done(fleet: Served, patch: Any) -> None:
    answer = patched(fleet, patch)
    assert (answer.status_code, bool(answer.headers.get("Fleet-Revision"))) == (200, True), answer.text


def sets(fleet: Served) -> list[tuple[str, str, str]]:
    """Number, image and cause of each version."""
    found = []
    for one in fleet.get(OF_FACES)["items"]:
        notes = one["metadata"]["annotations"]
        tag = one["spec"]["template"]["spec"]["containers"][0]["image"].rpartition(":")[2]
        found.append((notes[REVISION], tag, notes.get("kubernetes.io/change-cause", "")))
    return found


def remembered(fleet: Served, *expected: tuple[str, str, str]) -> None:
    wait_until(lambda: sets(fleet) == list(expected), f"versions {expected}")


def test_a_deployment_is_the_instance_in_other_words(many: Served) -> None:
    found, instance = many.get(FACES), many.get(f"{INSTANCES}/faces")
    assert (found["kind"], found["metadata"]["namespace"], found["spec"]["replicas"]) == ("Deployment", "default", 1)
    assert found["metadata"]["uid"] != instance["metadata"]["uid"]
    template = found["spec"]["template"]
    assert template["spec"] == {
        "containers": [{"name": "app", "image": "registry.example.com/faces:1"}],
        "nodeName": "edge-1",
    }
    assert (
        template["metadata"]["labels"] == found["spec"]["selector"]["matchLabels"] == {"dsfleet.io/instance": "faces"}
    )
    assert [one["metadata"]["name"] for one in many.get(DEPLOYMENTS)["items"]] == ["faces"]
    # Its status may change between two answers.
    everywhere = "/apis/apps/v1/deployments"
    wait_until(lambda: many.get(everywhere)["items"] == many.get(DEPLOYMENTS)["items"], "one list for all namespaces")
    assert many("GET", DEPLOYMENTS.replace("default", "other")).json()["items"] == []
    for path in (f"{DEPLOYMENTS}/nobody", FACES.replace("default", "other"), f"{SETS}/faces-0", f"{SETS}/nobody-1"):
        assert many("GET", path).status_code == 404
    rows = many("GET", DEPLOYMENTS, headers=TABLE).json()
    assert [one["name"] for one in rows["columnDefinitions"]][:4] == ["Name", "Ready", "Up-to-date", "Available"]


def test_the_template_of_the_version_in_force_is_that_of_the_deployment(many: Served) -> None:
    """kubectl finds it so."""
    (listed,) = many.get(SETS)["items"]
    deployment = many.get(FACES)
    assert listed["spec"]["template"] == deployment["spec"]["template"]
    (owner,) = listed["metadata"]["ownerReferences"]
    assert (owner["uid"], owner["controller"]) == (deployment["metadata"]["uid"], True)
    assert many.get(f"{SETS}/{listed['metadata']['name']}")["metadata"] == listed["metadata"]


def test_a_rollout_is_over_when_what_was_published_runs(fleet: Served) -> None:
    def status() -> dict[str, Any]:
        found = fleet.get(FACES)
        assert found["status"]["observedGeneration"] == found["metadata"]["generation"]
        return {name: found["status"].get(f"{name}Replicas", 0) for name in ("updated", "available", "ready")}

    assert status() == {"updated": 0, "available": 0, "ready": 0}
    fleet.report()
    wait_until(lambda: status() == {"updated": 1, "available": 1, "ready": 1}, "a rollout that is over")
    done(fleet, image("2"))
    assert status()["updated"] == 0


def test_another_image_is_an_edit_of_the_manifest_and_a_version(fleet: Served, directory: Path) -> None:
    remembered(fleet, ("1", "1", ""))
    done(fleet, image("2"))
    assert "image: registry.example.com/faces:2\n" in (directory / "faces.yaml").read_text()
    remembered(fleet, ("1", "1", ""), ("2", "2", ""))
    done(fleet, {**image("3"), "metadata": {"annotations": {"dsfleet.io/reason": "a better one"}}})
    remembered(fleet, ("1", "1", ""), ("2", "2", ""), ("3", "3", "a better one"))
    assert fleet.get(FACES)["metadata"]["annotations"] == {REVISION: "3"}


def test_going_back_is_a_write_of_the_earlier_spec(fleet: Served, directory: Path) -> None:
    before = (directory / "faces.yaml").read_text()
    remembered(fleet, ("1", "1", ""))
    first = fleet.get(SETS)["items"][0]["spec"]["template"]
    done(fleet, image("2", env=[{"name": "LOG", "value": "debug"}]))
    fleet.patch(f"{INSTANCES}/faces", {"spec": {"cameras": ["gate", "lobby", "yard"]}})
    remembered(fleet, ("1", "1", ""), ("2", "2", ""), ("3", "2", ""))
    undo = [
        {"op": "replace", "path": "/spec/template", "value": first},
        {"op": "replace", "path": "/metadata/annotations", "value": {REVISION: "2"}},
    ]
    answer = fleet("PATCH", FACES, json=undo, headers={"content-type": "application/json-patch+json"})
    assert (answer.status_code, bool(answer.headers["Fleet-Revision"])) == (200, True), answer.text
    assert (directory / "faces.yaml").read_text() == before
    remembered(fleet, ("2", "2", ""), ("3", "2", ""), ("4", "1", ""))
    assert answer.json()["metadata"]["annotations"][REVISION] == "4"


def test_a_restart_is_said_in_the_manifest(fleet: Served, directory: Path) -> None:
    at = "2026-03-01T12:00:00+01:00"
    notes = {"annotations": {"kubectl.kubernetes.io/restartedAt": at}}
    answer = patched(fleet, {"spec": {"template": {"metadata": notes}}})
    assert answer.status_code == 200
    assert at in (directory / "faces.yaml").read_text()
    assert any("(restart)" in one for one in answer.headers.get_list("Warning"))


def test_labels_notes_and_replicas_are_those_of_the_instance(fleet: Served) -> None:
    done(
        fleet, {"metadata": {"labels": {"site": "hq"}, "annotations": {"kubernetes.io/change-cause": "for the night"}}}
    )
    metadata = fleet.get(f"{INSTANCES}/faces")["metadata"]
    assert metadata["labels"] == {"site": "hq"}
    assert metadata["annotations"] == {"kubernetes.io/change-cause": "for the night"}
    remembered(fleet, ("1", "1", "for the night"))
    assert fleet.get(f"{FACES}/scale")["metadata"]["uid"] == fleet.get(FACES)["metadata"]["uid"]
    refused = fleet("PATCH", f"{FACES}/scale", json={"spec": {"replicas": 0}}, headers=STRATEGIC)
    assert refused.json()["details"]["causes"][0]["reason"] == "RemovalGuard"
    assert patched(fleet, {"spec": {"replicas": 2}}).status_code == 422


def of_template(**fields: Any) -> dict[str, Any]:
    return {"spec": {"template": fields}}


@pytest.mark.parametrize(
    ("patch", "field"),
    [
        ({"spec": {"paused": True}}, "spec.paused"),
        ({"spec": {"template": None}}, f"spec.template.metadata.annotations[{KEY}]"),
        ({"metadata": {"annotations": "x"}}, "metadata.annotations"),
        ({"metadata": {"annotations": {"a": 1}}}, "metadata.annotations"),
        ({"metadata": {"labels": ["x"]}}, "metadata.labels"),
        ({"spec": {"template": {"metadata": {"annotations": 7}}}}, "spec.template.metadata.annotations"),
        ({"spec": {"template": {"spec": {"containers": 7}}}}, "spec.template.spec.containers"),
        ({"spec": {"template": {"spec": 7}}}, "spec.template.spec.containers"),
        ({"spec": {"replicas": "many"}}, "spec.replicas"),
        (image("1", image=["x"]), "spec.image"),
        (image("1", env=[{"name": "A", "value": 1}]), "spec.container.env.A"),
        ({"spec": {"strategy": {"type": "RollingUpdate"}}}, "spec.strategy.type"),
        (image("1", command=["sh"]), "spec.template.spec.containers.0.command"),
        (of_template(spec={"containers": [{"name": "other", "image": "a"}]}), "spec.template.spec.containers"),
        (of_template(spec={"nodeName": "edge-2"}), "spec.template.spec.nodeName"),
        (of_template(metadata={"annotations": {"a": "b"}}), "spec.template.metadata.annotations.a"),
        (of_template(metadata={"annotations": {KEY: "0" * 16}}), f"spec.template.metadata.annotations[{KEY}]"),
        (image("1", env=[{"name": "A", "valueFrom": {}}]), "spec.template.spec.containers[0].env"),
        (image("1", env=[{"name": 1}]), "spec.template.spec.containers[0].env"),
    ],
)
def test_what_an_instance_has_no_words_for_is_refused_with_its_field(many: Served, patch: Any, field: str) -> None:
    answer = patched(many, patch)
    assert (answer.status_code, answer.json()["details"]["causes"][0]["field"]) == (422, field), answer.text


def without_template(deployment: dict[str, Any]) -> dict[str, Any]:
    return {**deployment, "spec": {"replicas": 1}}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda _: [], 400),
        (lambda one: {**one, "spec": None}, 400),
        (without_template, 422),
        (lambda one: {**one, "metadata": {**one["metadata"], "resourceVersion": "1"}}, 409),
        (lambda one: {**one, "metadata": {**one["metadata"], "uid": "x"}}, 409),
        (lambda one: one, 200),
        (lambda one: {**one, "status": {"replicas": 7}}, 200),
    ],
)
def test_a_whole_deployment_is_held_to_the_same(
    many: Served, change: Callable[[dict[str, Any]], Any], code: int
) -> None:
    found = many.get(FACES)
    del found["metadata"]["resourceVersion"]  # what is seen of the instance may make it another at any time
    answer = many("PUT", FACES, json=change(found))
    assert (answer.status_code, "Fleet-Revision" in answer.headers) == (code, False), answer.text


def test_deployments_are_neither_made_nor_deleted(many: Served) -> None:
    for method, path in (
        ("POST", DEPLOYMENTS),
        ("DELETE", FACES),
        ("DELETE", DEPLOYMENTS),
        ("PATCH", f"{SETS}/faces-1"),
    ):
        assert many(method, path, json={}).status_code == 405
    refused = many("DELETE", FACES)
    assert (refused.headers["allow"], "kubectl delete ds" in refused.json()["message"]) == ("GET, PATCH, PUT", True)
    assert many("PATCH", f"{DEPLOYMENTS}/nobody", json={}, headers=STRATEGIC).status_code == 404
    assert many("PATCH", FACES.replace("default", "other"), json={}, headers=STRATEGIC).status_code == 404
    assert many("PATCH", FACES, json={}, headers={"content-type": "application/apply-patch+yaml"}).status_code == 415
