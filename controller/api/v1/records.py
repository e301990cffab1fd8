"""The rows as they come and go: the names, types and descriptions of their fields."""

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

_MOST_CHARACTERS: Final = 4096


def _field(description: str, example: Any) -> Any:
    return Field(default=None, description=description, examples=[example])


class Record(BaseModel):
    """A row. What a body leaves out stays as it is; null takes it back to its default."""

    # As the coordinator took them: numbers for texts, and texts of digits for numbers.
    model_config = ConfigDict(
        extra="forbid", frozen=True, coerce_numbers_to_str=True, allow_inf_nan=False, str_max_length=_MOST_CHARACTERS
    )

    id: int | None = _field(
        "Number of the row: the same for good, since it is made of the name of the object. Only read.", 82415267956382
    )


class CameraRecord(Record):
    """A camera."""

    agent_id: int | None = _field("The agent of its instance. Only read.", 193345678901234)
    dsInstance_id: int | None = _field(  # noqa: N815
        "The instance that names it. A new camera is given to it; later see Camera_Instance.", 201245678901234
    )
    camera_id: str | None = _field("Id of the camera in the app and its messages. Needed.", "gate-1")
    ip_address: str | None = _field(
        "A host, whose main stream rtsp://HOST/main is meant, or a whole address: rtsp://…, file://…, usb:0. Needed.",
        "10.0.0.9",
    )
    username: str | None = _field("User of the camera: itself, or that of a secret.", "${secret:gate:username}")
    password: str | None = _field(
        "Never the password itself: the secret of the node that holds it.", "${secret:gate:password}"
    )
    encodeType: str | None = _field("h264, h265, mjpeg or mpeg4; a new camera has h265.", "h265")  # noqa: N815
    type: str | None = _field("rtsp, http, rtmp, srt, file, usb or csi.", "rtsp")
    width: int | None = _field("Width of the picture in pixels.", 3840)
    height: int | None = _field("Height of the picture in pixels.", 2160)
    ready: bool | None = _field("True while its frames are processed; null while that is not known. Only read.", True)
    reason: str | None = _field("Why it is ready, or not. Only read.", "FramesProcessed")


class AgentRecord(Record):
    """A machine with an agent."""

    agent_name: str | None = _field("What it is called. Needed.", "edge-1")
    ip_address: str | None = _field("Address to reach it by.", "10.0.1.2")
    hostname: str | None = _field("Name of the machine in its network.", "edge-1")
    node_id: str | None = _field(
        "Id that its agent greets with. Of a new one: not needed when an agent has greeted from that address.",
        "c23cec31-1270-43a3-ad1d-cad29a99857d",
    )
    connected: bool | None = _field("True while it is heard. Only read.", True)


class DsInstanceRecord(Record):
    """A DeepStream instance."""

    agent_id: int | None = _field(
        "The agent that runs it. A new one is given to it; later see Agent_Instance.", 193345678901234
    )
    instance_name: str | None = _field("What it is called. Needed.", "deepstream-1")
    app_type: str | None = _field("NORMAL or VISUAL.", "NORMAL")
    face_raw_meta_topic: str | None = _field("Kafka topic for faces.", "RawFaceMeta")
    mot_raw_meta_topic: str | None = _field("Kafka topic for tracks.", "RawMotMeta")
    visual_topic: str | None = _field("Kafka topic for pictures.", "RawImage")
    kafka_connection_str: str | None = _field("host:port of the brokers that the app publishes to.", "10.0.0.2:9092")
    streammux_output_width: int | None = _field("Width that streams are scaled to, in pixels.", 1920)
    streammux_output_height: int | None = _field("Height that streams are scaled to, in pixels.", 1080)
    streammux_batch_size: int | None = _field("Most cameras that it takes.", 4)
    streammux_buffer_pool: int | None = _field("Buffers of the muxer.", 40)
    streammux_nvbuf_memory_type: int | None = _field("Kind of memory of the muxer.", 3)
    face_confidence_threshold: float | None = _field("Confidence below which a face is dropped.", 0.6)
    mot_confidence_threshold: float | None = _field("Confidence below which an object is dropped.", 0.6)
    status: str | None = _field("What its agent reports. Only read.", "Running")
    image: str | None = _field(
        "Image of the container. Of a new one: not needed when all instances of the RetinaFace app have the same one.",
        "registry.example.com/faces:1",
    )


READ_ONLY: Final = frozenset({"id", "agent_id", "dsInstance_id", "ready", "reason", "connected", "status"})
"""Nothing of the object's own. Passed over in bodies, so that what was read can be sent back; but see `ASSOCIATIONS`."""
ASSOCIATIONS: Final = ("agent_id", "dsInstance_id")
"""May be given to a new row. Later one that differs is refused: it would not be changed."""
