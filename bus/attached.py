"""Bytes that lie behind a message in one record: a picture as base64 in signed JSON would be 1.8 times as large.

The message is JSON in one line, so the first line end is where it ends. What is attached counts only as far as the signed message names its digest.
"""

import hashlib

from bus.codec import Undecodable


def with_attached(value: bytes, attached: bytes) -> bytes:
    """One record's value: a message as it was encoded, and what lies behind it; the message alone for nothing."""
    return value + b"\n" + attached if attached else value


def split(value: bytes) -> tuple[bytes, bytes]:
    """The message in a value, as it was encoded, and what is attached to it: nothing, mostly."""
    message, _, attached = value.partition(b"\n")
    return message, attached


def digest_of(attached: bytes) -> str:
    """What the message says of that: SHA-256, hexadecimal; empty for nothing."""
    return hashlib.sha256(attached).hexdigest() if attached else ""


def check_attached(attached: bytes, digest: str) -> None:
    """Refuses anything but what the message names.

    Raises:
        Undecodable: it is something else, or there, or not there.
    """
    if digest_of(attached) != digest:
        raise Undecodable("what is attached is not what the message names")
