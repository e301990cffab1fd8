"""Remembers the last good revision on disk, so that a restart without a source does not begin with nothing."""

import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from controller.model import Revision
from crds.camera import Camera
from crds.digest import digest
from crds.document import Manifest
from crds.dsinstance import DsInstance
from crds.kinds import KINDS
from crds.node import Node

_FORMAT: Final = 1


@dataclass(frozen=True)
class Recalled:
    """What was remembered."""

    revision: Revision | None
    """None when there is nothing that can be trusted."""
    warning: str = ""
    """Why something that is there cannot be trusted; empty when nothing is wrong."""


class LastGood:
    """The last good revision, in one file.

    Args:
        path: of the file; its directory is made when it is missing.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)

    def store(self, revision: Revision) -> None:
        """Remembers a revision: afterwards the file holds this one or, after a crash, the one before.

        Raises:
            OSError: the disk does not take it. What was remembered before is still there.
        """
        content: dict[str, Any] = {
            "format": _FORMAT,
            "id": revision.id,
            "description": revision.description,
            "documents": [one.document() for one in revision.objects],
        }
        text = json.dumps({"digest": digest(content), "revision": content}, ensure_ascii=False)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{self._path.name}.", dir=self._path.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self._path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        directory = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def load(self) -> Recalled:
        """What was remembered. Never raises: a damaged file is the same as none, with a warning."""
        try:
            stored = json.loads(self._path.read_bytes())
            content = stored["revision"]
            if content["format"] != _FORMAT:
                return Recalled(None, f"{self._path} was written by another version: ignored")
            if stored["digest"] != digest(content):
                return Recalled(None, f"{self._path} is damaged (its digest does not match): ignored")
            return Recalled(_revision(content))
        except FileNotFoundError:
            return Recalled(None)
        except OSError as error:
            return Recalled(None, f"{self._path} cannot be read: {error.strerror}")
        except ValidationError as error:
            return Recalled(None, f"{self._path} holds manifests that are not valid any more ({error.title}): ignored")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            return Recalled(None, f"{self._path} is damaged ({type(error).__name__}): ignored")


def _revision(content: dict[str, Any]) -> Revision:
    manifests: list[Manifest] = [
        KINDS[document["kind"]].model_validate(document, by_alias=True, by_name=False)
        for document in content["documents"]
    ]
    return Revision(
        id=str(content["id"]),
        cameras=tuple(one for one in manifests if isinstance(one, Camera)),
        instances=tuple(one for one in manifests if isinstance(one, DsInstance)),
        nodes=tuple(one for one in manifests if isinstance(one, Node)),
        description=str(content["description"]),
    )
