"""All that is known of the streams and their messages, as metrics for Prometheus."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from pipeline.cameras.camera_stats import CameraState
from pipeline.damage.judge import DamageReason
from pipeline.rest.control import Control, StreamView

_STREAM_LABELS: Final = ("camera_id", "source_id")


@dataclass(frozen=True)
class _StreamMetric:
    """One number of each stream; a stream for which it is None has no sample."""

    kind: type[CounterMetricFamily] | type[GaugeMetricFamily]
    name: str
    meaning: str
    value: Callable[[StreamView], float | None]


# Counters get the ending _total from the library.
_STREAM_METRICS: Final = (
    _StreamMetric(
        GaugeMetricFamily, "pipeline_camera_fps", "Frames per second that the camera sends.", lambda s: s.fps
    ),
    _StreamMetric(
        GaugeMetricFamily,
        "pipeline_camera_analysed_fps",
        "Frames per second with a result: looked at by the detector, or unchanged.",
        lambda s: s.analysed_fps,
    ),
    _StreamMetric(
        CounterMetricFamily,
        "pipeline_camera_frames",
        "Frames that went through; it stands still while the analysis is stuck.",
        lambda s: s.frame_number,
    ),
    _StreamMetric(
        CounterMetricFamily,
        "pipeline_camera_frames_analysed",
        "Frames that the detector has looked at.",
        lambda s: s.frames_analysed,
    ),
    _StreamMetric(
        CounterMetricFamily,
        "pipeline_camera_frames_replaced",
        "Frames that a newer one took the place of before the detector came to them.",
        lambda s: s.frames_replaced,
    ),
    _StreamMetric(
        CounterMetricFamily,
        "pipeline_camera_frames_failed",
        "Frames that could not be analysed; the log says why.",
        lambda s: s.frames_failed,
    ),
    _StreamMetric(
        CounterMetricFamily,
        "pipeline_camera_frames_unchanged",
        "Frames that did not differ enough from the one before to be looked at.",
        lambda s: s.frames_unchanged,
    ),
    _StreamMetric(
        GaugeMetricFamily,
        "pipeline_camera_frames_waiting",
        "1 while a frame waits for the detector.",
        lambda s: s.frames_waiting,
    ),
    _StreamMetric(
        CounterMetricFamily,
        "pipeline_camera_frames_not_taken",
        "Frames that were decoded and lost by a failure of ours; the log says why.",
        lambda s: s.frames_not_taken,
    ),
    _StreamMetric(
        CounterMetricFamily,
        "pipeline_camera_frames_left_out",
        "Frames that were not decoded, since they were too old already: the CPU does not suffice for all cameras.",
        lambda s: s.frames_left_out,
    ),
    _StreamMetric(
        GaugeMetricFamily,
        "pipeline_camera_decode_seconds",
        "Time that decoding a frame took, mean of the last ones.",
        lambda s: s.decode_ms / 1000,
    ),
    _StreamMetric(
        CounterMetricFamily,
        "pipeline_camera_decode_errors",
        "Packets that could not be decoded.",
        lambda s: s.decode_errors,
    ),
    _StreamMetric(
        CounterMetricFamily,
        "pipeline_camera_connections_lost",
        "Connections that gave frames and ended.",
        lambda s: s.connections_lost,
    ),
    _StreamMetric(
        GaugeMetricFamily,
        "pipeline_camera_last_frame_age_seconds",
        "Since the last sign of life; absent before the first.",
        lambda s: s.last_frame_age_s,
    ),
    _StreamMetric(GaugeMetricFamily, "pipeline_camera_objects", "Objects in the last frame.", lambda s: s.objects),
)


def metrics_text(control: Control) -> Callable[[], bytes]:
    """Returns what makes the text of ``/metrics``: streams, messages, and this process."""
    registry = CollectorRegistry()
    registry.register(_PipelineCollector(control))
    ProcessCollector(registry=registry)
    return lambda: generate_latest(registry)


def families_text(families: Iterable[Metric]) -> bytes:
    """Returns the families as text."""
    return generate_latest(_Families(families))


class _Families(Collector):
    """Families that were made already."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


