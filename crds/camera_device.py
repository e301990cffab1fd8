"""Cameras that are plugged into a machine: USB cameras, and CSI cameras of Jetson boards."""

import re
from typing import Final

from pydantic import Field

from crds.document import ManifestModel

DEVICE_TYPES: Final = ("usb", "csi")
"""Types of cameras that have a number in place of an address."""
_ADDRESS: Final = re.compile(r"(?P<type>usb|csi):(?P<number>0|[1-9][0-9]{0,2})")


class CaptureMode(ManifestModel):
    """The picture that is asked of a camera. It must have this very mode: nothing scales on the way."""

    width: int = Field(ge=16, le=16384, description="Width in pixels.")
    height: int = Field(ge=16, le=16384, description="Height in pixels.")
    frames_per_second: int = Field(ge=1, le=1000, description="Pictures in a second.")


def device_number(address: str, kind: str) -> int | None:
    """The number of the device that an address names: n of `usb:n`, which is /dev/video<n>, or of the sensor `csi:n`.

    Returns:
        None for anything else, also for an address of another type.
    """
    found = _ADDRESS.fullmatch(address)
    return int(found["number"]) if found is not None and found["type"] == kind else None


def device_path(number: int) -> str:
    """The file of a USB camera, on its machine and in a container."""
    return f"/dev/video{number}"
