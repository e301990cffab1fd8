"""Tells whether an RTSP client knows the password: Basic (RFC 7617) and Digest (RFC 2069, which all clients speak)."""

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import Final

_REALM: Final = "camera"
_DIGEST_PART: Final = re.compile(r'(\w+)="([^"]*)"')


def challenges(nonce: str) -> tuple[str, str]:
    """Returns the headers that ask a client for its password; the client takes the one that it likes better."""
    return (
        f'WWW-Authenticate: Digest realm="{_REALM}", nonce="{nonce}"',
        f'WWW-Authenticate: Basic realm="{_REALM}"',
    )


@dataclass(frozen=True)
class Login:
    """Who may see a camera.

    Attributes:
        user: Not empty.
        password: That user's password.
    """

    user: str
    password: str = field(repr=False)

    def admits(self, authorization: str, method: str, nonce: str) -> bool:
        """Tells whether the Authorization header of a request is good enough.

        Args:
            authorization: The header, empty if there is none.
            method: Of the request.
            nonce: That the client was challenged with.
        """
        scheme, _, rest = authorization.partition(" ")
        match scheme.lower():
            case "basic":
                return self._admits_basic(rest)
            case "digest":
                return self._admits_digest(dict(_DIGEST_PART.findall(rest)), method, nonce)
            case _:
                return False

    def _admits_basic(self, encoded: str) -> bool:
        try:
            given = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            return False
        return hmac.compare_digest(given, f"{self.user}:{self.password}".encode())

    def _admits_digest(self, parts: dict[str, str], method: str, nonce: str) -> bool:
        secret = _md5(f"{self.user}:{_REALM}:{self.password}")
        request = _md5(f"{method}:{parts.get('uri', '')}")
        expected = _md5(f"{secret}:{nonce}:{request}")
        if (parts.get("username"), parts.get("nonce")) != (self.user, nonce):
            return False
        return hmac.compare_digest(parts.get("response", "").encode(), expected.encode())


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
