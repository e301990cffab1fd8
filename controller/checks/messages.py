"""What sends messages: the files of brokers, the sinks that name them, and the secrets that must not stand in them."""

import re
from collections.abc import Iterator
from typing import Final

from controller.checks.violation import Path, Violation, error, warning
from crds.deepstream_app import DeepstreamApp
from crds.dsinstance import DsInstanceSpec
from crds.foreign_placeholders import holds_placeholder
from crds.key_path import key_path
from crds.secret import has_broken_placeholder, is_password_placeholder
from crds.secret_names import is_in_clear, is_secret_name
from deepstream.app.sink import SinkGroup, SinkType
from deepstream.findings import Severity
from deepstream.message_broker import SECRET_SETTINGS, MessageBrokerGroup, check_message_broker, proto_settings
from deepstream.versions import DsVersion

_APP: Final = ("spec", "deepstreamApp")
_PROTO: Final = ("proto_cfg", "producer_proto_cfg", "consumer_proto_cfg")
_AZURE: Final = "connection_str"
"""It holds a key among other things: only that must not be there."""
_CLEAR_KEY: Final = re.compile(r"Key=(?!\$\{secret:)", re.IGNORECASE)
_DOTLESS_SINCE: Final = DsVersion.V9_1
_KEY_OF_MINIMAL: Final = "sensorId"
_HOW: Final = (
    "manifests, topics and files of the controller are read by many: put it into a secret of the node and write "
    "${secret:NAME:password} here, which is filled in on the node"
)
_BROKEN: Final = (
    "this begins as a placeholder for a secret and is none, so it would be sent as it is: write ${secret:NAME:password}, "
    "with the name of a secret in small letters"
)


def check_brokers(spec: DsInstanceSpec) -> Iterator[Violation]:
    """The files of brokers."""
    for name, group in spec.message_brokers.items():
        base: Path = ("spec", "messageBrokers", name)
        secrets = {path for path, _ in _secrets(group)}
        for path, message in _secrets(group):
            if message:
                yield error((*base, *path), message)
        kafka = _is_of_kafka(spec, name)
        for finding in check_message_broker(group, spec.deepstream):
            path = key_path(group, finding.key)
            told = finding.severity is not Severity.ERROR and path in secrets
            if not told and not (finding.key == "partition-key" and not kafka):
                yield Violation(finding.severity, (*base, *path), finding.message)


def _secrets(group: MessageBrokerGroup) -> Iterator[tuple[tuple[str, ...], str]]:
    """The keys that hold a secret, each with what is wrong; nothing is when it is a placeholder."""
    for field, declared in group.keys().items():
        value = getattr(group, field)
        if not isinstance(value, str) or not value:
            continue
        path = key_path(group, declared.name)
        if has_broken_placeholder(value):
            yield path, _BROKEN
        elif declared.secret:
            kept_out = is_password_placeholder(value) or (field == _AZURE and not _CLEAR_KEY.search(value))
            yield path, "" if kept_out else f"a secret stands in the manifest: {_HOW}"
        elif field in _PROTO:
            found = [(name, one) for name, one in _settings(value) if name in SECRET_SETTINGS and one]
            clear = [name for name, one in found if not is_password_placeholder(one)]
            if clear:
                yield path, f"{clear[0]} stands in the manifest: {_HOW}"
            elif found:
                yield path, ""
    yield from _secrets_of_extra_keys(group)


def _secrets_of_extra_keys(group: MessageBrokerGroup) -> Iterator[tuple[tuple[str, ...], str]]:
    for name, value in group.extra_keys.items():
        if has_broken_placeholder(value):
            yield ("extraKeys", name), _BROKEN
        elif is_secret_name(name) and is_in_clear(name, value):
            yield ("extraKeys", name), f"by its name a secret stands in the manifest: {_HOW}"


def _settings(value: str) -> list[tuple[str, str]]:
    try:
        return [(name.strip(), one.strip()) for name, one in proto_settings(value)]
    except ValueError:
        # Without its quotation marks it is refused, and holds what it holds all the same.
        return [
            (name.strip(), one.strip())
            for name, sign, one in (part.partition("=") for part in value.strip('"').split(";"))
            if sign
        ]


def _is_of_kafka(spec: DsInstanceSpec, name: str) -> bool:
    """False when the sinks that name a file have an adaptor of another protocol."""
    sinks = spec.deepstream_app.sinks.values() if spec.deepstream_app is not None else ()
    libraries = [sink.msg_broker_proto_lib or "" for sink in sinks if sink.msg_broker_config == name]
    return not libraries or any("kafka" in one for one in libraries)


def check_sinks(spec: DsInstanceSpec, app: DeepstreamApp) -> Iterator[Violation]:
    """The sinks that send messages."""
    for number, sink in app.sinks.items():
        if sink.enable and sink.type is SinkType.MESSAGE_BROKER:
            path = (*_APP, "sinks", str(number))
            yield from _connection(path, "msgBrokerConnStr", sink.msg_broker_conn_str, sink.msg_broker_proto_lib)
            yield from _unfilled(path, "topic", sink.topic)
            if "kafka" in (sink.msg_broker_proto_lib or ""):
                yield from _partition_key(spec, app, sink, path)
    for number, consumer in app.message_consumers.items():
        if consumer.enable:
            path = (*_APP, "messageConsumers", str(number))
            yield from _connection(path, "connStr", consumer.conn_str, consumer.proto_lib)


def _connection(path: Path, alias: str, text: str | None, library: str | None) -> Iterator[Violation]:
    yield from _unfilled(path, alias, text)
    parts = (text or "").split(";")
    has_login = "amqp" in (library or "") and len(parts) > 3 and not is_password_placeholder(parts[3])
    if has_login or _CLEAR_KEY.search(text or ""):
        message = (
            "a secret stands in the connection string, and manifests are read by many: put it into a secret of the node "
            "and write ${secret:NAME:password} in its place, which is filled in on the node"
        )
        yield error((*path, alias), message)


def _unfilled(path: Path, alias: str, text: str | None) -> Iterator[Violation]:
    if holds_placeholder(text or ""):
        message = "a placeholder of another program stands here, and nothing fills it in: write what is meant"
        yield warning((*path, alias), message)


def _partition_key(spec: DsInstanceSpec, app: DeepstreamApp, sink: SinkGroup, path: Path) -> Iterator[Violation]:
    converter = app.message_converter if sink.disable_msgconv else sink
    payload = converter.msg_conv_payload_type if converter is not None else None
    if not sink.msg_broker_config:
        if spec.deepstream.has(_DOTLESS_SINCE):
            message = (
                f"without a file the adaptor goes by sensor.id, which has a dot, and DeepStream {spec.deepstream} never "
                "finds such a path: messages have no key, so those of one camera do not keep their order; name a file "
                "of messageBrokers with partitionKey: sensorId, and give msgConvPayloadType: 1"
            )
            yield warning((*path, "msgBrokerConfig"), message)
        return
    broker = spec.message_brokers.get(sink.msg_broker_config)
    if broker is not None and broker.partition_key == _KEY_OF_MINIMAL and payload in (None, 0):
        message = (
            f"only the minimal payload (1) has {_KEY_OF_MINIMAL}, by which {sink.msg_broker_config} gives messages their "
            "key: those of the full payload have none, and do not keep their order; give 1"
        )
        yield warning((*path, "msgConvPayloadType"), message)
