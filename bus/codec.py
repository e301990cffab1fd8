"""Messages to bytes and back: DSSE envelopes for what is signed, plain JSON for what can ask for nothing but a look.

The payload is signed as bytes and parsed from those very bytes, so no two readers can disagree about what was signed.
Format: https://github.com/secure-systems-lab/dsse/blob/master/envelope.md
"""

import json
from base64 import b64encode
from collections.abc import Collection
from typing import TypeVar

from pydantic import ValidationError
from pydantic_core import from_json
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import FormatError, UnverifiedSignatureError

from bus.base import Topic
from bus.signature import BadKey, SigningKey, verification_key
from bus.topics import check_size
from crds.document import Message, WireModel, unknown_format
from crds.heartbeat import HEARTBEAT_BYTES, Heartbeat
from crds.messages import AgentInfo

_QUOTED_CHARACTERS = 80

M = TypeVar("M", bound=WireModel)


class Undecodable(Exception):  # noqa: N818 - says what the value is
    """A value that is not the message it should be. The reason quotes at most 80 characters of it."""


class UnknownFormat(Undecodable):
    """A message in a format of another version; the reason names both formats."""


def encode_signed(message: WireModel, key: SigningKey) -> bytes:
    """One record's value: the message in an envelope that is signed with the key.

    Raises:
        ValueError: the envelope is larger than the topic of the message allows.
    """
    envelope = Envelope(message.wire_json(), _payload_type(type(message)), {})
    envelope.sign(key.signer)
    # The payload is nearly all of it: base64 needs not be looked through for what JSON escapes.
    rest = Envelope(b"", envelope.payload_type, envelope.signatures).to_dict()
    before, mark, after = json.dumps(rest, separators=(",", ":")).encode().partition(b'"payload":"')
    value = b"%b%b%b%b" % (before, mark, b64encode(envelope.payload), after)
    check_size(_topic_of(type(message)), value)
    return value


def decode_signed(model: type[M], value: bytes | None, public_keys: Collection[str]) -> M:
    """The message in an envelope, once the signature of one of the keys is found right.

    Args:
        model: what the message must be.
        value: as it lay on the topic.
        public_keys: whom to believe, 64 hexadecimal digits each.

    Raises:
        Undecodable: it is anything else, a tombstone included.
    """
    envelope = _envelope(model, value)
    _verify(envelope, public_keys)
    return _parse(model, envelope.payload)


def decode_unverified(model: type[M], value: bytes | None) -> M:
    """The message in an envelope, whoever signed it: to be shown to people, who are told so, and never to be believed.

    Raises:
        Undecodable: it is anything else.
    """
    return _parse(model, _envelope(model, value).payload)


def decode_self_signed(value: bytes | None) -> AgentInfo:
    """A greeting, signed with the very key that it announces; whether that agent is welcome is for the caller.

    Raises:
        Undecodable: it is anything else.
    """
    envelope = _envelope(AgentInfo, value)
    info = _parse(AgentInfo, envelope.payload)
    _verify(envelope, [info.public_key])
    return info


def encode_plain(message: WireModel) -> bytes:
    """One record's value for a message that nobody signs.

    Raises:
        ValueError: it is larger than its topic allows.
    """
    value = message.wire_json()
    check_size(_topic_of(type(message)), value)
    return value


def decode_plain(model: type[M], value: bytes | None) -> M:
    """The unsigned message in a value.

    Raises:
        Undecodable: it is anything else.
    """
    return _parse(model, _checked(model, value))


def encode_heartbeat(heartbeat: Heartbeat) -> bytes:
    """One record's value for a heartbeat.

    Raises:
        ValueError: it is too large: the name of the fleet is very long.
    """
    value = heartbeat.model_dump_json().encode()
    if len(value) >= HEARTBEAT_BYTES:
        raise ValueError(f"a heartbeat of {len(value)} bytes is too large: they are shorter than {HEARTBEAT_BYTES}")
    return value


def decode_heartbeat(value: bytes) -> Heartbeat:
    """The heartbeat in a value; whose it is and whether it is genuine is for the caller: `crds.heartbeat.follows`.

    Raises:
        Undecodable: it is anything else.
    """
    if len(value) >= HEARTBEAT_BYTES:
        raise Undecodable(f"not a heartbeat: it has {len(value)} bytes")
    return _parse(Heartbeat, value)


def _topic_of(model: type[WireModel]) -> Topic:
    return Topic(model.__name__)


def _payload_type(model: type[WireModel]) -> str:
    return f"application/vnd.dsfleet.{model.__name__}+json"


def _checked(model: type[WireModel], value: bytes | None) -> bytes:
    if value is None:
        raise Undecodable("a tombstone")
    try:
        check_size(_topic_of(model), value)
    except ValueError as error:
        raise Undecodable(str(error)) from None
    return value


def _envelope(model: type[WireModel], value: bytes | None) -> Envelope:
    content = _checked(model, value)
    try:
        # Unlike json.loads, this parser has a limit of its own for depth: no RecursionError, no deep C stack.
        envelope = Envelope.from_dict(from_json(content, allow_inf_nan=False))
    except (KeyError, TypeError, ValueError, AttributeError, FormatError):
        raise Undecodable("not a DSSE envelope") from None
    if envelope.payload_type != _payload_type(model):
        raise Undecodable(f"not {model.__name__} but {_quote(str(envelope.payload_type))}")
    return envelope


def _verify(envelope: Envelope, public_keys: Collection[str]) -> None:
    try:
        keys = [verification_key(public_key) for public_key in public_keys]
    except BadKey as error:
        raise Undecodable(str(error)) from None
    if not any(key.keyid in envelope.signatures for key in keys):
        raise Undecodable("signed by none of the trusted keys")
    try:
        envelope.verify(list(keys), threshold=1)
    except UnverifiedSignatureError:
        raise Undecodable("the signature is wrong") from None


def _parse(model: type[M], payload: bytes) -> M:
    # The model's own parser lets NaN pass where any value may stand, and only messages refuse formats by themselves.
    if not issubclass(model, Message) or b"NaN" in payload or b"Infinity" in payload:
        _check(model, payload)
    try:
        return model.model_validate_json(payload)
    except ValidationError as error:
        _check(model, payload)
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        reason = f"{place}: {first['msg']}"
        raise Undecodable(f"not a valid {model.__name__}: {_quote(reason)}") from None


def _check(model: type[WireModel], payload: bytes) -> None:
    """Refuses what is no JSON, and a message of another format.

    Raises:
        Undecodable: it is so.
    """
    try:
        content = from_json(payload, allow_inf_nan=False)
    except ValueError:
        raise Undecodable("not JSON") from None
    if why := unknown_format(model.__name__, content):
        raise UnknownFormat(why)


def _quote(text: str) -> str:
    """Foreign text for a log line: short, on one line, nothing that a terminal would obey."""
    return "".join(character if character.isprintable() else "�" for character in text[:_QUOTED_CHARACTERS])
