"""Which controller is asked, and with what a person shows who he is."""

import os
from dataclasses import dataclass
from pathlib import Path

from cli.failure import Failure
from cli.server_address import DEFAULT_SERVER

_MOST_BYTES = 4096


@dataclass(frozen=True)
class Server:
    """A controller and the way to it."""

    url: str = DEFAULT_SERVER
    token: str = ""
    ca: Path | None = None
    """Whom the certificate of the controller must be signed by; None: somebody whom this machine trusts."""
    client_certificate: Path | None = None
    client_key: Path | None = None
    """None: it stands with the certificate."""

    def __repr__(self) -> str:
        """Without the token."""
        return f"Server({self.url})"


def token_given(token: str | None, file: Path | None) -> str:
    """The token of the command line, or of a file; empty without one.

    Raises:
        Failure: the file cannot be read, or holds no token.
    """
    if token is not None or file is None:
        return _checked(token or "", "--token")
    try:
        with file.open("rb") as opened:
            content = opened.read(_MOST_BYTES)
    except OSError as error:
        raise Failure(f"the token in {file} cannot be read: {error.strerror}") from None
    held = _checked(content.decode("ascii", "replace").strip(), os.fspath(file))
    if not held:
        # Whoever names a file means to be somebody: without this he would be nobody, who may do everything on some controllers.
        raise Failure(f"{file} holds no token: it is empty")
    return held


def _checked(token: str, where: str) -> str:
    # What it is must not be shown: it may be one with a blank too much.
    if token and not (token.isascii() and token.isprintable() and " " not in token):
        raise Failure(f"{where} is no token: it holds blanks or signs that tokens have not")
    return token
