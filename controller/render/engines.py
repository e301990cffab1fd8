"""TensorRT engines of an instance: the files that they are loaded from, and what they depend on.

nvinfer writes an engine under a name of its own. Unless `model-engine-file` is that name, it builds again at every
start, for minutes; so the name is filled in where nobody gave one.
"""

import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final

from crds.digest import digest
from crds.dsinstance import DsInstance, DsInstanceSpec
from deepstream.app.config import AppFile
from deepstream.app.inference import GieGroup, GiePlugin
from deepstream.nvinfer.config import InferConfig
from deepstream.nvinfer.engine import (
    builds_engine,
    engine_file_name,
    engine_key,
    has_custom_builder,
    is_name_of_working_directory,
)
from deepstream.nvinfer.property import InferProperty
from deepstream.retinaface.inference import DEFAULTS, INFER_FILES, InferenceChain
from deepstream.versions import DsVersion

PRIMARY_GIE: Final = "primary-gie"


def with_engine_names(
    app: AppFile, configs: Mapping[str, InferConfig], version: DsVersion, cache: str = ""
) -> tuple[AppFile, dict[str, InferConfig]]:
    """The groups and files of deepstream-app with the engine files that nvinfer writes.

    Those of custom builders are in the working directory of the process: `cache`, when the instance has an engine folder.
    Else that folder is known to the image alone, and nothing is filled in.

    The name follows the batch size and the GPU of the group, which replace those of the file. When a second group
    gives the same file others, its own name stands in that group.
    """
    named: dict[str, InferConfig] = {}
    own: dict[str, GieGroup] = {}
    for group_name, group, effective in _models(app, configs):
        file = str(group.config_file)
        if group.model_engine_file is not None:
            continue
        derived = _name(effective, version, cache)
        config = named.setdefault(file, _with_engine(configs[file], derived))
        loaded = config.property.model_engine_file
        if configs[file].property.model_engine_file is None and derived is not None and loaded != derived:
            own[group_name] = group.model_copy(update={"model_engine_file": derived})
    filled = {
        name: named.get(name) or _with_engine(config, _name(config.property, version, cache))
        for name, config in configs.items()
    }
    secondary = {number: own.get(f"secondary-gie{number}", group) for number, group in app.secondary_gies.items()}
    primary = own.get(PRIMARY_GIE, app.primary_gie)
    return (app.model_copy(update={"primary_gie": primary, "secondary_gies": secondary}) if own else app), filled


def with_engines_of_app(chain: InferenceChain, version: DsVersion) -> InferenceChain:
    """The chain of the RetinaFace app with the engine files that it writes.

    Its own custom builder writes into the folder that it runs in. A name that is the app's own counts as not given:
    it belongs to the app's own model, batch size and precision.
    """
    update: dict[str, InferConfig] = {}
    for field in INFER_FILES:
        config: InferConfig = getattr(chain, field)
        default = DEFAULTS[field]
        if config is default or not isinstance(default, InferConfig) or not builds_engine(config.property):
            continue
        if config.property.model_engine_file in (None, default.property.model_engine_file):
            name = engine_file_name(config.property, version)
            folder = "../build/" if has_custom_builder(config.property) else ""
            update[field] = _with_engine(config, f"{folder}{name}", replace=True)
    return chain.model_copy(update=update) if update else chain


def engines_of_app_file(instance: DsInstance, app: AppFile, configs: Mapping[str, InferConfig]) -> str:
    """The digest of the engines that deepstream-app's models need; empty when nvinfer builds none."""
    spec = instance.spec
    return _digest(_key(p, _gpus(spec), spec.image, spec.deepstream) for _, _, p in _models(app, configs))


def engines_of_chain(instance: DsInstance, chain: InferenceChain) -> str:
    """The digest of the engines of the RetinaFace app."""
    spec = instance.spec
    rest = (_gpus(spec), spec.image, spec.deepstream)
    configs = {field: getattr(chain, field) for field in INFER_FILES}
    return _digest(
        _key_of_default(field, *rest) if config is DEFAULTS[field] else _key(config.property, *rest)
        for field, config in configs.items()
    )


def _digest(keys: Iterable[str | None]) -> str:
    built = [key for key in keys if key is not None]
    return digest(built) if built else ""


