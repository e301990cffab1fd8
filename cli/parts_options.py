"""What the controller and the agents are told alike: where the bus is, which fleet it is, and how much to log."""

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from bus.kafka_options import CannotStart, KafkaOptions
from cli.failure import Failure

ENVIRONMENT = {"auto_envvar_prefix": "FLEET", "show_default": True}

_LEVELS = ("debug", "info", "warning", "error")


kafka_config_option = click.option(
    "--kafka-config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with key=value lines: settings of librdkafka for TLS and SASL, and no others.",
)


def bus_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options about the bus and the fleet, for a command that takes `kafka`, `fleet_id` and `log_level`."""

    @functools.wraps(command)
    def with_kafka(
        *, bootstrap_servers: str, topic_prefix: str, kafka_config: Path | None, embedded: bool, **others: Any
    ) -> Any:
        kafka = KafkaOptions(bootstrap_servers, topic_prefix, embedded, kafka_settings(kafka_config))
        try:
            return command(kafka=kafka, **others)
        except CannotStart as error:
            raise Failure(str(error)) from None

    options = [
        click.option(
            "--bootstrap-servers", default="127.0.0.1:9092", metavar="HOST:PORT,...", help="The Kafka brokers."
        ),
        click.option("--topic-prefix", default="", help="What the names of the topics begin with."),
        click.option("--fleet-id", default="default", help="The fleet; records of others are passed by."),
        kafka_config_option,
        click.option(
            "--log-level", type=click.Choice(_LEVELS, case_sensitive=False), default="info", help="How much to log."
        ),
        click.option("--embedded-broker-client", "embedded", is_flag=True, hidden=True),
    ]
    return functools.reduce(lambda wrapped, option: option(wrapped), reversed(options), with_kafka)


def split_listen(listen: str) -> tuple[str, int]:
    """Host and port of `host:port`.

    Raises:
        Failure: it is no such thing.
    """
    host, colon, port = listen.rpartition(":")
    if not colon or not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise Failure(f"--listen {listen!r} is not of the form 127.0.0.1:8420")
    return host.strip("[]"), int(port)


def kafka_settings(file: Path | None) -> dict[str, str]:
    """The settings in a file of key=value lines; `#` begins a comment line.

    Raises:
        Failure: a line is none of that, or the file cannot be read.
    """
    if file is None:
        return {}
    settings = {}
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{file} cannot be read: {error}") from None
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            # The line itself may hold a password, and is not shown.
            raise Failure(f"{file}:{number}: expected key=value, such as security.protocol=SSL")
        settings[key.strip()] = value.strip()
    return settings
