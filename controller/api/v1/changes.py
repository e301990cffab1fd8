"""The rows that are written: each becomes an edit of the manifests, by the one way that all writes go."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from fastapi import Request
from fastapi.responses import Response
from starlette.routing import Match
from starlette.types import Scope

from controller.access.roles import Verb
from controller.api.caller import caller_of
from controller.api.errors import ApiError
from controller.api.routing import PathRoute, Router
from controller.api.v1.bodies import query_text, require_same_associations, row_in
from controller.api.v1.errors import PREFIX, field_refused, invalid
from controller.api.v1.lookup import Lookup
from controller.api.v1.mapping import (
    CALLED,
    joining,
    new_object,
    on_node,
    with_camera,
    with_fields,
    without_camera,
)  # fmt: skip
from controller.api.v1.refused import FieldRefused
from controller.api.v1.rows import Rows, not_there
from controller.api.v1.views import AGENTS, CAMERAS, INSTANCES, VIEWS, View
from controller.api.wanted import changed, created, gone
from controller.api.write_paths import Writes, answer_of, make_write, manager_of
from controller.model import ObjectRef
from controller.picture.conditions import Document, timestamp
from controller.picture.store import ObjectStore
from controller.writing.request import ObjectChange, WriteDone
from crds.app_kind import AppKind

SOON: Final = "hear you, will update soon"
"""What the coordinator answered."""
_ALL_ROWS: Final = frozenset(f"{PREFIX}/{view.all_path}" for view in VIEWS.values())
_SO_ALREADY: Final = "it is so already"
_ELSEWHERE: Final = "it waits on another branch to be taken over"


class _NotOfAllRows(PathRoute):
    """A route for one row, whose id may be any word but that for all rows."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As its base has it, elsewhere."""
        return (Match.NONE, {}) if scope.get("path") in _ALL_ROWS else super().matches(scope)


