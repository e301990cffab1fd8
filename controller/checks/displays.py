"""Sinks that draw on a display, in containers that have none."""

from collections.abc import Iterator
from typing import Final

from controller.checks.violation import Violation, warning
from crds.container import ContainerSettings
from crds.deepstream_app import DeepstreamApp
from crds.dsinstance import DsInstanceSpec
from deepstream.app.sink import SinkType

_SINKS: Final = ("spec", "deepstreamApp", "sinks")
_X_SOCKETS: Final = "/tmp/.X11-unix"  # noqa: S108 - where X servers have their sockets
_DEVICES: Final = "/dev/dri"
_WRITE: Final = "write type 1 (nowhere), 3 (a file), 4 (RTSP) or 6 (messages)"


def check_displays(spec: DsInstanceSpec, app: DeepstreamApp) -> Iterator[Violation]:
    """Sinks of type 2 and 5.

    Sources: create_render_bin of deepstream_sink_bin.c, and what NVIDIA asks of containers that show something:
    https://docs.nvidia.com/metropolis/deepstream/dev-guide/text/DS_docker_containers.html.
    """
    for number, sink in app.sinks.items():
        if not sink.enable:
            continue
        path = (*_SINKS, str(number), "type")
        if sink.type is SinkType.EGL and not _has_window(spec.container):
            message = (
                f"a container has no display, so the pipeline does not start: {_WRITE}; or give container.env DISPLAY and "
                f"{_X_SOCKETS} as a volume"
            )
            yield warning(path, message)
        if sink.type is SinkType.DRM and not _sees(spec.container, _DEVICES):
            message = (
                f"only a Jetson has such a sink, and a container no display, so the pipeline does not start: {_WRITE}"
            )
            yield warning(path, message)


def _has_window(container: ContainerSettings) -> bool:
    display = container.env.get("DISPLAY", "")
    # `host:0` is reached over the network, `:0` through a socket.
    return (
        bool(display)
        and not display.startswith("$")
        and (not display.startswith(("unix:", ":")) or _sees(container, _X_SOCKETS))
    )


def _sees(container: ContainerSettings, path: str) -> bool:
    return any(f"{path}/".startswith(f"{volume.mount_path.rstrip('/')}/") for volume in container.volumes)
