"""Takes pictures in: what is accepted, and what is refused with which sentence."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from fastapi import HTTPException

from tasks.image_header import BrokenHeader, ImageHeader, UnknownImageFormat, read_header
from tasks.limits import ImageLimits
from tasks.service.image_files import ImageFiles
from tasks.service.steps import AskedKind
from tasks.service.tables import Task
from tasks.service.task_store import IdsUsedUp, TaskStore

_RETRY_AFTER_S: Final = 5


@dataclass(frozen=True)
class IntakeLimits:
    """How much is taken.

    Attributes:
        image: Of one picture.
        unanswered: Tasks of all users that may wait for an answer.
        unanswered_per_user: Tasks of one user that may.
    """

    image: ImageLimits = field(default_factory=ImageLimits)
    unanswered: int = 10_000
    unanswered_per_user: int = 5_000


class Intake:
    """Makes a task of a picture, or says why not."""

    def __init__(self, store: TaskStore, files: ImageFiles, limits: IntakeLimits, stored: Callable[[], None]) -> None:
        """Puts the parts together.

        Args:
            store: For tasks.
            files: For their pictures.
            limits: How much is taken.
            stored: Is called when there is a new task.
        """
        self._store, self._files, self._limits, self._stored = store, files, limits, stored

    def accept(self, owner: str, kind: AskedKind, upload: BinaryIO) -> Task:
        """Stores the picture and its task; when this returns, no crash loses either.

        Raises:
            HTTPException: If it is not accepted; nothing is left of it then.
            SQLAlchemyError: If the database is away; the same.
        """
        self._check_room(owner)
        image = upload.read(self._limits.image.image_bytes + 1)
        header = self._checked(image)
        try:
            name = self._files.add(image)
        except OSError as error:
            raise HTTPException(507, f"the picture cannot be stored: {error.strerror}") from None
        try:
            task = self._store.add(owner, kind, name, header)
        except IdsUsedUp:
            self._files.remove(name)
            raise HTTPException(
                507, "no task ids are left: the service was told to use too few bytes for them"
            ) from None
        except BaseException:
            self._files.remove(name)
            raise
        self._stored()
        return task

    def _check_room(self, owner: str) -> None:
        waiting = self._store.unanswered()
        retry = {"Retry-After": str(_RETRY_AFTER_S)}
        if waiting.get(owner, 0) >= self._limits.unanswered_per_user:
            raise HTTPException(429, f"{waiting[owner]} tasks of yours wait for an answer; try later", retry)
        if sum(waiting.values()) >= self._limits.unanswered:
            raise HTTPException(503, "too many tasks wait for an answer; try later", retry)

    def _checked(self, image: bytes) -> ImageHeader:
        limits = self._limits.image
        if len(image) > limits.image_bytes:
            raise HTTPException(413, f"the picture is too large: at most {limits.image_bytes} bytes are taken")
        try:
            header = read_header(image)
        except UnknownImageFormat:
            raise HTTPException(415, "the file is neither a JPEG nor a PNG picture") from None
        except BrokenHeader as error:
            raise HTTPException(422, str(error)) from None
        if header.pixels > limits.image_pixels:
            raise HTTPException(
                422,
                f"the picture has {header.width} x {header.height} pixels; at most {limits.image_pixels} are taken",
            )
        return header
