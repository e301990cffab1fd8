"""Files of ours that a custom library opens by itself: from the working directory, wherever that is."""

import posixpath

from crds.dsinstance import DsInstanceSpec
from deepstream.nvinfer.config import InferConfig


def with_paths_of_library_files(spec: DsInstanceSpec) -> dict[str, InferConfig]:
    """The nvinfer files with the whole path of a `custom-network-config` that the configuration folder holds."""
    return {name: _with_whole_path(config, spec) for name, config in spec.infer_configs.items()}


def _with_whole_path(config: InferConfig, spec: DsInstanceSpec) -> InferConfig:
    named = config.property.custom_network_config
    if named not in spec.files:
        return config
    whole = posixpath.join(spec.container.config_mount_path, named)
    return config.model_copy(update={"property": config.property.model_copy(update={"custom_network_config": whole})})
