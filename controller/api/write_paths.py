"""The paths of the resources that change objects: create, update, patch, delete. What they ask for becomes an edit of the manifests."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, Protocol

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from controller.access.decision import Labels
from controller.access.roles import Verb
from controller.api.bodies import media_type, media_type_or_json
from controller.api.caller import caller_of
from controller.api.errors import bad_request, no_such_path
from controller.api.object_bodies import JSON, YAML, body_of, parsed, unsupported
from controller.api.object_shape import require_bounded_patch
from controller.api.patches.json_patch import json_patch
from controller.api.patches.merge import merge_patch
from controller.api.patches.strategic import strategic_merge
from controller.api.previews import FORM, as_seen_by, preview_document, wants_preview
from controller.api.query import flag
from controller.api.resources import FLEET_RESOURCES, Resource
from controller.api.routing import Router
from controller.api.selection import parse_selection
from controller.api.wanted import applied, changed, created, gone, object_in
from controller.api.write_errors import REFUSALS, refusal
from controller.model import ObjectRef
from controller.picture.conditions import Document, timestamp
from controller.writing.request import ObjectChange, Selected, WriteDone, WriteRequest
from crds.document import API_VERSION
from ports.dice import Dice

_APPLY: Final = "application/apply-patch+yaml"
PATCHES: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "application/merge-patch+json": merge_patch,
    "application/json-patch+json": json_patch,
    "application/strategic-merge-patch+json": strategic_merge,
}
_VALIDATION: Final = ("Ignore", "Warn", "Strict")
_NAME_ALPHABET: Final = "bcdfghjklmnpqrstvwxz2456789"
"""Of generated names, as Kubernetes has it: no word comes of it."""
_NAME_LETTERS: Final = 5
_LONGEST_MANAGER: Final = 128
_AROUND_A_WARNING: Final = len('Warning: 299 - ""\r\n')
_LONGEST_WARNINGS: Final = 3072
"""Characters of all together: with the plan, and what else stands in the head, no more than the 8 KiB that proxies take."""


class Writes(Protocol):
    """Who makes writes."""

    async def write(self, request: WriteRequest) -> WriteDone:
        """Makes one: see `controller.writing.writer.Writer`."""
        ...


class WritePaths:
    """Answers requests to change objects."""

    def __init__(self, writes: Writes, clock: Callable[[], datetime], dice: Dice) -> None:
        self._writes = writes
        self._clock = clock
        self._dice = dice
        self.router = Router(prefix=f"/apis/{API_VERSION}")
        for path, method, endpoint in (
            ("/{plural}", "POST", self._create),
            ("/{plural}", "DELETE", self._delete_some),
            ("/{plural}/{name}", "PUT", self._update),
            ("/{plural}/{name}", "PATCH", self._patch),
            ("/{plural}/{name}", "DELETE", self._delete),
        ):
            self.router.add(path, endpoint, method)

    async def _create(self, request: Request, plural: str) -> Response:
        resource = _resource(plural)
        document = object_in(await object_body(request), resource)
        metadata = document["metadata"]
        if not metadata.get("name") and isinstance(metadata.get("generateName"), str) and metadata["generateName"]:
            document["metadata"] = metadata = {**metadata, "name": self._name(metadata["generateName"])}
        name = metadata.get("name")
        if not isinstance(name, str) or not name:
            raise bad_request("the object has no name: give metadata.name or metadata.generateName")
        if metadata.get("resourceVersion"):
            raise bad_request("resourceVersion should not be set on objects to be created")
        change = ObjectChange(ObjectRef(resource.kind, name), created(document))
        return await self._one(request, "create", resource, change, 201)

    async def _update(self, request: Request, plural: str, name: str) -> Response:
        resource, ref = _resource(plural), ObjectRef(_resource(plural).kind, name)
        document = object_in(await object_body(request), resource, name)

        def change(current: Any) -> Any:
            if "managedFields" not in document["metadata"] and current["metadata"].get("managedFields"):
                kept = {"managedFields": current["metadata"]["managedFields"]}
                return {**document, "metadata": {**document["metadata"], **kept}}
            return document

        make = changed(ref, resource, manager_of(request), self._now(), change)
        return await self._one(request, "update", resource, ObjectChange(ref, make), 200)

    async def _patch(self, request: Request, plural: str, name: str) -> Response:
        resource, ref, kind = _resource(plural), ObjectRef(_resource(plural).kind, name), media_type(request)
        if kind == _APPLY:
            return await self._apply(request, resource, ref)
        if (patched := PATCHES.get(kind)) is None:
            raise unsupported((*PATCHES, _APPLY))
        patch = parsed(await body_of(request), is_yaml=False)
        if patched is not json_patch and not isinstance(patch, dict):
            raise bad_request("the patch must be an object")
        require_bounded_patch(patch)
        make = changed(ref, resource, manager_of(request), self._now(), lambda current: patched(current, patch))
        return await self._one(request, "patch", resource, ObjectChange(ref, make), 200)

    async def _apply(self, request: Request, resource: Resource, ref: ObjectRef) -> Response:
        if not request.query_params.get("fieldManager"):
            raise bad_request(
                "PatchOptions.meta.k8s.io is invalid: fieldManager: Required value: is required for apply patch"
            )
        document = object_in(parsed(await body_of(request), is_yaml=True), resource, ref.name)
        force = flag(request, "force")
        make, is_new = applied(ref, document, manager_of(request), self._now(), force=force), False

        def noted(current: Any) -> Any:
            nonlocal is_new
            is_new = current is None
            return make(current)

        answer = await self._one(request, "apply", resource, ObjectChange(ref, noted), 200)
        if is_new and answer.status_code == 200 and not wants_preview(request.headers.get("accept", "")):
            answer.status_code = 201
        return answer

    async def _delete(self, request: Request, plural: str, name: str) -> Response:
        resource = _resource(plural)
        return await delete_object(self._writes, request, resource, ObjectRef(resource.kind, name))

    async def _delete_some(self, request: Request, plural: str) -> Response:
        resource, options = _resource(plural), await _options(request)
        query = request.query_params
        selection = parse_selection(
            resource, label_selector=query.get("labelSelector", ""), field_selector=query.get("fieldSelector", "")
        )
        done = await make_write(
            self._writes, request, "delete", resource, Selected(resource.kind, selection.matches), "", options
        )
        head = {"kind": f"{resource.kind}List", "apiVersion": resource.api_version, "metadata": {}}
        return answer_of({**head, "items": list(done.documents)}, done, 200)

    async def _one(self, request: Request, verb: str, resource: Resource, change: ObjectChange, code: int) -> Response:
        done = await make_write(self._writes, request, verb, resource, (change,), change.ref.name, {})
        return answer_of(done.documents[0], done, code)

    def _now(self) -> str:
        return timestamp(self._clock())

    def _name(self, prefix: str) -> str:
        letters = (int(self._dice.uniform(0, len(_NAME_ALPHABET))) for _ in range(_NAME_LETTERS))
        return prefix + "".join(_NAME_ALPHABET[min(one, len(_NAME_ALPHABET) - 1)] for one in letters)


async def delete_object(writes: Writes, request: Request, resource: Resource, ref: ObjectRef) -> Response:
    """Takes an object away.

    Args:
        writes: who makes it.
        request: that asks for it.
        resource: of the path, as the answer names it.
        ref: the object.

    Raises:
        ApiError: it stays, and why.
    """
    options = await _options(request)
    wanted = options.get("preconditions") or {}
    change = ObjectChange(ref, gone(ref), str(wanted.get("uid") or ""), str(wanted.get("resourceVersion") or ""))
    done = await make_write(writes, request, "delete", resource, (change,), ref.name, options)
    details = {"name": ref.name, **({"group": resource.group} if resource.group else {}), "kind": resource.plural}
    details["uid"] = done.documents[0]["metadata"]["uid"]
    status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}
    return answer_of(status, done, 200)


async def make_write(
    writes: Writes,
    request: Request,
    verb: str,
    resource: Resource,
    changes: tuple[ObjectChange, ...] | Selected,
    name: str,
    options: Mapping[str, Any],
) -> WriteDone:
    """Has something written, as its caller may, and as the parameters of the request say.

    Args:
        writes: who makes it.
        request: it.
        verb: for people, and what the caller must be allowed; of an object that is only touched by it, to update that.
        resource: of the path, for refusals.
        changes: what is asked.
        name: of the object, for refusals; empty for all of a kind.
        options: those of the body of a deletion.

    Raises:
        ApiError: it is not made, and why.
    """
    query = request.query_params
    validation = query.get("fieldValidation") or "Warn"
    if validation not in _VALIDATION:
        raise bad_request(f"fieldValidation is {validation!r}; it is one of {', '.join(_VALIDATION)}")
    caller, touches = caller_of(request), Verb.PATCH if verb in ("apply", "patch") else Verb.UPDATE

    def permit(ref: ObjectRef, before: Document | None, after: Document | None) -> None:
        # What is asked may be another thing than the verb says: an apply makes what is not there.
        what = Verb.CREATE if before is None else Verb.DELETE if after is None else touches
        caller.require_change(what, ref.kind, ref.name, _labels(before), _labels(after))

    if query.get("approve"):
        caller.require(Verb.APPROVE)
    asked = WriteRequest(
        verb,
        changes,
        author=caller.identity.name or "anonymous",
        reason=query.get("reason", ""),
        approve=query.get("approve", ""),
        dry_run=is_dry(query.getlist("dryRun"), options.get("dryRun")),
        only_looks=wants_preview(request.headers.get("accept", "")),
        field_validation=validation,
        permit=permit,
        permit_approval=lambda: caller.require(Verb.APPROVE),
    )
    caller.is_dry = asked.dry_run
    if asked.only_looks and not asked.dry_run:
        raise bad_request(f"{FORM} is the answer to dryRun=All: nothing was written")
    try:
        done = await writes.write(asked)
    except REFUSALS as error:
        raise refusal(error, resource, name) from None
    if done.preview is not None:
        done = replace(done, preview=as_seen_by(caller.identity, done.preview))
    if done.revision_id:
        caller.made(done.revision_id, *(f"{one['kind']}/{one['metadata']['name']}" for one in done.documents))
    return done


def _resource(plural: str) -> Resource:
    if plural not in FLEET_RESOURCES:
        raise no_such_path()
    return FLEET_RESOURCES[plural]


async def object_body(request: Request) -> Any:
    """The object that a request holds, as JSON or YAML.

    Raises:
        ApiError: it holds none.
    """
    kind = media_type_or_json(request)
    if kind not in (JSON, YAML):
        raise unsupported((JSON, YAML))
    return parsed(await body_of(request), is_yaml=kind == YAML)


async def _options(request: Request) -> dict[str, Any]:
    """The DeleteOptions of a request. How dependents go is no question here: there are none."""
    body = await body_of(request)
    if not body.strip():
        return {}
    if (kind := media_type_or_json(request)) not in (JSON, YAML):
        raise unsupported((JSON, YAML))
    options = parsed(body, is_yaml=kind == YAML)
    if not isinstance(options, dict) or not isinstance(options.get("preconditions") or {}, dict):
        raise bad_request("the body of a deletion must be DeleteOptions")
    return options


def _labels(manifest: Document | None) -> Labels | None:
    if manifest is None:
        return None
    labels = manifest.get("metadata", {}).get("labels")
    return {str(name): str(value) for name, value in labels.items()} if isinstance(labels, dict) else {}


def is_dry(*said: Any) -> bool:
    """True when nothing is to be written.

    Args:
        said: what stands in the query and the body of a request.

    Raises:
        ApiError: BadRequest, it is neither All nor nothing.
    """
    asked = [one for some in said if some for one in (some if isinstance(some, list) else [some])]
    if any(one != "All" for one in asked):
        raise bad_request("dryRun: Unsupported value: it is All, or not given")
    return bool(asked)


def manager_of(request: Request) -> str:
    """Who writes, for managed fields: as the request says, or its program."""
    given = request.query_params.get("fieldManager", "")
    if len(given) > _LONGEST_MANAGER or not given.isprintable():
        raise bad_request(f"fieldManager must be printable, and have at most {_LONGEST_MANAGER} characters")
    agent = request.headers.get("user-agent", "").partition("/")[0]
    return given or "".join(one for one in agent if one.isprintable())[:_LONGEST_MANAGER] or "unknown"


def answer_of(document: Mapping[str, Any], done: WriteDone, code: int) -> Response:
    """A document as the answer to a write, with the headers that tell of it; 202 when it is not in force yet. Or the preview of it."""
    if done.preview is not None:
        return JSONResponse(preview_document(done.preview))
    body = json.dumps(document, separators=(",", ":")).encode()
    answer = Response(body, 202 if done.branch else code, media_type=JSON)
    length = 0
    for warning in done.warnings:
        text = warning.encode("ascii", "replace").decode().replace("\\", "\\\\").replace('"', '\\"')
        if (length := length + len(text) + _AROUND_A_WARNING) > _LONGEST_WARNINGS:
            break
        answer.headers.append("Warning", f'299 - "{"".join(one if one.isprintable() else " " for one in text)}"')
    for header, value in (
        ("Fleet-Revision", done.revision_id),
        ("Fleet-Plan", json.dumps(done.plan) if done.plan else ""),
        ("Fleet-Branch", done.branch),
        ("Fleet-Pull-Request", done.pull_request_url),
    ):
        if value:
            answer.headers[header] = value
    return answer
