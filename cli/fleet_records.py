"""The records of the fleet's own topics, printed with what each holds and whose signature it has."""

import collections
import contextlib
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from cli.connection import Api, Refused, Unreachable
from cli.failure import Failure, printable
from cli.server import Server
from crds.masking import masked

if TYPE_CHECKING:
    from bus.base import Topic
    from bus.decoded import Decoded, Trusted
    from bus.kafka_options import KafkaOptions
    from bus.tail import TailMessage


@dataclass(frozen=True)
class Wanted:
    """Which records, and how.

    Attributes:
        topic: Of the fleet's own.
        node: Id or host name; None for all.
        oldest: Records that are not older, however many of a key; None for the newest one of each.
        follow: Goes on with what comes.
        as_json: One line for each, instead of YAML.
        with_files: Rendered files with their content, instead of its size and digest.
    """

    topic: "Topic"
    node: str | None
    oldest: datetime | None
    follow: bool
    as_json: bool
    with_files: bool


def controller_keys(given: str | None, server: Server) -> tuple[str, ...]:
    """The key of the controller: as it is given, or as the controller itself says; nothing where that does not answer.

    Raises:
        Failure: what is given is no key.
    """
    if given is not None:
        from bus.signature import BadKey, public_key_from

        try:
            return (public_key_from(given),)
        except (BadKey, OSError) as error:
            raise Failure(f"--controller-key: {error}") from None
    try:
        answer = Api(server).get("/fleet/v1/status")
    except (Refused, Unreachable) as error:
        click.echo(
            f"The controller does not say its key ({error.message}), so signatures are not checked: "
            "--controller-key takes it, 64 hexadecimal digits or a file with them.",
            err=True,
        )
        return ()
    key = answer.get("controllerKey")
    return (key,) if isinstance(key, str) else ()


def print_records(options: "KafkaOptions", wanted: Wanted, keys: tuple[str, ...]) -> None:
    """Prints records as they lie on the topic.

    Raises:
        Failure: there is no such topic, no broker, or some record is not genuine.
    """
    from bus.base import Topic
    from bus.decoded import Trusted, Verdict
    from bus.tail import UnknownTopicError

    doubtful = printed = 0
    try:
        reader = _Reader(options, Trusted(keys))
        if wanted.topic is not Topic.AGENT_CONFIG:
            with contextlib.suppress(UnknownTopicError):
                collections.deque(reader.latest(Topic.AGENT_CONFIG), maxlen=0)  # for the keys of agents
        for record, found in _chosen(reader, wanted):
            _print(reader.name_of(record), record, found, wanted)
            printed += 1
            doubtful += found.verdict in (Verdict.WRONG, Verdict.UNREADABLE)
    except UnknownTopicError as error:
        raise Failure(f"{error}: no controller has made it; --topic-prefix is what its name begins with") from None
    except (ConnectionError, ValueError) as error:
        raise Failure(f"{error}; --bootstrap-servers names another one") from None
    if not printed:
        click.echo(f"No records{f' of {wanted.node}' if wanted.node else ''} on {wanted.topic}.", err=True)
    if doubtful:
        are = "records are" if doubtful > 1 else "record is"
        raise Failure(f"{doubtful} {are} not genuine, or cannot be read: no part of the fleet acts on that")


