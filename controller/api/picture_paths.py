"""What cameras show: asked for as long as somebody looks, and each picture under an address of its own."""

import gzip
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import Response

from controller.api.bodies import json_body
from controller.api.caller import Sight, caller_of
from controller.api.errors import bad_request, not_found
from controller.api.fleet_paths import PREFIX
from controller.api.query import number
from controller.api.routing import Router
from controller.asking.base import Asking
from controller.asking.picture_memory import EVERY_SECONDS
from controller.asking.wanted import NoPicture, PictureAnswer, PictureWanted, Watcher
from controller.picture.conditions import Document
from controller.picture.store import ObjectStore
from pages.static_files import takes_gzip

MOST_CAMERAS: Final = 100
MOST_LARGE: Final = 2
"""Of the large ones: who draws a line needs one, and perhaps another beside it."""
_CAMERA: Final = "Camera"
_SMALL: Final = 320
_LONGEST_NAME: Final = 253
_LONGEST_VERSION: Final = 64
_WORTH_PACKING: Final = 1024
"""Bytes: of sixty tiles it is a fifth, every five seconds."""
_FIELDS: Final = frozenset({"cameras", "width"})
_NO_CAMERA: Final = "there is no camera of that name, or you may not see it"


class PicturePaths:
    """Answers requests for pictures. Of what its caller does not see nothing is asked or told."""

    def __init__(self, objects: ObjectStore, asking: Asking, clock: Callable[[], datetime]) -> None:
        self._objects = objects
        self._asking = asking
        self._clock = clock
        self.router = Router(PREFIX)
        self.router.add("/pictures", self._look, "POST")
        self.router.add("/pictures/{name}", self._picture, "GET")

    async def _look(self, request: Request) -> Response:
        names, width = _asked(await json_body(request))
        caller = caller_of(request)
        sight = caller.sight(_CAMERA)
        wanted = [found for name in names if (found := self._wanted(name, sight)) is not None]
        answers = self._asking.look((caller.identity.credential, caller.identity.name), wanted, width)
        now_ms = self._clock().timestamp() * 1000
        shown = {
            name: _shown(name, width, answers[name], now_ms) if name in answers else {"none": _NO_CAMERA}
            for name in names
        }
        content = json.dumps({"pictures": shown}, ensure_ascii=False, separators=(",", ":")).encode()
        headers = {"Cache-Control": "no-store", "Vary": "Accept-Encoding"}
        if len(content) >= _WORTH_PACKING and takes_gzip(request.headers.get("accept-encoding", "")):
            content, headers["Content-Encoding"] = gzip.compress(content, 1, mtime=0), "gzip"
        return Response(content, media_type="application/json", headers=headers)

    async def _picture(self, request: Request, name: str) -> Response:
        width = number(request, "width")
        version = request.query_params.get("v", "")[:_LONGEST_VERSION]
        jpeg = self._asking.picture(name, _SMALL if width is None else _known(width), version)
        if jpeg is None:
            raise not_found("pictures", "", name)
        # One that is named by its version is that very one for good.
        caching = "private, max-age=300, immutable" if version else "no-store"
        headers = {
            "Cache-Control": caching,
            # Where no login is needed, as with `fleet up`, any web page could show it.
            "Cross-Origin-Resource-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
        }
        return Response(jpeg, media_type="image/jpeg", headers=headers)

    def _wanted(self, name: str, sight: Sight | None) -> PictureWanted | None:
        stored = self._objects.get(_CAMERA, name)
        if stored is None or (sight is not None and not sight(stored)):
            return None
        status: Document = stored.document.get("status", {})
        watchers = tuple(Watcher(one["name"], one["node"]) for one in status.get("instances", ()))
        return PictureWanted(name, watchers, status.get("message") or "no instance watches it")


def _asked(body: dict[str, Any]) -> tuple[Sequence[str], int]:
    """Which cameras, each once, and how wide.

    Raises:
        ApiError: BadRequest.
    """
    if unknown := body.keys() - _FIELDS:
        raise bad_request(f"the body may hold cameras and width alone, and holds {', '.join(sorted(unknown))[:200]}")
    names, width = body.get("cameras"), body.get("width", _SMALL)
    if isinstance(width, bool) or not isinstance(width, int):
        raise bad_request("width must be a number")
    most = MOST_CAMERAS if _known(width) == _SMALL else MOST_LARGE
    if not isinstance(names, list) or not all(isinstance(one, str) and len(one) <= _LONGEST_NAME for one in names):
        raise bad_request('the body must name cameras: {"cameras": ["dock"], "width": 320}')
    if len(names) > most:
        raise bad_request(f"cameras are {len(names)}, and pictures of {most} are shown at a time in a width of {width}")
    return tuple(dict.fromkeys(names)), width


def _known(width: int) -> int:
    if width not in EVERY_SECONDS:
        raise bad_request(f"width is {width}, expected {' or '.join(str(one) for one in EVERY_SECONDS)}")
    return width


def _shown(name: str, width: int, answer: PictureAnswer, now_ms: float) -> dict[str, Any]:
    if answer is None:
        return {"waiting": True}
    if isinstance(answer, NoPicture):
        return {"none": answer.why}
    age_ms = round(answer.age_seconds * 1000)
    return {
        "url": f"{PREFIX}/pictures/{quote(name, safe='')}?width={width}&v={answer.version}",
        "at": round(now_ms) - age_ms,
        "ageMs": age_ms,
        "frame": answer.frame,
        "frozen": answer.is_frozen,
        "objects": answer.objects,
        "width": answer.width,
        "height": answer.height,
    }
