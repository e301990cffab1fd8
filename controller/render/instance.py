"""A resolved instance: its files, its parts and its digest."""

from collections.abc import Mapping
from typing import Any

from controller.render.devices import with_devices
from controller.render.engines import engines_of_app_file, engines_of_chain
from controller.render.file_names import ANALYTICS_FILE, DEEPSTREAM_APP_FILE
from controller.render.resolved import ResolvedInstance, resolve
from controller.render.settings import settings, streams
from controller.render.texts import rendered_files
from crds.app_kind import AppKind
from crds.camera import Camera
from crds.container import ContainerSettings
from crds.digest import digest
from crds.dsinstance import DsInstance
from crds.instance_config import InstanceConfig, PartDigests, RenderedFile


def render_instance(
    instance: DsInstance,
    cameras: tuple[Camera, ...],
    rest_port: int,
    slots: Mapping[str, int] | None = None,
    runs_as: str = "",
) -> InstanceConfig:
    """Resolves one instance.

    Args:
        instance: the manifest.
        cameras: its cameras.
        rest_port: loopback port of the app's REST interface.
        slots: the slot of each camera, by name; those of others are reserved and of no concern here. Without it the
            cameras are numbered in the order given.
        runs_as: the name that it began with, for one that was renamed: its container, its folder and its files go on
            under that. Default: the name of the manifest.

    Returns:
        What the agent applies, with its digest. Equal input gives equal bytes.

    Raises:
        CannotWriteError: something in the manifest cannot stand in a file of its kind.
    """
    name, instance, cameras = instance.name, instance.opened(), tuple(one.opened() for one in cameras)
    if runs_as and runs_as != name:
        instance = instance.model_copy(update={"metadata": instance.metadata.model_copy(update={"name": runs_as})})
    resolved = resolve(instance, cameras, rest_port, slots)
    spec, files = instance.spec, rendered_files(resolved)
    container = _container(instance, cameras).model_dump(mode="json")
    # What is not given is not said: digests of before hold.
    cache = {} if spec.engine_cache is None else {"engine_cache_path": spec.engine_cache.mount_path}
    restarted = {} if spec.restarted_at is None else {"restarted_at": spec.restarted_at}
    content: dict[str, Any] = {
        "instance_name": instance.name,
        "app_kind": spec.app.kind.value,
        "image": spec.image,
        "container": container,
        "rest_port": rest_port,
        "settings": settings(resolved),
        "files": [file.model_dump(mode="json") for file in files],
        "cameras": [
            {
                "name": camera.name,
                "camera_id": camera.camera_id,
                "slot": slot,
                "limits": camera.spec.limits.model_dump(mode="json"),
                "exclusive": camera.spec.has_one_reader,
            }
            for slot, camera in resolved.cameras
        ],
        "digests": _digests(resolved, files, {**container, **cache}, rest_port).model_dump(mode="json"),
        **cache,
        **restarted,
    }
    if name != instance.name:
        content["manifest_name"] = name
    return InstanceConfig.of_content(content)


def _container(instance: DsInstance, cameras: tuple[Camera, ...]) -> ContainerSettings:
    """The settings with what the manifest leaves to the kind of the app, and what cameras of the machine need."""
    given, kind = instance.spec.container, instance.spec.app.kind
    command = given.command
    if not command and kind is AppKind.DEEPSTREAM_APP:
        command = ("deepstream-app", "-c", f"{given.config_mount_path}/{DEEPSTREAM_APP_FILE}")
    update = {"command": command, "stop_signal": given.stop_signal or kind.stop_signal}
    return with_devices(given, cameras).model_copy(update=update)


def _digests(
    resolved: ResolvedInstance, files: tuple[RenderedFile, ...], container: Mapping[str, Any], rest_port: int
) -> PartDigests:
    spec = resolved.instance.spec
    restarted = spec.restarted_at
    return PartDigests(
        container=digest([spec.image, spec.app.kind.value, rest_port, {**container, "stop_timeout_seconds": None}]),
        files=digest([[file.path, file.content] for file in files] + ([restarted] if restarted else [])),
        streams=digest(streams(resolved)),
        analytics=digest([file.content for file in files if file.path == ANALYTICS_FILE]),
        engines=_engines(resolved),
    )


def _engines(resolved: ResolvedInstance) -> str:
    if resolved.app_file is not None:
        return engines_of_app_file(resolved.instance, resolved.app_file, resolved.infer_configs)
    return engines_of_chain(resolved.instance, resolved.chain) if resolved.chain is not None else ""
