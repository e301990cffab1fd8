"""Make a container image from files of this machine: a tar archive that the engine imports as one layer.

Neither a registry nor a base image is asked for anything, so this works where no image can be pulled.
"""

import contextlib
import io
import stat
import sys
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import docker
import docker.errors

# What an image was made from; equal inputs need no second import.
INPUTS_LABEL = "dsfleet.inputs"

_PASSWD = b"root:x:0:0:root:/:/sbin/nologin\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n"
_GROUP = b"root:x:0:\nnogroup:x:65534:\n"


class BuildError(Exception):
    """The image cannot be made on this machine."""


class RootFilesystem:
    """A root file system that is being written; nothing in it names who made it, or where."""

    def __init__(self, archive: tarfile.TarFile) -> None:
        self._archive = archive
        self._known: set[str] = set()
        self.directory("tmp", mode=0o1777)
        self.content("etc/passwd", _PASSWD)
        self.content("etc/group", _GROUP)

    def directory(self, path: str, *, mode: int = 0o755) -> None:
        """Add an empty directory."""
        if path in self._known:
            return
        self._known.add(path)
        entry = tarfile.TarInfo(path)
        entry.type, entry.mode = tarfile.DIRTYPE, mode
        self._archive.addfile(entry)

    def link(self, path: str, target: str) -> None:
        """Add a symbolic link."""
        entry = tarfile.TarInfo(path)
        entry.type, entry.linkname = tarfile.SYMTYPE, target
        self._archive.addfile(entry)

    def content(self, path: str, data: bytes, *, mode: int = 0o644) -> None:
        """Add a file with the given content."""
        entry = tarfile.TarInfo(path)
        entry.size, entry.mode = len(data), mode
        self._archive.addfile(entry, io.BytesIO(data))

    def file(self, path: str, source: Path) -> None:
        """Add a copy of a file of this machine, once; symbolic links are followed."""
        if path in self._known:
            return
        self._known.add(path)
        status = source.stat()
        entry = tarfile.TarInfo(path)
        entry.size = status.st_size
        entry.mode = 0o755 if status.st_mode & stat.S_IXUSR else 0o644
        # Python's compiled files name the time of their source.
        entry.mtime = int(status.st_mtime)
        with source.open("rb") as data:
            self._archive.addfile(entry, data)


class RootfsImage:
    """One image made of a root file system, on one engine."""

    def __init__(self, client: docker.DockerClient, reference: str, inputs: str) -> None:
        self._client = client
        self.reference = reference
        self._inputs = inputs

    def is_current(self) -> bool:
        """Tell whether the engine has this image, made from the same inputs."""
        try:
            image = self._client.images.get(self.reference)
        except docker.errors.ImageNotFound:
            return False
        labels: dict[str, str] = image.labels
        return labels.get(INPUTS_LABEL) == self._inputs

    def load(self, archive: Path, changes: Sequence[str]) -> None:
        """Have the engine import an archive, with Dockerfile instructions that describe how to run it.

        Raises:
            BuildError: the engine did not take it.
        """
        former = self._image_id()
        repository, _, tag = self.reference.rpartition(":")
        answer = self._client.api.import_image(
            src=str(archive),
            repository=repository,
            tag=tag,
            changes=[*changes, f"LABEL {INPUTS_LABEL}={self._inputs}"],
        )
        # An import that fails half-way is a success to HTTP, and says so only in the answer's text.
        if not self.is_current():
            raise BuildError(f"the engine did not import {self.reference}: {answer}")
        if former is not None and former != self._image_id():
            # It lost its name to the new one. While a container uses it, it stays.
            with contextlib.suppress(docker.errors.APIError):
                self._client.images.remove(former)

    def _image_id(self) -> str | None:
        try:
            return self._client.images.get(self.reference).id
        except docker.errors.ImageNotFound:
            return None


def temporary_archive() -> "tempfile._TemporaryFileWrapper[bytes]":
    """Return a file for an archive that disappears when it is closed."""
    return tempfile.NamedTemporaryFile(suffix=".tar")


def run_builder(build: Callable[[docker.DockerClient], str]) -> int:
    """Make an image on the engine of DOCKER_HOST, print its reference, and return the exit status."""
    try:
        client = docker.from_env()
        try:
            print(build(client))
        finally:
            client.close()
    except (BuildError, docker.errors.DockerException) as error:
        print(f"{sys.argv[0]}: {error}", file=sys.stderr)
        return 1
    return 0
