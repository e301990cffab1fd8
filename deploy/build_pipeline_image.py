#!/usr/bin/env python3
"""Make `dsfleet/pipeline:dev`, the reference workload's image, without any registry or base image.

Its root file system is this interpreter, its standard library, the packages that the `pipeline` extra asks
for, the shared libraries that all of these need, and this checkout's pipeline/. Whoever can pull images may
build deploy/pipeline.Dockerfile instead; both run the same way. The engine is the one of DOCKER_HOST.
"""

import hashlib
import importlib.metadata
import os
import py_compile
import re
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

import docker

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from deploy.rootfs_image import BuildError, RootFilesystem, RootfsImage, run_builder, temporary_archive

REFERENCE = "dsfleet/pipeline:dev"
EXTRA = "pipeline"

_PROJECT = Path(__file__).resolve().parents[1]
_PIPELINE = _PROJECT / "pipeline"
_PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
# Where things are in the image, whatever their place on this machine.
_STDLIB = PurePosixPath("usr/local/lib") / _PYTHON
_PACKAGES = PurePosixPath("opt/packages")
_LIBRARIES = PurePosixPath("opt/lib")

# Parts of the standard library that need a screen, build C, or test Python itself.
_LEFT_OUT = {
    "__pycache__", "dist-packages", "ensurepip", "idlelib", "lib2to3", "pydoc_data", "site-packages",
    "test", "tests", "tkinter", "turtledemo",
}  # fmt: skip
_LEFT_OUT_PREFIXES = ("config-", "_tkinter.", "_test", "_xxtest", "_ctypes_test")
# Parts of the packages that test them, that only compilers and type checkers read, and OpenCV's cascades for faces.
_LEFT_OUT_OF_PACKAGES = re.compile(r"(^|/)tests/|\.(a|c|h|lib|pxd|pyi|pyx)$|^cv2/data/.*\.xml$")
_COMPILED = f".{sys.implementation.cache_tag}.pyc"

_CHANGES = [
    'ENTRYPOINT ["/usr/local/bin/python3", "-m", "pipeline"]',
    'CMD ["/workspace/configs/source_list.json"]',
    "WORKDIR /workspace/build",
    "ENV PATH=/usr/local/bin",
    "ENV PYTHONHOME=/usr/local",
    f"ENV PYTHONPATH=/{_PACKAGES}",
    f"ENV LD_LIBRARY_PATH=/{_LIBRARIES}",
    "ENV PYTHONDONTWRITEBYTECODE=1",
    "ENV PYTHONUNBUFFERED=1",
    "ENV LC_ALL=C.UTF-8",
]


def standard_library() -> Iterator[tuple[Path, PurePosixPath]]:
    """Yield each file of the standard library that belongs into the image, with its place there."""
    root = Path(sysconfig.get_path("stdlib"))
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = [name for name in subfolders if name not in _LEFT_OUT and not _is_left_out(name)]
        here = Path(folder)
        inside = _STDLIB / here.relative_to(root)
        for name in names:
            if name.endswith((".a", ".pyc")) or _is_left_out(name):
                continue
            yield here / name, inside / name
            compiled = here / "__pycache__" / (Path(name).stem + _COMPILED)
            if name.endswith(".py") and compiled.is_file():
                yield compiled, inside / "__pycache__" / compiled.name


def _is_left_out(name: str) -> bool:
    return name.startswith(_LEFT_OUT_PREFIXES)