class Changes:
    """Answers requests to change rows and associations."""

    def __init__(
        self,
        router: Router,
        objects: ObjectStore,
        lookup: Lookup,
        rows: Rows,
        writes: Writes,
        clock: Callable[[], datetime],
    ) -> None:
        self._objects = objects
        self._lookup = lookup
        self._rows = rows
        self._writes = writes
        self._clock = clock
        self._router = router
        for view in VIEWS.values():
            self._add("POST", f"/{view.path}", self._create_in(view))
            self._add("PUT", f"/{view.path}/{{id}}", self._update_in(view))
            self._add("DELETE", f"/{view.path}/{{id}}", self._delete_in(view))
        for path, add, remove in (
            ("/Camera_Instance", self._give_camera, self._take_camera),
            ("/Agent_Instance", self._place_instance, self._unplace_instance),
            ("/Camera_Agents", self._camera_agent, self._camera_agent),
        ):
            self._add("POST", path, add)
            self._add("PUT", path, remove)

    def _add(self, method: str, path: str, endpoint: Any) -> None:
        self._router.add(path, endpoint, method, route=_NotOfAllRows)

    # --- rows ---------------------------------------------------------------------------------------------------------

    def _create_in(self, view: View) -> Any:
        async def create(request: Request) -> Response:
            given = await row_in(request, view.record)
            try:
                document = self._completed(request, view, new_object(view.kind, given), given)
            except FieldRefused as error:
                raise field_refused(error) from None
            name = document["metadata"]["name"]
            self._require_free(view, given, name)
            changes = [ObjectChange(ObjectRef(view.kind, name), created(document))]
            if view is CAMERAS and (instance := self._given(request, given, INSTANCES)) is not None:
                changes.append(self._change(request, INSTANCES, instance, lambda now: with_camera(now, name)))
            done = await self._make(request, "create", view, tuple(changes), name)
            return self._answer(self._rows.row(done.documents[0]), done)

        return create

    def _require_free(self, view: View, given: dict[str, Any], name: str) -> None:
        """Lets nothing be called as something else is: rows are known by that."""
        field = CALLED[view.kind]
        if any(one != name for one in self._lookup.called(view.kind, given.get(field, ""))):
            raise ApiError(409, "AlreadyExists", f"there is a record with {field} = {given[field]} already")

    def _given(self, request: Request, given: dict[str, Any], view: View) -> str | None:
        """The object that a new row is to belong to; None for none."""
        field = "dsInstance_id" if view is INSTANCES else "agent_id"
        if (number := given.get(field)) is None:
            return None
        verb = Verb.UPDATE if view is INSTANCES else Verb.GET
        name = self._lookup.numbered(view.kind, number)
        caller_of(request).require(verb, view.kind, name or str(number), str(number))
        if name is None:
            raise invalid((field, "there is no such row"))
        return name

    def _completed(self, request: Request, view: View, document: Document, given: dict[str, Any]) -> Document:
        """A new object with what the fleet tells: which agent it is or has, which image the app has."""
        if view is AGENTS:
            waiting = (stored.document for stored, known in self._lookup.all("Node") if known.is_waiting)
            return joining(document, waiting)
        if view is CAMERAS:
            instance = self._given(request, given, INSTANCES)
            stored = None if instance is None else self._objects.get("DsInstance", instance)
            require_same_associations(
                {"agent_id": given.get("agent_id")}, self._rows.row(stored.document) if stored else {}
            )
            return document
        if not document["spec"].get("image"):
            document = {**document, "spec": {"image": self._image(), **document["spec"]}}
        return on_node(document, self._given(request, given, AGENTS))

    def _image(self) -> str:
        specs = [stored.document["spec"] for stored in self._objects.objects("DsInstance")]
        images: set[str] = {
            one["image"] for one in specs if one.get("app", {}).get("kind", AppKind.RETINAFACE) == AppKind.RETINAFACE
        }
        if len(images) != 1:
            raise FieldRefused("image", "is needed: the instances of the RetinaFace app do not agree on one")
        return images.pop()

    def _update_in(self, view: View) -> Any:
        async def update(request: Request, id: str) -> Response:  # noqa: A002 - the word of the path
            given = await row_in(request, view.record)
            name = self._rows.named(request, view, Verb.UPDATE, id)
            self._require_free(view, given, name)
            stored = self._objects.get(view.kind, name)
            require_same_associations(given, self._rows.row(stored.document) if stored else {})
            change = self._change(request, view, name, lambda current: with_fields(current, given))
            done = await self._make(request, "update", view, (change,), name)
            return self._answer(self._rows.row(done.documents[0]), done)

        return update

    def _delete_in(self, view: View) -> Any:
        async def delete(request: Request, id: str) -> Response:  # noqa: A002 - the word of the path
            name = self._rows.named(request, view, Verb.DELETE, id)
            naming = self._lookup.naming(name) if view is CAMERAS else ()
            away = [self._change(request, INSTANCES, one, lambda now: without_camera(now, name)) for one in naming]
            goes = ObjectChange(ref := ObjectRef(view.kind, name), gone(ref))
            done = await self._make(request, "delete", view, (goes, *away), name)
            return self._answer(self._rows.row(done.documents[0]), done)

        return delete

    # --- associations -------------------------------------------------------------------------------------------------

    async def _give_camera(self, request: Request) -> Response:
        """The camera is of one instance then, as the coordinator had it: of no other one that names it."""
        instance = self._one(request, INSTANCES, Verb.UPDATE, "instance_name")
        camera = self._one(request, CAMERAS, Verb.GET, "camera_ip")
        others = [one for one in self._lookup.naming(camera) if one != instance]
        changes = [self._change(request, INSTANCES, instance, lambda now: with_camera(now, camera))]
        changes += [self._change(request, INSTANCES, one, lambda now: without_camera(now, camera)) for one in others]
        done = await self._make(request, "update", INSTANCES, tuple(changes), instance)
        return self._answer({"camera": self._row(CAMERAS, camera), "instance": self._rows.row(done.documents[0])}, done)

    async def _take_camera(self, request: Request) -> Response:
        camera = self._one(request, CAMERAS, Verb.GET, "camera_ip")
        naming = self._lookup.naming(camera)
        changes = tuple(
            self._change(request, INSTANCES, one, lambda now: without_camera(now, camera)) for one in naming
        )
        done = await self._make(request, "update", INSTANCES, changes, naming[0]) if changes else WriteDone(())
        return self._answer({"camera": self._row(CAMERAS, camera)}, done)

    async def _place_instance(self, request: Request) -> Response:
        instance = self._one(request, INSTANCES, Verb.UPDATE, "instance_name")
        agent = self._one(request, AGENTS, Verb.GET, "agent_ip")
        change = self._change(request, INSTANCES, instance, lambda now: on_node(now, agent))
        done = await self._make(request, "update", INSTANCES, (change,), instance)
        return self._answer({"agent": self._row(AGENTS, agent), "instance": self._rows.row(done.documents[0])}, done)

    async def _unplace_instance(self, request: Request) -> Response:
        instance = self._one(request, INSTANCES, Verb.UPDATE, "instance_name")
        change = self._change(request, INSTANCES, instance, lambda now: on_node(now, None))
        done = await self._make(request, "update", INSTANCES, (change,), instance)
        return self._answer({"instance": self._rows.row(done.documents[0])}, done)

    async def _camera_agent(self, request: Request) -> Response:
        """There is nothing to write: a camera is on the agent of its instance."""
        camera = self._one(request, CAMERAS, Verb.UPDATE, "camera_ip")
        record = {"camera": self._row(CAMERAS, camera)}
        is_wanted = request.method == "POST"
        if is_wanted:
            record["agent"] = self._row(AGENTS, self._one(request, AGENTS, Verb.GET, "agent_ip"))
        now, wanted = record["camera"]["agent_id"], record["agent"]["id"] if is_wanted else None
        if now is not None and now != wanted:
            where = "a camera is on the agent of its instance: change that at Camera_Instance or Agent_Instance"
            raise ApiError(409, "Conflict", where)
        return self._answer(record, WriteDone(()), "nothing is to be done: a camera is on the agent of its instance")

    # --- how ----------------------------------------------------------------------------------------------------------

    def _one(self, request: Request, view: View, verb: Verb, parameter: str) -> str:
        """The name of the one object that a parameter names, by its address or by what it is called."""
        word = query_text(request, parameter)
        found = self._lookup.called(view.kind, word) if view is INSTANCES else self._lookup.at(view.kind, word)
        caller = caller_of(request)
        for name in found or [word]:
            caller.require(verb, view.kind, name, word)
        what = f"{parameter.removeprefix('camera_').removeprefix('agent_').replace('ip', 'ip_address')} {word}"
        if not found:
            raise not_there(view, what)
        if len(found) > 1:
            raise ApiError(400, "BadRequest", f"{len(found)} items with {what} are found: {', '.join(found[:5])}")
        return found[0]

    def _row(self, view: View, name: str) -> dict[str, Any]:
        stored = self._objects.get(view.kind, name)
        if stored is None:
            raise not_there(view, f"id {name}")
        return self._rows.row(stored.document)

    def _change(self, request: Request, view: View, name: str, change: Callable[[Document], Document]) -> ObjectChange:
        ref = ObjectRef(view.kind, name)
        make = changed(ref, view.resource, manager_of(request), timestamp(self._clock()), change)
        return ObjectChange(ref, make)

    async def _make(
        self, request: Request, verb: str, view: View, changes: tuple[ObjectChange, ...], name: str
    ) -> WriteDone:
        try:
            return await make_write(self._writes, request, verb, view.resource, changes, name, {})
        except FieldRefused as error:
            raise field_refused(error) from None

    @staticmethod
    def _answer(record: dict[str, Any], done: WriteDone, detail: str = _SO_ALREADY) -> Response:
        if done.branch:
            detail = _ELSEWHERE
        elif done.revision_id:
            detail = SOON
        elif done.plan:
            detail = "nothing was written: it was asked what would be"
        told = {"detail": detail, "revision": done.revision_id or None, "warnings": list(done.warnings)}
        return answer_of({**record, **told}, done, 202 if done.revision_id else 200)
