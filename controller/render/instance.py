"""A resolved instance: its files, its parts and its digest."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from json.encoder import encode_basestring as quoted
from typing import Any, TypeVar

from controller.render.devices import with_devices
from controller.render.engines import engines_of_app_file, engines_of_chain
from controller.render.file_names import ANALYTICS_FILE
from controller.render.resolved import ResolvedInstance, resolve
from controller.render.settings import camera_settings, streams
from controller.render.spec_parts import ContainerParts, KnownSpecs, SpecParts, cache_path
from controller.render.texts import rendered_files
from crds.alike import AlikeTexts
from crds.camera import Camera
from crds.camera_limits import CameraLimits
from crds.digest import canonical_object, canonical_text, digest, digest_of_text
from crds.dsinstance import DsInstance
from crds.instance_config import InstanceConfig

MadeT = TypeVar("MadeT")


@dataclass(frozen=True)
class Rendered:
    """What the agent applies, before it is made an object of."""

    content: Mapping[str, Any]
    """In its wire form, without its digest. What it shares with others is not to be changed."""
    digest: str
    cameras: tuple[Camera, ...]

    def packed(self, specs: KnownSpecs, texts: AlikeTexts) -> InstanceConfig:
        """The instance, packed: see `InstanceConfig.pack`."""
        equal = _made_once(self.cameras, specs.limits)
        limits = {camera.name: equal[id(camera.spec.limits)] for camera in self.cameras}
        return InstanceConfig.packed_of(self.content, self.digest, limits, texts)


def render_instance(
    instance: DsInstance,
    cameras: tuple[Camera, ...],
    rest_port: int,
    slots: Mapping[str, int] | None = None,
    runs_as: str = "",
) -> InstanceConfig:
    """Resolves one instance: see `rendered`.

    Raises:
        CannotWriteError: something in the manifest cannot stand in a file of its kind.
    """
    made = rendered(instance, cameras, rest_port, slots, runs_as)
    return InstanceConfig.of_content(made.content)


def rendered(
    instance: DsInstance,
    cameras: tuple[Camera, ...],
    rest_port: int,
    slots: Mapping[str, int] | None = None,
    runs_as: str = "",
    parts: SpecParts | None = None,
) -> Rendered:
    """Resolves one instance.

    Args:
        instance: the manifest.
        cameras: its cameras.
        rest_port: loopback port of the app's REST interface.
        slots: the slot of each camera, by name; those of others are reserved and of no concern here. Without it the
            cameras are numbered in the order given.
        runs_as: the name that it began with, for one that was renamed: its container, its folder and its files go on
            under that. Default: the name of the manifest.
        parts: what follows from its spec, if that is known.

    Returns:
        What the agent applies, with its digest. Equal input gives equal bytes.

    Raises:
        CannotWriteError: something in the manifest cannot stand in a file of its kind.
    """
    name, cameras = instance.name, tuple(one.opened() for one in cameras)
    parts = parts or SpecParts(instance.opened())
    resolved = resolve(parts.called(runs_as or name), cameras, rest_port, slots)
    spec, files, shown = parts.spec, rendered_files(resolved, parts), camera_settings(resolved)
    in_container = with_devices(parts.container_settings, cameras)
    is_alone = in_container is not parts.container_settings
    container = ContainerParts.of(in_container, spec) if is_alone else parts.container
    digests = _digests(resolved, files, container, rest_port)
    limits = _made_once(cameras, lambda given: given.model_dump(mode="json"))
    of_cameras = [
        {
            "name": camera.name,
            "camera_id": camera.camera_id,
            "slot": slot,
            "limits": limits[id(camera.spec.limits)],
            "exclusive": camera.spec.has_one_reader,
        }
        for slot, camera in resolved.cameras
    ]
    # What is not given is not said: digests of before hold.
    words = cache_path(spec) | ({} if spec.restarted_at is None else {"restarted_at": spec.restarted_at})
    if name != resolved.instance.name:
        words["manifest_name"] = name
    content = {
        "instance_name": resolved.instance.name,
        "app_kind": spec.app.kind.value,
        "image": spec.image,
        "container": container.content,
        "rest_port": rest_port,
        "settings": {**parts.settings, "cameras": shown},
        "files": [{"path": path, "content": text} for path, text in files.items()],
        "cameras": of_cameras,
        "digests": digests,
        **words,
    }
    # What `InstanceConfig.digest_of` is over, with the texts that are known already.
    canonical = {
        "instance_name": quoted(resolved.instance.name),
        "app_kind": quoted(spec.app.kind.value),
        "image": quoted(spec.image),
        "container": container.text,
        "rest_port": str(rest_port),
        "settings": canonical_object({**parts.texts_of_settings, "cameras": canonical_text(shown)}),
        "files": canonical_text(content["files"]),
        "cameras": canonical_text(of_cameras),
        "digests": canonical_text(digests),
        **{field: quoted(value) for field, value in words.items()},
    }
    return Rendered(content, digest_of_text(canonical_object(canonical)), cameras)


def _made_once(cameras: Iterable[Camera], make: Callable[[CameraLimits], MadeT]) -> dict[int, MadeT]:
    """What is made of the limits of cameras, by their ids as objects: nearly all have the very same."""
    return {one: make(limits) for one, limits in {id(one.spec.limits): one.spec.limits for one in cameras}.items()}


def _digests(
    resolved: ResolvedInstance, files: Mapping[str, str], container: ContainerParts, rest_port: int
) -> dict[str, str]:
    """See `crds.instance_config.PartDigests`."""
    spec = resolved.instance.spec
    of_container = f"[{quoted(spec.image)},{quoted(spec.app.kind.value)},{rest_port},{container.digested}]"
    restarted = [] if not spec.restarted_at else [spec.restarted_at]
    return {
        "container": digest_of_text(of_container),
        "files": digest([*map(list, files.items()), *restarted]),
        "streams": digest(streams(resolved)),
        "analytics": digest([files[ANALYTICS_FILE]] if ANALYTICS_FILE in files else []),
        "engines": _engines(resolved),
    }


def _engines(resolved: ResolvedInstance) -> str:
    if resolved.app_file is not None:
        return engines_of_app_file(resolved.instance, resolved.app_file, resolved.infer_configs)
    return engines_of_chain(resolved.instance, resolved.chain) if resolved.chain is not None else ""
