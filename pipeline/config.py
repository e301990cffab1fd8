"""The two files that the pipeline reads, in the shape of the DeepStream app it stands in for.

That app reads every key without asking whether it is there, and dies of a missing or wrong-typed one. The pipeline is as
strict, but says which key of which file it was. It never says the value: an address may hold a password.
"""

import json
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from pipeline.json_reader import ConfigError, JsonReader

APP_CONF_NAME: Final = "app_conf.json"

SourceType = Literal["rtsp", "file"]
EncodeType = Literal["h264", "h265"]


@dataclass(frozen=True)
class Source:
    """One camera of ``source_list.json``.

    Attributes:
        camera_id: Its name, unique in the file.
        address: For ``rtsp`` a URL that may hold credentials; for ``file`` a path, or a ``file://`` URL.
        encode_type: The codec that the camera must send.
        type: How the address is to be opened.
        stream: Carried for the app that the format belongs to; this pipeline shows no pictures.
    """

    camera_id: str
    address: str = field(repr=False)
    encode_type: EncodeType
    type: SourceType
    stream: bool


@dataclass(frozen=True)
class AppConf:
    """``app_conf.json``, with the names that it has there.

    Attributes:
        app_type: Which analytics the app runs.
        face_raw_meta_topic: Kafka topic of face records.
        mot_raw_meta_topic: Kafka topic of tracking records.
        visual_topic: Kafka topic of pictures.
        kafka_connection_str: Bootstrap servers, ``host:port``.
        streammux_output_width: Width of the pictures that are analysed, in pixels.
        streammux_output_height: Their height, in pixels.
        streammux_batch_size: Pictures per batch, and thereby the largest number of cameras.
        streammux_buffer_pool: Number of picture buffers.
        streammux_nvbuf_memory_type: NVIDIA's number for a kind of memory; no meaning on a CPU.
        face_confidence_threshold: Faces below it are dropped, 0 to 1.
        mot_confidence_threshold: Tracked objects below it are dropped, 0 to 1.
        gpu_id: Index of the GPU; no meaning on a CPU.
    """

    app_type: str
    face_raw_meta_topic: str
    mot_raw_meta_topic: str
    visual_topic: str
    kafka_connection_str: str
    streammux_output_width: int
    streammux_output_height: int
    streammux_batch_size: int
    streammux_buffer_pool: int
    streammux_nvbuf_memory_type: int
    face_confidence_threshold: float
    mot_confidence_threshold: float
    gpu_id: int


@dataclass(frozen=True)
class PipelineConfig:
    """Everything that the pipeline was told."""

    sources: tuple[Source, ...]
    app: AppConf


def load(source_list: Path) -> PipelineConfig:
    """Reads the list of cameras, and ``app_conf.json`` beside it.

    Raises:
        ConfigError: If either file cannot be read, or does not say what it must.
    """
    app = _app_conf(JsonReader.of_file(source_list.parent / APP_CONF_NAME))
    sources = _sources(JsonReader.of_file(source_list))
    if len(sources) > app.streammux_batch_size:
        raise ConfigError(
            f"{source_list}: sources: {len(sources)} cameras, but streammux_batch_size in {APP_CONF_NAME} "
            f"allows {app.streammux_batch_size}"
        )
    return PipelineConfig(sources=sources, app=app)


def _app_conf(reader: JsonReader) -> AppConf:
    return AppConf(
        app_type=reader.text("app_type"),
        face_raw_meta_topic=reader.text("face_raw_meta_topic"),
        mot_raw_meta_topic=reader.text("mot_raw_meta_topic"),
        visual_topic=reader.text("visual_topic"),
        kafka_connection_str=reader.text("kafka_connection_str"),
        streammux_output_width=reader.integer("streammux_output_width", 1),
        streammux_output_height=reader.integer("streammux_output_height", 1),
        streammux_batch_size=reader.integer("streammux_batch_size", 1),
        streammux_buffer_pool=reader.integer("streammux_buffer_pool", 1),
        streammux_nvbuf_memory_type=reader.integer("streammux_nvbuf_memory_type", 0),
        face_confidence_threshold=reader.share("face_confidence_threshold"),
        mot_confidence_threshold=reader.share("mot_confidence_threshold"),
        gpu_id=reader.integer("gpu_id", 0),
    )


def _sources(reader: JsonReader) -> tuple[Source, ...]:
    entries = reader.value("sources")
    if not isinstance(entries, list):
        raise reader.wrong("sources", "must be a list")
    sources: dict[str, Source] = {}
    for index, entry in enumerate(entries):
        item = JsonReader.of_object(reader.file, f"sources[{index}]", entry)
        source = _source(item)
        if source.camera_id in sources:
            raise item.wrong("camera_id", f"{json.dumps(source.camera_id)} stands in the list twice")
        sources[source.camera_id] = source
    return tuple(sources.values())


def _source(item: JsonReader) -> Source:
    camera_id = item.text("camera_id")
    if not camera_id:
        raise item.wrong("camera_id", "must not be empty")
    encode_type: EncodeType = item.one_of("encode_type", "h264", "h265")
    kind: SourceType = item.one_of("type", "rtsp", "file")
    address = item.text("address")
    if kind == "rtsp" and not address.lower().startswith(("rtsp://", "rtsps://")):
        raise item.wrong("address", "must begin with rtsp:// or rtsps://")
    if kind == "file":
        address = _local_path(item, address)
    return Source(camera_id, address, encode_type, kind, item.boolean("stream"))


def _local_path(item: JsonReader, address: str) -> str:
    if address.lower().startswith("file://"):
        url = urllib.parse.urlsplit(address)
        if url.netloc not in ("", "localhost"):
            raise item.wrong("address", "a file:// URL must name a file of this machine")
        address = urllib.parse.unquote(url.path)
    if not address or "\0" in address:
        raise item.wrong("address", "must name a file")
    return address
