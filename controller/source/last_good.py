"""Remembers the last good revision on disk, so that a restart without a source does not begin with nothing."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from controller.model import Revision
from crds.digest import digest
from crds.document import Manifest, unknown_format
from crds.kinds import KINDS
from ports.disk import Disk

_FORMAT: Final = 1


@dataclass(frozen=True)
class Recalled:
    """What was remembered."""

    revision: Revision | None
    """None when there is nothing that can be trusted."""
    warning: str = ""
    """Why something that is there cannot be trusted; empty when nothing is wrong."""
    is_of_another_format: bool = False
    """True when it was written by another version: nothing is damaged, and people may know what to do."""


class LastGood:
    """The last good revision, in one file."""

    def __init__(self, path: Path, disk: Disk) -> None:
        """Reads and writes nothing yet.

        Args:
            path: of the file; its folder is made when it is missing.
            disk: where it is.
        """
        self._path = path
        self._disk = disk

    def store(self, revision: Revision) -> None:
        """Remembers a revision: afterwards the file holds this one or, after a crash, the one before. Blocks.

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
        self._disk.write(self._path, text.encode())

    def load(self) -> Recalled:
        """What was remembered. Never raises: a damaged file is the same as none, with a warning. Blocks."""
        try:
            stored = json.loads(self._disk.read(self._path))
            content = stored["revision"]
            if why := unknown_format("it", content, _FORMAT):
                warning = f"{self._path} was written by another version, and ignored: {why}"
                return Recalled(None, warning, is_of_another_format=True)
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
    return Revision.of(str(content["id"]), manifests, str(content["description"]))
