"""From an instance to the arguments of the engine for its container: pure."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from docker.types import DeviceRequest, HostConfig, LogConfig, Mount

from crds.app_kind import AppKind
from crds.env_secrets import environment
from crds.instance_config import InstanceConfig
from nodeagent.engines.labels import LABEL_DIGEST
from nodeagent.model import Transient

# Without "video" there is no NVDEC, and with "gpu" alone it depends on the image; see the Container Toolkit's
# https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/docker-specialized.html#driver-capabilities
_GPU_CAPABILITIES = ["gpu", "video", "compute", "utility"]
_MIB = 1024 * 1024
_NANO_CPUS = 1_000_000_000
# deepstream-app prints a line of figures every few seconds for as long as it runs.
_LOG_LIMITS = {"max-size": "10m", "max-file": "3"}


def container_name(fleet_id: str, node_id: str, instance: str) -> str:
    """The name of an instance's container: always the same, so that the engine itself refuses a second one."""
    return f"fleet-{fleet_id}-{node_id[:8]}-{instance}"


def create_arguments(
    config: InstanceConfig,
    *,
    name: str,
    labels: dict[str, str],
    configs: Path,
    api_version: str,
    engines: Path | None = None,
) -> dict[str, Any]:
    """The arguments of `APIClient.create_container`.

    Args:
        config: the instance.
        name: the name of the container.
        labels: its labels.
        configs: the folder with the configuration files; it must exist on the machine of the engine.
        api_version: the version of the engine's API.
        engines: the folder that keeps its TensorRT engines, likewise; None when it has none.
    """
    arguments = {
        "image": config.image,
        "command": command(config),
        "name": name,
        "labels": labels,
        "environment": environment(config.container.env, config.container.config_mount_path),
        "host_config": _host_config(config, configs, engines, api_version),
        # For people who stop it by hand, and for an engine that is shut down; the agent says its own time.
        "stop_timeout": config.container.stop_timeout_seconds,
        "stop_signal": config.container.stop_signal,
        # The client would add the proxies of the agent's user, with their passwords, to the environment.
        "use_config_proxy": False,
    }
    # nvinfer writes the engines of custom builders into the folder that the app was started in.
    return arguments if engines is None else {**arguments, "working_dir": config.engine_cache_path}


def command(config: InstanceConfig) -> list[str] | None:
    """What stands in the place of the image's CMD; None keeps that."""
    if config.container.command:
        return list(config.container.command)
    if config.app_kind is AppKind.REFERENCE:
        return [f"{config.container.config_mount_path}/source_list.json", "--port", str(config.rest_port)]
    return None


def must_equal(config: InstanceConfig, labels: Mapping[str, str]) -> None:
    """Compares an instance with the labels of the container that has its name.

    Raises:
        Transient: the container was made for another configuration.
    """
    if labels.get(LABEL_DIGEST) != config.digest:
        raise Transient(f"an older container still holds the name of instance {config.instance_name}")


def _host_config(config: InstanceConfig, configs: Path, engines: Path | None, api_version: str) -> HostConfig:
    settings = config.container
    # Mounts and not binds: the engine refuses a folder that does not exist, instead of making an empty one.
    mounts = [Mount(settings.config_mount_path, str(configs), type="bind", read_only=True)]
    mounts += [
        Mount(volume.mount_path, volume.host_path, type="bind", read_only=volume.read_only)
        for volume in settings.volumes
    ]
    mounts += [] if engines is None else [Mount(config.engine_cache_path, str(engines), type="bind", read_only=False)]
    # Never by count: 0 is a container without a GPU and without an error, 2 the first two and not two that are free.
    gpus = [DeviceRequest(device_ids=list(settings.gpus), capabilities=[_GPU_CAPABILITIES])] if settings.gpus else None
    return HostConfig(
        version=api_version,
        mounts=mounts,
        network_mode=settings.network,
        runtime=None if settings.runtime == "default" else settings.runtime,
        device_requests=gpus,
        devices=[f"{path}:{path}:rwm" for path in settings.devices] or None,
        shm_size=None if settings.shm_size_mib is None else settings.shm_size_mib * _MIB,
        mem_limit=None if settings.memory_mib is None else settings.memory_mib * _MIB,
        nano_cpus=None if settings.cpus is None else round(settings.cpus * _NANO_CPUS),
        log_config=LogConfig(type="json-file", config=_LOG_LIMITS),
        # The agent restarts it: apps leave with code 0 when a camera ends, and only the agent knows when to wait.
        restart_policy={"Name": "no"},
    )
