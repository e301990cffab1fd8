"""What the port tells as JSON: health, inventory, metrics, each with DeepStream's keys."""

import resource
import time
from typing import Any, Final

from pipeline.messages.payloads import damage_json, timestamp
from pipeline.model import Alert
from pipeline.rest.control import OK, Control, StreamView

_VERSION: Final = "DeepStream-SDK 9.1 - REST API Version v1 (reference pipeline)"
_BEGAN: Final = time.monotonic()


def version(control: Control) -> dict[str, Any]:  # noqa: ARG001 - all reads are called alike
    """``/version``: whose calls these are."""
    return {"version": _VERSION}


def ds_ready_state(control: Control) -> dict[str, Any]:
    """``/api/v1/health/get-dsready-state``."""
    return _answer("GET_READY_INFO_SUCCESS", "health-info", {"ds-ready": _yes_or_no(control.is_ready())})


def ready(control: Control) -> dict[str, Any]:
    """``/ready``."""
    return _answer("GET_READY_INFO_SUCCESS", "ready-info", {"ds-ready": _yes_or_no(control.is_ready())})


def live(control: Control) -> dict[str, Any]:
    """``/live``."""
    return _answer("GET_LIVE_INFO_SUCCESS", "live-info", {"ds-liveness": _yes_or_no(control.is_live())})


def startup(control: Control) -> dict[str, Any]:
    """``/startup``."""
    return _answer("GET_STARTUP_INFO_SUCCESS", "startup-info", {"ds-startup": _yes_or_no(control.is_ready())})


def stream_info(control: Control) -> dict[str, Any]:
    """``/api/v1/stream/get-stream-info``: which streams there are. It tells no URL."""
    streams = [
        {"camera_id": stream.camera_id, "camera_name": stream.camera_name, "source_id": stream.source_id}
        for stream in control.streams()
    ]
    return _answer(
        "GET_LIVE_STREAM_INFO_SUCCESS", "stream-info", {"stream-count": len(streams), "stream-info": streams}
    )


def metrics(control: Control) -> dict[str, Any]:
    """``/api/v1/metrics``: DeepStream's six keys per stream, and what else is known of it."""
    streams = [_stream_stats(stream) for stream in control.streams()]
    model = control.model()
    info = {
        "stream-count": len(streams),
        "stream-stats": streams,
        "system-stats": system_stats(),
        "model": {"name": model.name, "digest": model.digest},
    }
    return _answer("GET_METRICS_INFO_SUCCESS", "metrics-info", info)


def alerts(control: Control) -> dict[str, Any]:
    """``/api/v1/alerts``: the newest alert of each rule, and of which alerts there are frames."""
    streams = [
        {
            "camera_id": stream.camera_id,
            "alerts": [_alert(one) for one in stream.alerts],
            "frames": list(control.alert_frames(stream.camera_id)),
        }
        for stream in control.streams()
    ]
    return _answer("GET_ALERTS_INFO_SUCCESS", "alerts-info", {"streams": streams})


def system_stats() -> dict[str, float]:
    """What this process uses: the CPU in % of one core since it began, the largest amount of memory in GB; it has no GPU."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    lived_s = max(time.monotonic() - _BEGAN, 1e-3)
    return {
        "gpu_util": 0.0,
        "GPU_gb": 0.0,
        "cpu_util": round(100 * (used.ru_utime + used.ru_stime) / lived_s, 2),
        "RAM_gb": round(used.ru_maxrss / 1e6, 3),
    }


def _answer(reason: str, key: str, info: dict[str, Any]) -> dict[str, Any]:
    return {key: info, "reason": reason, "status": OK}


def _yes_or_no(fact: bool) -> str:
    return "YES" if fact else "NO"


def _stream_stats(stream: StreamView) -> dict[str, Any]:
    return {
        "source_id": stream.source_id,
        "sensor_id": stream.camera_id,
        "sensor_name": stream.camera_name,
        "fps": round(stream.fps, 2),
        "latency_ms": round(stream.latency_ms, 2),
        "frame_number": stream.frame_number,
        "state": stream.state,
        "reason": stream.reason,
        "last_frame_age_ms": None if stream.last_frame_age_s is None else round(stream.last_frame_age_s * 1000),
        "latency_p95_ms": round(stream.latency_p95_ms, 2),
        "decode_ms": round(stream.decode_ms, 2),
        "decode_errors": stream.decode_errors,
        "connections_lost": stream.connections_lost,
        "frames_waiting": stream.frames_waiting,
        "frames_left_out": stream.frames_left_out,
        "frames_not_taken": stream.frames_not_taken,
        "frames_replaced": stream.frames_replaced,
        "frames_unchanged": stream.frames_unchanged,
        "frames_failed": stream.frames_failed,
        "frames_analysed": stream.frames_analysed,
        "analysed_fps": round(stream.analysed_fps, 2),
        "objects": stream.objects,
        "lines_cumulative": dict(stream.lines_cumulative),
        "regions": dict(stream.regions),
        "damage": damage_json(stream.damage),
        "width": stream.width,
        "height": stream.height,
        "alerts": [_alert(one) for one in stream.alerts],
    }


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "rule": alert.rule,
        "id": alert.alert_id,
        "number": alert.number,
        "active": alert.ended_at_s is None,
        "began": timestamp(alert.began_at_s),
        "ended": None if alert.ended_at_s is None else timestamp(alert.ended_at_s),
        "region": alert.region or None,
        "count": alert.count,
        "seen": alert.seen,
        "message": alert.message,
    }
