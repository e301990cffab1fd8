"""The file that the protocol adaptors of nvmsgbroker read, and the connection strings beside it.

One group, `[message-broker]`, serves all adaptors; each reads keys of its own and never looks at the others.
Source: src/utils/nvds_msgapi, DeepStream 9.1.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from pydantic import Field

from deepstream import keyfile
from deepstream.findings import Finding, Severity
from deepstream.group_layout import GroupLayout, read_layout, write_layout
from deepstream.groups import GroupedFile, KeyGroup, key
from deepstream.keyfile_values import Reader
from deepstream.versions import NEWEST, DsVersion

_GROUP = "message-broker"
_LONGEST = 1023
"""Bytes that the Kafka adaptor has room for in a value (kafka_client.h, MAX_FIELD_LEN)."""
_DOTLESS_SINCE = DsVersion.V9_1  # 6.3 still finds dotted paths; which release between them lost it is not known
_SETTING = re.compile(r"[A-Za-z0-9_.-]+")
SECRET_SETTINGS = frozenset(
    {
        "sasl.password",
        "sasl.oauthbearer.client.secret",
        "sasl.oauthbearer.config",
        "ssl.key.password",
        "ssl.key.pem",
        "ssl.keystore.password",
    }
)
"""Settings of librdkafka that hold a secret."""


class Adaptor(StrEnum):
    """Which protocol adaptor reads a key."""

    KAFKA = "kafka"
    AMQP = "amqp"
    MQTT = "mqtt"
    REDIS = "redis"
    AZURE = "azure"


class MessageBrokerGroup(KeyGroup):
    """`[message-broker]`: how an adaptor talks to its broker."""

    partition_key: str | None = key(
        "partition-key",
        Reader.STRING,
        "Kafka: path in the message to the text that becomes its key. Default sensor.id.",
    )
    consumer_group_id: str | None = key(
        "consumer-group-id", Reader.STRING, "Kafka: group of the consumer. Default test-consumer-group."
    )
    proto_cfg: str | None = key(
        "proto-cfg",
        Reader.STRING,
        'Kafka: settings of librdkafka for both sides, "name=value;name=value", in quotation marks.',
    )
    producer_proto_cfg: str | None = key(
        "producer-proto-cfg", Reader.STRING, "Kafka: settings of the producer alone, as proto-cfg."
    )
    consumer_proto_cfg: str | None = key(
        "consumer-proto-cfg", Reader.STRING, "Kafka: settings of the consumer alone, as proto-cfg."
    )
    hostname: str | None = key("hostname", Reader.STRING, "AMQP, Redis: host of the broker.")
    port: int | None = key("port", Reader.INTEGER, "AMQP, Redis: port of the broker.", ge=0, le=65535)
    username: str | None = key("username", Reader.STRING, "AMQP, MQTT: user to log in as.")
    password: str | None = key(
        "password",
        Reader.STRING,
        "AMQP, MQTT, Redis: password. NVIDIA is about to drop it: use the adaptor's environment variable.",
        secret=True,
    )
    exchange: str | None = key("exchange", Reader.STRING, "AMQP: name of the exchange.")
    topic: str | None = key("topic", Reader.STRING, "AMQP: topic of the messages.")
    amqp_framesize: int | None = key("amqp-framesize", Reader.INTEGER, "AMQP: largest frame in bytes.")
    amqp_heartbeat: int | None = key(
        "amqp-heartbeat", Reader.INTEGER, "AMQP: seconds between two heartbeats; 0 means none."
    )
    client_id: str | None = key("client-id", Reader.STRING, "MQTT: name of the client; unique at the broker.")
    enable_tls: bool | None = key("enable-tls", Reader.INTEGER, "MQTT: true means TLS. Default false.")
    tls_cafile: str | None = key("tls-cafile", Reader.STRING, "MQTT: file of the certificate authority.")
    tls_capath: str | None = key("tls-capath", Reader.STRING, "MQTT: folder of certificate authorities.")
    tls_certfile: str | None = key("tls-certfile", Reader.STRING, "MQTT: file of the client's certificate.")
    tls_keyfile: str | None = key("tls-keyfile", Reader.STRING, "MQTT: file of the client's key.")
    loop_timeout: int | None = key(
        "loop-timeout", Reader.INTEGER, "MQTT: how long one turn waits, in milliseconds. Default 2000."
    )
    keep_alive: int | None = key(
        "keep-alive", Reader.INTEGER, "MQTT: seconds of silence before the broker is pinged. Default 60."
    )
    set_threaded: bool | None = key("set-threaded", Reader.INTEGER, "MQTT: true, the default, suits nvmsgbroker.")
    streamsize: int | None = key("streamsize", Reader.INTEGER, "Redis: most entries that a stream keeps.")
    payloadkey: str | None = key(
        "payloadkey", Reader.STRING, "Redis: field of an entry that holds the message. Default metadata."
    )
    consumergroup: str | None = key(
        "consumergroup", Reader.STRING, "Redis: group of the consumer. Default redis-consumer-group."
    )
    consumername: str | None = key(
        "consumername", Reader.STRING, "Redis: name of the consumer. Default redis-consumer."
    )
    flush_timeout: int | None = key(
        "flush-timeout",
        Reader.INTEGER,
        "Redis: how long unsent messages are tried at the end, in milliseconds. Default 10000.",
    )
    sensorid: str | None = key("sensorid", Reader.STRING, "Redis: sensor id of messages that hold none.")
    connection_str: str | None = key(
        "connection_str", Reader.STRING, "Azure: connection string of the device, with its key.", secret=True
    )
    shared_access_key: str | None = key(
        "shared_access_key", Reader.STRING, "Azure: key of the device; 9.1 does not read it.", secret=True
    )
    custom_msg_properties: str | None = key(
        "custom_msg_properties", Reader.STRING, "Azure: properties of each message, name=value;name=value;"
    )
    cleanup_timeout: int | None = key(
        "cleanup-timeout",
        Reader.INTEGER,
        "Azure: how long unsent messages are waited for at the end, in seconds. Default 10.",
    )
    share_connection: bool | None = key(
        "share-connection", Reader.INTEGER, "True lets elements of one process with equal settings share a connection."
    )


_ADAPTORS = {
    "partition_key": Adaptor.KAFKA,
    "consumer_group_id": Adaptor.KAFKA,
    "proto_cfg": Adaptor.KAFKA,
    "producer_proto_cfg": Adaptor.KAFKA,
    "consumer_proto_cfg": Adaptor.KAFKA,
    "exchange": Adaptor.AMQP,
    "topic": Adaptor.AMQP,
    "amqp_framesize": Adaptor.AMQP,
    "amqp_heartbeat": Adaptor.AMQP,
    "client_id": Adaptor.MQTT,
    "enable_tls": Adaptor.MQTT,
    "loop_timeout": Adaptor.MQTT,
    "keep_alive": Adaptor.MQTT,
    "set_threaded": Adaptor.MQTT,
    "streamsize": Adaptor.REDIS,
    "payloadkey": Adaptor.REDIS,
    "consumergroup": Adaptor.REDIS,
    "consumername": Adaptor.REDIS,
    "flush_timeout": Adaptor.REDIS,
    "sensorid": Adaptor.REDIS,
    "connection_str": Adaptor.AZURE,
    "shared_access_key": Adaptor.AZURE,
    "custom_msg_properties": Adaptor.AZURE,
    "cleanup_timeout": Adaptor.AZURE,
}
"""By field, the only adaptor that reads it; fields of several are not here."""

_FOR_KAFKA = {field for field, adaptor in _ADAPTORS.items() if adaptor is Adaptor.KAFKA}
_NOT_FOR_KAFKA = set(MessageBrokerGroup.keys()) - _FOR_KAFKA - {"share_connection"}

_LAYOUT = GroupLayout(single={_GROUP: ("message_broker", MessageBrokerGroup)})


class MessageBrokerFile(GroupedFile):
    """A whole file."""

    message_broker: MessageBrokerGroup | None = Field(default=None, description="`[message-broker]`; must be there.")


def read_message_broker_file(text: str, version: DsVersion = NEWEST) -> tuple[MessageBrokerFile, tuple[Finding, ...]]:
    """Reads a file. It is a key file whatever its name: the adaptors know no YAML.

    Raises:
        ConfigTextError: DeepStream would not load the text.
    """
    document = keyfile.parse(text)
    values, findings = read_layout(_LAYOUT, document.groups, version=version)
    if document.group(_GROUP) is None:
        message = "the group is missing: the adaptor does not connect, and the pipeline does not start"
        findings = (*findings, Finding(Severity.ERROR, message, _GROUP))
    return MessageBrokerFile(**values), document.findings + findings


def write_message_broker_file(file: MessageBrokerFile, header: str = "") -> str:
    """The text of a key file.

    Raises:
        ValueError: an extra key or group cannot stand in a key file.
    """
    return keyfile.build(write_layout(_LAYOUT, file), header)


def adaptor_of(group: MessageBrokerGroup) -> Adaptor | None:
    """The adaptor that the keys of a group are meant for; None when they tell none, or several."""
    found = {adaptor for field, adaptor in _ADAPTORS.items() if getattr(group, field) is not None}
    return found.pop() if len(found) == 1 else None


def proto_settings(text: str) -> tuple[tuple[str, str], ...]:
    """The settings of librdkafka in a `proto-cfg` value, in their order, read as the adaptor reads them.

    Raises:
        ValueError: the adaptor refuses the value, and the pipeline does not start.
    """
    if not text:
        return ()
    if len(text) < 3 or text[0] != '"' or text[-1] != '"':
        raise ValueError('the value must stand in quotation marks, as in "name=value;name=value"')
    settings = []
    inner = text[1:-1]
    at = 0
    # What stands before the sign is the name, a separator in it included; a rest without the sign is dropped.
    while (sign := inner.find("=", at)) >= 0:
        end = inner.find(";", sign)
        end = len(inner) if end < 0 else end
        settings.append((inner[at:sign], inner[sign + 1 : end]))
        at = end + 1
    return tuple(settings)


def proto_text(settings: tuple[tuple[str, str], ...]) -> str:
    """The `proto-cfg` value of settings of librdkafka.

    Raises:
        ValueError: a name or value cannot be written so that the adaptor reads it back.
    """
    for name, value in settings:
        if "=" in name:
            raise ValueError("the name of a setting holds a =, which the adaptor takes for its end")
        if ";" in value:
            raise ValueError(f"the value of {name} holds a ;, which the adaptor takes for its end")
    return '"' + ";".join(f"{name}={value}" for name, value in settings) + '"' if settings else ""


def check_message_broker(group: MessageBrokerGroup, version: DsVersion = NEWEST) -> tuple[Finding, ...]:
    """Checks the group; the adaptor is told by its keys."""
    findings = [*_check_partition_key(group, version)]
    for field in ("proto_cfg", "producer_proto_cfg", "consumer_proto_cfg"):
        findings += _check_proto(group, field)
    if group.enable_tls and not group.tls_cafile and not group.tls_capath:
        message = "TLS needs to know whom to trust: the adaptor does not connect without tls-cafile or tls-capath"
        findings.append(Finding(Severity.ERROR, message, _GROUP, "enable-tls"))
    for field, declared in group.keys().items():
        if declared.secret and getattr(group, field):
            message = "a secret stands in the file, and in all that the file is copied to; keep it out of manifests"
            findings.append(Finding(Severity.WARNING, message, _GROUP, declared.name))
    return tuple(findings)


def _check_partition_key(group: MessageBrokerGroup, version: DsVersion) -> tuple[Finding, ...]:
    kafka = any(getattr(group, field) is not None for field in _FOR_KAFKA)
    others = any(getattr(group, field) is not None for field in _NOT_FOR_KAFKA)
    if not version.has(_DOTLESS_SINCE) or (others and not kafka) or "partition-key" in group.extra_keys:
        return ()
    path = group.partition_key or "sensor.id"
    if "." not in path:
        return ()
    what = f"{path!r} has a dot" if group.partition_key else f"the default of Kafka, {path}, has a dot"
    message = (
        f"{what}, and DeepStream {version} never finds such a path: messages have no key, so those of one camera do not "
        "keep their order; use the minimal payload (msg-conv-payload-type=1) and partition-key=sensorId"
    )
    # A group without any key can be that of another adaptor.
    return (Finding(Severity.WARNING if kafka else Severity.NOTE, message, _GROUP, "partition-key"),)


def _check_proto(group: MessageBrokerGroup, field: str) -> list[Finding]:
    text: str | None = getattr(group, field)
    if text is None:
        return []
    name = group.keys()[field].name
    if len(text.encode()) > _LONGEST:
        message = (
            f"the value is longer than {_LONGEST} bytes: the adaptor does not connect, and the pipeline does not start"
        )
        return [Finding(Severity.ERROR, message, _GROUP, name)]
    try:
        settings = proto_settings(text)
    except ValueError as error:
        return [
            Finding(
                Severity.ERROR, f"{error}: the adaptor does not connect, and the pipeline does not start", _GROUP, name
            )
        ]
    findings = []
    for number, (setting, value) in enumerate(settings, start=1):
        if not _SETTING.fullmatch(setting):
            # The name is not shown: in a value with a mistake it can be part of a password.
            message = (
                f"setting {number} has a name that librdkafka cannot know; write name=value;name=value without blanks"
            )
            findings.append(Finding(Severity.WARNING, message, _GROUP, name))
        if setting.strip() in SECRET_SETTINGS and value:
            message = (
                f"{setting.strip()} stands in the file, and in all that the file is copied to; keep it out of manifests"
            )
            findings.append(Finding(Severity.WARNING, message, _GROUP, name))
    return findings


@dataclass(frozen=True)
class Connection:
    """What a connection string of Kafka, MQTT or Redis says."""

    host: str
    port: int
    topic: str | None = None


def connection_string(host: str, port: int, topic: str | None = None) -> str:
    """A connection string, `host;port` or `host;port;topic`.

    Raises:
        ValueError: a part cannot stand in a connection string.
    """
    text = f"{host};{port}" if topic is None else f"{host};{port};{topic}"
    if parse_connection_string(text) != Connection(host, port, topic):
        raise ValueError("neither the host nor the topic of a connection string may hold a semicolon")
    return text


def parse_connection_string(text: str) -> Connection:
    """Reads a connection string, which names one broker.

    Raises:
        ValueError: the adaptor refuses it, or would connect to something else. The message never shows the text: the
            old form of AMQP holds a password.
    """
    parts = text.split(";")
    if len(parts) > 3:
        raise ValueError(
            "a connection string is host;port or host;port;topic, with one broker only: Kafka tells of its others once it "
            "is connected"
        )
    if len(parts) < 2 or not parts[0].strip() or not parts[1].strip():
        raise ValueError("a connection string needs a host and a port with a semicolon between them: host;port")
    host, port = parts[0], parts[1]
    if host != host.strip() or any(one in host for one in ",/ \t@") or host.count(":") == 1:
        raise ValueError(
            "the host of a connection string is one bare name or address, without blanks, scheme, login or port"
        )
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) <= 65535):
        raise ValueError("the port of a connection string is a number from 1 to 65535")
    topic = parts[2] if len(parts) == 3 else None
    if topic is not None and (not topic or topic != topic.strip()):
        raise ValueError("the topic of a connection string is empty or has blanks around it; leave it away")
    return Connection(host, int(port), topic)
