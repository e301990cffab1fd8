"""Connection strings of nvmsgbroker's adaptors, each of which has a form of its own.

Source: src/utils/nvds_msgapi of DeepStream 9.1 (`is_valid_kafka_connection_str`, `is_valid_mqtt_connection_str`, `read_config` of
AMQP, `parse_config` of Redis, `validate_connection_str` of Azure), https://github.com/NVIDIA/DeepStream. What the adaptor refuses
keeps the pipeline from its start.
"""

import re
from typing import Final

from deepstream.message_broker import Adaptor

_QUOTES: Final = re.compile("[\"'`\u00b4\u00ab\u00bb\u2018-\u201f\u2039\u203a\uff02]")
_HOST_AND_PORT: Final = re.compile(r"([A-Za-z0-9_.-]+):([0-9]{1,5})")
_PLACEHOLDER: Final = ("${", "<", "{")
"""Whoever reads the file before the adaptor fills them in, or nobody does, which is told elsewhere."""
_OF_AZURE: Final = ("HostName=", "DeviceId=", "SharedAccessKey=")
_FORMS: Final = {
    Adaptor.KAFKA: "host;port or host;port;topic",
    Adaptor.MQTT: "host;port or host;port;topic",
    Adaptor.AMQP: "host;port or host;port;user",
    Adaptor.REDIS: "host;port",
}
_MOST_PARTS: Final = {Adaptor.KAFKA: 3, Adaptor.MQTT: 3, Adaptor.AMQP: 4}
_SHORTEST: Final = {Adaptor.AMQP: 5, Adaptor.REDIS: 4}
"""Adaptors that pass over a shorter text, and go by their file then."""
_NAMES: Final = {
    Adaptor.KAFKA: "Kafka",
    Adaptor.MQTT: "MQTT",
    Adaptor.AMQP: "AMQP",
    Adaptor.REDIS: "Redis",
    Adaptor.AZURE: "Azure",
}


def adaptor_in_library(library: str | None) -> Adaptor | None:
    """The adaptor that a library is by its name; None for those of others, and for Azure IoT Edge, which needs no string."""
    name = (library or "").rpartition("/")[2].lower()
    return None if "edge" in name else next((one for one in Adaptor if one in name), None)


def needs_connection(library: str | None) -> bool:
    """True for adaptors that take no host from their file."""
    return adaptor_in_library(library) in (Adaptor.KAFKA, Adaptor.MQTT)


def fault_of_connection(text: str, library: str | None) -> str:
    """Why an adaptor would not connect, and what to write; empty when it may. The text, which may hold a password, is not shown.

    Args:
        text: the connection string.
        library: the path of the adaptor.
    """
    adaptor = adaptor_in_library(library)
    if adaptor is None or not text:
        return ""
    if _QUOTES.search(_without_key(text)):
        return "a quotation mark in it is taken for a part of the name of the host or of the port: write it without"
    if adaptor is Adaptor.AZURE:
        missing = [one for one in _OF_AZURE if one not in text]
        form = "HostName=…;DeviceId=…;SharedAccessKey=…"
        return (
            ""
            if not missing or text.startswith(_PLACEHOLDER)
            else f"{missing[0]} is missing: Azure's adaptor wants {form}"
        )
    parts = text.split(";")
    if len(text) < _SHORTEST.get(adaptor, 0) or (len(parts) == 1 and text.startswith(_PLACEHOLDER)):
        return ""
    wanted = f"{_NAMES[adaptor]}'s adaptor wants {_FORMS[adaptor]}"
    if len(parts) > _MOST_PARTS.get(adaptor, len(parts)):
        return f"{wanted}, one broker only, and refuses more; Kafka tells of its other brokers itself"
    if len(parts) < 2:
        plain = _HOST_AND_PORT.fullmatch(text)
        return (
            f"{wanted}; write {plain[1]};{plain[2]}" if plain else f"{wanted}, with a semicolon between host and port"
        )
    if not parts[0].strip() or not parts[1].strip():
        return f"the {'port' if parts[0].strip() else 'host'} is empty: {wanted}"
    return _fault_of_parts(parts[0], parts[1], wanted)


def fault_of_topic(topic: str, library: str | None) -> str:
    """Why no message reaches a topic of Kafka, and what to write; empty when one may.

    Args:
        topic: its name, or the connection string that ends with it.
        library: the path of the adaptor.
    """
    name = topic.split(";", 2)[-1] if topic.count(";") > 1 else "" if ";" in topic else topic
    if adaptor_in_library(library) is not Adaptor.KAFKA or not _QUOTES.search(name):
        return ""
    return (
        "the quotation marks are a part of the name of the topic, and Kafka takes letters, digits, '.', '_' and '-' only: no "
        "message arrives; write it without"
    )


def _fault_of_parts(host: str, port: str, wanted: str) -> str:
    if not port.startswith(_PLACEHOLDER) and not (
        port.strip().isascii() and port.strip().isdigit() and 0 < int(port) < 65536
    ):
        return f"the port is a number from 1 to 65535: {wanted}"
    if not host.startswith(_PLACEHOLDER) and any(one in host for one in ",/@ "):
        return f"the host is one bare name or address, without blanks, scheme, login or other brokers: {wanted}"
    return ""


def _without_key(text: str) -> str:
    """The part before passwords and keys, in which any sign may stand."""
    return text.partition("SharedAccessKey=")[0] if "SharedAccessKey=" in text else ";".join(text.split(";")[:2])
