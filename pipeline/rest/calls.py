"""Which path answers what. As in DeepStream, a known path answers 200 whatever is asked of it, with the verdict in the body."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from pipeline.rest import deepstream_text, reads
from pipeline.rest.answer import Answer, Call, error_answer, json_answer, prometheus_answer
from pipeline.rest.control import BAD_REQUEST, Control, Verdict
from pipeline.rest.control_calls import AddCall, RemoveCall, read_stream_call, refused_reload
from pipeline.rest.json_body import NotJsonError, read_json
from pipeline.rest.prometheus_text import metrics_text
from pipeline.rest.snapshots import SNAPSHOT_PATH, Snapshots


@dataclass(frozen=True)
class _Read:
    """What answers a GET, and what does if ``Accept`` names ``text/plain``; None for JSON all the same."""

    as_json: Callable[[Control], dict[str, Any]]
    as_text: Callable[[Control], bytes] | None = None


_HEALTH: Final = {
    "/ready": _Read(reads.ready, deepstream_text.ready),
    "/live": _Read(reads.live, deepstream_text.live),
    "/startup": _Read(reads.startup, deepstream_text.startup),
}
_READS: Final[Mapping[str, _Read]] = {
    **_HEALTH,
    **{f"/api/v1{path}": read for path, read in _HEALTH.items()},
    "/api/v1/health/get-dsready-state": _Read(reads.ds_ready_state),
    "/api/v1/stream/get-stream-info": _Read(reads.stream_info, deepstream_text.stream_info),
    "/api/v1/metrics": _Read(reads.metrics, deepstream_text.metrics),
    "/api/v1/alerts": _Read(reads.alerts),
    "/version": _Read(reads.version),
}


class Calls:
    """Answers calls; what it knows and changes, it knows and changes through ``Control``."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._metrics_text = metrics_text(control)
        self._snapshots = Snapshots(control)
        self._writes: Mapping[str, Callable[[bytes], Verdict]] = {
            "/api/v1/stream/add": self._change_streams,
            "/api/v1/stream/remove": self._change_streams,
            "/api/v1/analytics/reload-config": self._reload_analytics,
        }

    def answer(self, call: Call) -> Answer:
        """Answers one call."""
        if call.method == "HEAD":
            return error_answer(HTTPStatus.NOT_FOUND)
        write = self._writes.get(call.path)
        if write is not None:
            return _verdict_answer(write(call.body)) if call.method == "POST" else json_answer(None)
        read = self._reader(call)
        if read is None:
            return error_answer(HTTPStatus.NOT_FOUND)
        return read(call) if call.method == "GET" else json_answer(None)

    def _reader(self, call: Call) -> Callable[[Call], Answer] | None:
        if call.path == "/metrics":
            return lambda _: prometheus_answer(self._metrics_text())
        if call.path.startswith(SNAPSHOT_PATH) and "/" not in call.path.removeprefix(SNAPSHOT_PATH):
            return self._snapshots.answer
        read = _READS.get(call.path)
        return None if read is None else lambda call: self._read(read, call)

    def _read(self, read: _Read, call: Call) -> Answer:
        if read.as_text is not None and "text/plain" in call.accept:
            return prometheus_answer(read.as_text(self._control))
        return json_answer(read.as_json(self._control))

    def _change_streams(self, body: bytes) -> Verdict:
        try:
            content = read_json(body) if body else None
        except NotJsonError:
            # DeepStream makes no difference between a body that it cannot read and none.
            content = None
        match read_stream_call(content):
            case AddCall(camera_id, camera_name, camera_url):
                return self._control.add(camera_id, camera_name, camera_url)
            case RemoveCall(camera_id, camera_url):
                return self._control.remove(camera_id, camera_url)
            case verdict:
                return verdict

    def _reload_analytics(self, body: bytes) -> Verdict:
        try:
            content = read_json(body) if body else None
        except NotJsonError as error:
            # Not as DeepStream, which reloads all the same: the counts begin anew, so it must be meant.
            return Verdict(BAD_REQUEST, f"RELOAD_CONFIG_UPDATE_FAIL, error: {error}")
        return refused_reload(content) or self._control.reload_analytics()


def _verdict_answer(verdict: Verdict) -> Answer:
    return json_answer({"reason": verdict.reason, "status": verdict.status})
