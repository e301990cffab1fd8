"""One picture of a camera, as large as it is: `/fleet/v1/cameras/NAME/snapshot`."""

import re
from typing import Final
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import Response

from controller.api.errors import ApiError, bad_request, not_found
from controller.api.query import flag, number
from controller.api.routing import Router
from controller.asking.base import AgentTooOld, Asking, CannotAsk
from controller.asking.wanted import PictureWanted, SnapshotWanted, Watcher
from controller.picture.conditions import Document
from controller.picture.store import ObjectStore
from crds.asking import AT_ALERT
from crds.document import API_GROUP

_SMALLEST_WIDTH: Final = 16
_LARGEST_WIDTH: Final = 8192
_USUAL_AGE_SECONDS: Final = 10
_OLDEST_SECONDS: Final = 24 * 3600
_AT: Final = re.compile(AT_ALERT)


class SnapshotPaths:
    """Answers it. Whoever asks is a viewer of the camera, or he is answered before."""

    def __init__(self, objects: ObjectStore, asking: Asking) -> None:
        self._objects = objects
        self._asking = asking
        self.router = Router("/fleet/v1/cameras")
        self.router.add("/{name}/snapshot", self._snapshot, "GET")

    async def _snapshot(self, request: Request, name: str) -> Response:
        how = _how(request)
        stored = self._objects.get("Camera", name)
        if stored is None:
            raise not_found("cameras", API_GROUP, name)
        status: Document = stored.document.get("status", {})
        wanted = _wanted(name, status, request.query_params.get("instance", ""))
        try:
            found = await self._asking.snapshot(wanted, how)
        except AgentTooOld as error:
            raise ApiError(501, "NotImplemented", str(error)) from None
        except CannotAsk as error:
            raise ApiError(503, "NoPicture", f"{error}{_why_dark(stored.document)}") from None
        return Response(
            found.jpeg,
            media_type="image/jpeg",
            headers={
                "Cache-Control": "no-store",
                # Where no login is needed, as with `fleet up`, any web page could show it.
                "Cross-Origin-Resource-Policy": "same-origin",
                "X-Content-Type-Options": "nosniff",
                "X-Frame-Age-Ms": str(round(1000 * found.age_seconds)),
                "X-Frame-Number": str(found.frame),
                "X-Picture-Size": f"{found.width}x{found.height}",
                "X-Instance": quote(found.instance),
                "X-Node": quote(found.node),
                **({"X-Alert": found.alert} if found.alert else {}),
            },
        )


def _how(request: Request) -> SnapshotWanted:
    width, seconds = number(request, "width"), number(request, "maxAgeSeconds")
    if width is not None and not _SMALLEST_WIDTH <= width <= _LARGEST_WIDTH:
        raise bad_request(f"width is {width}, expected {_SMALLEST_WIDTH} to {_LARGEST_WIDTH}")
    if seconds is not None and seconds > _OLDEST_SECONDS:
        raise bad_request(f"maxAgeSeconds is {seconds}, expected at most {_OLDEST_SECONDS}")
    at = request.query_params.get("at", "")
    if not _AT.fullmatch(at):
        raise bad_request(f"at is {at[:64]!r}, expected alert, or the id of an alert: letters, digits and hyphens")
    age = _USUAL_AGE_SECONDS if seconds is None else seconds
    return SnapshotWanted(width=width, overlay=flag(request, "overlay"), at=at, max_age_seconds=age)


def _wanted(camera: str, status: Document, instance: str) -> PictureWanted:
    """Who is to be asked: the instance that is named, or all that watch the camera."""
    watchers = [Watcher(one["name"], one["node"]) for one in status.get("instances", ()) if one.get("node")]
    if not instance:
        return PictureWanted(camera, tuple(watchers), status.get("message") or "no instance watches it")
    named = tuple(one for one in watchers if one.instance == instance)
    others = ", ".join(one.instance for one in watchers) or "none"
    return PictureWanted(
        camera, named, f"no instance {instance[:80]} watches camera {camera}; those that do: {others[:300]}"
    )


def _why_dark(camera: Document) -> str:
    """What is known of a camera that is not Ready, as a sentence to go on with."""
    ready = next((one for one in camera.get("status", {}).get("conditions", ()) if one["type"] == "Ready"), None)
    if ready is None or ready["status"] == "True":
        return ""
    since = f" since {ready['lastTransitionTime']}" if ready.get("lastTransitionTime") else ""
    message = f": {ready['message']}" if ready.get("message") else ""
    return f" (the camera is not ready{since}{message})"
