"""Asks a running app how its cameras do."""

import asyncio
import re
from collections.abc import Awaitable
from datetime import datetime
from typing import Any, Protocol

from crds.instance_config import InstanceConfig
from nodeagent.apps.alerts import alerts_of
from nodeagent.apps.rest import NoAnswerError, ask, one_line
from nodeagent.model import Pictures, Probe, StreamStats

_MOST_FRAMES = 2**63
_LONGEST_REASON = 200
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}")
_LARGEST = 2**16
"""Pixels along one edge of a picture."""
_UNNAMED = "Damaged"
_METRICS_PATH = "/api/v1/metrics"
_READY_PATH = "/api/v1/health/get-dsready-state"


class ProbeApp(Protocol):
    """Asks one app how its cameras do; see `probe`."""

    def __call__(
        self, config: InstanceConfig, runtime_id: str, now: datetime, *, known_ready: bool
    ) -> Awaitable[Probe]:
        """See `probe`."""


async def probe(config: InstanceConfig, runtime_id: str, now: datetime, *, known_ready: bool = False) -> Probe:
    """Asks the app of an instance whether it is ready, and for the frames of each camera.

    Never raises for what the app says or fails to say: that is the answer. Takes about a second at most.

    Args:
        config: the instance that runs.
        runtime_id: its container or process.
        now: what time it is.
        known_ready: it was ready, and has cameras whose new frames tell that it still is: it is asked for these alone.
    """
    name = config.instance_name
    if not config.app_kind.has_metrics:
        message = f"an app of kind {config.app_kind} has no REST interface"
        return Probe(name, runtime_id, now, answered=False, message=message)
    try:
        if known_ready:
            ready, streams = True, _streams(await ask(config.rest_port, _METRICS_PATH))
        else:
            health, metrics = await asyncio.gather(
                ask(config.rest_port, _READY_PATH), ask(config.rest_port, _METRICS_PATH)
            )
            ready, streams = _ready(health), _streams(metrics)
    except NoAnswerError as error:
        return Probe(name, runtime_id, now, answered=False, message=str(error))
    return Probe(name, runtime_id, now, answered=True, ready=ready, streams=streams)


def _ready(answer: dict[str, Any]) -> bool:
    info = answer.get("health-info")
    verdict = info.get("ds-ready") if isinstance(info, dict) else None
    if verdict not in ("YES", "NO"):
        raise NoAnswerError(f"{_READY_PATH}: ds-ready is neither YES nor NO")
    return bool(verdict == "YES")


def _streams(answer: dict[str, Any]) -> tuple[StreamStats, ...]:
    info = answer.get("metrics-info")
    entries = info.get("stream-stats") if isinstance(info, dict) else None
    if not isinstance(entries, list):
        raise NoAnswerError(f"{_METRICS_PATH}: there is no list stream-stats")
    return tuple(_stream(index, entry) for index, entry in enumerate(entries))


def _stream(index: int, entry: object) -> StreamStats:
    if isinstance(entry, dict):
        camera_id = entry.get("sensor_id")
        fps, frame = _amount(entry.get("fps")), _amount(entry.get("frame_number"))
        if isinstance(camera_id, str) and camera_id and fps is not None and frame is not None:
            said = (
                one_line(entry.get("reason"), _LONGEST_REASON),
                _counts(entry),
                alerts_of(entry.get("alerts")),
                _pictures(entry),
            )
            return StreamStats(camera_id, float(fps), int(frame), *said)
    raise NoAnswerError(f"{_METRICS_PATH}: stream-stats[{index}] is not a stream")


def _counts(entry: dict[str, Any]) -> tuple[object, object, object] | None:
    """DeepStream's own apps count nothing here."""
    lines = entry.get("lines_cumulative")
    return None if lines is None else (entry.get("objects"), lines, entry.get("regions"))


def _pictures(entry: dict[str, Any]) -> Pictures | None:
    """DeepStream's own apps do not look at them."""
    if "damage" not in entry:
        return None
    width, height = (_edge(entry.get(name)) for name in ("width", "height"))
    damage = entry["damage"]
    if not isinstance(damage, dict):
        return Pictures(width=width, height=height)
    word = damage.get("reason")
    known = word if isinstance(word, str) and _WORD.fullmatch(word) else _UNNAMED
    return Pictures(known, one_line(damage.get("message"), _LONGEST_REASON), width, height)


def _edge(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST:
        return value
    return 0


def _amount(value: object) -> int | float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    # The bound keeps what follows inside 64 bits, and infinities out.
    return value if 0 <= value < _MOST_FRAMES else None
