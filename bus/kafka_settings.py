"""What our Kafka clients are told. Names: https://github.com/confluentinc/librdkafka/blob/master/CONFIGURATION.md."""

from collections.abc import Mapping
from typing import Any

from confluent_kafka import KafkaException

from bus.kafka_options import KafkaOptions
from bus.topics import SETTINGS

"""After this time without an acknowledgement a publish has failed."""

_SECURITY_PREFIXES = ("security.", "ssl.", "sasl.", "enable.ssl.", "enable.sasl.")


def common(options: KafkaOptions, client_id: str) -> dict[str, Any]:
    """What every client needs to find the brokers and to be let in.

    Args:
        options: where the brokers are.
        client_id: what the brokers' logs and quotas know the client by.

    Raises:
        ValueError: a setting for security has nothing to do with it.
    """
    foreign = sorted(name for name in options.security if not name.startswith(_SECURITY_PREFIXES))
    if foreign:
        raise ValueError(f"not a security setting of Kafka clients: {', '.join(foreign)}")
    return {
        **options.security,
        "bootstrap.servers": options.bootstrap_servers,
        "client.id": client_id,
        "allow.auto.create.topics": False,
        # A broker that hangs without closing is noticed by the time out of a request; the default is a minute.
        "socket.timeout.ms": 10_000,
        "socket.keepalive.enable": True,
        "reconnect.backoff.ms": 50 if options.embedded else 250,
        # Jittered by librdkafka; below the time out of a message, so that one outage costs a record at most one attempt.
        "reconnect.backoff.max.ms": 500 if options.embedded else 2_500,
        # Idle connections come and go; what matters of it arrives through error_cb.
        "log.connection.close": False,
    }


def producing() -> dict[str, Any]:
    """What a producer needs on top."""
    return {
        # Both are off by default, and without them a retry can put an older generation behind a newer one.
        "enable.idempotence": True,
        "acks": "all",
        "compression.type": "zstd",
        "linger.ms": 0,
        # The brokers' limit holds for a batch, not for a record, and librdkafka does not split a batch that was refused.
        "batch.size": min(settings.max_value_bytes for settings in SETTINGS.values()),
        "message.max.bytes": max(settings.max_message_bytes for settings in SETTINGS.values()),
        "message.timeout.ms": 5_000,
        "request.timeout.ms": 3_000,
        "queue.buffering.max.messages": 20_000,
        "queue.buffering.max.kbytes": 131_072,
    }


def consuming(group_id: str, *, embedded: bool) -> dict[str, Any]:
    """What a consumer needs on top."""
    return {
        # librdkafka wants one; the log is state, so no offset is ever committed to it.
        "group.id": group_id,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "earliest",
        "enable.partition.eof": True,
        "check.crcs": True,
        # We use no transactions; by default a foreign one that hangs on a partition would stall its readers.
        "isolation.level": "read_uncommitted",
        # A real broker answers as soon as it has something; the embedded one always waits to the end of this time. Until it has answered it
        # takes no other question on the connection, so that the reader's longest look for brokers must be longer.
        "fetch.wait.max.ms": 10 if embedded else 1000,
        "fetch.error.backoff.ms": 100,
        # After how long a topic that is not there is an error; by default half a minute, for those that were just made.
        "topic.metadata.propagation.max.ms": 5_000,
        "queued.max.messages.kbytes": 8_192,
        # An answer is taken in whole, whatever it grows to when it is unpacked, and anybody may write what packs well. By
        # default it may have 50 MiB. A batch that is larger comes all the same.
        "fetch.max.bytes": 1024 * 1024,
        "fetch.message.max.bytes": 128 * 1024,
        # How long to pause when that is full: by default a second, in which the queue would long be empty.
        "fetch.queue.backoff.ms": 20,
    }


def refusal(error: KafkaException, security: Mapping[str, str]) -> ValueError:
    """What librdkafka does not like about the settings, without the values that could be secrets."""
    text = str(error.args[0].str())
    for value in sorted(filter(None, security.values()), key=len, reverse=True):
        text = text.replace(value, "***")
    return ValueError(f"librdkafka refuses its settings: {text}")
