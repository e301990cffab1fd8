"""What the Kafka clients of tasks are told. Names: https://github.com/confluentinc/librdkafka/blob/master/CONFIGURATION.md."""

import contextlib
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer

from pipeline.files.json_reader import ConfigError
from tasks.limits import MAX_IMAGE_BYTES

_LOG = logging.getLogger(__name__)

# Id, key, headers and the frame of a batch; a few hundred bytes in truth.
MESSAGE_MARGIN_BYTES: Final = 64 * 1024

# Pictures that wait in a client for their turn; above this, nothing more is fetched.
_MOST_FETCHED_KB: Final = 32 * 1024
_MOST_QUEUED_KB: Final = 64 * 1024

_LOOK_S: Final = 0.5

_SECURITY_PREFIXES: Final = ("security.", "ssl.", "sasl.", "enable.ssl.", "enable.sasl.")

# librdkafka says the same again for every attempt to connect; BrokerLink says once what matters of it.
_CLIENT_LOG: Final = logging.getLogger("tasks.librdkafka")
_CLIENT_LOG.setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class KafkaAddress:
    """Where the brokers are, how to be let in, and what the names of our topics and groups begin with.

    Attributes:
        bootstrap_servers: ``host:port``, several of them separated by commas.
        prefix: Of all topics and groups.
        security: Settings of librdkafka for TLS and SASL, by their names there. They hold secrets.
    """

    bootstrap_servers: str
    prefix: str = ""
    security: Mapping[str, str] = field(default_factory=dict, repr=False)


class BrokerLink:
    """Says once that the brokers are away, and once that they answer again; its methods may be called from any thread."""

    def __init__(self, name: str) -> None:
        """Begins in the belief that they are there.

        Args:
            name: Of the client, for the log.
        """
        self._name = name
        self._lock = threading.Lock()
        self._away = False

    @property
    def is_away(self) -> bool:
        """Whether no broker could be reached at last."""
        return self._away

    def on_error(self, error: KafkaError) -> None:
        """To be given to the client as its ``error_cb``."""
        if error.code() == KafkaError._ALL_BROKERS_DOWN:  # noqa: SLF001 - that is its public name
            with self._lock:
                was_away, self._away = self._away, True
            if not was_away:
                _LOG.warning("%s: no Kafka broker answers; trying on", self._name)
        elif error.fatal() or error.code() == KafkaError._AUTHENTICATION:  # noqa: SLF001 - that is its public name
            _LOG.error("%s: Kafka: %s", self._name, error.str())

    def works(self) -> None:
        """A broker has just done something for us."""
        with self._lock:
            was_away, self._away = self._away, False
        if was_away:
            _LOG.info("%s: Kafka answers again", self._name)

    def look(self, client: Consumer | Producer) -> None:
        """Asks whether they answer again, if they did not at last: who has nothing to send or to read would not notice.

        Takes half a second as long as they do not.
        """
        if self._away:
            with contextlib.suppress(KafkaException):
                client.list_topics(timeout=_LOOK_S)
                self.works()


def client_settings(address: KafkaAddress, name: str) -> dict[str, Any]:
    """What every client needs to find the brokers and to be let in."""
    return {
        **address.security,
        "bootstrap.servers": address.bootstrap_servers,
        "client.id": name,
        "logger": _CLIENT_LOG,
        "allow.auto.create.topics": False,
        # A broker that hangs without closing is noticed by the time-out of a request; the default is a minute.
        "socket.timeout.ms": 10_000,
        "socket.keepalive.enable": True,
        "reconnect.backoff.ms": 250,
        "reconnect.backoff.max.ms": 2_500,
        # A worker may be there before its topic is; the default is to look again after five minutes.
        "topic.metadata.refresh.interval.ms": 5_000,
    }


def producer_settings(
    address: KafkaAddress, link: BrokerLink, name: str, *, message_timeout_s: float, max_image_bytes: int
) -> dict[str, Any]:
    """What a producer needs.

    Args:
        address: The brokers.
        link: Is told how the connection fares.
        name: Of the client.
        message_timeout_s: After so long without an acknowledgement a message has failed; 0 for never.
        max_image_bytes: Of the largest picture in a message.
    """
    return {
        **client_settings(address, name),
        "error_cb": link.on_error,
        "enable.idempotence": True,
        "acks": "all",
        "linger.ms": 0,
        "message.timeout.ms": int(message_timeout_s * 1000),
        "message.max.bytes": max_image_bytes + MESSAGE_MARGIN_BYTES,
        "queue.buffering.max.kbytes": _MOST_QUEUED_KB,
    }


def consumer_settings(address: KafkaAddress, link: BrokerLink, name: str, group: str) -> dict[str, Any]:
    """What a member of a consumer group needs.

    Args:
        address: The brokers.
        link: Is told how the connection fares.
        name: Of the client.
        group: Without the prefix of the address.
    """
    return {
        **client_settings(address, name),
        "error_cb": link.on_error,
        "group.id": group,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "earliest",
        # What stays with a member is not taken from it for the time that the others sort themselves out.
        "partition.assignment.strategy": "cooperative-sticky",
        # A member that was killed is noticed after this time, the least that brokers allow, and its tasks are given to others.
        "session.timeout.ms": 6_000,
        "heartbeat.interval.ms": 1_500,
        "fetch.max.bytes": MAX_IMAGE_BYTES + MESSAGE_MARGIN_BYTES,
        "queued.max.messages.kbytes": _MOST_FETCHED_KB,
        # How long to pause when that is full: by default a second, in which a fast model would run dry.
        "fetch.queue.backoff.ms": 50,
    }


def read_security(file: Path) -> Mapping[str, str]:
    """Reads settings of librdkafka for TLS and SASL: one ``name=value`` a line, ``#`` begins a comment.

    Raises:
        ConfigError: If the file cannot be read or says anything else; the message shows no value.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read: {getattr(error, 'strerror', None) or 'not UTF-8'}") from None
    settings: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        name, equals, value = (part.strip() for part in line.partition("="))
        if not name or name.startswith("#"):
            continue
        if not equals or not name.startswith(_SECURITY_PREFIXES):
            raise ConfigError(f"{file}:{number}: expected a security setting, such as security.protocol=SSL")
        settings[name] = value
    return settings
