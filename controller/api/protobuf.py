"""The wire form of protobuf messages: numbered fields without a schema. Clients of Kubernetes speak it here and there.

https://protobuf.dev/programming-guides/encoding
"""

import struct
from collections.abc import Iterator
from typing import Final

KUBERNETES_PROTOBUF: Final = "application/vnd.kubernetes.protobuf"
"""Messages in envelopes: https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding."""
_MAGIC: Final = b"k8s\0"
_RAW: Final = 2
_VARINT: Final = 0
_FIXED64: Final = 1
_LENGTH_DELIMITED: Final = 2
_FIXED32: Final = 5
_SIZES: Final = {_FIXED64: 8, _FIXED32: 4}
_MOST_BITS: Final = 64


def unwrapped(body: bytes) -> bytes:
    """The message in an envelope of Kubernetes, which says beside it what that is of.

    Raises:
        ValueError: it is none.
    """
    if not body.startswith(_MAGIC):
        raise ValueError("it is not wrapped as Kubernetes wraps it")
    return last_bytes(body[len(_MAGIC) :], _RAW)


def fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a message in their order, each with its number: integers, or the bytes of all that is longer.

    Raises:
        ValueError: it is no message.
    """
    at = 0
    while at < len(message):
        key, at = _read_varint(message, at)
        number, wire_type = key >> 3, key & 7
        if wire_type == _VARINT:
            value, at = _read_varint(message, at)
            yield number, value
            continue
        if wire_type == _LENGTH_DELIMITED:
            size, at = _read_varint(message, at)
        elif wire_type in _SIZES:
            size = _SIZES[wire_type]
        else:
            raise ValueError(f"field {number} is of wire type {wire_type}, which is not known")
        if at + size > len(message):
            raise ValueError(f"field {number} ends after the message")
        yield number, message[at : at + size]
        at += size


def last_bytes(message: bytes, number: int) -> bytes:
    """The field of a number, of several the last as protobuf has it; empty when it is absent.

    Raises:
        ValueError: it is no message, or the field holds an integer.
    """
    found = b""
    for other, value in fields(message):
        if other == number:
            if isinstance(value, int):
                raise ValueError(f"field {number} is an integer")
            found = value
    return found


def last_text(message: bytes, number: int) -> str:
    """The field of a number as text; raises as `last_bytes` does, also for what is no UTF-8."""
    return last_bytes(message, number).decode()


def length_delimited(number: int, value: bytes | str) -> bytes:
    """A field that holds text, bytes or a message."""
    content = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | _LENGTH_DELIMITED) + _varint(len(content)) + content


def integer(number: int, value: int) -> bytes:
    """A field that holds an int64 or a bool."""
    return _varint(number << 3 | _VARINT) + _varint(value % (1 << _MOST_BITS))


def double(number: int, value: float) -> bytes:
    """A field that holds a double."""
    return _varint(number << 3 | _FIXED64) + struct.pack("<d", value)


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, _MOST_BITS + 6, 7):
        if at >= len(message):
            raise ValueError("a number ends after the message")
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("a number is longer than 64 bits")
