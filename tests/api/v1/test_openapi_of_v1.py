"""The OpenAPI document says what there is, and its examples are true."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from controller.api.resources import FLEET_RESOURCES
from controller.api.v1.mapping import CALLED, PATHS
from controller.api.v1.openapi import document, example
from controller.api.v1.records import READ_ONLY
from controller.api.v1.routes import v1_router
from controller.api.v1.views import VIEWS
from controller.picture.store import ObjectStore
from controller.writing.request import WriteDone, WriteRequest
from tests.api.serving import FakeControl, Http
from tests.picture.fleets import NOW

DOCUMENT = document("1.2.3")


class NoWrites:
    async def write(self, request: WriteRequest) -> WriteDone:
        raise NotImplementedError(request)


def operations() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def examples() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path, method, operation in operations():
        if "requestBody" in operation:
            yield f"{method} {path}", operation["requestBody"]["content"]["application/json"]
        for code, answer in operation["responses"].items():
            yield f"{method} {path} {code}", answer["content"]["application/json"]


EXAMPLES = dict(examples())


def test_every_route_is_in_it_and_nothing_else() -> None:
    router = v1_router(ObjectStore(1), FakeControl(), NoWrites(), lambda: NOW, "1")
    served = {
        (one.path, method.lower())
        for one in router.routes
        for method in one.methods or ()
        if one.path != "/v1/openapi.json"
    }
    assert {(path, method) for path, method, _ in operations()} == served


@pytest.mark.parametrize("path", DOCUMENT["paths"])
def test_the_page_tells_of_every_path(path: str) -> None:
    page = Path("docs/v1.md").read_text()
    assert re.sub(r"/{id}$", "", path).replace("{id}", "ID") in page


@pytest.mark.parametrize("name", EXAMPLES)
def test_its_examples_are_what_it_says(name: str) -> None:
    content = EXAMPLES[name]
    schema = {**content["schema"], "components": DOCUMENT["components"]}
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(content["example"])


def test_names_are_used_once_and_parameters_of_paths_are_described() -> None:
    ids = [operation["operationId"] for _, _, operation in operations()]
    assert len(ids) == len(set(ids))
    for path, _, operation in operations():
        described = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "path"}
        assert described == ({"id"} if "{id}" in path else set())


@pytest.mark.parametrize("view", list(VIEWS.values()), ids=list(VIEWS))
def test_every_field_has_a_place_in_the_manifest_or_is_only_read(view: Any) -> None:
    mapped = {*PATHS[view.kind], CALLED[view.kind], "ip_address", "username", "password"}
    assert set(view.record.model_fields) - mapped <= READ_ONLY
    assert None not in example(view).values()
    assert view.resource in FLEET_RESOURCES.values()


@pytest.mark.parametrize("view", list(VIEWS.values()), ids=list(VIEWS))
def test_what_a_body_may_give_is_in_it(view: Any) -> None:
    """Numbers for texts and texts of digits for numbers, as the coordinator took them; of PUT no body at all."""
    sent = DOCUMENT["paths"][f"/v1/{view.path}/{{id}}"]["put"]["requestBody"]
    assert sent["required"] is False
    schema = {**sent["content"]["application/json"]["schema"], "components": DOCUMENT["components"]}
    for name in view.record.model_fields:
        for value in (None, 0, 7, 1.5, True, "7", "1.5", "true", "word", [], {}):
            with suppress(ValidationError):
                view.record.model_validate({name: value})
                Draft202012Validator(schema).validate({name: value})
        assert not Draft202012Validator(schema).is_valid({name: []})


def test_it_is_served(http: Http) -> None:
    assert http.json("/v1/openapi.json")["paths"].keys() == DOCUMENT["paths"].keys()


def test_reading_and_asking_need_no_writes(http: Http) -> None:
    assert {one["camera_id"] for one in http.json("/v1/Cameras")} == {"hq-1", "hq-2", "yard-1"}
    row = http.json("/v1/Cameras/hq-1")
    assert row["dsInstance_id"] == http.json("/v1/DsInstance/door")["id"]
    assert row["agent_id"] == http.json("/v1/Agents/n1")["id"]
    assert [one["camera_id"] for one in http.json("/v1/DsInstance/door/Cameras")] == ["hq-1", "hq-2"]
    assert http("POST", "/v1/Refresh").json() == {"detail": "hear you, will update soon", "revision": "sha256:1"}
    assert http("POST", "/v1/Cameras", json={}).json() == {"detail": "POST is not allowed at /v1/Cameras"}
