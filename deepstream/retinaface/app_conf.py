"""`app_conf.json`, the settings of the app.

The app reads it with unchecked accessors: a missing key or a wrong type ends the process, so every key is always
written, with its exact JSON type.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final

from pydantic import Field, ValidationError

from deepstream.findings import Finding, Severity
from deepstream.retinaface.json_text import (
    Int32,
    JsonModel,
    JsonObject,
    dump_json,
    load_object,
    missing,
    raw,
    refused,
    repeated_keys,
    shown,
    strictly,
    with_extra_keys,
)


class AppType(StrEnum):
    """What the app publishes: raw metadata only, or encoded pictures too."""

    NORMAL = "NORMAL"
    VISUAL = "VISUAL"


class AppConf(JsonModel):
    """`app_conf.json`."""

    app_type: AppType = Field(strict=False, description="NORMAL publishes metadata, VISUAL encoded pictures too.")
    face_raw_meta_topic: str = Field(description="Kafka topic for faces.")
    mot_raw_meta_topic: str = Field(description="Kafka topic for tracks of persons.")
    visual_topic: str = Field(description="Kafka topic for pictures.")
    kafka_connection_str: str = Field(description="host:port, handed to librdkafka as bootstrap.servers.")
    streammux_output_width: Int32 = Field(description="Width of the batched pictures in pixels.")
    streammux_output_height: Int32 = Field(description="Height of the batched pictures in pixels.")
    streammux_batch_size: Int32 = Field(description="Most pictures in a batch: the number of cameras, or more.")
    streammux_buffer_pool: Int32 = Field(description="Buffers in the pool of the muxer.")
    streammux_nvbuf_memory_type: Int32 = Field(description="0 default, 1 pinned, 2 device, 3 unified, 4 surface array.")
    face_confidence_threshold: float = Field(description="Confidence in (0, 1] below which a face is dropped.")
    mot_confidence_threshold: float = Field(description="Confidence in (0, 1] below which an object is dropped.")
    gpu_id: Int32 = Field(description="Ordinal of the GPU inside the container.")
    extra_keys: dict[str, str] = Field(
        default_factory=dict, description="Other keys of the file with their values as JSON, written as they are."
    )


# bqm1111/deepstream-retinanet reads neither at 8cfd07a, though its files hold one or both.
_NOT_READ_BY_EVERY_RELEASE: Final[dict[str, object]] = {"app_type": AppType.NORMAL.value, "gpu_id": 0}
_KEYS: Final = tuple(name for name in AppConf.model_fields if name != "extra_keys")


def dump_app_conf(conf: AppConf) -> str:
    """The text of the file: indented JSON with a final newline, keys in the order of the model.

    Raises:
        ValueError: an extra key holds no JSON.
    """
    return dump_json(with_extra_keys(conf.model_dump(mode="json", exclude={"extra_keys"}), conf.extra_keys))


def read_app_conf(text: str) -> tuple[AppConf | None, tuple[Finding, ...]]:
    """Reads `app_conf.json` for an import.

    Returns:
        The settings, or None when the app would end on them, and what is to be said. Unknown keys are kept.

    Raises:
        ConfigTextError: the text is no JSON object.
    """
    document = load_object(text)
    findings = list(repeated_keys(document))
    inner = document.get("config")
    if len(document) == 1 and isinstance(inner, JsonObject):
        message = "only releases of the app before 2022-11-21 read their settings from inside of this key"
        findings.append(Finding(Severity.WARNING, message, key="config"))
        document = inner
        findings += repeated_keys(document, "config.")
    known = {name: document[name] for name in _KEYS if name in document}
    extra = {name: raw(value) for name, value in document.items() if name not in _KEYS}
    findings += _findings_on_keys(document)
    values: dict[str, Any] = {**_NOT_READ_BY_EVERY_RELEASE, **known, "extra_keys": extra}
    try:
        return AppConf.model_validate(values), tuple(findings)
    except ValidationError as error:
        # What is missing is among the findings already, in better words.
        findings += [one for one in refused(error) if one.key in known]
        return None, tuple(findings)


def parse_app_conf(text: str) -> AppConf:
    """Reads `app_conf.json` strictly.

    Raises:
        ValueError: it is no JSON, or a key is missing, unknown, repeated or of the wrong type.
    """
    conf, findings = read_app_conf(text)
    strictly("AppConf", findings)
    if conf is None:
        raise ValueError("AppConf: the app would end on these settings")
    return conf


def _findings_on_keys(document: dict[str, Any]) -> Iterator[Finding]:
    for name in document:
        if name not in _KEYS:
            yield Finding(Severity.WARNING, "the app does not read this key; it is kept", key=shown(name))
    for name in _KEYS:
        if name in document:
            continue
        if name in _NOT_READ_BY_EVERY_RELEASE:
            value = _NOT_READ_BY_EVERY_RELEASE[name]
            message = f"the key is missing, and not every release of the app does without; {value} is taken"
            yield Finding(Severity.WARNING, message, key=name)
        else:
            yield missing(name)
