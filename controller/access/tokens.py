"""Tokens: what they look like, and what is kept of them.

A token is 256 random bits, so nobody can try all of them, and SHA-256 of it is kept: slow hashes (bcrypt, Argon2) make up for
passwords that can be guessed, and would cost every request a tenth of a second.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final

from controller.access.identity import Binding, Identity

ID_BYTES: Final = 4
SECRET_BYTES: Final = 32
_FORM = re.compile(r"fleet_(?P<id>[0-9a-f]{8})_[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True)
class Token:
    """What is kept of a token: not the token."""

    id: str
    name: str
    """Whose it is, for people."""
    digest: str
    """SHA-256 of the whole token, hexadecimal."""
    binding: Binding
    created: datetime
    """UTC."""
    expires: datetime | None = None
    """UTC; None: never."""

    @cached_property
    def identity(self) -> Identity:
        """Who shows it."""
        return Identity(self.name, (self.binding,), credential=f"token/{self.id}")

    def has_expired(self, now: datetime) -> bool:
        """True from its last moment on."""
        return self.expires is not None and now >= self.expires

    def is_of(self, secret: str) -> bool:
        """True when this is kept of that token; takes as long for a wrong one as for the right one."""
        return hmac.compare_digest(self.digest, digest_of(secret))


def token_text(identity: bytes, secret: bytes) -> str:
    """The token that a person is shown, once.

    Args:
        identity: ID_BYTES random bytes, which are no secret.
        secret: SECRET_BYTES random bytes.
    """
    return f"fleet_{identity.hex()}_{secret.hex()}"


def digest_of(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def id_in(token: str) -> str | None:
    """The id that a token says it has; None when it is of no form of ours."""
    found = _FORM.fullmatch(token)
    return found["id"] if found else None
