"""Configurations in memory, imported and rendered again."""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.render.instance import render_instance
from crds.camera import Camera
from crds.dsinstance import DsInstance
from crds.secret import fill
from importer import CannotImport, Imported, ImportOptions, Remark, import_config

REST_PORT = 9000


@dataclass(frozen=True)
class Disk:
    """Files by their paths."""

    files: Mapping[str, str]

    def read_file(self, path: str) -> str | None:
        return self.files.get(posixpath.normpath(path))

    def list_folder(self, path: str) -> tuple[str, ...]:
        folder = posixpath.normpath(path)
        return tuple(posixpath.basename(file) for file in self.files if posixpath.dirname(file) == folder)


def imported(files: Mapping[str, str], path: str = "/etc/ds/app.txt", **options: Any) -> Imported:
    disk = Disk(files)
    result = import_config(path, disk.read_file, disk.list_folder, ImportOptions(**options))
    assert [str(one) for one in result.remarks if not _is_in(one, disk)] == []
    return result


def _is_in(remark: Remark, disk: Disk) -> bool:
    """Every remark has its place in a file that was there."""
    text = disk.read_file(remark.file)
    return text is not None and 1 <= remark.line <= max(text.count("\n") + (not text.endswith("\n")), 1)


def tried(files: Mapping[str, str], path: str, **options: Any) -> Imported | CannotImport:
    """What comes of an import, the refusal included; any other error is one."""
    try:
        return imported(files, path, **options)
    except CannotImport as refusal:
        return refusal


def cameras_of(result: Imported) -> tuple[Camera, ...]:
    return tuple(one for one in result.manifests if isinstance(one, Camera))


def instance_of(result: Imported) -> DsInstance:
    [instance] = [one for one in result.manifests if isinstance(one, DsInstance)]
    return instance


def rendered(result: Imported) -> dict[str, str]:
    """The files that the container would see, secrets filled in."""
    config = render_instance(instance_of(result), cameras_of(result), REST_PORT)
    return {file.path: fill(file.content, result.secrets) for file in config.files}


def said(result: Imported) -> str:
    return "\n".join(map(str, result.remarks))


def documents(result: Imported) -> list[dict[str, Any]]:
    return [one.document() for one in result.manifests]
