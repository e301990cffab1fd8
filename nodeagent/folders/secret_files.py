"""Secrets as files of this node."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from crds.secret import Secret
from nodeagent.model import SecretProblem

_LONGEST_BYTES = 64 * 1024


def read_secret(directory: Path, name: str) -> Secret:
    """Reads `directory/name/username` and `directory/name/password`, without the line end that editors add.

    Either may be empty. Without a file `password` there is a user without a password, for who asks for no more.

    Raises:
        SecretProblem: one of them is missing or cannot be used; the message says which and why, and nothing of its
            content.
    """
    username = _read(directory / name / "username", name)
    try:
        return Secret(username, _read(directory / name / "password", name))
    except SecretProblem as problem:
        if problem.is_missing:
            return Secret(username, None)
        raise


@dataclass(frozen=True)
class SecretFiles:
    """The secrets in a folder of this node, which has a folder for each."""

    directory: Path

    def login(self, name: str) -> Secret:
        """See `Secrets`."""
        return read_secret(self.directory, name)

    def value(self, name: str, key: str) -> str:
        """See `Secrets`: the text without the line end that editors add; it may have several lines."""
        return _read(self.directory / name / key, name, lines=True)


def _read(path: Path, secret_name: str, *, lines: bool = False) -> str:
    try:
        # Not blocking: whoever puts a FIFO here must not hang the agent.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise _problem(path, secret_name, "is not a file")
            content = file.read(_LONGEST_BYTES + 1)
    except FileNotFoundError:
        raise _problem(path, secret_name, "is missing", is_missing=True) from None
    except OSError as error:
        raise _problem(path, secret_name, f"cannot be read: {error.strerror}") from None
    if len(content) > _LONGEST_BYTES:
        raise _problem(path, secret_name, f"is longer than {_LONGEST_BYTES} bytes")
    try:
        text = content.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise _problem(path, secret_name, "is not UTF-8") from None
    if not lines and ("\n" in text or "\r" in text or "\0" in text):
        # Sent to a camera it would be a wrong password, again and again.
        raise _problem(path, secret_name, "holds more than one line")
    return text


def _problem(path: Path, secret_name: str, what: str, *, is_missing: bool = False) -> SecretProblem:
    return SecretProblem(secret_name, f"secret {secret_name!r}: {path} {what}", is_missing=is_missing)