def _gpus(spec: DsInstanceSpec) -> str:
    return f"{spec.container.runtime}:{','.join(spec.container.gpus)}"


def _key(p: InferProperty, gpus: str, image: str, version: DsVersion) -> str | None:
    """What the engine depends on, as far as it is known here; None when nvinfer builds none."""
    return engine_key(p, gpu=f"{gpus}:{p.gpu_id or 0}", image=image, version=version)


@lru_cache(maxsize=256)
def _key_of_default(field: str, gpus: str, image: str, version: DsVersion) -> str | None:
    """Nearly all instances have the app's own values, and a fleet has few images."""
    config = DEFAULTS[field]
    return _key(config.property, gpus, image, version) if isinstance(config, InferConfig) else None


def _models(app: AppFile, configs: Mapping[str, InferConfig]) -> Iterator[tuple[str, GieGroup, InferProperty]]:
    """The groups in use whose nvinfer files are ours, with the keys that hold in the end."""
    groups = {f"secondary-gie{number}": group for number, group in app.secondary_gies.items()}
    for name, group in ({PRIMARY_GIE: app.primary_gie} | groups).items():
        if group is None or not group.enable or group.plugin_type not in (None, GiePlugin.NVINFER):
            continue
        config = configs.get(group.config_file or "")
        if config is not None:
            update = {"batch_size": batch_of_gie(app, name, group), "gpu_id": gpu_of_gie(app, group)}
            given = {key: value for key, value in update.items() if value is not None}
            yield name, group, config.property.model_copy(update=given)


def batch_of_gie(app: AppFile, name: str, group: GieGroup) -> int | None:
    """The batch size that deepstream-app gives to nvinfer; None when it leaves that to the file."""
    if group.batch_size is None or app.source_list is None:
        return group.batch_size
    if name == PRIMARY_GIE:
        return app.source_list.max_batch_size or group.batch_size
    return app.source_list.sgie_batch_size or group.batch_size


def gpu_of_gie(app: AppFile, group: GieGroup) -> int | None:
    """The GPU that deepstream-app gives to nvinfer; None when it leaves that to the file."""
    if group.gpu_id is not None or app.application is None:
        return group.gpu_id
    common = app.application.global_gpu_id
    return common if common is not None and common >= 0 else None


def _name(p: InferProperty, version: DsVersion, cache: str) -> str | None:
    """The file that nvinfer writes; None when it writes none, or into a folder that is known to the image alone."""
    if not has_custom_builder(p):
        return engine_file_name(p, version)
    return posixpath.join(cache, engine_file_name(p, version) or "") if cache else None


def without_names_of_working_directory(
    app: AppFile, configs: Mapping[str, InferConfig], prebuilt: Collection[str]
) -> tuple[AppFile, dict[str, InferConfig]]:
    """Groups and files without the bare names of engines of custom builders, which mean the working directory.

    Beside the configuration, where they lead, no engine of theirs is ever written.
    """

    def is_meant(file: str | None, engine: str | None) -> bool:
        config = configs.get(file or "")
        if config is None or engine is None or file in prebuilt:
            return False
        return has_custom_builder(config.property) and is_name_of_working_directory(engine)

    def of_group(group: GieGroup) -> GieGroup:
        meant = is_meant(group.config_file, group.model_engine_file)
        return group.model_copy(update={"model_engine_file": None}) if meant else group

    groups = {
        "primary_gie": of_group(app.primary_gie) if app.primary_gie is not None else None,
        "secondary_gies": {number: of_group(group) for number, group in app.secondary_gies.items()},
    }
    files = {
        name: _without_engine(config) if is_meant(name, config.property.model_engine_file) else config
        for name, config in configs.items()
    }
    return app.model_copy(update=groups), files


def _without_engine(config: InferConfig) -> InferConfig:
    return config.model_copy(update={"property": config.property.model_copy(update={"model_engine_file": None})})


def _with_engine(config: InferConfig, name: str | None, *, replace: bool = False) -> InferConfig:
    if name is None or (config.property.model_engine_file is not None and not replace):
        return config
    return config.model_copy(update={"property": config.property.model_copy(update={"model_engine_file": name})})
