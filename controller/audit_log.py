"""Writes the audit log: a line of JSON for each request that was to change something."""

import logging
from collections import deque
from pathlib import Path
from typing import Final

from controller.access.audit_line import Audited
from ports.appended_file import AppendedFile

FILE_NAME: Final = "audit.log"
"""In the state directory of the controller."""
MOST_BYTES: Final = 16 * 1024 * 1024
"""Of one file: some 70,000 requests."""
MOST_FILES: Final = 8
_log = logging.getLogger("controller.audit")


class AuditFile:
    """The audit log on disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = AppendedFile(path, MOST_BYTES, MOST_FILES)
        self._waiting: deque[bytes] = deque()
        """Lines of requests that were at work when the disk took no more. No new ones come before these are written."""

    def require_room(self) -> None:
        """See `controller.api.access_control.AuditLog`."""
        while self._waiting:
            self._file.append(self._waiting[0])
            self._waiting.popleft()

    def append(self, audited: Audited) -> None:
        """See `controller.api.access_control.AuditLog`."""
        self._waiting.append(audited.line())
        try:
            self.require_room()
        except OSError as error:
            _log.error("%s cannot be written (%s): nothing is changed until it can", self._path, error.strerror)