def needed_distributions() -> list[importlib.metadata.Distribution]:
    """Return the installed distributions that the `pipeline` extra needs, and what these need in turn.

    Raises:
        BuildError: something that the extra asks for is not installed.
    """
    project = tomllib.loads((_PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [_name(requirement) for requirement in project["optional-dependencies"][EXTRA]]
    try:
        found = {name: importlib.metadata.distribution(name) for name in wanted}
    except importlib.metadata.PackageNotFoundError as error:
        raise BuildError(f"{error.name} is not installed; try: pip install -e '.[{EXTRA}]'") from error
    queue = list(found)
    while queue:
        for requirement in found[queue.pop()].requires or []:
            name = _name(requirement)
            if "extra ==" in requirement or name in found:
                continue
            try:
                found[name] = importlib.metadata.distribution(name)
            except importlib.metadata.PackageNotFoundError:
                continue  # for another platform or another Python, or pip would have installed it
            queue.append(name)
    return list(found.values())


def _name(requirement: str) -> str:
    return re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]


def _package_files(distribution: importlib.metadata.Distribution) -> Iterator[tuple[Path, PurePosixPath]]:
    for file in distribution.files or []:
        # Programs are installed outside the packages' folder, and have no use in the image.
        is_inside = ".." not in file.parts and file.suffix != ".pyc"
        if is_inside and not _LEFT_OUT_OF_PACKAGES.search(file.as_posix()):
            yield Path(str(file.locate())), _PACKAGES / file


def shared_libraries(binaries: Iterable[Path]) -> tuple[Path, set[Path]]:
    """Return the dynamic loader, and the libraries outside of the packages that the binaries need.

    Args:
        binaries: programs and shared libraries.

    Raises:
        BuildError: a library is missing on this machine.
    """
    said = subprocess.run(
        ["ldd", *(str(each) for each in binaries)], capture_output=True, text=True, check=False, env={"LC_ALL": "C"}
    ).stdout
    missing = re.findall(r"^\s+(\S+) => not found", said, re.MULTILINE)
    if missing:
        raise BuildError(f"libraries missing on this machine: {', '.join(sorted(set(missing)))}")
    loader = re.search(r"^\s+(/\S*/ld-\S+) \(0x", said, re.MULTILINE)
    if loader is None:
        raise BuildError("ldd names no dynamic loader")
    return Path(loader[1]), {Path(each) for each in re.findall(r" => (/\S+) \(0x", said)}


def _own_files() -> Iterator[tuple[Path, PurePosixPath]]:
    for source in _pipeline_sources():
        yield source, _PACKAGES / "pipeline" / source.relative_to(_PIPELINE)


def _compiled(placed: Iterable[tuple[Path, PurePosixPath]], into: Path) -> Iterator[tuple[Path, PurePosixPath]]:
    """Yield what Python would compile at every start, since its file system is read-only there.

    Raises:
        py_compile.PyCompileError: a file of ours is no Python; packages hold templates that are none.
    """
    for source, place in placed:
        if source.suffix != ".py":
            continue
        is_ours = source.is_relative_to(_PIPELINE)
        compiled = py_compile.compile(
            str(source),
            cfile=str(into / (hashlib.sha256(str(place).encode()).hexdigest() + ".pyc")),
            dfile=f"/{place}",
            doraise=is_ours,
            quiet=0 if is_ours else 2,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
        if compiled is not None:
            yield Path(compiled), place.parent / "__pycache__" / (place.stem + _COMPILED)


def _pipeline_sources() -> list[Path]:
    return sorted(path for path in _PIPELINE.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def _inputs(distributions: list[importlib.metadata.Distribution]) -> str:
    """Return a digest of what the image is made from."""
    digest = hashlib.sha256(sys.version.encode())
    for distribution in distributions:
        digest.update(f"{distribution.metadata['Name']} {distribution.version}\n".encode())
    for path in [Path(__file__), *_pipeline_sources()]:
        digest.update(f"{path.name}\n".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _write(archive: tarfile.TarFile, distributions: list[importlib.metadata.Distribution], scratch: Path) -> None:
    rootfs = RootFilesystem(archive)
    rootfs.directory("workspace/build")
    rootfs.directory("workspace/configs")
    interpreter = Path(sys.executable).resolve()
    rootfs.file(f"usr/local/bin/{_PYTHON}", interpreter)
    for name in ("python3", "python"):
        rootfs.link(f"usr/local/bin/{name}", _PYTHON)
    packaged = [pair for distribution in distributions for pair in _package_files(distribution)]
    own_and_packaged = [*packaged, *_own_files()]
    placed = [*standard_library(), *own_and_packaged, *_compiled(own_and_packaged, scratch)]
    for source, place in placed:
        rootfs.file(str(place), source)
    own = {source.resolve() for source, _ in placed}
    binaries = [interpreter, *(source for source, _ in placed if re.search(r"\.so(\.|$)", source.name))]
    loader, libraries = shared_libraries(binaries)
    # Each program names the loader by this very path.
    rootfs.file(str(loader).lstrip("/"), loader)
    for library in sorted(libraries):
        if library.resolve() not in own:
            rootfs.file(str(_LIBRARIES / library.name), library)


def build(client: docker.DockerClient) -> str:
    """Make the image unless the engine has it, and return its reference.

    Args:
        client: the engine.

    Raises:
        BuildError: something that the image needs is missing on this machine.
    """
    if not (_PIPELINE / "__main__.py").is_file():
        raise BuildError(f"{_PIPELINE} has no __main__.py")
    distributions = needed_distributions()
    image = RootfsImage(client, REFERENCE, _inputs(distributions))
    if not image.is_current():
        with tempfile.TemporaryDirectory() as scratch, temporary_archive() as file:
            with tarfile.open(fileobj=file, mode="w") as archive:
                _write(archive, distributions, Path(scratch))
            file.flush()
            image.load(Path(file.name), _CHANGES)
    return REFERENCE


if __name__ == "__main__":
    raise SystemExit(run_builder(build))