class _Reader:
    """Reads topics, and learns on the way whom to trust and what machines are called."""

    def __init__(self, options: "KafkaOptions", trusted: "Trusted") -> None:
        self._options = options
        self._trusted = trusted
        self._hosts: dict[str, str] = {}

    def latest(self, topic: "Topic", *, follow: bool = False) -> "Iterator[tuple[TailMessage, Decoded] | None]":
        """The latest records, then None, and then those that come, if that is wanted; raises as `TopicTail`."""
        from bus.tail import TopicTail
        from bus.topics import topic_name

        with TopicTail(self._options, topic_name(self._options.topic_prefix, topic), _say) as tail:
            yield from (self._decoded(topic, record) for record in tail.latest())
            yield None
            if follow:
                yield from (self._decoded(topic, record) for record in tail.following())

    def name_of(self, record: "TailMessage") -> str:
        """The machine of the node that a record is of, if it is known, and the key of the record."""
        key, host = _key(record), self._hosts.get(_node_id(record))
        return printable(masked(f"{host}, {key}" if host else key or "nobody"))

    def is_of(self, node: str | None, record: "TailMessage") -> bool:
        """True for a record of that node, by its id or the name of its machine."""
        node_id = _node_id(record)
        return node in (None, node_id, self._hosts.get(node_id))

    def _decoded(self, topic: "Topic", record: "TailMessage") -> "tuple[TailMessage, Decoded]":
        from bus.decoded import Verdict, after, decoded

        key = _key(record)
        found = decoded(topic, key, record.value, self._trusted)
        self._trusted = after(self._trusted, key, record.value, found)
        hostname = getattr(found.message, "hostname", None)
        if isinstance(hostname, str) and found.verdict is not Verdict.WRONG:
            self._hosts[key] = hostname
        return record, found


def _chosen(reader: _Reader, wanted: Wanted) -> "Iterator[tuple[TailMessage, Decoded]]":
    """Of each key the newest record, or all that are not too old; then, if wanted, what comes."""
    newest: dict[bytes | None, tuple[TailMessage, Decoded]] = {}
    is_new = False
    for one in reader.latest(wanted.topic, follow=wanted.follow):
        if one is None:
            yield from (pair for pair in newest.values() if reader.is_of(wanted.node, pair[0]))
            is_new = True
        elif is_new or (wanted.oldest is not None and one[0].written_at >= wanted.oldest):
            if reader.is_of(wanted.node, one[0]):
                yield one
        elif wanted.oldest is None:
            newest.pop(one[0].key, None)
            newest[one[0].key] = one


def _print(name: str, record: "TailMessage", found: "Decoded", wanted: Wanted) -> None:
    message = None if found.message is None else json.loads(found.message.wire_json())
    content = _masked(message if wanted.with_files else _without_files(message))
    size = len(record.value or b"")
    if wanted.as_json:
        line = {
            "topic": wanted.topic,
            "key": _key(record),
            "partition": record.partition,
            "offset": record.offset,
            "writtenAt": record.written_at.isoformat(),
            "bytes": size,
            "attachedBytes": found.attached_bytes,
            "kind": found.kind,
            "signature": found.verdict,
            "why": found.why,
            "message": content,
        }
        click.echo(json.dumps(line))
        return
    from controller.source.read.yaml_text import yaml_text

    written = f"{record.written_at:%Y-%m-%dT%H:%M:%S}.{record.written_at.microsecond // 1000:03}Z"
    behind = f", {found.attached_bytes:,} of them behind the message" if found.attached_bytes else ""
    click.echo(f"# {found.kind} of {name}: partition {record.partition}, offset {record.offset}")
    click.echo(f"# written at {written}, {size:,} bytes{behind}")
    click.echo(f"# signature: {found.verdict}{f' - {printable(found.why)}' if found.why else ''}")
    if content is not None:
        click.echo(yaml_text(content), nl=False)
    click.echo("---")


def _without_files(value: Any) -> Any:
    """The same with the size and digest of rendered files instead of their content."""
    if isinstance(value, list):
        return [_without_files(one) for one in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"path", "content"} and isinstance(value["content"], str):
        content = value["content"].encode()
        return {"path": value["path"], "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    return {name: _without_files(one) for name, one in value.items()}


def _masked(value: Any) -> Any:
    """The same without anything that looks like a secret: there should be none, but who knows who wrote it."""
    if isinstance(value, list):
        return [_masked(one) for one in value]
    if isinstance(value, dict):
        return {masked(name): _masked(one) for name, one in value.items()}
    return masked(value) if isinstance(value, str) else value


def _key(record: "TailMessage") -> str:
    return (record.key or b"").decode(errors="replace")


def _node_id(record: "TailMessage") -> str:
    from crds.heartbeat import node_of

    return node_of(_key(record)) or _key(record)


def _say(line: str) -> None:
    click.echo(line, err=True)
