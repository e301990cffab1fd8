"""What a container needs for the cameras of its machine."""

from typing import Final

from crds.camera import Camera
from crds.camera_device import device_number, device_path
from crds.container import ContainerSettings, Volume

ARGUS_SOCKET: Final = "/tmp/argus_socket"  # noqa: S108 - where nvargus-daemon listens
"""The daemon of a Jetson board that CSI cameras are read through; nvarguscamerasrc looks for it there."""


def with_devices(container: ContainerSettings, cameras: tuple[Camera, ...]) -> ContainerSettings:
    """The settings with the devices of USB cameras, and the socket that CSI cameras are read through."""
    numbers = sorted(
        number
        for one in cameras
        if (number := device_number(one.spec.address, one.spec.type)) is not None
        if one.spec.type == "usb"
    )
    devices = tuple(dict.fromkeys((*container.devices, *map(device_path, numbers))))
    volumes = container.volumes
    if any(one.spec.type == "csi" for one in cameras) and all(one.mount_path != ARGUS_SOCKET for one in volumes):
        volumes = (*volumes, Volume(host_path=ARGUS_SOCKET, mount_path=ARGUS_SOCKET, read_only=False))
    if (devices, volumes) == (container.devices, container.volumes):
        return container
    return container.model_copy(update={"devices": devices, "volumes": volumes})