class _PipelineCollector(Collector):
    """Looks at the streams each time that it is asked, so that nothing is left of a stream that is gone."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def collect(self) -> Iterator[Metric]:
        streams = self._control.streams()
        yield _gauge("pipeline_ready", "1 once all that was to be started runs.", self._control.is_ready())
        yield _gauge("pipeline_live", "1 while the analysis moves.", self._control.is_live())
        for metric in _STREAM_METRICS:
            yield _stream_family(metric, streams)
        yield _states(streams)
        yield _damages(streams)
        yield _latencies(streams)
        yield _line_crossings(streams)
        yield from self._deliveries()
        model = self._control.model()
        yield InfoMetricFamily(
            "pipeline_model", "What finds objects in the pictures.", {"name": model.name, "digest": model.digest}
        )

    def _deliveries(self) -> Iterator[Metric]:
        delivery = self._control.delivery()
        yield _gauge("pipeline_broker_connected", "0 while the last deliveries to Kafka failed.", delivery.connected)
        yield _gauge("pipeline_messages_waiting", "Messages kept until the broker takes them.", delivery.waiting)
        yield CounterMetricFamily(
            "pipeline_messages_delivered", "Messages that the broker took.", value=delivery.delivered
        )
        yield CounterMetricFamily(
            "pipeline_messages_dropped", "Messages without room or time for them.", value=delivery.dropped
        )


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(name, meaning, value=float(value))


def _stream_family(metric: _StreamMetric, streams: Iterable[StreamView]) -> Metric:
    family = metric.kind(metric.name, metric.meaning, labels=_STREAM_LABELS)
    for stream in streams:
        value = metric.value(stream)
        if value is not None:
            family.add_metric(_labels(stream), value)
    return family


def _states(streams: Iterable[StreamView]) -> Metric:
    family = GaugeMetricFamily(
        "pipeline_camera_state",
        "1 for the state that the camera is in, 0 for the others.",
        labels=(*_STREAM_LABELS, "state"),
    )
    for stream in streams:
        for state in dict.fromkeys((*CameraState, stream.state)):
            family.add_metric((*_labels(stream), str(state)), float(state == stream.state))
    return family


def _damages(streams: Iterable[StreamView]) -> Metric:
    family = GaugeMetricFamily(
        "pipeline_camera_damaged",
        "1 for what is damaged of what the camera sends, 0 for what is not.",
        labels=(*_STREAM_LABELS, "reason"),
    )
    for stream in streams:
        for reason in DamageReason:
            is_it = stream.damage is not None and stream.damage.reason is reason
            family.add_metric((*_labels(stream), reason.value), float(is_it))
    return family


def _latencies(streams: Iterable[StreamView]) -> Metric:
    family = GaugeMetricFamily(
        "pipeline_camera_latency_seconds",
        "From decoding to the result; that share of the last frames took at most so long.",
        labels=(*_STREAM_LABELS, "quantile"),
    )
    for stream in streams:
        family.add_metric((*_labels(stream), "0.5"), stream.latency_ms / 1000)
        family.add_metric((*_labels(stream), "0.95"), stream.latency_p95_ms / 1000)
    return family


def _line_crossings(streams: Iterable[StreamView]) -> Metric:
    family = CounterMetricFamily(
        "pipeline_line_crossings", "Crossings of a line since the rules were read.", labels=(*_STREAM_LABELS, "line")
    )
    for stream in streams:
        for line, crossings in stream.lines_cumulative.items():
            family.add_metric((*_labels(stream), line), crossings)
    return family


def _labels(stream: StreamView) -> tuple[str, str]:
    return stream.camera_id, str(stream.source_id)
