"""Requests to change another form of an instance: what they ask for is asked of the instance."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from controller.api.apps.words import Document
from controller.api.bodies import media_type
from controller.api.errors import bad_request
from controller.api.object_bodies import body_of, parsed, unsupported
from controller.api.object_shape import require_bounded, require_bounded_patch
from controller.api.patches.json_patch import json_patch
from controller.api.resources import FLEET_RESOURCES, Resource
from controller.api.wanted import changed
from controller.api.write_paths import PATCHES, Writes, answer_of, make_write, manager_of, object_body
from controller.model import ObjectRef
from controller.picture.conditions import timestamp
from controller.writing.request import ObjectChange

Change = Callable[[Document], Any]
"""What becomes of the form that a client knows."""
AsInstance = Callable[[ObjectRef, Change], Change]
"""What that makes of the instance."""

INSTANCES = FLEET_RESOURCES["dsinstances"]


class ViewWrites:
    """Makes them, by the same writes as any other."""

    def __init__(self, writes: Writes, clock: Callable[[], datetime], ours: Resource = INSTANCES) -> None:
        """Makes writes of one kind.

        Args:
            writes: who makes them.
            clock: tells the time, UTC.
            ours: the kind that is written.
        """
        self._writes = writes
        self._clock = clock
        self._ours = ours

    async def update(
        self, request: Request, resource: Resource, name: str, as_instance: AsInstance, show: Change
    ) -> Response:
        """All of it is given.

        Args:
            request: that holds it.
            resource: the form that the client knows.
            name: of the instance, and of that form.
            as_instance: what a change of the form makes of the instance.
            show: the form of an instance.
        """
        document = await object_body(request)
        return await self._write(request, "update", resource, name, as_instance, show, lambda _: document)

    async def patch(
        self, request: Request, resource: Resource, name: str, as_instance: AsInstance, show: Change
    ) -> Response:
        """A patch of it is given: see `update`."""
        if (patched := PATCHES.get(media_type(request))) is None:
            raise unsupported(tuple(PATCHES))
        patch = parsed(await body_of(request), is_yaml=False)
        if patched is not json_patch and not isinstance(patch, dict):
            raise bad_request("the patch must be an object")
        require_bounded_patch(patch)
        return await self._write(
            request, "patch", resource, name, as_instance, show, lambda current: patched(current, patch)
        )

    async def _write(
        self,
        request: Request,
        verb: str,
        resource: Resource,
        name: str,
        as_instance: AsInstance,
        show: Change,
        change: Change,
    ) -> Response:
        ref, now = ObjectRef(self._ours.kind, name), timestamp(self._clock())

        def bounded(current: Document) -> Any:
            wanted = change(current)
            require_bounded({"wanted": wanted})
            metadata = wanted.get("metadata") if isinstance(wanted, dict) else None
            if isinstance(metadata, dict) and (found := metadata.get("name") or name) != name:
                raise bad_request(f"the name of the object ({found}) does not match the name on the URL ({name})")
            return wanted

        make = changed(ref, self._ours, manager_of(request), now, as_instance(ref, bounded))
        done = await make_write(self._writes, request, verb, resource, (ObjectChange(ref, make),), name, {})
        return answer_of(show(done.documents[0]), done, 200)
