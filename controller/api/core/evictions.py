"""A pod that is to go: its instance moves to another node, or stays and it is said why. No instance is ever deleted by that."""

from typing import Any

from fastapi import Request
from fastapi.responses import Response

from controller.api.caller import caller_of
from controller.api.control import FleetControl
from controller.api.core.removal_body import removal_in
from controller.api.core_resources import PODS
from controller.api.errors import ApiError, not_found, too_many
from controller.api.facade_store import FacadeStore
from controller.api.write_paths import answer_of
from controller.model import EvictionRefused
from controller.writing.plan_words import plan_data, plan_lines
from controller.writing.request import MODIFIED, WriteDone


class Evictions:
    """Answers requests to evict or delete pods."""

    def __init__(self, pods: FacadeStore, control: FleetControl) -> None:
        self._pods = pods
        self._control = control

    async def evict(self, request: Request, name: str) -> Response:
        """A POST to `pods/NAME/eviction`."""
        return await self._moved(request, name, 201, is_eviction=True)

    async def delete(self, request: Request, name: str) -> Response:
        """A DELETE of a pod: in Kubernetes, too, another one takes its place at once."""
        return await self._moved(request, name, 200, is_eviction=False)

    async def _moved(self, request: Request, name: str, code: int, *, is_eviction: bool) -> Response:
        removal = await removal_in(request, name, is_eviction=is_eviction)
        caller_of(request).is_dry = removal.is_dry
        found = self._pods.get(PODS.kind, name)
        if found is None:
            raise not_found(PODS.plural, PODS.group, name)
        uid = found.document["metadata"]["uid"]
        if removal.uid and removal.uid != uid:
            raise _conflict(
                name, f"the precondition failed: UID in precondition: {removal.uid}, UID in object meta: {uid}"
            )
        version = found.document["metadata"]["resourceVersion"]
        if removal.resource_version and removal.resource_version != version:
            raise _conflict(name, MODIFIED)
        try:
            eviction = await self._control.evict(name, dry_run=removal.is_dry)
        except EvictionRefused as refused:
            # Clients try 429 again for ever, and end at all else: what only a person can change is a conflict.
            raise (
                _conflict(name, str(refused)) if refused.is_final else too_many(429, "TooManyRequests", str(refused))
            ) from None
        details: dict[str, Any] = {"name": name, "kind": PODS.plural, "uid": uid}
        status: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Success",
            "details": details,
        }
        status |= {"message": eviction.said, "code": code}
        plan = eviction.plan
        done = WriteDone((), "", plan_lines(plan), plan_data(plan, plan.revision))
        return answer_of(status, done, code)


def _conflict(name: str, why: str) -> ApiError:
    message = f'Operation cannot be fulfilled on pods "{name}": {why}'
    return ApiError(409, "Conflict", message, {"name": name, "kind": PODS.plural})
