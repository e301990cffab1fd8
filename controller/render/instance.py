"""A resolved instance: its files, its parts and its digest."""

from typing import Any

from crds.camera import Camera, CameraSpec
from crds.change import ChangeClass, declared_change_class
from crds.digest import digest
from crds.dsinstance import DsInstance
from crds.messages import CameraConfig, InstanceConfig, PartDigests, RenderedFile
from crds.secret import userinfo_placeholder
from deepstream import retinaface
from deepstream.retinaface import AppConf, Source, SourceList

# The id stands beside it, as it is even when the manifest leaves it to the name.
_NOT_STREAMED = {"limits", "camera_id"} | {
    name for name, field in CameraSpec.model_fields.items() if declared_change_class(field) is ChangeClass.NONE
}


class Renderer:
    """Renders instances, and gives the same result again for the very same manifests without making it anew.

    Rendering is most of the time of a plan, and an edit touches few of ten thousand instances. Manifests are frozen,
    and sources give out the same objects for what did not change, so identity is enough.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[int, ...], tuple[object, InstanceConfig]] = {}
        self._used: dict[tuple[int, ...], tuple[object, InstanceConfig]] = {}

    def render(self, instance: DsInstance, cameras: tuple[Camera, ...], rest_port: int) -> InstanceConfig:
        """See `render_instance`."""
        key = (id(instance), *map(id, cameras), rest_port)
        # The manifests are kept beside the result, so that their ids are not given to others.
        found = self._known.get(key) or ((instance, cameras), render_instance(instance, cameras, rest_port))
        self._used[key] = found
        return found[1]

    def forget_unused(self) -> None:
        """Forgets what was not asked for since the last call: to be called after each plan."""
        self._known, self._used = self._used, {}


def render_instance(instance: DsInstance, cameras: tuple[Camera, ...], rest_port: int) -> InstanceConfig:
    """Resolves one instance.

    Args:
        instance: the manifest.
        cameras: its cameras, in the order of their slots.
        rest_port: loopback port of the app's REST interface.

    Returns:
        What the agent applies, with its digest. Equal input gives equal bytes.
    """
    spec = instance.spec
    files = _files(instance, cameras)
    camera_settings = {camera.name: _camera_settings(camera) for camera in cameras}
    container = spec.container.model_dump(mode="json")
    content: dict[str, Any] = {
        "instance_name": instance.name,
        "app_kind": spec.app.kind.value,
        "image": spec.image,
        "container": container,
        "rest_port": rest_port,
        "settings": {
            "app": spec.app.model_dump(mode="json", by_alias=True),
            "streammux": spec.streammux.model_dump(mode="json", by_alias=True),
            "cameras": camera_settings,
        },
        "files": [file.model_dump(mode="json") for file in files],
        "cameras": [
            CameraConfig(
                name=camera.name,
                camera_id=camera.camera_id,
                slot=slot,
                limits=camera.spec.limits,
                exclusive=camera.spec.exclusive,
            ).model_dump(mode="json")
            for slot, camera in enumerate(cameras)
        ],
        "digests": PartDigests(
            container=digest(
                [spec.image, spec.app.kind.value, rest_port, {**container, "stop_timeout_seconds": None}],
            ),
            files=digest([file.model_dump(mode="json") for file in files]),
            streams=digest([[camera.name, camera.camera_id, _stream(camera)] for camera in cameras]),
            analytics=digest([]),
        ).model_dump(mode="json"),
    }
    return InstanceConfig.model_validate({**content, "digest": InstanceConfig.digest_of(content)})


def _files(instance: DsInstance, cameras: tuple[Camera, ...]) -> tuple[RenderedFile, ...]:
    app, streammux = instance.spec.app, instance.spec.streammux
    app_conf = AppConf(
        app_type=app.app_type,
        face_raw_meta_topic=app.face_raw_meta_topic,
        mot_raw_meta_topic=app.mot_raw_meta_topic,
        visual_topic=app.visual_topic,
        kafka_connection_str=app.kafka_connection_str,
        streammux_output_width=streammux.width,
        streammux_output_height=streammux.height,
        streammux_batch_size=streammux.batch_size,
        streammux_buffer_pool=streammux.buffer_pool,
        streammux_nvbuf_memory_type=streammux.nvbuf_memory_type,
        face_confidence_threshold=app.face_confidence_threshold,
        mot_confidence_threshold=app.mot_confidence_threshold,
        gpu_id=app.gpu_id,
    )
    sources = SourceList(
        sources=tuple(
            Source(
                camera_id=camera.camera_id,
                address=_address(camera),
                encode_type=camera.spec.encode_type,
                type=camera.spec.type,
            )
            for camera in cameras
        )
    )
    return (
        RenderedFile(path=retinaface.APP_CONF_FILE, content=retinaface.dump(app_conf)),
        RenderedFile(path=retinaface.SOURCE_LIST_FILE, content=retinaface.dump(sources)),
    )


def _address(camera: Camera) -> str:
    """The address with a placeholder where the user name and password go."""
    if camera.spec.credentials_ref is None:
        return camera.spec.address
    scheme, rest = camera.spec.address.split("://", 1)
    return f"{scheme}://{userinfo_placeholder(camera.spec.credentials_ref.name)}{rest}"


def _stream(camera: Camera) -> dict[str, Any]:
    """What the app is told of a camera: without the fields whose changes touch nothing that runs."""
    return camera.spec.model_dump(mode="json", exclude=_NOT_STREAMED)


def _camera_settings(camera: Camera) -> dict[str, Any]:
    """The spec as people wrote it, for naming what changed; limits are the agent's and stand apart."""
    settings = camera.spec.model_dump(mode="json", by_alias=True, exclude={"limits", "exclusive"})
    return {**settings, "cameraId": camera.camera_id}
