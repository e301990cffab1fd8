#!/usr/bin/env python3
"""Make `dsfleet/busybox:test`, a 2 MB image with a shell, from this machine's statically linked busybox.

It is what tests start when they need a container and not a pipeline. The engine is the one of DOCKER_HOST.
"""

import hashlib
import shutil
import struct
import subprocess
import sys
import tarfile
from pathlib import Path

import docker

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from deploy.rootfs_image import BuildError, RootFilesystem, RootfsImage, run_builder, temporary_archive

REFERENCE = "dsfleet/busybox:test"
_PT_INTERP = 3


def _is_static(program: bytes) -> bool:
    """Tell whether an ELF program names no dynamic loader, which the image would lack."""
    (table,) = struct.unpack_from("<Q", program, 32)
    size, count = struct.unpack_from("<HH", program, 54)
    types = [struct.unpack_from("<I", program, table + index * size)[0] for index in range(count)]
    return _PT_INTERP not in types


def build(client: docker.DockerClient) -> str:
    """Make the image unless the engine has it, and return its reference.

    Args:
        client: the engine.

    Raises:
        BuildError: no statically linked busybox was found.
    """
    path = shutil.which("busybox", path="/bin:/usr/bin:/usr/local/bin")
    program = Path(path).read_bytes() if path else b""
    if path is None or not _is_static(program):
        raise BuildError("no statically linked busybox; on Debian: apt-get install busybox-static")
    sources = program + Path(__file__).read_bytes()
    image = RootfsImage(client, REFERENCE, hashlib.sha256(sources).hexdigest())
    if image.is_current():
        return REFERENCE
    applets = subprocess.run([path, "--list"], capture_output=True, text=True, check=True).stdout.split()
    with temporary_archive() as file:
        with tarfile.open(fileobj=file, mode="w") as archive:
            rootfs = RootFilesystem(archive)
            rootfs.content("bin/busybox", program, mode=0o755)
            for applet in applets:
                if applet != "busybox":
                    rootfs.link(f"bin/{applet}", "busybox")
        file.flush()
        image.load(Path(file.name), ['CMD ["sh"]', "ENV PATH=/bin"])
    return REFERENCE


if __name__ == "__main__":
    raise SystemExit(run_builder(build))
