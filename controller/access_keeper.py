"""Keeps the access file: reads it, reads it again when somebody else has changed it, and changes it."""

import asyncio
import contextlib
import logging
import os
import secrets
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from controller.access.access_file import AccessFile, BadAccess, checked_name, parse_access, written
from controller.access.identity import Binding
from controller.access.tokens import ID_BYTES, SECRET_BYTES, Token, digest_of, token_text
from ports.disk import Disk
from ports.folder_lock import FolderInUse, locked_folder

FILE_NAME: Final = "access.json"
"""In the state directory of the controller."""
_LOCK_NAME = "access.lock"
LOOK_SECONDS: Final = 1.0
"""Between two looks at the file: a token that was revoked by another program works so long."""
_log = logging.getLogger("controller.access")


class AccessKeeper:
    """The one who reads and writes the file. It never goes back to none: what was there once is asked for from then on."""

    def __init__(self, folder: Path, disk: Disk, clock: Callable[[], datetime]) -> None:
        """Reads nothing yet.

        Args:
            folder: the state directory of the controller.
            disk: where it is.
            clock: tells the time, UTC.
        """
        self._path = folder / FILE_NAME
        self._disk = disk
        self._clock = clock
        self._content: bytes | None = None
        self._complaint = ""
        self.current: AccessFile | None = None
        """What is in the file; None while there never was one."""

    def load(self) -> None:
        """Reads the file, if there is one.

        Raises:
            BadAccess: it is not of its form.
            OSError: it cannot be read.
        """
        try:
            content = self._disk.read(self._path)
        except FileNotFoundError:
            return
        if content == self._content:
            return
        try:
            self.current = parse_access(content)
        except BadAccess as error:
            raise BadAccess(f"{self._path}: {error}") from None
        self._content = content

    async def keep_looking(self) -> None:
        """Reads the file again and again; what is wrong with it is told once, and what was known stays."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                self.load()
                complaint = ""
            except (BadAccess, OSError) as error:
                complaint = f"the access file is not followed: {error}"
            if complaint and complaint != self._complaint:
                _log.error("%s; what was known before stays in force", complaint)
            self._complaint = complaint

    def create(self, name: str, binding: Binding, ttl: timedelta | None) -> tuple[Token, str]:
        """See `controller.api.access_control.Access`."""
        now = self._clock().replace(microsecond=0)
        with self._alone() as access:
            token_id = secrets.token_bytes(ID_BYTES)
            while access.token(token_id.hex()) is not None:
                token_id = secrets.token_bytes(ID_BYTES)
            text = token_text(token_id, secrets.token_bytes(SECRET_BYTES))
            name = checked_name(name or f"token-{token_id.hex()}")
            token = Token(token_id.hex(), name, digest_of(text), binding, now, _end(now, ttl))
            self._store(access.adding(token, now))
        return token, text

    def revoke(self, token_id: str) -> bool:
        """See `controller.api.access_control.Access`."""
        with self._alone() as access:
            left = access.revoking(token_id)
            if left is not None:
                self._store(left)
        return left is not None

    def give_to_owner(self) -> None:
        """Lets the controller read what root has written for it: the files are whose folder it is.

        Raises:
            OSError: they cannot be given.
        """
        owner = self._path.parent.stat()
        for path in (self._path, self._path.with_name(_LOCK_NAME)):
            if path.exists() and path.stat().st_uid != owner.st_uid:
                os.chown(path, owner.st_uid, owner.st_gid)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[AccessFile]:
        """What is on disk now; nobody else changes it meanwhile."""
        with contextlib.ExitStack() as held:
            try:
                held.enter_context(locked_folder(self._path.parent, _LOCK_NAME))
            except FolderInUse as error:
                who = f"another program (pid {error.pid})"
                raise BadAccess(f"{who} changes the access file just now: try again") from None
            self.load()
            yield self.current or AccessFile()

    def _store(self, access: AccessFile) -> None:
        content = written(access)
        self._disk.write(self._path, content)
        self._content, self.current = content, access


def _end(now: datetime, ttl: timedelta | None) -> datetime | None:
    try:
        return now + ttl if ttl is not None else None
    except OverflowError:
        raise BadAccess("it would expire after the year 9999") from None
