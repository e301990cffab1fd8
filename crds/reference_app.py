"""What a DsInstance says to the reference workload: what it looks for, how it batches, and what it tells Kafka."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel

from crds.change import ChangeClass, changes
from crds.document import KafkaTopic, ManifestModel, shared
from crds.refusal import refusal

DetectorKind = Literal["motion", "people", "onnx"]

_DEFAULTS: Final[Mapping[DetectorKind, Mapping[str, Any]]] = {
    "motion": {"picture_width": 320, "minimum_area_percent": 0.1},
    "people": {"picture_width": 640, "minimum_confidence": 0.5},
    "onnx": {
        "model": None,
        "labels": None,
        "minimum_confidence": 0.25,
        "nms_iou": 0.45,
        "colours": "rgb",
        "scale": 1 / 255,
        "input_width": None,
        "input_height": None,
        "layout": None,
    },
}
"""The fields that each detector has, with their defaults."""

_SMALLEST_PICTURE_OF_PEOPLE: Final = 64
"""The window of OpenCV's HOG detector is so wide: in a narrower picture nobody is ever found."""

_PathInContainer = Annotated[str, StringConstraints(min_length=1, max_length=4096, pattern=r"^[^\x00]+$")]


class ReferenceDetector(ManifestModel):
    """The detector of the reference workload: a kind, and the fields of that kind."""

    kind: DetectorKind = Field(
        default="motion",
        description="motion: whatever moves, by subtracting the background; people: people who stand upright, by OpenCV's "
        "HOG detector; onnx: what a network of one's own finds.",
    )
    picture_width: int | None = Field(
        default=None,
        ge=32,
        le=16384,
        description="Width in pixels that pictures are reduced to, for motion (default 320) and people (default 640, at "
        "least 64; people must be 100 pixels high in it).",
    )
    minimum_area_percent: float | None = Field(
        default=None,
        ge=0,
        le=100,
        description="For motion: smaller things are noise, in percent of the picture. Default: 0.1.",
    )
    minimum_confidence: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="What is less sure is dropped, for people (default 0.5) and onnx (default 0.25).",
    )
    model: _PathInContainer | None = Field(
        default=None, description="For onnx: the path of the ONNX file in the container, such as /models/yard.onnx."
    )
    labels: _PathInContainer | None = Field(
        default=None,
        description="For onnx: a file with the name of a class in each line, by its path in the container or by its name "
        "in spec.files. Default: classes are called by their numbers.",
    )
    nms_iou: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="For onnx: of two boxes of one class that overlap more than this the less sure one is dropped. "
        "Default: 0.45.",
    )
    colours: Literal["rgb", "bgr"] | None = Field(
        default=None, description="For onnx: the order of channels that the network was trained with. Default: rgb."
    )
    scale: float | None = Field(
        default=None,
        gt=0,
        le=1_000_000,
        description="For onnx: values of pixels, 0 to 255, are multiplied by it. Default: 1/255.",
    )

    input_width: int | None = Field(
        default=None,
        ge=32,
        le=4096,
        description="For onnx: width in pixels that pictures are given in, for a network that leaves it open. Default: what "
        "its metadata says (imgsz).",
    )
    input_height: int | None = Field(
        default=None, ge=32, le=4096, description="For onnx: likewise the height. Default: as inputWidth."
    )
    layout: Literal["yolov5", "yolov8", "end-to-end", "yolox"] | None = Field(
        default=None,
        description="For onnx: what the numbers of its output mean. Default: told by its shape, and by where the boxes of a "
        "black picture lie.",
    )

    @property
    def resolved(self) -> Self:
        """The detector with the defaults of its kind written out."""
        missing = {name: one for name, one in _DEFAULTS[self.kind].items() if getattr(self, name) is None}
        return self.model_copy(update=missing)

    @property
    def without_defaults(self) -> Self:
        """The detector without values that its kind has anyway: those that were written out say nothing."""
        said_anyway = [name for name, one in _DEFAULTS[self.kind].items() if getattr(self, name) == one]
        return self.model_copy(update=dict.fromkeys(said_anyway))

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        faults: dict[tuple[str | int, ...], str] = {
            (to_camel(name),): f"a detector of kind {self.kind} has no such field; it is for {_kinds_with(name)}"
            for name in type(self).model_fields
            if name != "kind" and name not in _DEFAULTS[self.kind] and getattr(self, name) is not None
        }
        if self.kind == "onnx" and self.model is None:
            faults["model",] = "is missing: a detector of kind onnx needs the path of its ONNX file in the container"
        if self.input_width is None and self.input_height is not None:
            faults["inputWidth",] = "is missing: inputHeight alone does not say how large pictures are"
        width = self.picture_width
        if self.kind == "people" and width is not None and width < _SMALLEST_PICTURE_OF_PEOPLE:
            faults["pictureWidth",] = (
                f"{width} is narrower than the window that people are looked for in, {_SMALLEST_PICTURE_OF_PEOPLE} "
                "pixels: nobody would ever be found"
            )
        if faults:
            raise refusal("ReferenceDetector", faults)
        return self


