"""The files of the RetinaFace + MOT app: `app_conf.json` and `source_list.json`.

The app reads both with unchecked accessors: a missing key or a wrong type ends the process, so every key is always
written, with its exact JSON type. It resolves `app_conf.json` against its working directory as `../configs/app_conf.json`.
"""

import json
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

APP_CONF_FILE = "app_conf.json"
SOURCE_LIST_FILE = "source_list.json"


class AppType(StrEnum):
    """What the app publishes: raw metadata only, or encoded pictures too."""

    NORMAL = "NORMAL"
    VISUAL = "VISUAL"


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class AppConf(_File):
    """`app_conf.json`. Widths and heights are pixels, thresholds are confidences in (0, 1]."""

    app_type: AppType = Field(strict=False)
    face_raw_meta_topic: str
    mot_raw_meta_topic: str
    visual_topic: str
    kafka_connection_str: str
    """`host:port`, handed to librdkafka as `bootstrap.servers`."""
    streammux_output_width: int
    streammux_output_height: int
    streammux_batch_size: int
    streammux_buffer_pool: int
    streammux_nvbuf_memory_type: int
    face_confidence_threshold: float
    mot_confidence_threshold: float
    gpu_id: int
    """Ordinal of the GPU inside the container."""


class Source(_File):
    """One camera of `source_list.json`."""

    camera_id: str
    address: str
    encode_type: Literal["h264", "h265"]
    type: Literal["rtsp", "file"]
    stream: bool = True
    """Mandatory for the app since 2023-03; earlier versions ignore it."""


class SourceList(_File):
    """`source_list.json`. The position of a source in the list is its source id in the pipeline."""

    sources: tuple[Source, ...] = Field(strict=False)


def dump(document: AppConf | SourceList) -> str:
    """The text of the file: indented JSON with a final newline, keys in the order of the model."""
    return json.dumps(document.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"


def parse_app_conf(text: str) -> AppConf:
    """Reads `app_conf.json`.

    Raises:
        pydantic.ValidationError: a key is missing, unknown or of the wrong type.
    """
    return AppConf.model_validate_json(text)


def parse_source_list(text: str) -> SourceList:
    """Reads `source_list.json`.

    Raises:
        pydantic.ValidationError: a key is missing, unknown or of the wrong type.
    """
    return SourceList.model_validate_json(text)
