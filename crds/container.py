"""How the container of an instance is made."""

from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, StringConstraints, field_validator, model_serializer

from crds.change import ChangeClass, changes
from crds.document import ManifestModel

EnvironmentName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=256)]
AbsolutePath = Annotated[str, StringConstraints(pattern=r"^/[^\x00:]*$", max_length=4096)]
StopSignal = Literal["SIGTERM", "SIGINT"]


class Volume(ManifestModel):
    """A folder of the node inside the container."""

    host_path: AbsolutePath = Field(description="Folder or file on the node.")
    mount_path: AbsolutePath = Field(description="Where the container sees it.")
    read_only: bool = Field(default=True, description="True when the container must not write there.")


class ContainerSettings(ManifestModel):
    """How the container is made. A change of any of these replaces it."""

    command: tuple[Annotated[str, StringConstraints(max_length=4096)], ...] = changes(
        ChangeClass.RECREATE, (), max_length=256, description="Arguments instead of those of the image."
    )
    env: dict[EnvironmentName, Annotated[str, StringConstraints(max_length=32768)]] = changes(
        ChangeClass.RECREATE,
        default_factory=dict,
        description="Environment. Never passwords: `docker inspect` shows it. A value with ${secret:NAME:KEY} in it, KEY being a "
        "file of the secret, is written into a file, and the app is given <VARIABLE>_FILE, which names it.",
    )
    volumes: tuple[Volume, ...] = changes(ChangeClass.RECREATE, (), max_length=64, description="Folders of the node.")
    devices: tuple[AbsolutePath, ...] = changes(
        ChangeClass.RECREATE,
        (),
        max_length=64,
        description="Devices of the node that the container may use, such as /dev/video0, under the same path. Those of its "
        "USB cameras are added.",
    )
    network: Literal["host", "none"] = changes(
        ChangeClass.RECREATE,
        "host",
        description="host: the REST interface is on the node's loopback; none: no network.",
    )
    runtime: Literal["default", "nvidia"] = changes(
        ChangeClass.RECREATE, "default", description="Container runtime; nvidia on Jetson."
    )
    gpus: tuple[Annotated[str, StringConstraints(min_length=1, max_length=128)], ...] = changes(
        ChangeClass.RECREATE, (), max_length=16, description="GPUs that the container sees, by UUID or index."
    )
    shm_size_mib: int | None = changes(
        ChangeClass.RECREATE, None, ge=1, le=262_144, description="Size of /dev/shm in MiB. Default: the engine's."
    )
    memory_mib: int | None = changes(
        ChangeClass.RECREATE, None, ge=16, le=16_777_216, description="Memory limit in MiB. Default: none."
    )
    cpus: float | None = changes(
        ChangeClass.RECREATE, None, gt=0, le=1024, description="CPU limit in cores. Default: none."
    )
    config_mount_path: AbsolutePath = changes(
        ChangeClass.RECREATE, "/workspace/configs", description="Where the container sees its configuration files."
    )
    stop_timeout_seconds: int = changes(
        ChangeClass.NONE, 20, ge=0, le=600, description="Seconds that the app has to leave before it is killed."
    )
    stop_signal: StopSignal | None = changes(
        ChangeClass.RECREATE,
        None,
        description="Signal that asks the app to leave. Default: the app's own, SIGINT for deepstream-app and SIGTERM "
        "for all others.",
    )

    @model_serializer(mode="wrap")
    def _without_its_default(self, write: SerializerFunctionWrapHandler) -> Any:
        """Without devices it says no more than before the field was there, so that no container gets another digest by it."""
        written = write(self)
        if not self.devices:
            written.pop("devices", None)
        return written

    @field_validator("volumes")
    @classmethod
    def _mount_paths_differ(cls, volumes: tuple[Volume, ...]) -> tuple[Volume, ...]:
        paths = [volume.mount_path for volume in volumes]
        for path in paths:
            if paths.count(path) > 1:
                raise ValueError(f"two volumes are mounted at {path}")
        return volumes
