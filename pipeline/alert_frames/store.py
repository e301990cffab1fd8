"""The folder in which frames of alerts are kept: each camera has one in it, and each alert a file in that."""

import hashlib
import logging
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from pipeline.alert_frames.frame_file import NoFrameError, decode_frame, encode_frame
from pipeline.alert_frames.ring import KeptFile, surplus
from pipeline.files.alert_rules import AlertSettings
from pipeline.model import AlertNews, FrameResult

_LOG = logging.getLogger(__name__)

_SUFFIX: Final = ".jpg"
_ALERT_ID: Final = re.compile(r"[0-9A-Za-z-]{1,64}")
_LONGEST_NAME: Final = 200


@dataclass(frozen=True)
class KeptFrame:
    """A frame that was kept, and of which alert."""

    alert_id: str
    result: FrameResult


class AlertFrames:
    """Keeps frames within bounds; any thread may call. Nothing is written before the first alert, and nothing raises.

    They are there again after a restart, if the folder is.

    Args:
        folder: Where; made when it is needed.
        bounds: How many.
    """

    def __init__(self, folder: Path, bounds: AlertSettings) -> None:
        self._folder = folder
        self._bounds = bounds
        self._lock = threading.Lock()
        self._fails = False
        self._kept: list[KeptFile] = []
        try:
            self._kept = sorted(_found_in(folder), key=lambda one: one.kept_at_s)
        except OSError as error:
            self._say(error)
        self.forget_surplus(time.monotonic())

    def keep(self, news: AlertNews, result: FrameResult) -> None:
        """Keeps the frame that an alert begins with, if its rule wants that."""
        if news.has_ended or not news.keeps_frame:
            return
        camera, alert_id = _folder_of(result.frame.camera_id), news.alert.alert_id
        try:
            content = encode_frame(news.alert, result)
            with self._lock:
                self._write(camera, alert_id, content)
                self._kept.append(KeptFile(camera, alert_id, len(content), time.monotonic()))
        except Exception as error:  # noqa: BLE001 - the alert is told all the same, and the camera goes on
            self._say(error)
            return
        self._fails = False
        self.forget_surplus(time.monotonic())

    def forget_surplus(self, now_s: float) -> None:
        """Removes what is too old, and what is too much."""
        with self._lock:
            gone = set(surplus(self._kept, self._bounds, now_s))
            if not gone:
                return
            self._kept = [one for one in self._kept if one not in gone]
            for one in gone:
                try:
                    self._path(one.folder, one.alert_id).unlink(missing_ok=True)
                except OSError as error:
                    self._say(error)

    def ids(self, camera_id: str) -> tuple[str, ...]:
        """Returns the alerts of a camera of which there are frames, newest first."""
        camera = _folder_of(camera_id)
        with self._lock:
            return tuple(one.alert_id for one in reversed(self._kept) if one.folder == camera)

    def find(self, camera_id: str, alert_id: str = "") -> KeptFrame | None:
        """Returns the frame of an alert of a camera, the newest one without an id; None if there is none any more."""
        ids = self.ids(camera_id)
        wanted = alert_id or (ids[0] if ids else "")
        if wanted not in ids:
            return None
        try:
            content = self._path(_folder_of(camera_id), wanted).read_bytes()
            _, result = decode_frame(content, time.monotonic(), time.time())
        except (OSError, NoFrameError):
            return None
        return KeptFrame(wanted, result)

    def _write(self, camera: str, alert_id: str, content: bytes) -> None:
        """Whole or not at all, and for nobody else on the machine: it may show people."""
        path = self._path(camera, alert_id)
        for folder in (self._folder, path.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        unfinished = path.with_suffix(".part")
        unfinished.touch(mode=0o600)
        unfinished.write_bytes(content)
        unfinished.replace(path)

    def _path(self, camera: str, alert_id: str) -> Path:
        return self._folder / camera / f"{alert_id}{_SUFFIX}"

    def _say(self, error: Exception) -> None:
        if not self._fails:
            self._fails = True
            why = error.strerror if isinstance(error, OSError) else type(error).__name__
            _LOG.warning("frames of alerts cannot be kept in %s: %s; said once until they can", self._folder, why)


def _folder_of(camera_id: str) -> str:
    """A name that stands for any id: as it is where it can be."""
    name = quote(camera_id, safe="", errors="replace")
    if not name or name.startswith(".") or len(name) > _LONGEST_NAME:
        return f"camera-{hashlib.sha256(name.encode()).hexdigest()}"
    return name


def _found_in(folder: Path) -> Iterator[KeptFile]:
    """What an earlier run has left; what it had not finished goes."""
    now_s, now_unix_s = time.monotonic(), time.time()
    for path in folder.glob("*/*"):
        if path.suffix == ".part":
            path.unlink(missing_ok=True)
        elif path.suffix == _SUFFIX and _ALERT_ID.fullmatch(path.stem) and path.is_file():
            there = path.stat()
            kept_at_s = now_s - max(0.0, now_unix_s - there.st_mtime)
            yield KeptFile(path.parent.name, path.stem, there.st_size, kept_at_s)
