"""The main file of deepstream-app: the groups of the manifest, with the cameras as its sources."""

from typing import Any, Final

from controller.render.file_names import ANALYTICS_FILE
from controller.render.filled import filled
from controller.render.sources import CamerasBySlot, address, ids_are_slots, sensor_id
from crds.camera import Camera
from crds.camera_device import device_number
from crds.deepstream_app import MOST_SOURCES, DeepstreamApp
from crds.dsinstance import DsInstance, DsInstanceSpec
from deepstream.app.config import AppFile, AppGroups
from deepstream.app.plugins import AnalyticsGroup
from deepstream.app.sink import SinkGroup, SinkType
from deepstream.app.source import SourceGroup, SourceType
from deepstream.app.source_list import SourceListGroup
from deepstream.app.streammux import StreammuxGroup
from deepstream.versions import DsVersion

_LOOPBACK: Final = "127.0.0.1"
_LONGEST_WAIT_US: Final = 40_000
"""How long a batch waits for the frame of a camera, as for 25 frames per second."""
_TYPES: Final = {
    "rtsp": SourceType.RTSP,
    "file": SourceType.URI,
    "http": SourceType.URI,
    "rtmp": SourceType.URI,
    "srt": SourceType.URI,
    "usb": SourceType.CAMERA_V4L2,
    "csi": SourceType.CAMERA_CSI,
}
_ONE_EACH: Final = (SourceType.RTSP, SourceType.URI)


def app_file(
    instance: DsInstance, app: DeepstreamApp, cameras: CamerasBySlot, rest_port: int, *, has_analytics: bool
) -> AppFile:
    """The file.

    Args:
        instance: the manifest.
        app: its groups, with what other rendered files they name.
        cameras: its cameras.
        rest_port: where on the loopback the REST server listens.
        has_analytics: whether an analytics file is rendered.
    """
    rest = app.streams == "rest"
    analytics = filled(app.nvds_analytics or AnalyticsGroup(), enable=True, config_file=ANALYTICS_FILE)
    groups: dict[str, Any] = {name: getattr(app, name) for name in AppGroups.model_fields}
    groups |= {
        "sinks": _sinks(app, rest=rest),
        "nvds_analytics": analytics if has_analytics else app.nvds_analytics,
        "streammux": _streammux(instance.spec, rest=rest),
        **(_rest_sources if rest else _static_sources)(instance, app, cameras, rest_port),
    }
    # The values were checked as parts of the manifest.
    return AppFile.model_construct(**groups)


def _rest_sources(
    instance: DsInstance, app: DeepstreamApp, cameras: CamerasBySlot, rest_port: int
) -> dict[str, SourceListGroup | SourceGroup]:
    """One nvmultiurisrcbin with all cameras; others can be added while it runs."""
    spec, with_slot = instance.spec, ids_are_slots(instance)
    given = app.source_list or SourceListGroup()
    names = tuple(camera.name for _, camera in cameras)
    sources = {
        "num_source_bins": len(cameras),
        "uris": tuple(address(camera) for _, camera in cameras) or None,
        "sensor_id_list": tuple(sensor_id(slot, camera, with_slot=with_slot) for slot, camera in cameras) or None,
        "sensor_name_list": (names or None) if spec.deepstream.has(DsVersion.V6_4) else None,
        "use_nvmultiurisrcbin": True,
        "max_batch_size": spec.streammux.batch_size or given.max_batch_size or MOST_SOURCES,
        # The element aborts without an ip, and never uses it: only the port keeps others out.
        "http_ip": _LOOPBACK,
        "http_port": f"{_LOOPBACK}:{rest_port}",
    }
    common = (app.source_attr_all or SourceGroup()).model_copy(
        update={"enable": True, "uri": None, "sensor_id_pad_id_mapping": True if with_slot else None}
    )
    return {"source_list": given.model_copy(update=sources), "source_attr_all": common}


def _static_sources(
    _instance: DsInstance, app: DeepstreamApp, cameras: CamerasBySlot, _rest_port: int
) -> dict[str, dict[int, SourceGroup]]:
    """A group for each camera: the order of the groups makes the source ids."""
    return {"sources": {position: _source(app, camera) for position, (_, camera) in enumerate(cameras)}}


def _source(app: DeepstreamApp, camera: Camera) -> SourceGroup:
    common = app.source_attr_all or SourceGroup()
    own = app.camera_sources.get(camera.name, SourceGroup())
    given = {name: value for name in own.keys() if (value := getattr(own, name)) is not None}  # noqa: SIM118
    number = device_number(camera.spec.address, camera.spec.type)
    kind = own.type if own.type in _ONE_EACH and number is None else _TYPES[camera.spec.type]
    uri = address(camera) if number is None else None
    of_camera = {"enable": True, "type": kind, "uri": uri, "num_sources": None, **_device(camera, number)}
    # Only one element for all cameras knows it.
    without = {"sensor_id_pad_id_mapping": None, "extra_keys": {**common.extra_keys, **own.extra_keys}}
    return common.model_copy(update={**_capture(camera), **given, **of_camera, **without})


def _device(camera: Camera, number: int | None) -> dict[str, int | None]:
    if number is None:
        return {}
    return {"camera_v4l2_dev_node" if camera.spec.type == "usb" else "camera_csi_sensor_id": number}


def _capture(camera: Camera) -> dict[str, int]:
    mode = camera.spec.capture
    if mode is None:
        return {}
    of_time = {"camera_fps_n": mode.frames_per_second, "camera_fps_d": 1}
    return {"camera_width": mode.width, "camera_height": mode.height, **of_time}


def _streammux(spec: DsInstanceSpec, *, rest: bool) -> StreammuxGroup:
    given = spec.streammux
    mux = StreammuxGroup.model_construct(**{name: getattr(given, name) for name in StreammuxGroup.model_fields})
    if not rest:
        return mux
    # Without these one dead camera stops all others, and the last camera that goes ends the process.
    mux = filled(mux, live_source=True, batched_push_timeout=_LONGEST_WAIT_US)
    return filled(mux, drop_pipeline_eos=True) if spec.deepstream.has(DsVersion.V6_2) else mux


def _sinks(app: DeepstreamApp, *, rest: bool) -> dict[int, SinkGroup]:
    """The sinks; cameras that are added later are never in time for one that waits, and a pipeline needs one."""
    sinks = {number: filled(sink, sync=False) if rest and sink.enable else sink for number, sink in app.sinks.items()}
    if not any(sink.enable for sink in sinks.values()):
        sinks[max(sinks, default=-1) + 1] = SinkGroup(enable=True, type=SinkType.FAKE, sync=False)
    return sinks
