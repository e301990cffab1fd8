"""Objects and patches that nobody in his right mind sends: each is refused as what it is, and nothing of it is kept."""

import json
from typing import Any

import pytest

from crds.annotations import LAST_APPLIED
from tests.writing.served import CAMERAS, INSTANCES, NODE, Served

LOBBY = f"{CAMERAS}/lobby"
JSON_PATCH = {"content-type": "application/json-patch+json"}


def managed(*entries: Any) -> dict[str, Any]:
    return {"metadata": {"managedFields": list(entries)}}


@pytest.mark.parametrize(
    ("patch", "told"),
    [
        ({"metadata": {"annotations": ["x"]}}, "metadata.annotations must be an object"),
        ({"metadata": {"annotations": "x"}}, "metadata.annotations must be an object"),
        ({"metadata": {"annotations": {LAST_APPLIED: {"spec": {}}}}}, "must be a text"),
        ({"metadata": {"annotations": {"dsfleet.io/reason": 5}}}, "must be a text"),
        ({"metadata": {"managedFields": 5}}, "metadata.managedFields must be a list"),
        (managed(5), "metadata.managedFields[0] must be an object"),
        (managed({"manager": 5}), "metadata.managedFields[0].manager must be a text"),
        (managed({"manager": "m", "time": "yesterday"}), "metadata.managedFields[0].time must be a time"),
        (managed({"manager": "m", "time": "2026-02-31T10:00:00Z"}), "metadata.managedFields[0].time must be a time"),
        (managed({"manager": "m", "fieldsV1": [1]}), "metadata.managedFields[0].fieldsV1 must be an object"),
        (managed({"manager": "m", "else": 1}), "metadata.managedFields[0] has no field 'else'"),
    ],
)  # fmt: skip
def test_what_is_shown_to_all_clients_is_of_the_types_that_they_read(many: Served, patch: Any, told: str) -> None:
    answer = many.patch(LOBBY, patch)
    assert (answer.status_code, answer.json()["reason"]) == (400, "BadRequest"), answer.text
    assert told in answer.json()["message"]


def test_managed_fields_that_say_nothing_are_how_all_are_forgotten(fleet: Served) -> None:
    options = {"headers": {"content-type": "application/apply-patch+yaml"}, "params": {"fieldManager": "m"}}
    assert fleet("PATCH", LOBBY, json={"spec": {"width": 640}}, **options).json()["metadata"]["managedFields"]
    assert "managedFields" not in fleet.patch(LOBBY, managed({})).json()["metadata"]


def test_infinity_is_no_number_of_json(many: Served) -> None:
    for text in ('{"spec":{"else":1e999}}', '{"spec":{"else":-1e999}}'):
        answer = many("PATCH", LOBBY, content=text, headers={"content-type": "application/merge-patch+json"})
        assert (answer.status_code, answer.json()["reason"]) == (400, "BadRequest"), answer.text


def test_a_patch_of_small_steps_makes_nothing_that_is_too_deep(many: Served) -> None:
    add, move = {"op": "add", "path": "/y", "value": {}}, {"op": "move", "from": "/x", "path": "/y/a"}
    steps = [{"op": "add", "path": "/x", "value": {}}, *[add, move, {"op": "move", "from": "/y", "path": "/x"}] * 1200]
    answer = many("PATCH", LOBBY, content=json.dumps(steps), headers=JSON_PATCH)
    assert answer.status_code == 400, answer.text
    assert "nested deeper than 64 levels" in answer.json()["message"]


@pytest.mark.parametrize("kind", ["json", "merge-patch+json", "json-patch+json", "strategic-merge-patch+json"])
@pytest.mark.parametrize(
    "path",
    [
        LOBBY,
        f"{INSTANCES}/faces/scale",
        "/apis/apps/v1/namespaces/default/deployments/faces",
        "/apis/apps/v1/namespaces/default/deployments/faces/scale",
        f"/api/v1/nodes/{NODE}",
    ],
)
def test_nothing_is_looked_into_that_is_too_deep(many: Served, path: str, kind: str) -> None:
    is_whole = kind == "json"
    found = many.get(path) if is_whole else {}
    deep = "{}"
    for _ in range(700):
        deep = f'{{"a":{deep}}}'
    body = json.dumps({**found, "spec": {**found.get("spec", {}), "x": "deep"}})
    if kind.startswith("json-patch"):
        body = json.dumps([{"op": "add", "path": "/spec/x", "value": "deep"}])
    answer = many(
        "PUT" if is_whole else "PATCH",
        path,
        content=body.replace('"deep"', deep),
        headers={"content-type": f"application/{kind}"},
    )
    assert (answer.status_code, answer.json()["reason"]) == (400, "BadRequest"), answer.text
    assert "nested deeper than 64 levels" in answer.json()["message"]


def test_a_form_of_an_object_is_held_to_its_name_and_its_version(many: Served) -> None:
    node = f"/api/v1/nodes/{NODE}"
    for patch, code, told in (
        (
            {"metadata": {"name": "other"}},
            400,
            f"the name of the object (other) does not match the name on the URL ({NODE})",
        ),
        ({"metadata": {"resourceVersion": "1"}}, 409, f'Operation cannot be fulfilled on nodes "{NODE}": '),
        ({"metadata": {"labels": {"a": 1}}}, 422, f'Node "{NODE}" is invalid: '),
    ):
        answer = many.patch(node, {**patch, "spec": {"unschedulable": True}})
        assert (answer.status_code, answer.json()["message"][: len(told)]) == (code, told)
    assert "unschedulable" not in many.get(node)["spec"]


def test_an_object_of_more_values_than_a_manifest_holds_is_refused(many: Served) -> None:
    answer = many.patch(LOBBY, {"spec": {f"k{number}": 1 for number in range(20_001)}})
    assert answer.status_code == 400, answer.text
    assert "more than 20,000 values" in answer.json()["message"]


def test_what_is_kept_beside_an_object_is_bounded(many: Served) -> None:
    own = [{"manager": f"{number}-{'m' * 100}", "operation": "Apply"} for number in range(1000)]
    for patch in (managed(*own, *own), {"metadata": {"annotations": {LAST_APPLIED: "x" * 300_000}}}):
        answer = many.patch(LOBBY, patch)
        assert (answer.status_code, answer.json()["details"]["causes"][0]["field"]) == (422, "metadata"), answer.text
