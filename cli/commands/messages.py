"""`fleet messages`: what the apps of the fleet tell Kafka of their cameras."""

import json
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from bus.kafka_options import KafkaOptions
from cli.durations import Duration
from cli.failure import Failure, printable
from cli.fleet_records import Wanted, controller_keys, print_records
from cli.parts_options import kafka_config_option, kafka_settings
from cli.tables import Columns
from ports.clock import SystemClock

if TYPE_CHECKING:
    from bus.base import Topic
    from bus.tail import TailMessage, TopicTail

_HEADERS = ["TIME", "CAMERA", "MESSAGE"]
_ID_FIELDS = ("deviceId", "sensorId", "camera_id")
"""Where messages name their camera: those of counts and states, of objects, and of faces, tracks and pictures."""
_NOT_TOLD = frozenset({"messageid", "@timestamp", "srctime", "session_id", "version", *_ID_FIELDS})
"""What every message has, and says nothing of what was seen."""
_CURRENT, _CUMULATIVE = "lc_curr_", "lc_cum_"
_LONGEST_MESSAGE = 160
_WAIT_FOR_TOPIC_SECONDS = 1.0


@click.command(short_help="Print what apps tell Kafka of their cameras.")
@click.argument("whose", required=False, metavar="[CAMERA|NODE]")
@click.option(
    "--topic",
    default="Analytics",
    show_default=True,
    help="Another topic; the fleet's own by number or name, with --decode.",
)
@click.option(
    "--decode", is_flag=True, help="What a record of the fleet's own topics holds, and whose signature it has."
)
@click.option(
    "--bootstrap-servers",
    default="localhost:9092",
    show_default=True,
    metavar="HOST:PORT,...",
    help="The Kafka brokers.",
)
@click.option("--since", type=Duration(), default=60.0, show_default="1m", help="Messages that are not older.")
@click.option("-f", "--follow", is_flag=True, help="Go on, and print messages as they come.")
@click.option("-o", "--output", type=click.Choice(["json"]), help="Whole messages, one in each line.")
@click.option("--files", "with_files", is_flag=True, help="With --decode: rendered files with their content.")
@click.option("--topic-prefix", default="", help="With --decode: what the names of the fleet's topics begin with.")
@click.option(
    "--controller-key",
    metavar="KEY|FILE",
    help="With --decode: the public key of the controller. Default: what the controller says.",
)
@kafka_config_option
@click.pass_context
def messages(
    context: click.Context,
    whose: str | None,
    *,
    topic: str,
    decode: bool,
    bootstrap_servers: str,
    since: float,
    follow: bool,
    output: str | None,
    with_files: bool,
    topic_prefix: str,
    controller_key: str | None,
    kafka_config: Path | None,
) -> None:
    """Prints the messages of all cameras, or of CAMERA, by the id that it has in them: at most the latest 1,000 of each partition.

    With --decode, what lies on one of the fleet's own topics (200 AgentInfo, 201 AgentCommand, 210 AgentConfig, 220
    AgentResponse, 230 AgentAnswer, 300 UpdateConfig, 301 Refresh): of each key the newest record, or all that are not
    older than --since. NODE is the id of a node, or the name of its machine. The exit code is 1 if a record is not genuine.

    \b
    fleet messages -f
    fleet messages yard-north --since 10m -o json
    fleet messages node-a --topic 210 --decode
    """  # noqa: D301 - click keeps the lines below \b as they are
    from bus.tail import TopicTail

    oldest = SystemClock().now() - timedelta(seconds=since)
    if decode:
        given = context.get_parameter_source("since") is not ParameterSource.DEFAULT
        wanted = Wanted(_of_fleet(topic), whose, oldest if given else None, follow, bool(output), with_files)
        kafka = KafkaOptions(bootstrap_servers, topic_prefix, security=kafka_settings(kafka_config))
        print_records(kafka, wanted, controller_keys(controller_key, context.obj))
        return
    printed = _printed_as_json if output else _printed_as_table
    options = KafkaOptions(bootstrap_servers, security=kafka_settings(kafka_config))
    try:
        tail = TopicTail(options, topic, _say)
    except ValueError as error:
        raise Failure(str(error)) from None
    with tail:
        young = (one for one in _read(tail, follow=follow) if one.written_at >= oldest)
        lines = printed(one for one in young if whose in (None, camera_of(one)))
        first = next(lines, None)
        if first is None:
            _say(f"No messages{f' of {whose}' if whose else ''} on {topic} in that time.")
            return
        click.echo(first)
        for line in lines:
            click.echo(line)


