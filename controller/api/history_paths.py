"""What a camera went through: `/fleet/v1/history/cameras/NAME`."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

from fastapi import Request
from fastapi.responses import JSONResponse, Response

from controller.api.errors import ApiError, bad_request, not_found
from controller.api.query import number
from controller.api.routing import Router
from controller.asking.base import Asking, CannotAsk
from controller.asking.wanted import Series
from controller.history.blind import Blind, blind_times
from controller.history.camera_changes import Condition, condition_of, ms_of
from controller.history.camera_file import CameraPast
from controller.picture.conditions import Document
from controller.picture.store import ObjectStore
from crds.document import API_GROUP

_STEP_SECONDS: Final = 60
_USUAL_SECONDS: Final = 6 * 3600
"""So long series are kept."""
_LONGEST_SECONDS: Final = 90 * 24 * 3600
_MOST_WATCHERS: Final = 4
"""Of the instances that watch a camera so many are asked until one has counted."""
_NO_COUNTS: Final = "its app tells of frames alone, and of no counts"


class CameraHistory(Protocol):
    """Who remembers: `controller.history.camera_keeper.CameraKeeper`."""

    async def of(self, camera: str, instances: Collection[str]) -> CameraPast:
        """What is kept of a camera and of its instances; raises OSError when it cannot be read."""
        ...


class NoHistory:
    """Nothing is remembered."""

    async def of(self, _camera: str, _instances: Collection[str]) -> CameraPast:
        """Nothing."""
        return CameraPast()


class HistoryPaths:
    """Answers it.

    Args:
        objects: the cameras.
        history: what is remembered of them.
        asking: asks agents for series.
        clock: tells the time, UTC.
    """

    def __init__(
        self, objects: ObjectStore, history: CameraHistory, asking: Asking, clock: Callable[[], datetime]
    ) -> None:
        self._objects = objects
        self._history = history
        self._asking = asking
        self._clock = clock
        self.router = Router("/fleet/v1/history")
        self.router.add("/cameras/{name}", self._of_camera, "GET")

    async def _of_camera(self, request: Request, name: str) -> Response:
        seconds = _seconds(request)
        with_series = request.query_params.get("series", "true")
        if with_series not in ("true", "false"):
            raise bad_request(f"series is {with_series[:40]!r}, expected true or false")
        stored = self._objects.get("Camera", name)
        if stored is None:
            raise not_found("cameras", API_GROUP, name)
        camera = stored.document
        watchers = [
            (one["name"], one["node"]) for one in camera.get("status", {}).get("instances", ()) if one.get("node")
        ]
        try:
            past = await self._history.of(name, [instance for instance, _ in watchers])
        except OSError as error:
            raise ApiError(503, "ServiceUnavailable", f"its history cannot be read now: {error.strerror}") from None
        series, none = None, "nobody asked for series"
        if with_series == "true":
            series, none = await _series(watchers, lambda instance, node: self._asking.series(node, instance, name))
        return JSONResponse(history_of(camera, past, series, none, now_ms=ms_of(self._clock()), seconds=seconds))


def _seconds(request: Request) -> int:
    seconds = number(request, "seconds")
    if seconds is None:
        return _USUAL_SECONDS
    if not _STEP_SECONDS <= seconds <= _LONGEST_SECONDS:
        raise bad_request(f"seconds is {seconds}, expected {_STEP_SECONDS} to {_LONGEST_SECONDS}")
    return seconds


async def _series(
    watchers: Sequence[tuple[str, str]], ask: Callable[[str, str], Awaitable[Series]]
) -> tuple[Series | None, str]:
    """The series of the first instance that counts, else those of the first that has any; and why there are none."""
    found, why = None, "no instance watches it"
    for instance, node in watchers[:_MOST_WATCHERS]:
        try:
            series = await ask(instance, node)
        except CannotAsk as error:
            why = str(error)
            continue
        if series.counts_told:
            return series, ""
        found = found or series
    return found, why


def history_of(
    camera: Document, past: CameraPast, series: Series | None, none: str, *, now_ms: int, seconds: int
) -> dict[str, Any]:
    """The answer.

    Args:
        camera: as it is shown.
        past: what is remembered of it.
        series: how it did; None for want of them.
        none: why there are none.
        now_ms: the time, in milliseconds since 1970.
        seconds: for how long until now.
    """
    begins_ms = now_ms - 1000 * seconds
    conditions = past.conditions.get(camera["metadata"]["name"], ()) or _condition_of_now(camera)
    rollouts = [one for some in past.rollouts.values() for one in some]
    return {
        **(_shown_series(series, seconds) if series is not None else _no_series(begins_ms)),
        "none": None if series is not None else none,
        "conditions": [_shown_condition(one) for one in _since(conditions, begins_ms)],
        "blind": [
            _shown_blind(one, now_ms)
            for one in blind_times(conditions, rollouts)
            if one.to_ms is None or one.to_ms >= begins_ms
        ],
    }


def _no_series(begins_ms: int) -> dict[str, Any]:
    empty: dict[str, Any] = {"fps": [], "objects": [], "counts": {}, "regions": {}}
    return {"stepSeconds": _STEP_SECONDS, "from": begins_ms, **empty, "countsNone": None, "leftOut": 0}


def _shown_series(series: Series, seconds: int) -> dict[str, Any]:
    length = len(series.fps)
    left = max(0, length - -(-seconds // series.step_seconds))

    def latest(of: Mapping[str, Sequence[int | None]]) -> dict[str, Sequence[int | None]]:
        return {label: _filled(values, length)[left:] for label, values in of.items()}

    return {
        "stepSeconds": series.step_seconds,
        "from": ms_of(series.begins) + 1000 * series.step_seconds * left,
        "fps": list(series.fps)[left:],
        "objects": _filled(series.objects, length)[left:],
        "counts": latest(series.lines),
        "regions": latest(series.regions),
        "countsNone": None if series.counts_told else _NO_COUNTS,
        "leftOut": series.left_out,
    }


def _filled(values: Sequence[int | None], length: int) -> list[int | None]:
    """What an agent says is held to what it says of frames: a step each."""
    return ([None] * length + list(values))[-length:] if length else []


def _condition_of_now(camera: Document) -> tuple[Condition, ...]:
    said = camera.get("status", {}).get("conditions", ())
    return tuple(condition_of(one) for one in said if one["type"] == "Ready")


def _since(conditions: Sequence[Condition], begins_ms: int) -> Sequence[Condition]:
    """Those of a time, and what was so when it began."""
    before = sum(one.at_ms < begins_ms for one in conditions)
    return conditions[max(0, before - 1) :]


def _shown_condition(one: Condition) -> dict[str, Any]:
    return {"at": one.at_ms, "status": one.status, "reason": one.reason, "message": one.message}


def _shown_blind(one: Blind, now_ms: int) -> dict[str, Any]:
    until = now_ms if one.to_ms is None else one.to_ms
    seconds = round(max(0, until - one.from_ms) / 1000, 1)
    return {"from": one.from_ms, "to": one.to_ms, "seconds": seconds, "cause": one.cause}
