"""Who may use the service: a file that the operator keeps, one user a line, with passwords hashed by scrypt.

A line is ``name:scrypt$n$r$p$salt$hash``, salt and hash in base64. ``fleet tasks add-user`` writes it. The file is read again when it
has changed, so that adding, changing and removing users needs no restart.
"""

import base64
import binascii
import hashlib
import hmac
import logging
import os
import re
import secrets
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pipeline.files.json_reader import ConfigError

_LOG = logging.getLogger(__name__)

LEAST_PASSWORD_CHARACTERS: Final = 8
# Longer ones would only keep the hash function busy.
MOST_PASSWORD_CHARACTERS: Final = 256

MOST_USER_NAME_CHARACTERS: Final = 100

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,99}")

# OWASP's Password Storage Cheat Sheet: 2^17, 8, 1 or, with less memory, 2^15, 8, 3. It takes 32 MB and about 0.2 s.
_N, _R, _P = 2**15, 8, 3
# Refused above this: twice what the strongest setting of that list needs.
_MOST_MEMORY: Final = 256 * 1024 * 1024
_MOST_P: Final = 16
_SALT_BYTES: Final = 16
_HASH_BYTES: Final = 32

# Hashing costs CPU and memory, and anybody may ask for it.
_HASHED_AT_ONCE: Final = 2


@dataclass(frozen=True)
class _Entry:
    n: int
    r: int
    p: int
    salt: bytes = field(repr=False)
    digest: bytes = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """Tells this entry from any other of the same user, and nothing of the password."""
        return hashlib.sha256(self.salt + self.digest).hexdigest()

    def fits(self, password: str) -> bool:
        digest = hashlib.scrypt(
            password.encode(), salt=self.salt, n=self.n, r=self.r, p=self.p, maxmem=_MOST_MEMORY, dklen=len(self.digest)
        )
        return hmac.compare_digest(digest, self.digest)


def hash_password(password: str) -> str:
    """Returns what stands behind a user's name in the file.

    Raises:
        ValueError: If the password is too short or too long.
    """
    if not LEAST_PASSWORD_CHARACTERS <= len(password) <= MOST_PASSWORD_CHARACTERS:
        raise ValueError(f"a password must have {LEAST_PASSWORD_CHARACTERS} to {MOST_PASSWORD_CHARACTERS} characters")
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = hashlib.scrypt(password.encode(), salt=salt, n=_N, r=_R, p=_P, maxmem=_MOST_MEMORY, dklen=_HASH_BYTES)
    return f"scrypt${_N}${_R}${_P}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def write_user(file: Path, name: str, password: str) -> bool:
    """Adds a user to the file, or gives one that is there another password, and returns whether it is a new one.

    Raises:
        ValueError: If the name or the password will not do.
        ConfigError: If the file is there and is not a file of users.
        OSError: If it cannot be written.
    """
    if not _NAME.fullmatch(name):
        raise ValueError("a user's name is letters, digits and . _ @ -, at most 100 of them")
    hashed = hash_password(password)
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    _entries(file, "\n".join(lines))
    kept = [line for line in lines if line.partition(":")[0] != name]
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile("w", dir=file.parent, prefix=file.name, delete=False, encoding="utf-8") as new:
        new.write("\n".join([*kept, f"{name}:{hashed}", ""]))
        new.flush()
        os.fsync(new.fileno())
    Path(new.name).rename(file)
    return len(kept) == len(lines)


class Users:
    """The users of a file, as it is now."""

    def __init__(self, file: Path) -> None:
        """Reads the file.

        Raises:
            ConfigError: If it cannot be read, or holds no user.
        """
        self._file = file
        self._lock = threading.Lock()
        self._hashing = threading.BoundedSemaphore(_HASHED_AT_ONCE)
        self._stamp = _stamp(file)
        self._users = _read(file)
        # For names that nobody has: the answer must take as long as for a wrong password.
        self._nobody = _Entry(_N, _R, _P, secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_HASH_BYTES))

    def credential(self, name: str) -> str | None:
        """Returns what tells the user's present password from others; None if there is no such user."""
        entry = self._now().get(name)
        return None if entry is None else entry.fingerprint

    def check(self, name: str, password: str) -> str | None:
        """Returns the user's ``credential`` if the password is right. Takes a fifth of a second, on purpose."""
        entry = self._now().get(name)
        with self._hashing:
            right = (entry or self._nobody).fits(password[: MOST_PASSWORD_CHARACTERS + 1])
        return entry.fingerprint if entry is not None and right else None

    def _now(self) -> Mapping[str, _Entry]:
        with self._lock:
            stamp = _stamp(self._file)
            if stamp != self._stamp:
                self._stamp = stamp
                try:
                    self._users = _read(self._file)
                    _LOG.info("%s: %d users", self._file, len(self._users))
                except ConfigError as error:
                    _LOG.error("%s; the users stay as they were", error)
            return self._users


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def _read(file: Path) -> Mapping[str, _Entry]:
    try:
        users = _entries(file, file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{file}: not there; make the first user: fleet tasks add-user NAME") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read: {getattr(error, 'strerror', None) or 'not UTF-8'}") from None
    if not users:
        raise ConfigError(f"{file}: holds no user; make the first one: fleet tasks add-user NAME")
    return users


def _entries(file: Path, text: str) -> dict[str, _Entry]:
    users: dict[str, _Entry] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, hashed = line.strip().partition(":")
        entry = _entry(hashed)
        if entry is None or not _NAME.fullmatch(name):
            # The line itself is not shown: somebody may have put a password there.
            raise ConfigError(f"{file}:{number}: not a line of `fleet tasks add-user`")
        users[name] = entry
    return users


def _entry(hashed: str) -> _Entry | None:
    parts = hashed.split("$")
    if len(parts) != 6 or parts[0] != "scrypt":
        return None
    try:
        n, r, p = (int(part) for part in parts[1:4])
        salt, digest = (base64.b64decode(part, validate=True) for part in parts[4:])
    except (ValueError, binascii.Error):
        return None
    memory_is_fine = min(n, r) > 0 and 256 * n * r <= _MOST_MEMORY
    if not salt or len(digest) < _SALT_BYTES or n < 2 or n & (n - 1) or not memory_is_fine or not 1 <= p <= _MOST_P:
        return None
    return _Entry(n, r, p, salt, digest)
