"""Signatures of messages in the form of Standard Webhooks: HMAC-SHA256 over id, time and body. Pure.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import Final

_PREFIX: Final = "whsec_"
_FEWEST_BYTES: Final = 24
_MOST_BYTES: Final = 64
_MOST_SECRETS: Final = 5


class BadSecret(Exception):  # noqa: N818 - what is wrong, not that something is
    """The content of a file is no secret to sign with; the message holds nothing of it."""


def secrets_in(content: str) -> tuple[bytes, ...]:
    """The secrets in the content of a file, one in each line; several while one takes the place of another.

    Raises:
        BadSecret: it holds none, too many, or something else.
    """
    lines = [line.strip() for line in content.splitlines() if line.strip()]
    if not 1 <= len(lines) <= _MOST_SECRETS:
        raise BadSecret(f"it holds {len(lines)} secrets: write one in each line, {_MOST_SECRETS} at most")
    return tuple(_secret(line) for line in lines)


def _secret(line: str) -> bytes:
    try:
        secret = base64.b64decode(line.removeprefix(_PREFIX), validate=True) if line.startswith(_PREFIX) else b""
    except binascii.Error:
        secret = b""
    if not _FEWEST_BYTES <= len(secret) <= _MOST_BYTES:
        raise BadSecret(
            f"a line is not {_PREFIX} and {_FEWEST_BYTES} to {_MOST_BYTES} bytes in base64: "
            f"make one by `echo {_PREFIX}$(openssl rand -base64 32)`"
        )
    return secret


def signed(secrets: Iterable[bytes], message_id: str, seconds: int, body: bytes) -> Mapping[str, str]:
    """The headers that say who wrote a message.

    Args:
        secrets: each signs; none for a message that is not signed.
        message_id: of the message.
        seconds: since 1970, of this attempt: receivers refuse old ones.
        body: as it is posted.
    """
    content = f"{message_id}.{seconds}.".encode() + body
    signatures = [base64.b64encode(hmac.digest(one, content, hashlib.sha256)).decode() for one in secrets]
    headers = {"webhook-id": message_id, "webhook-timestamp": str(seconds)}
    return {**headers, "webhook-signature": " ".join(f"v1,{one}" for one in signatures)} if signatures else headers
