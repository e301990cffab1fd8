"""The reference workload: the files that its detector names."""

import posixpath
from collections.abc import Iterator
from typing import Final

from controller.checks.violation import Violation, warning
from crds.dsinstance import DsInstanceSpec
from deepstream.near_miss import near_miss

_DETECTOR: Final = ("spec", "reference", "detector")


def check_reference(spec: DsInstanceSpec) -> Iterator[Violation]:
    """What is wrong with the settings that only this app has."""
    detector, mount = spec.reference.detector, spec.container.config_mount_path
    if detector.kind != "onnx":
        return
    if detector.model in spec.files:
        message = "files of spec.files are text, and a network is none: bring it with the image or in a volume"
        yield warning((*_DETECTOR, "model"), message)
    elif detector.model is not None and _is_missing(spec, detector.model):
        message = (
            f"nothing brings {detector.model!r} into the configuration folder, {mount}, where a path without a '/' at its "
            "front begins: write the path that it has in the container, with the image or a volume that holds it"
        )
        yield warning((*_DETECTOR, "model"), message)
    if detector.labels is not None and _is_missing(spec, detector.labels):
        message = (
            f"there is no file {detector.labels!r} in the configuration folder, {mount}, where the app looks for it: "
            f"describe it in spec.files, or write the path that it has in the container"
            f"{near_miss(detector.labels, sorted(spec.files))}"
        )
        yield warning((*_DETECTOR, "labels"), message)


def _is_missing(spec: DsInstanceSpec, path: str) -> bool:
    """True when a path leads into the configuration folder, and nothing that is known brings it there."""
    folder = posixpath.normpath(spec.container.config_mount_path)
    whole = posixpath.normpath(posixpath.join(folder, path))
    if not whole.startswith(f"{folder}/") or whole.removeprefix(f"{folder}/") in spec.files:
        return False
    mounts = (posixpath.normpath(volume.mount_path) for volume in spec.container.volumes)
    # Other files lie in a volume.
    return not any(whole == mount or whole.startswith(f"{mount}/") for mount in mounts)
