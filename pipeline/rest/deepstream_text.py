"""What DeepStream's paths answer to ``Accept: text/plain``: its own metric names, as its ``prometheus_client.cpp`` has them.

Whoever scrapes DeepStream apps has dashboards for these; ``/metrics`` tells more.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from pipeline.rest.control import Control, StreamView
from pipeline.rest.prometheus_text import families_text
from pipeline.rest.reads import system_stats

_LABELS: Final = ("app_name", "metric_name")
_STREAM_LABELS: Final = (*_LABELS, "sensor_id", "sensor_name", "source_id")
_APP: Final = "ds"


def ready(control: Control) -> bytes:
    """``/ready``."""
    return families_text([_totals("ready_metrics", "Ready metrics from ds", {"ds_ready": control.is_ready()})])


def live(control: Control) -> bytes:
    """``/live``."""
    return families_text([_totals("live_metrics", "Live metrics from ds", {"ds_liveness": control.is_live()})])


def startup(control: Control) -> bytes:
    """``/startup``."""
    return families_text([_totals("startup_metrics", "Startup metrics from ds", {"ds_startup": control.is_ready()})])


def stream_info(control: Control) -> bytes:
    """``/api/v1/stream/get-stream-info``."""
    count = {"total_stream_count": len(control.streams())}
    return families_text([_totals("total_stream_count", "Stream info count from ds", count)])


def metrics(control: Control) -> bytes:
    """``/api/v1/metrics``."""
    streams, system = control.streams(), system_stats()
    memory = {"system_gpu_memory_gb": system["GPU_gb"], "system_ram_memory_gb": system["RAM_gb"]}
    utilization = {"system_cpu_utilization": system["cpu_util"], "system_gpu_utilization": system["gpu_util"]}
    return families_text(
        [
            _by_stream("fps_metrics", "FPS metrics from ds", "stream_fps", streams, lambda s: s.fps),
            _by_stream(
                "latency_metrics", "Latency metrics from ds", "stream_latency_ms", streams, lambda s: s.latency_ms
            ),
            _by_stream(
                "frame_number_metrics",
                "Frame number metrics from ds",
                "stream_frame_number",
                streams,
                lambda s: s.frame_number,
            ),
            _totals("memory_metrics", "Memory metrics from ds", memory),
            _totals("utilization_metrics", "Utilization metrics from ds", utilization),
            _totals("stream_count", "Stream count from ds", {"stream_count": len(streams)}),
        ]
    )


def _totals(name: str, meaning: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, meaning, labels=_LABELS)
    for metric_name, value in values.items():
        family.add_metric((_APP, metric_name), float(value))
    return family


def _by_stream(
    name: str, meaning: str, metric_name: str, streams: Sequence[StreamView], value: Callable[[StreamView], float]
) -> Metric:
    family = GaugeMetricFamily(name, meaning, labels=_STREAM_LABELS)
    for stream in streams:
        labels = (_APP, metric_name, stream.camera_id, stream.camera_name, str(stream.source_id))
        family.add_metric(labels, float(value(stream)))
    return family
