"""The OpenAPI document of these routes, with an example of each request and answer. It is made when it is asked for first."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fastapi.responses import Response
from pydantic.json_schema import models_json_schema

from controller.api.routing import Router
from controller.api.v1.changes import SOON
from controller.api.v1.errors import PREFIX
from controller.api.v1.records import READ_ONLY
from controller.api.v1.views import AGENTS, CAMERAS, INSTANCES, VIEWS, View

_REF: Final = "#/components/schemas/{model}"
_WRITTEN: Final = {"detail": SOON, "revision": "4be1c0f2…", "warnings": []}
_ASSOCIATIONS: Final = (
    ("/Camera_Instance", ("instance_name", "camera_ip"), "Gives a camera to an instance, and to no other one.",
     ("camera_ip",), "Takes a camera away from its instances.", ("camera", "instance")),
    ("/Agent_Instance", ("agent_ip", "instance_name"), "Has an instance run on an agent.",
     ("instance_name",), "Lets an instance run on any agent: it stays where it is, if it is anywhere.", ("agent", "instance")),
    ("/Camera_Agents", ("agent_ip", "camera_ip"), "Says whether a camera is on an agent: it is where its instance is.",
     ("camera_ip",), "Says whether a camera is on no agent.", ("agent", "camera")),
)  # fmt: skip
_FOR: Final[Mapping[str, tuple[dict[str, Any], ...]]] = {
    "string": ({"type": "number"},),
    "integer": ({"type": "string"}, {"type": "boolean"}),
    "number": ({"type": "string"}, {"type": "boolean"}),
    "boolean": ({"type": "string"}, {"type": "number"}),
}
"""What else stands for a value of a type: pydantic says which texts do."""
_PARAMETERS: Final = {
    "instance_name": ("The instance, as it is called.", "deepstream-1"),
    "camera_ip": ("The camera, by the ip_address of its row.", "10.0.0.9"),
    "agent_ip": ("The agent, by the ip_address of its row.", "10.0.1.2"),
}
_OF_ASSOCIATIONS: Final = {"camera": CAMERAS, "agent": AGENTS, "instance": INSTANCES}
_OF_WRITES: Final = (
    ("dryRun", "All: nothing is written, the answer says what would be.", "All"),
    ("reason", "Why, for the commit.", "new lens"),
    ("approve", "The revision whose removals are approved, as the refusal named it.", "sha256:1f…"),
)


@dataclass(frozen=True)
class Operation:
    """What can be asked."""

    method: str
    path: str
    summary: str
    answer: dict[str, Any]
    """By code: schema and example."""
    body: View | str = ""
    """The table that the body is a row of; or the name of the one field that it may have."""
    parameters: tuple[tuple[str, str, Any, bool], ...] = ()
    """Name, description, example, and whether it must be there."""


def example(view: View) -> dict[str, Any]:
    """A row."""
    return {name: (field.examples or [None])[0] for name, field in view.record.model_fields.items()}


def operations() -> Iterator[Operation]:
    """All that can be asked."""
    for view in VIEWS.values():
        yield from _of_view(view)
    for path, view, what in (
        ("/DsInstance/{id}/Cameras", CAMERAS, "The cameras that an instance names."),
        ("/Agents/{id}/Cameras", CAMERAS, "The cameras that instances of an agent name."),
        ("/Agents/{id}/DsInstance", INSTANCES, "The instances of an agent."),
    ):
        yield Operation("get", path, what, {"200": _rows(view)})
    for path, to_add, adds, to_remove, removes, parts in _ASSOCIATIONS:
        answer = {name: example(_OF_ASSOCIATIONS[name]) for name in parts} | _WRITTEN
        for method, names, summary in (("post", to_add, adds), ("put", to_remove, removes)):
            needed = tuple((name, *_PARAMETERS[name], True) for name in names)
            yield Operation(method, path, summary, _written(None, answer), parameters=(*needed, *_of_writes()))
    for path, summary, desc in (
        ("/Update_config", "Has the controller look at everything now (topic 300).", "UpdateConfig"),
        ("/Refresh", "Has every agent greet and report again (topic 301).", "Refresh"),
    ):
        told = {"detail": SOON, "revision": _WRITTEN["revision"]}
        yield Operation("post", path, summary, {"202": ({"type": "object"}, told)}, body=desc)


def _of_view(view: View) -> Iterator[Operation]:
    what = view.word
    row = ({"$ref": _REF.format(model=view.record.__name__)}, example(view))
    written = _written(view, {**example(view), **_WRITTEN})
    one = f"/{view.path}/{{id}}"
    yield Operation("get", f"/{view.all_path}", f"Every {what}.", {"200": _rows(view)})
    yield Operation("get", f"/{view.path}", f"Every {what}.", {"200": _rows(view)})
    yield Operation("get", one, f"One {what}.", {"200": row})
    yield Operation("post", f"/{view.path}", f"Adds the {what}.", written, view, _of_writes())
    yield Operation("put", one, f"Changes the {what}.", written, view, _of_writes())
    yield Operation("delete", one, f"Deletes the {what}.", written, parameters=_of_writes())


def _rows(view: View) -> tuple[dict[str, Any], Any]:
    return {"type": "array", "items": {"$ref": _REF.format(model=view.record.__name__)}}, [example(view)]


def _written(view: View | None, answer: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = {"$ref": _REF.format(model="Written")}
    if view is not None:
        schema = {"allOf": [{"$ref": _REF.format(model=f"{view.record.__name__}Read")}, schema]}
    so_already = {**answer, "detail": "it is so already", "revision": None}
    return {"202": (schema, answer), "200": (schema, so_already)}


def _of_writes() -> tuple[tuple[str, str, Any, bool], ...]:
    return tuple((*one, False) for one in _OF_WRITES)


def document(fleet_version: str) -> dict[str, Any]:
    """The document.

    Args:
        fleet_version: of this program.
    """
    paths: dict[str, dict[str, Any]] = {}
    for one in operations():
        paths.setdefault(f"{PREFIX}{one.path}", {})[one.method] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "fleet: the original routes",
            "version": fleet_version,
            "description": "Cameras, agents and instances as rows, over the same manifests as the resource API.",
        },
        "paths": paths,
        "components": {"schemas": _schemas()},
    }


def _schemas() -> dict[str, Any]:
    models = [(view.record, "validation") for view in VIEWS.values()]
    _, found = models_json_schema(models, ref_template=_REF)  # type: ignore[arg-type] # the mode is one of its two words
    schemas: dict[str, Any] = dict(found["$defs"])
    for name, schema in found["$defs"].items():
        for field, of_field in schema["properties"].items():
            if field in READ_ONLY:
                of_field["readOnly"] = True
        # An answer to a write holds more than the row.
        schemas[f"{name}Read"] = {key: one for key, one in schema.items() if key != "additionalProperties"}
    for view in VIEWS.values():
        schemas[_sent(view)] = _as_taken(schemas[view.record.__name__])
    written = {
        "detail": {"type": "string"},
        "revision": {"type": ["string", "null"], "description": "That holds it; null when nothing was to be written."},
        "warnings": {
            "type": "array",
            "items": {"type": "string"},
            "description": "What happens to instances and cameras.",
        },
    }
    schemas["Written"] = {"type": "object", "properties": written, "required": list(written)}
    schemas["Error"] = {
        "type": "object",
        "properties": {"detail": {}, "revision": {"type": "string"}},
        "required": ["detail"],
    }
    return schemas


def _sent(view: View) -> str:
    return f"{view.record.__name__}Sent"


def _as_taken(schema: dict[str, Any]) -> dict[str, Any]:
    """A row as a body may give it: numbers for texts, texts of digits for numbers."""
    properties = {
        name: {**of_field, "anyOf": [*of_field["anyOf"], *_FOR[of_field["anyOf"][0]["type"]]]}
        for name, of_field in schema["properties"].items()
    }
    return {**schema, "properties": properties}


def _operation(one: Operation) -> dict[str, Any]:
    of_path = (("path", "id", "Number of the row, or name of the object.", "gate-1", True),)
    parameters = [_parameter(*given) for given in of_path if "{id}" in one.path]
    parameters += [_parameter("query", *given) for given in one.parameters]
    error = {"schema": {"$ref": _REF.format(model="Error")}, "example": {"detail": "why, and what to do"}}
    described: dict[str, Any] = {
        "summary": one.summary,
        "operationId": one.method + "".join(part.strip("{}").title().replace("_", "") for part in one.path.split("/")),
        "responses": {code: _answer(schema, value) for code, (schema, value) in one.answer.items()}
        | {"4XX": {"description": "It is refused.", "content": {"application/json": error}}},
    }
    if parameters:
        described["parameters"] = parameters
    if isinstance(one.body, View):
        schema: dict[str, Any] = {"$ref": _REF.format(model=_sent(one.body))}
        if one.method == "post":
            schema = {"allOf": [schema, {"required": list(one.body.needs)}]}
        sent = {name: value for name, value in example(one.body).items() if name not in READ_ONLY}
        content = {"application/json": {"schema": schema, "example": sent}}
        # Without a body a PUT changes nothing.
        described["requestBody"] = {"required": one.method == "post", "content": content}
    elif one.body:
        schema = {"type": "object", "properties": {"desc": {"type": "string", "maxLength": 1024}}}
        described["requestBody"] = {"content": {"application/json": {"schema": schema, "example": {"desc": one.body}}}}
    return described


def _parameter(place: str, name: str, description: str, value: Any, required: bool) -> dict[str, Any]:
    return {
        "name": name, "in": place, "required": required, "description": description,
        "schema": {"type": "string"}, "example": value,
    }  # fmt: skip


def _answer(schema: dict[str, Any], value: Any) -> dict[str, Any]:
    return {"description": "It is so.", "content": {"application/json": {"schema": schema, "example": value}}}


class Document:
    """Answers requests for it."""

    def __init__(self, router: Router, fleet_version: str) -> None:
        self._version = fleet_version
        self._body = b""
        router.add("/openapi.json", self._get, "GET")

    async def _get(self) -> Response:
        self._body = self._body or json.dumps(document(self._version), separators=(",", ":")).encode()
        return Response(self._body, media_type="application/json")
