"""All that the pipeline is told: the two files of the DeepStream app it stands in for, and what lies beside them.

That app reads every key of its two files without asking whether it is there, and dies of a missing or wrong-typed one. The pipeline is as
strict, but says which key of which file it was. It never says the value: an address may hold a password.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pipeline.files.analytics_file import read_analytics
from pipeline.files.json_reader import ConfigError, JsonReader
from pipeline.files.msgconv_file import read_device_ids
from pipeline.files.rules import AnalyticsRules
from pipeline.files.settings import SETTINGS_NAME, Settings, read_settings
from pipeline.files.source import (
    ENCODE_TYPES,
    NO_SRT,
    SCHEMES,
    SOURCE_TYPES,
    EncodeType,
    Source,
    SourceType,
    local_path,
)

APP_CONF_NAME: Final = "app_conf.json"
ANALYTICS_NAME: Final = "config_nvdsanalytics.txt"
MSGCONV_NAME: Final = "msgconv_config.txt"


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
    """Everything that the pipeline was told.

    Attributes:
        sources: The cameras.
        app: The settings of the app.
        settings: The settings that only this pipeline has.
        rules: Lines and regions.
        device_ids: What messages call a camera, by its id, where that is something else.
    """

    sources: tuple[Source, ...]
    app: AppConf
    settings: Settings = field(default_factory=Settings)
    rules: AnalyticsRules = field(default_factory=AnalyticsRules)
    device_ids: Mapping[str, str] = field(default_factory=dict)


def load(source_list: Path) -> PipelineConfig:
    """Reads the list of cameras and the files beside it, of which only ``app_conf.json`` must be there.

    Raises:
        ConfigError: If a file cannot be read, or does not say what it must.
    """
    folder = source_list.parent
    app = _app_conf(JsonReader.of_file(folder / APP_CONF_NAME))
    sources = _sources(JsonReader.of_file(source_list))
    if len(sources) > app.streammux_batch_size:
        raise ConfigError(
            f"{source_list}: sources: {len(sources)} cameras, but streammux_batch_size in {APP_CONF_NAME} "
            f"allows {app.streammux_batch_size}"
        )
    rules, settings = load_rules(folder)
    by_number = read_device_ids(folder / MSGCONV_NAME)
    # A camera that comes later, over REST, and gets the number of one that went must not get its name too.
    device_ids = {source.camera_id: by_number[number] for number, source in enumerate(sources) if number in by_number}
    return PipelineConfig(sources, app, settings, rules, device_ids)


def load_rules(folder: Path) -> tuple[AnalyticsRules, Settings]:
    """Reads what may change while the pipeline runs: lines and regions, and how cameras are treated.

    Raises:
        ConfigError: If a file cannot be read, or does not say what it must.
    """
    return read_analytics(folder / ANALYTICS_NAME), read_settings(folder / SETTINGS_NAME)


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
    encode_type: EncodeType = item.one_of("encode_type", *ENCODE_TYPES)
    if item.value("type") == "srt":
        raise item.wrong("type", NO_SRT)
    kind: SourceType = item.one_of("type", *SOURCE_TYPES)
    given = address = item.text("address")
    if kind != "file" and not address.lower().startswith(SCHEMES[kind]):
        raise item.wrong("address", f"must begin with {' or '.join(SCHEMES[kind])}")
    if kind == "file":
        try:
            address = local_path(address)
        except ValueError as error:
            raise item.wrong("address", str(error)) from None
    return Source(camera_id, address, encode_type, kind, item.boolean("stream"), given)