def _kinds_with(field: str) -> str:
    return " and ".join(kind for kind, fields in _DEFAULTS.items() if field in fields)


class AlertFrames(ManifestModel):
    """How many pictures of alerts an instance keeps on its node; the oldest go first."""

    per_camera: int = Field(default=20, ge=1, le=1000, description="Of one camera.")
    megabytes: int = Field(default=64, ge=1, le=100_000, description="Of all its cameras together, in 1,000,000 bytes.")
    days: float = Field(default=7.0, gt=0, le=3650, description="Pictures that are older are removed.")


class ReferenceApp(ManifestModel):
    """Settings of the reference workload beside those that it shares with the RetinaFace app."""

    detector: ReferenceDetector = changes(
        ChangeClass.RESTART,
        default_factory=shared(ReferenceDetector),
        description="What is looked for in the pictures.",
    )
    batch_size: int = changes(
        ChangeClass.RESTART, 4, ge=1, le=1024, description="Most pictures that are given to the detector at once."
    )
    batch_deadline_milliseconds: float = changes(
        ChangeClass.RESTART,
        0.0,
        ge=0,
        le=1000,
        description="How long a picture waits for others to make a batch with.",
    )
    significant_change_percent: float = changes(
        ChangeClass.RESTART,
        0.05,
        ge=0,
        le=100,
        description="A picture with fewer changed pixels than this, against the one analysed before, is not given to the "
        "detector; 0 for all.",
    )
    analytics_topic: KafkaTopic | None = changes(
        ChangeClass.RESTART,
        "Analytics",
        description="Kafka topic for counts of lines and regions; null for no messages.",
    )
    objects_topic: KafkaTopic | None = changes(
        ChangeClass.RESTART,
        None,
        description="Kafka topic for the objects of each picture, in nvmsgconv's minimal form. Default: no messages.",
    )
    camera_states_topic: KafkaTopic | None = changes(
        ChangeClass.RESTART, None, description="Kafka topic for what becomes of the cameras. Default: no messages."
    )
    alerts_topic: KafkaTopic | None = changes(
        ChangeClass.RESTART,
        "Alerts",
        description="Kafka topic for alerts of cameras that have rules for them; null for no messages.",
    )
    alert_frames: AlertFrames = changes(
        ChangeClass.RESTART,
        default_factory=shared(AlertFrames),
        description="How many pictures of alerts are kept, and for how long.",
    )
    message_interval_seconds: float = changes(
        ChangeClass.RESTART, 1.0, ge=0, le=86400, description="How often counts are told while nothing crosses a line."
    )
    visual_interval_seconds: float = changes(
        ChangeClass.RESTART,
        1.0,
        ge=0,
        le=86400,
        description="How often a picture of each camera is sent; with appType VISUAL only.",
    )
