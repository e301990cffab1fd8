"""The DsInstance kind: one DeepStream container with its app settings and its cameras."""

from collections.abc import Mapping
from sys import intern
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import (
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel

from crds.app_kind import AppKind
from crds.change import ChangeClass, changes
from crds.container import AbsolutePath, ContainerSettings
from crds.deepstream_app import DeepstreamApp, FileName, StreammuxSettings
from crds.document import KafkaTopic, Manifest, ManifestModel, ObjectName, shared
from crds.ds_release import DsRelease
from crds.reference_app import ReferenceApp
from crds.selector import LabelSelector
from deepstream.analytics.groups import AnalyticsProperty
from deepstream.message_broker import MessageBrokerGroup
from deepstream.nvinfer.config import InferConfig
from deepstream.preprocess.config import PreprocessFile
from deepstream.retinaface import AppType
from deepstream.retinaface.defaults import APP_DEEPSTREAM
from deepstream.retinaface.inference import InferenceChain
from deepstream.retinaface.source_list import NEWEST_RELEASE, AppRelease
from deepstream.versions import NEWEST, DsVersion, nearest_known, release_in_image


class AppSettings(ManifestModel):
    """Settings of the app, written to its configuration files."""

    kind: AppKind = changes(ChangeClass.RECREATE, AppKind.RETINAFACE, description="The program inside the container.")
    app_type: AppType = changes(
        ChangeClass.RESTART, AppType.NORMAL, description="NORMAL publishes metadata, VISUAL encoded pictures too."
    )
    release: AppRelease = changes(
        ChangeClass.RESTART,
        NEWEST_RELEASE,
        description="Release of the RetinaFace app, by the month of its change: it decides the form of source_list.json.",
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


class EngineCache(ManifestModel):
    """A folder on the node that keeps TensorRT engines: it outlives containers, and goes when its instance goes.

    Each instance has its own, and in it one for each image id, kind of GPU and set of models. It is the working directory
    of the app, where nvinfer writes the engines of custom builders; engines of other models are written beside the model.
    """

    mount_path: AbsolutePath = Field(
        default="/workspace/engines",
        description="Where the container sees it. A model that a volume mounts into it has its engine there too.",
    )


_OF_ONE_KIND: Final[Mapping[AppKind, frozenset[str]]] = {
    AppKind.RETINAFACE: frozenset({"inference"}),
    AppKind.REFERENCE: frozenset({"reference"}),
    AppKind.DEEPSTREAM_APP: frozenset(
        {"deepstream_app", "infer_configs", "preprocess_configs", "message_brokers", "engine_cache"}
    ),
}
"""Fields that only one kind of app reads: given for another one they would do nothing, silently."""


MOST_BYTES_OF_FILES: Final = 128 * 1024
"""A record of Kafka holds about 1 MiB, and a node may have several instances."""

_DATE_AND_TIME: Final = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$"
"""A moment as RFC 3339 writes it."""

MUXER_OF_APP_CONF: Final = ("width", "height", "batch_size", "buffer_pool", "nvbuf_memory_type")
"""What app_conf.json holds of the muxer: that app ends at a missing key."""


class DsInstanceSpec(ManifestModel):
    """One container, where it runs and what it watches."""

    image: str = changes(
        ChangeClass.RECREATE,
        min_length=1,
        max_length=512,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._/:@-]*$",
        description="Image of the container; a digest (name@sha256:…) pins it.",
    )
    app: AppSettings = Field(default_factory=shared(AppSettings), description="Settings of the app.")
    ds_version: DsRelease | None = changes(
        ChangeClass.RESTART,
        None,
        description="Release of DeepStream in the image: it decides which keys are known and which traps are avoided. "
        "Default: what the tag of NVIDIA's own images names, else 6.0 for retinaface, 9.2 for deepstream-app. One that is newer "
        "than 9.2 is taken for 9.2.",
    )
    streammux: StreammuxSettings = changes(
        ChangeClass.RESTART, default_factory=shared(StreammuxSettings), description="How streams are batched."
    )
    inference: InferenceChain = changes(
        ChangeClass.RESTART,
        default_factory=shared(InferenceChain),
        description="The engines of the RetinaFace app. What is given here is laid over the app's own values.",
    )
    reference: ReferenceApp = changes(
        ChangeClass.RESTART,
        default_factory=shared(ReferenceApp),
        description="Settings of the reference workload: its detector, its batches and its messages.",
    )
    deepstream_app: DeepstreamApp | None = changes(
        ChangeClass.RESTART, None, description="The groups of deepstream-app's file, but for what its cameras make."
    )
    infer_configs: dict[FileName, InferConfig] = changes(
        ChangeClass.RESTART,
        default_factory=dict,
        max_length=32,
        description="nvinfer files by name; the gie groups of deepstreamApp name them as configFile.",
    )
    prebuilt_engines: tuple[FileName, ...] = changes(
        ChangeClass.NONE,
        (),
        max_length=32,
        description="nvinfer files (names in inferConfigs, or mot_primary.txt and so on of retinaface) whose modelEngineFile "
        "was built beforehand and is expected to load: nvinfer's own name for it is not demanded.",
    )
    engine_cache: EngineCache | None = changes(
        ChangeClass.RECREATE,
        None,
        description="Keeps the engines that nvinfer builds on the node, so that a new container does not build them anew; "
        "`{}` for the usual path. Default: they lie in the container or beside their models.",
    )
    preprocess_configs: dict[FileName, PreprocessFile] = changes(
        ChangeClass.RESTART,
        default_factory=dict,
        max_length=32,
        description="nvdspreprocess files by name; the pre-process groups of deepstreamApp name them as configFile.",
    )
    message_brokers: dict[FileName, MessageBrokerGroup] = changes(
        ChangeClass.RESTART,
        default_factory=dict,
        max_length=32,
        description="Files of message broker adaptors by name; sinks of deepstreamApp name them as msgBrokerConfig.",
    )
    analytics: AnalyticsProperty | None = changes(
        ChangeClass.RELOAD,
        None,
        description="[property] of the analytics. Default: the frame of the muxer; its lines and regions are the cameras'.",
    )
    files: dict[FileName, Annotated[str, StringConstraints(max_length=MOST_BYTES_OF_FILES)]] = changes(
        ChangeClass.RESTART,
        default_factory=dict,
        max_length=64,
        description="Other files of the configuration folder with their text, such as labels or a tracker's YAML; at most "
        "128 KiB together.",
    )
    container: ContainerSettings = Field(
        default_factory=shared(ContainerSettings), description="How the container is made."
    )
    replicas: int = changes(
        ChangeClass.NONE,
        1,
        ge=0,
        le=1,
        description="How often it runs: once, or with 0 nowhere, while its manifest stays and its cameras are dark on purpose.",
    )
    restarted_at: str | None = changes(
        ChangeClass.RESTART,
        None,
        pattern=_DATE_AND_TIME,
        max_length=64,
        description="When a person wanted it to be started anew, as RFC 3339 writes a moment: another one restarts its app "
        "once, as soon as its node hears of it, and says nothing else. Default: nobody wanted that.",
    )
    node: ObjectName | None = changes(ChangeClass.RECREATE, None, description="Name of the node that runs it.")
    node_selector: LabelSelector | None = changes(
        ChangeClass.NONE, None, description="Labels of the nodes that may run it; the planner takes one of them."
    )
    cameras: tuple[ObjectName, ...] = changes(ChangeClass.HOT, (), max_length=1024, description="Names of its cameras.")
    camera_selector: LabelSelector | None = changes(
        ChangeClass.HOT, None, description="Labels of more of its cameras; an empty selector takes every camera."
    )

    @property
    def deepstream(self) -> DsVersion:
        """The release of DeepStream that the rules go by: the one in the image, or the nearest one that is known."""
        release = self.ds_version or release_in_image(self.image)
        if release is not None:
            return nearest_known(release)
        return NEWEST if self.app.kind is AppKind.DEEPSTREAM_APP else APP_DEEPSTREAM

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        of_other_kinds = {
            field for kind, fields in _OF_ONE_KIND.items() if kind is not self.app.kind for field in fields
        }
        for field in sorted(of_other_kinds & self.model_fields_set):
            kind = next(kind for kind, fields in _OF_ONE_KIND.items() if field in fields)
            raise ValueError(f"{to_camel(field)} is for app.kind {kind}, and this instance is of kind {self.app.kind}")
        missing = [name for name in MUXER_OF_APP_CONF if getattr(self.streammux, name) is None]
        if missing and self.app.kind is not AppKind.DEEPSTREAM_APP:
            raise ValueError(f"streammux.{to_camel(missing[0])} is null, and an app of kind {self.app.kind} needs it")
        if self.app.kind is AppKind.DEEPSTREAM_APP and self.deepstream_app is None:
            raise ValueError(
                "an instance of app.kind deepstream-app needs deepstreamApp: its groups, such as primaryGie"
            )
        return self

    @model_validator(mode="after")
    def _has_one_place(self) -> Self:
        if (self.node is None) == (self.node_selector is None):
            given = "neither is" if self.node is None else "both are"
            raise ValueError(f"exactly one of node and nodeSelector says where the instance runs; {given} given")
        return self

    @field_validator("replicas", mode="before")
    @classmethod
    def _runs_once(cls, replicas: object) -> object:
        if isinstance(replicas, int | float) and replicas > 1:
            raise ValueError(
                f"{replicas:g} replicas cannot be: cameras are not shared out over replicas yet, and two would watch the same "
                "ones. 1 runs it, 0 keeps its manifest and runs it nowhere; for more, write instances with cameras of their own"
            )
        return replicas

    @field_validator("files")
    @classmethod
    def _files_are_small(cls, files: dict[str, str]) -> dict[str, str]:
        size = sum(len(text.encode()) for text in files.values())
        if size > MOST_BYTES_OF_FILES:
            raise ValueError(
                f"the files hold {size:,} bytes, and an instance may have {MOST_BYTES_OF_FILES:,}: all instances of a "
                "node travel in one record of Kafka; put large files into the image or into a volume"
            )
        return files

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

    @property
    def node(self) -> str | None:
        """Name of the node that runs it."""
        node: str | None = self.__dict__.get("_node")
        return self.spec.node if node is None else node or None

    @property
    def cameras(self) -> tuple[str, ...]:
        """The names of its cameras, without those that it selects."""
        cameras: tuple[str, ...] | None = self.__dict__.get("_cameras")
        return self.spec.cameras if cameras is None else cameras

    @property
    def node_selector(self) -> LabelSelector | None:
        """Labels of the nodes that may run it."""
        return self.spec.node_selector if self.__dict__.get("_selects", True) else None

    @property
    def camera_selector(self) -> LabelSelector | None:
        """Labels of more of its cameras."""
        return self.spec.camera_selector if self.__dict__.get("_selects", True) else None

    def _looked_at(self) -> dict[str, Any]:
        spec = self.spec
        return {
            "_node": intern(spec.node or ""),
            "_cameras": tuple(map(intern, spec.cameras)),
            "_selects": spec.node_selector is not None or spec.camera_selector is not None,
        }
