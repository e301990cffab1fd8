"""Where TensorRT engines are written, and whether they are still there when the next container starts."""

import posixpath
from collections.abc import Iterator, Sequence
from typing import Final

from controller.checks.models import Model, property_path
from controller.checks.violation import Violation, error, warning
from crds.dsinstance import DsInstanceSpec
from deepstream.nvinfer.engine import engine_file_name, has_custom_builder
from deepstream.nvinfer.property import InferProperty
from deepstream.versions import DsVersion

_CACHE: Final = ("spec", "engineCache")


def check_engine_folders(spec: DsInstanceSpec, models: Sequence[Model], version: DsVersion) -> Iterator[Violation]:
    """Engines that nvinfer cannot write, or that others replace; and an engine folder that gets none."""
    yield from _mounts(spec)
    written: dict[str, Model] = {}
    for model in models:
        path = None if model.config is None else _engine_path(spec, model.config.property, version)
        if path is None or model.file in spec.prebuilt_engines:
            continue
        before = written.setdefault(path, model)
        if before is not model and _custom(before) and _custom(model):
            message = (
                f"nvinfer names the engines of functions after nothing but batch, GPU and precision, so that of {model.name} "
                f"and that of {before.name} are one file, {posixpath.basename(path)}: each loads what the other built; give "
                "one of them another batchSize"
            )
            yield warning(property_path(model, "engine-create-func-name"), message)
        if not _custom(model):
            yield from _read_only(spec, model, path)
    cache = spec.engine_cache
    if cache is not None and not any(_is_below(path, cache.mount_path) for path in written):
        message = (
            "no engine is written there: nvinfer writes those of custom builders into this folder, all others beside their "
            f"models; mount a model into it, such as hostPath: /srv/models/cars.onnx, mountPath: {cache.mount_path}/cars.onnx, "
            "and name that as onnxFile"
        )
        yield warning(_CACHE, message)


def _engine_path(spec: DsInstanceSpec, p: InferProperty, version: DsVersion) -> str | None:
    """The file that nvinfer writes, as the container sees it; of custom builders without an engine folder its name."""
    name = engine_file_name(p, version)
    if name is None:
        return None
    if has_custom_builder(p):
        return posixpath.join(spec.engine_cache.mount_path, name) if spec.engine_cache is not None else name
    return posixpath.normpath(posixpath.join(spec.container.config_mount_path, name))


def _custom(model: Model) -> bool:
    return model.config is not None and has_custom_builder(model.config.property)


def _read_only(spec: DsInstanceSpec, model: Model, path: str) -> Iterator[Violation]:
    """An engine beside a model that lies where the container must not write."""
    mounts = [(volume.mount_path, volume.read_only) for volume in spec.container.volumes]
    mounts.append((spec.container.config_mount_path, True))
    if spec.engine_cache is not None:
        mounts.append((spec.engine_cache.mount_path, False))
    around = [(mount, read_only) for mount, read_only in mounts if _is_below(path, mount)]
    mount, read_only = max(around, key=lambda one: len(one[0]), default=("", False))
    if not read_only:
        return
    what = "the configuration folder" if mount == spec.container.config_mount_path else f"the volume at {mount}"
    message = (
        f"nvinfer writes the engine beside the model, to {path}, and {what} is read-only: the engine is built anew at every "
        "start, for minutes, without cameras; keep the model in a volume with readOnly: false, or mount the file alone into "
        "spec.engineCache"
    )
    yield warning(property_path(model, "onnx-file"), message)


def _mounts(spec: DsInstanceSpec) -> Iterator[Violation]:
    if spec.engine_cache is None:
        return
    path = spec.engine_cache.mount_path.rstrip("/")
    others = {spec.container.config_mount_path.rstrip("/"): "the configuration files are"}
    others |= {volume.mount_path.rstrip("/"): "a volume is" for volume in spec.container.volumes}
    if path in others:
        yield error((*_CACHE, "mountPath"), f"{others[path]} mounted there already: give another folder")
    elif not path:
        yield error((*_CACHE, "mountPath"), "the whole file system of the image would be hidden: give a folder")


def _is_below(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip("/") + "/")
