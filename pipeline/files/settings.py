"""``pipeline.json``: what only this pipeline is told, because no DeepStream app has a file for it.

All of it may be left out, the file too. A key that is not known is refused: a misspelt one would do nothing, silently.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from pipeline.files.alert_rules import AlertRule, AlertSettings, read_alert_rules, read_alert_settings
from pipeline.files.json_reader import JsonReader

SETTINGS_NAME: Final = "pipeline.json"


LayoutName = Literal["yolov5", "yolov8", "end-to-end", "yolox"]


@dataclass(frozen=True)
class MotionSettings:
    """Finds what moves, by subtracting the background; everything is of class 0, ``object``.

    Attributes:
        picture_width: Width in pixels that frames are reduced to; their height follows. Halves and quarters of what the
            camera sends are cheapest to make.
        minimum_area_percent: Smaller things are noise, in percent of the picture.
    """

    picture_width: int = 320
    minimum_area_percent: float = 0.1


@dataclass(frozen=True)
class PeopleSettings:
    """Finds people who stand upright (OpenCV's HOG detector), class 0, ``person``.

    Attributes:
        picture_width: Width in pixels that frames are reduced to; people must be at least 100 pixels high in it.
        minimum_confidence: 0 to 1; what is less sure is dropped.
    """

    picture_width: int = 640
    minimum_confidence: float = 0.5


@dataclass(frozen=True)
class OnnxSettings:
    """Finds what a network of the user's finds.

    Attributes:
        model: The ONNX file.
        labels: A file with the name of one class per line; without it classes are called by their numbers.
        minimum_confidence: 0 to 1; what is less sure is dropped.
        nms_iou: Of two boxes of one class that overlap more than this, 0 to 1, the less sure one is dropped.
        colours: The order of the channels that the network was trained with.
        scale: Values of pixels, 0 to 255, are multiplied by it.
        input_size: Width and height in pixels that pictures are given in, for a network that leaves that open; None for what its
            metadata says.
        layout: What the numbers of its output mean; None to be told by their shape.
    """

    model: Path
    labels: Path | None = None
    minimum_confidence: float = 0.25
    nms_iou: float = 0.45
    colours: Literal["rgb", "bgr"] = "rgb"
    scale: float = 1 / 255
    input_size: tuple[int, int] | None = None
    layout: LayoutName | None = None


DetectorSettings = MotionSettings | PeopleSettings | OnnxSettings


@dataclass(frozen=True)
class CameraSettings:
    """How one camera is treated.

    Attributes:
        frame_delay_s: Frames are analysed so many seconds apart; 0 for all of them.
        not_reachable_after_s: A camera without a frame for so long is not reachable.
        alive_interval_s: How often it is said again that a camera is alive.
        minimum_fps: A camera that sends fewer frames per second is slow; 0 for none.
        alerts: Rules for alerts, by name.
    """

    frame_delay_s: float = 0.0
    not_reachable_after_s: float = 3.0
    alive_interval_s: float = 30.0
    minimum_fps: float = 0.0
    alerts: Mapping[str, AlertRule] = field(default_factory=dict)


@dataclass(frozen=True)
class MessageSettings:
    """What is told to Kafka besides what ``app_conf.json`` asks for. No topic, no message.

    Attributes:
        analytics_topic: For counts of lines and regions.
        objects_topic: For the objects of each frame, as nvmsgconv's minimal payload.
        camera_states_topic: For what becomes of the cameras.
        interval_s: How often counts are told when nothing has crossed a line.
        visual_interval_s: How often a picture of a camera is sent.
    """

    analytics_topic: str = ""
    objects_topic: str = ""
    camera_states_topic: str = ""
    interval_s: float = 1.0
    visual_interval_s: float = 1.0


@dataclass(frozen=True)
class Settings:
    """The whole file.

    Attributes:
        detector: Which one, and how.
        batch_size: The most frames that are given to a network at once; the other detectors get one at a time.
        batch_deadline_ms: So long a frame waits for others to make a batch with. By default not at all: on a CPU a network is
            no faster per frame with larger batches, and those that wait anyway make one.
        significant_change_percent: A frame with fewer changed pixels than this against the one analysed before is not
            given to the detector; 0 for all.
        messages: What is told to Kafka.
        alerts: What becomes of alerts.
        cameras: By id; one that is not here is treated as ``CameraSettings()`` says.
    """

    detector: DetectorSettings = field(default_factory=MotionSettings)
    batch_size: int = 4
    batch_deadline_ms: float = 0.0
    significant_change_percent: float = 0.05
    messages: MessageSettings = field(default_factory=MessageSettings)
    alerts: AlertSettings = field(default_factory=AlertSettings)
    cameras: Mapping[str, CameraSettings] = field(default_factory=dict)

    def camera(self, camera_id: str) -> CameraSettings:
        """How this camera is treated."""
        return self.cameras.get(camera_id, _USUAL_CAMERA)


_USUAL_CAMERA: Final = CameraSettings()


def read_settings(file: Path) -> Settings:
    """Reads the file; what it does not say, and all of it if it is not there, is as ``Settings`` has it.

    Raises:
        ConfigError: If it cannot be read, or does not say what it must.
    """
    if not file.exists():
        return Settings()
    reader = JsonReader.of_file(file)
    usual = Settings()
    settings = Settings(
        detector=_detector(reader.inner("detector")) if reader.has("detector") else usual.detector,
        batch_size=reader.integer("batch_size", 1, default=usual.batch_size),
        batch_deadline_ms=reader.number("batch_deadline_ms", 0, 1000, default=usual.batch_deadline_ms),
        significant_change_percent=reader.number(
            "significant_change_percent", 0, 100, default=usual.significant_change_percent
        ),
        messages=_messages(reader.inner("messages")) if reader.has("messages") else usual.messages,
        alerts=read_alert_settings(reader.inner("alerts")) if reader.has("alerts") else usual.alerts,
        cameras=_cameras(reader.inner("cameras")) if reader.has("cameras") else usual.cameras,
    )
    reader.only(
        {
            *("detector", "batch_size", "batch_deadline_ms", "significant_change_percent"),
            *("messages", "alerts", "cameras"),
        }
    )
    return settings


def _detector(reader: JsonReader) -> DetectorSettings:
    match reader.one_of("kind", "motion", "people", "onnx"):
        case "motion":
            return _motion(reader)
        case "people":
            return _people(reader)
        case _:
            return _onnx(reader)


def _motion(reader: JsonReader) -> MotionSettings:
    reader.only({"kind", "picture_width", "minimum_area_percent"})
    return MotionSettings(
        picture_width=reader.integer("picture_width", 32, default=MotionSettings.picture_width),
        minimum_area_percent=reader.number("minimum_area_percent", 0, 100, default=MotionSettings.minimum_area_percent),
    )


def _people(reader: JsonReader) -> PeopleSettings:
    reader.only({"kind", "picture_width", "minimum_confidence"})
    return PeopleSettings(
        picture_width=reader.integer("picture_width", 64, default=PeopleSettings.picture_width),
        minimum_confidence=reader.share("minimum_confidence", default=PeopleSettings.minimum_confidence),
    )


def _onnx(reader: JsonReader) -> OnnxSettings:
    reader.only(
        {
            "kind",
            "model",
            "labels",
            "minimum_confidence",
            "nms_iou",
            "colours",
            "scale",
            "input_width",
            "input_height",
            "layout",
        }
    )
    return OnnxSettings(
        model=_beside(reader, "model"),
        labels=_beside(reader, "labels") if reader.has("labels") else None,
        minimum_confidence=reader.share("minimum_confidence", default=OnnxSettings.minimum_confidence),
        nms_iou=reader.share("nms_iou", default=OnnxSettings.nms_iou),
        colours=reader.one_of("colours", "rgb", "bgr") if reader.has("colours") else OnnxSettings.colours,
        scale=reader.number("scale", 0, 1e6, default=OnnxSettings.scale),
        input_size=_input_size(reader),
        layout=_layout(reader) if reader.has("layout") else None,
    )


def _layout(reader: JsonReader) -> LayoutName:
    return reader.one_of("layout", "yolov5", "yolov8", "end-to-end", "yolox")


def _input_size(reader: JsonReader) -> tuple[int, int] | None:
    if not reader.has("input_width") and not reader.has("input_height"):
        return None
    width = reader.integer("input_width", 32)
    return width, reader.integer("input_height", 32, default=width)


def _beside(reader: JsonReader, key: str) -> Path:
    """A path; a relative one counts from the folder of the file that names it, as DeepStream has it."""
    name = reader.text(key)
    if not name or "\0" in name:
        raise reader.wrong(key, "must name a file")
    return reader.file.parent / name


def _messages(reader: JsonReader) -> MessageSettings:
    reader.only({"analytics_topic", "objects_topic", "camera_states_topic", "interval_s", "visual_interval_s"})
    return MessageSettings(
        analytics_topic=reader.text("analytics_topic", default=""),
        objects_topic=reader.text("objects_topic", default=""),
        camera_states_topic=reader.text("camera_states_topic", default=""),
        interval_s=reader.number("interval_s", 0, 86400, default=MessageSettings.interval_s),
        visual_interval_s=reader.number("visual_interval_s", 0, 86400, default=MessageSettings.visual_interval_s),
    )


def _cameras(reader: JsonReader) -> Mapping[str, CameraSettings]:
    return {camera_id: _camera(reader.inner(camera_id)) for camera_id in reader.content}


def _camera(reader: JsonReader) -> CameraSettings:
    reader.only({"frame_delay_s", "not_reachable_after_s", "alive_interval_s", "minimum_fps", "alerts"})
    usual = _USUAL_CAMERA
    return CameraSettings(
        frame_delay_s=reader.number("frame_delay_s", 0, 86400, default=usual.frame_delay_s),
        not_reachable_after_s=reader.number("not_reachable_after_s", 0.1, 3600, default=usual.not_reachable_after_s),
        alive_interval_s=reader.number("alive_interval_s", 0.1, 86400, default=usual.alive_interval_s),
        minimum_fps=reader.number("minimum_fps", 0, 240, default=usual.minimum_fps),
        alerts=read_alert_rules(reader.inner("alerts")) if reader.has("alerts") else usual.alerts,
    )
