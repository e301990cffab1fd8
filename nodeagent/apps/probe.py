"""Asks a running app how its cameras do, by DeepStream's REST interface on the loopback.

The protocol has three surprises, which are seen here: every outcome on a known path is HTTP 200 and the verdict stands in
the body; the health calls hang while the pipeline changes its state; and `Accept: text/plain` turns JSON into Prometheus
text.
"""

import asyncio
import json
import os
from datetime import datetime
from typing import Any, NoReturn

from crds.messages import InstanceConfig
from nodeagent.model import Probe, StreamStats

_TIMEOUT_S = 1.0
_MOST_BYTES = 1024 * 1024
_MOST_FRAMES = 2**63
_LONGEST_REASON = 200
_METRICS_PATH = "/api/v1/metrics"
_READY_PATH = "/api/v1/health/get-dsready-state"


class _NoAnswerError(Exception):
    """The app did not give an answer that can be used; the message says why."""


async def probe(config: InstanceConfig, runtime_id: str, now: datetime) -> Probe:
    """Asks the app of an instance whether it is ready, and for the frames of each camera.

    Never raises for what the app says or fails to say: that is the answer. Takes about a second at most.

    Args:
        config: the instance that runs.
        runtime_id: its container or process.
        now: what time it is.
    """
    name = config.instance_name
    if not config.app_kind.has_metrics:
        message = f"an app of kind {config.app_kind} has no REST interface"
        return Probe(name, runtime_id, now, answered=False, message=message)
    try:
        health, metrics = await asyncio.gather(
            _ask(config.rest_port, _READY_PATH), _ask(config.rest_port, _METRICS_PATH)
        )
        ready, streams = _ready(health), _streams(metrics)
    except _NoAnswerError as error:
        return Probe(name, runtime_id, now, answered=False, message=str(error))
    return Probe(name, runtime_id, now, answered=True, ready=ready, streams=streams)


async def _ask(port: int, path: str) -> dict[str, Any]:
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            response = await _get(port, path)
    except TimeoutError:
        raise _NoAnswerError(f"{path}: no answer within {_TIMEOUT_S:g} s") from None
    except OSError as error:
        # Not `strerror`: asyncio has put its own words there.
        raise _NoAnswerError(f"{path}: {os.strerror(error.errno) if error.errno else error}") from None
    if len(response) > _MOST_BYTES:
        raise _NoAnswerError(f"{path}: the answer is longer than {_MOST_BYTES} bytes")
    head, _, body = response.partition(b"\r\n\r\n")
    status = head.partition(b"\r\n")[0].split()
    if len(status) < 2 or status[1] != b"200":
        code = status[1][:3].decode(errors="replace") if len(status) > 1 else "no status"
        raise _NoAnswerError(f"{path}: HTTP {code}")
    return _verdict(path, body)


async def _get(port: int, path: str) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        # HTTP/1.0: the server may neither chunk its answer nor keep the connection.
        writer.write(f"GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nAccept: */*\r\n\r\n".encode())
        await writer.drain()
        response = b""
        while len(response) <= _MOST_BYTES and (part := await reader.read(65536)):
            response += part
        return response
    finally:
        # Not `close`, which first waits for the app to read what it has not read yet.
        writer.transport.abort()


def _verdict(path: str, body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise _NoAnswerError(f"{path}: the answer is not JSON") from None
    if not isinstance(answer, dict):
        raise _NoAnswerError(f"{path}: the answer is not an object")
    status = str(answer.get("status", "")).split()
    if "200" not in status[1:2]:
        raise _NoAnswerError(f"{path}: the app says {str(answer.get('reason', 'nothing'))[:200]!r}")
    return answer


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _ready(answer: dict[str, Any]) -> bool:
    info = answer.get("health-info")
    verdict = info.get("ds-ready") if isinstance(info, dict) else None
    if verdict not in ("YES", "NO"):
        raise _NoAnswerError(f"{_READY_PATH}: ds-ready is neither YES nor NO")
    return bool(verdict == "YES")


def _streams(answer: dict[str, Any]) -> tuple[StreamStats, ...]:
    info = answer.get("metrics-info")
    entries = info.get("stream-stats") if isinstance(info, dict) else None
    if not isinstance(entries, list):
        raise _NoAnswerError(f"{_METRICS_PATH}: there is no list stream-stats")
    return tuple(_stream(index, entry) for index, entry in enumerate(entries))


def _stream(index: int, entry: object) -> StreamStats:
    if isinstance(entry, dict):
        camera_id = entry.get("sensor_id")
        fps, frame = _amount(entry.get("fps")), _amount(entry.get("frame_number"))
        if isinstance(camera_id, str) and camera_id and fps is not None and frame is not None:
            return StreamStats(camera_id, float(fps), int(frame), _reason(entry.get("reason")))
    raise _NoAnswerError(f"{_METRICS_PATH}: stream-stats[{index}] is not a stream")


def _reason(value: object) -> str:
    """What an app says is shown to people and sent on: short, and in one line."""
    text = value if isinstance(value, str) else ""
    return "".join(one if one.isprintable() else " " for one in text[:_LONGEST_REASON])


def _amount(value: object) -> int | float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    # The bound keeps what follows inside 64 bits, and infinities out.
    return value if 0 <= value < _MOST_FRAMES else None
