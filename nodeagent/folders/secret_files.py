"""Secrets as files of this node."""

import os
import stat
from pathlib import Path

from crds.secret import Secret
from nodeagent.model import Waiting

_LONGEST_BYTES = 64 * 1024


def read_secret(directory: Path, name: str) -> Secret:
    """Reads `directory/name/username` and `directory/name/password`, without the line end that editors add.

    Raises:
        Waiting: one of them is missing or cannot be used; the message says which and why, and nothing of its content.
    """
    return Secret(
        username=_read(directory / name / "username", name), password=_read(directory / name / "password", name)
    )


def _read(path: Path, secret_name: str) -> str:
    try:
        # Not blocking: whoever puts a FIFO here must not hang the agent.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise _waiting(path, secret_name, "is not a file")
            content = file.read(_LONGEST_BYTES + 1)
    except FileNotFoundError:
        raise _waiting(path, secret_name, "is missing") from None
    except OSError as error:
        raise _waiting(path, secret_name, f"cannot be read: {error.strerror}") from None
    if len(content) > _LONGEST_BYTES:
        raise _waiting(path, secret_name, f"is longer than {_LONGEST_BYTES} bytes")
    try:
        text = content.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise _waiting(path, secret_name, "is not UTF-8") from None
    if not text:
        raise _waiting(path, secret_name, "is empty")
    return text


def _waiting(path: Path, secret_name: str, what: str) -> Waiting:
    return Waiting(f"secret {secret_name!r}: {path} {what}", on=f"secret {secret_name}")
