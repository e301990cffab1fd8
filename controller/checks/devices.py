"""Cameras of the machine itself, USB and CSI: which apps read them, and where."""

from collections.abc import Iterator
from typing import Final

from controller.checks.violation import Violation, error, warning
from crds.app_kind import AppKind
from crds.camera import Camera
from crds.camera_device import DEVICE_TYPES
from crds.deepstream_app import DeepstreamApp
from crds.dsinstance import DsInstance
from deepstream.app.source import SourceGroup

_APP: Final = ("spec", "deepstreamApp")
_TYPE: Final = ("spec", "type")
_MODE: Final = ("camera_width", "camera_height", "camera_fps_n", "camera_fps_d")


def check_devices(instance: DsInstance, cameras: tuple[Camera, ...]) -> Iterator[Violation]:
    """What is wrong with the cameras of the machine that an instance has."""
    spec = instance.spec
    of_machine = [camera for camera in cameras if camera.spec.type in DEVICE_TYPES]
    if not of_machine:
        return
    if spec.app.kind is not AppKind.DEEPSTREAM_APP or spec.deepstream_app is None:
        for camera in of_machine:
            message = (
                f"the app of dsinstance/{instance.name}, of kind {spec.app.kind}, reads streams and files only: give the "
                "camera to an instance of kind deepstream-app"
            )
            yield error(_TYPE, message, camera.name)
        return
    if spec.deepstream_app.streams == "rest":
        message = (
            f"nvmultiurisrcbin reads URLs only, and {of_machine[0].name} is a camera of type {of_machine[0].spec.type}: give "
            "streams: static"
        )
        yield error((*_APP, "streams"), message)
    if spec.node is None:
        message = (
            f"{of_machine[0].name} is plugged into one machine: name that in spec.node, for others have no such camera"
        )
        yield warning(("spec", "nodeSelector"), message)
    yield from _twice(of_machine)
    for camera in of_machine:
        if camera.spec.type == "csi" and spec.container.runtime != "nvidia":
            message = (
                "CSI cameras are those of Jetson boards: their source, nvarguscamerasrc, is in no DeepStream for other "
                f"machines; give container.runtime: nvidia in dsinstance/{instance.name}, or a camera of type usb"
            )
            yield error(_TYPE, message, camera.name)
        if not _has_mode(spec.deepstream_app, camera):
            message = (
                "DeepStream asks the camera for the very picture that it is told, and for 0x0 when it is told none: give "
                "width, height and framesPerSecond, of a mode that the camera has"
            )
            yield error(("spec", "capture"), message, camera.name)


def _twice(cameras: list[Camera]) -> Iterator[Violation]:
    first: dict[str, Camera] = {}
    for camera in cameras:
        other = first.setdefault(camera.spec.address, camera)
        if other is not camera:
            message = (
                f"camera {other.name} is the same device, and a device has one reader: the second one gets no frame"
            )
            yield error(("spec", "address"), message, camera.name)


def _has_mode(app: DeepstreamApp, camera: Camera) -> bool:
    if camera.spec.capture is not None:
        return True
    groups = (app.camera_sources.get(camera.name, SourceGroup()), app.source_attr_all or SourceGroup())
    return all(any((getattr(group, field) or 0) > 0 for group in groups) for field in _MODE)
