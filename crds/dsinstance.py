"""The DsInstance kind: one DeepStream container with its app settings and its cameras."""

from enum import StrEnum
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from crds.change import ChangeClass, changes
from crds.document import Manifest, ManifestModel, ObjectName
from crds.selector import LabelSelector
from deepstream.retinaface import AppType

# https://kafka.apache.org/documentation/#basic_ops_add_topic: 249 characters of this alphabet.
KafkaTopic = Annotated[str, StringConstraints(min_length=1, max_length=249, pattern=r"^[A-Za-z0-9._-]+$")]
EnvironmentName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=256)]
AbsolutePath = Annotated[str, StringConstraints(pattern=r"^/[^\x00:]*$", max_length=4096)]


class AppKind(StrEnum):
    """The program inside the container: it decides which files are rendered and how changes are applied."""

    RETINAFACE = "retinaface"
    """The RetinaFace + MOT app: no REST interface, every change of a camera restarts it."""
    REFERENCE = "reference"
    """The reference workload of this project: the same files, on a CPU, with DeepStream's REST paths for health."""

    @property
    def has_metrics(self) -> bool:
        """True when the app answers DeepStream's `/api/v1/metrics`, which proves frames per camera."""
        return self is AppKind.REFERENCE

    @property
    def has_stream_rest(self) -> bool:
        """True when cameras can be added and removed while the app runs."""
        return False

    def effective(self, change_class: ChangeClass) -> ChangeClass:
        """How this app takes a change of the class that a field declares: without a REST interface it is restarted."""
        if change_class in (ChangeClass.HOT, ChangeClass.RELOAD) and not self.has_stream_rest:
            return ChangeClass.RESTART
        return change_class


class AppSettings(ManifestModel):
    """Settings of the app, written to its configuration files."""

    kind: AppKind = changes(ChangeClass.RECREATE, AppKind.RETINAFACE, description="The program inside the container.")
    app_type: AppType = changes(
        ChangeClass.RESTART, AppType.NORMAL, description="NORMAL publishes metadata, VISUAL encoded pictures too."
    )
    face_raw_meta_topic: KafkaTopic = changes(ChangeClass.RESTART, "RawFaceMeta", description="Kafka topic for faces.")
    mot_raw_meta_topic: KafkaTopic = changes(ChangeClass.RESTART, "RawMotMeta", description="Kafka topic for tracks.")
    visual_topic: KafkaTopic = changes(ChangeClass.RESTART, "RawImage", description="Kafka topic for pictures.")
    kafka_connection_str: str = changes(
        ChangeClass.RESTART,
        "localhost:9092",
        pattern=r"^[^\s,;:]+:\d{1,5}(,[^\s,;:]+:\d{1,5})*$",
        max_length=1024,
        description="host:port of the Kafka brokers that the app publishes to, separated by commas.",
    )
    face_confidence_threshold: float = changes(
        ChangeClass.RESTART, 0.45, gt=0, le=1, description="Confidence below which a face is dropped."
    )
    mot_confidence_threshold: float = changes(
        ChangeClass.RESTART, 0.5, gt=0, le=1, description="Confidence below which an object is dropped."
    )
    gpu_id: int = changes(ChangeClass.RESTART, 0, ge=0, le=63, description="Ordinal of the GPU inside the container.")


class StreammuxSettings(ManifestModel):
    """How the streams of the cameras are batched."""

    width: int = changes(
        ChangeClass.RESTART, 3840, ge=16, le=16384, description="Width of the batched picture in pixels."
    )
    height: int = changes(
        ChangeClass.RESTART, 2160, ge=16, le=16384, description="Height of the batched picture in pixels."
    )
    batch_size: int = changes(
        ChangeClass.RESTART,
        24,
        ge=1,
        le=1024,
        description="Most cameras of the instance; fixed, whatever their number.",
    )
    buffer_pool: int = changes(ChangeClass.RESTART, 40, ge=1, le=1024, description="Buffers in the pool of the muxer.")
    nvbuf_memory_type: int = changes(
        ChangeClass.RESTART, 3, ge=0, le=4, description="0 default, 1 pinned, 2 device, 3 unified, 4 surface array."
    )


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
        description="Environment. Never passwords: `docker inspect` shows it.",
    )
    volumes: tuple[Volume, ...] = changes(ChangeClass.RECREATE, (), max_length=64, description="Folders of the node.")
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

    @field_validator("volumes")
    @classmethod
    def _mount_paths_differ(cls, volumes: tuple[Volume, ...]) -> tuple[Volume, ...]:
        paths = [volume.mount_path for volume in volumes]
        for path in paths:
            if paths.count(path) > 1:
                raise ValueError(f"two volumes are mounted at {path}")
        return volumes


class DsInstanceSpec(ManifestModel):
    """One container, where it runs and what it watches."""

    image: str = changes(
        ChangeClass.RECREATE,
        min_length=1,
        max_length=512,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._/:@-]*$",
        description="Image of the container; a digest (name@sha256:…) pins it.",
    )
    app: AppSettings = Field(default_factory=AppSettings, description="Settings of the app.")
    streammux: StreammuxSettings = Field(default_factory=StreammuxSettings, description="How streams are batched.")
    container: ContainerSettings = Field(default_factory=ContainerSettings, description="How the container is made.")
    node: ObjectName | None = changes(ChangeClass.RECREATE, None, description="Name of the node that runs it.")
    node_selector: LabelSelector | None = changes(
        ChangeClass.NONE, None, description="Labels of the nodes that may run it; the planner takes one of them."
    )
    cameras: tuple[ObjectName, ...] = changes(ChangeClass.HOT, (), max_length=1024, description="Names of its cameras.")
    camera_selector: LabelSelector | None = changes(
        ChangeClass.HOT, None, description="Labels of more of its cameras; an empty selector takes every camera."
    )

    @model_validator(mode="after")
    def _has_one_place(self) -> Self:
        if (self.node is None) == (self.node_selector is None):
            given = "neither is" if self.node is None else "both are"
            raise ValueError(f"exactly one of node and nodeSelector says where the instance runs; {given} given")
        return self

    @field_validator("cameras")
    @classmethod
    def _cameras_differ(cls, cameras: tuple[str, ...]) -> tuple[str, ...]:
        for camera in cameras:
            if cameras.count(camera) > 1:
                raise ValueError(f"camera {camera!r} is named twice")
        return cameras


class DsInstance(Manifest):
    """A DeepStream instance of the fleet."""

    plural: ClassVar[str] = "dsinstances"
    short_name: ClassVar[str] = "ds"

    kind: Literal["DsInstance"]
    spec: DsInstanceSpec