def _of_fleet(name: str) -> "Topic":
    """The topic of the fleet that is called so, or has that number.

    Raises:
        Failure: there is none.
    """
    from bus.base import Topic
    from bus.decoded import NUMBERS

    found = NUMBERS.get(name) or next((one for one in Topic if one.casefold() == name.casefold()), None)
    if found is None:
        known = ", ".join(f"{number} {topic}" for number, topic in NUMBERS.items())
        raise Failure(f"--topic {name} is none of the fleet's own, which --decode reads: {known}")
    return found


def camera_of(message: "TailMessage") -> str:
    """The id of the camera that a message is of: what it says itself, or else its key; empty when neither tells."""
    document = _document(message)
    if isinstance(document, dict):
        for field in _ID_FIELDS:
            if field in document:
                return str(document[field])
    return (message.key or b"").decode(errors="replace")


def told(message: "TailMessage") -> str:
    """A message in few words: lines with their counts, and what else it says as JSON."""
    document = _document(message)
    if not isinstance(document, dict):
        return f"{len(message.value or b''):,} bytes that are no JSON object"
    rest = {name: value for name, value in document.items() if name not in _NOT_TOLD}
    counts = rest.pop("analyticsModule", None)
    words = list(_counts(counts)) if isinstance(counts, dict) else []
    if isinstance(alert := rest.get("alert"), dict) and "rule" in alert:
        rest.clear()
        words.append(_words_of_alert(alert))
    if rest:
        words.append(json.dumps(rest, ensure_ascii=False, separators=(",", ":")))
    text = printable("  ".join(words))
    return text if len(text) <= _LONGEST_MESSAGE else text[: _LONGEST_MESSAGE - 1] + "…"


def _words_of_alert(alert: dict[str, Any]) -> str:
    """`no-helmet began: 2 nohelmet in yard (20261201T042139Z-3f9a1c)`."""
    place = f" in {alert['region']}" if alert.get("region") else ""
    return f"{alert['rule']} {alert.get('state')}: {alert.get('seen')}{place} ({alert.get('id')})"


def _counts(module: dict[str, Any]) -> Iterator[str]:
    """`gate 17 (+1)` of a line that was crossed again, and the values of regions as they are called in messages."""
    for name, value in module.items():
        if name.startswith(_CUMULATIVE):
            label = name.removeprefix(_CUMULATIVE)
            current = module.get(_CURRENT + label)
            yield f"{label} {value}" + (f" (+{current})" if current else "")
        elif name != "stream_source_id" and not name.startswith(_CURRENT):
            yield f"{name}={value}"


def _say(line: str) -> None:
    click.echo(line, err=True)


def _read(tail: "TopicTail", *, follow: bool) -> "Iterator[TailMessage]":
    """The latest messages, and those that follow, from when the topic is there.

    Raises:
        Failure: there is no such topic, or no broker.
    """
    from bus.tail import UnknownTopicError

    try:
        while True:
            try:
                yield from tail.latest()
                break
            except UnknownTopicError as error:
                if not follow:
                    raise Failure(f"{error}: no app has sent anything to it; -f waits for the first one") from None
                SystemClock().pause(_WAIT_FOR_TOPIC_SECONDS)
        if follow:
            yield from tail.following()
    except ConnectionError as error:
        raise Failure(f"{error}; --bootstrap-servers names another one") from None


def _printed_as_json(found: "Iterable[TailMessage]") -> Iterator[str]:
    """One message in each line; what is no JSON is left out, so that programs can read on."""
    for message in found:
        document = _document(message)
        if document is not None:
            yield json.dumps(document, ensure_ascii=True)


def _printed_as_table(found: "Iterable[TailMessage]") -> Iterator[str]:
    columns = Columns()
    for number, message in enumerate(found):
        if number == 0:
            yield columns.line(_HEADERS)
        clock = message.written_at.astimezone().strftime("%H:%M:%S.%f")[:-3]
        yield columns.line([clock, printable(camera_of(message)), told(message)])


def _document(message: "TailMessage") -> Any:
    """What the message holds; None when that is no JSON."""
    try:
        return json.loads(message.value or b"")
    except (ValueError, RecursionError):
        return None
