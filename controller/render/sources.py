"""How the cameras of an instance become sources of its app: their addresses, their order and their ids."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote, urlsplit

from crds.app_kind import AppKind
from crds.camera import Camera
from crds.camera_address import rendered_address
from crds.dsinstance import DsInstance
from deepstream.versions import DsVersion

CamerasBySlot = tuple[tuple[int, Camera], ...]
"""Each camera with its slot, in the order of the slots."""

_FIRST_WITH_SLOTS: Final = DsVersion.V9_1
"""The first release whose source ids can follow from the ids of sensors."""


def by_slot(cameras: tuple[Camera, ...], slots: Mapping[str, int] | None) -> CamerasBySlot:
    """The cameras in the order of their slots; without slots they are numbered in the order given."""
    if slots is None:
        return tuple(enumerate(cameras))
    return tuple(sorted(((slots[camera.name], camera) for camera in cameras), key=lambda pair: pair[0]))


def ids_are_slots(instance: DsInstance) -> bool:
    """True when the app can be told the source id of a camera; else it is the position in the list of sources."""
    app = instance.spec.deepstream_app
    if instance.spec.app.kind is not AppKind.DEEPSTREAM_APP or app is None or app.streams != "rest":
        return False
    return app.source_ids != "position" and instance.spec.deepstream.has(_FIRST_WITH_SLOTS)


def source_ids(instance: DsInstance, cameras: CamerasBySlot) -> Mapping[str, int]:
    """The source ids by the names of the cameras: what files and messages of the app number cameras by."""
    if ids_are_slots(instance):
        return {camera.name: slot for slot, camera in cameras}
    return {camera.name: position for position, (_, camera) in enumerate(cameras)}


def sensor_id(slot: int, camera: Camera, *, with_slot: bool) -> str:
    """The id of a camera in lists of sources. The first number in it is its source id where the app goes by that."""
    return f"s{slot:03d}-{camera.camera_id}" if with_slot else camera.camera_id


def address(camera: Camera) -> str:
    """The URL, with a placeholder where the user name and password go, and nothing that lists are split at."""
    login = camera.spec.credentials_ref
    if login is None:
        return rendered_address(camera.spec.address, None)
    return rendered_address(camera.spec.address, login.name, without_password=login.without_password)


def path_of_file(camera: Camera, configuration_folder: str) -> str:
    """The plain path of a camera of type file, for apps that do not take URLs.

    `file://./a.mp4` is beside the configuration files; the app may run in another folder.
    """
    parts = urlsplit(camera.spec.address)
    path = unquote(parts.path)
    return str(PurePosixPath(configuration_folder, parts.netloc + path)) if parts.netloc else path
