"""Remembers the last good revision on disk, so that a restart without a source does not begin with nothing."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from controller.model import Revision
from controller.source.pieces import Pieces
from crds.digest import digest
from crds.document import Manifest, unknown_format
from crds.kinds import KINDS
from ports.disk import Disk

_FORMAT: Final = 2
"""Of format 1 are files that hold all manifests themselves: they are read, and not written."""


@dataclass(frozen=True)
class InForce:
    """Which revision is in force."""

    revision_id: str
    is_approved: bool = False
    """True when a person approved of what it removes."""


@dataclass(frozen=True)
class Recalled:
    """What was remembered."""

    revision: Revision | None
    """None when there is nothing that can be trusted."""
    warning: str = ""
    """Why something that is there cannot be trusted; empty when nothing is wrong."""
    is_of_another_format: bool = False
    """True when it was written by another version: nothing is damaged, and people may know what to do."""
    is_outdated: bool = False
    """True when another revision was in force last: the controller ended before its copy was written."""
    approved_id: str = ""
    """The id of the revision that was in force last, if a person approved of what it removes."""


class LastGood:
    """The last good revision on disk, and beside it which one was in force last.

    That it is in force is written before anything of it is published, and the copy of it follows. A copy of another one is
    old: what was published since must not be taken back because of it.
    """

    def __init__(self, path: Path, disk: Disk) -> None:
        """Reads and writes nothing yet.

        Args:
            path: of the file; its folder is made when it is missing. What it names lies beside it.
            disk: where it is.
        """
        self._path = path
        self._mark = path.with_name("in-force.json")
        self._disk = disk
        self._pieces = Pieces(path.with_suffix(""), disk)

    def mark(self, now: InForce) -> None:
        """Writes down which revision is in force from now on. Blocks, for as long as one small file takes.

        Raises:
            OSError: the disk does not take it.
        """
        content = {"format": 1, "revision": now.revision_id, "approved": now.is_approved}
        self._disk.write(self._mark, json.dumps(content).encode())

    def store(self, revision: Revision) -> None:
        """Remembers a revision. Blocks.

        Raises:
            OSError: the disk does not take it. What is there then may be of no use, and is known as that.
        """
        content: dict[str, Any] = {
            "format": _FORMAT,
            "id": revision.id,
            "description": revision.description,
            "pieces": self._pieces.write(revision),
        }
        text = json.dumps({"digest": digest(content), "revision": content}, ensure_ascii=False)
        self._disk.write(self._path, text.encode())

    def load(self) -> Recalled:
        """What was remembered. Never raises: a damaged file is the same as none, with a warning. Blocks."""
        try:
            marked = self._marked_on_disk()
        except OSError as error:
            return Recalled(None, f"{self._mark} cannot be read: {error.strerror}")
        recalled = self._load(marked.revision_id if marked else None)
        return replace(recalled, approved_id=marked.revision_id) if marked and marked.is_approved else recalled

    def _load(self, marked: str | None) -> Recalled:
        """See `load`.

        Args:
            marked: the id of the revision that was in force last; None when nobody wrote it down.
        """
        try:
            stored = json.loads(self._disk.read(self._path))
            content = stored["revision"]
            if content.get("format", 1) != 1 and (why := unknown_format("it", content, _FORMAT)):
                warning = f"{self._path} was written by another version, and ignored: {why}"
                return Recalled(None, warning, is_of_another_format=True)
            if stored["digest"] != digest(content):
                return Recalled(None, f"{self._path} is damaged (its digest does not match): ignored")
            if marked is not None and marked != content["id"]:
                return self._outdated(f"is of revision {content['id']}", marked)
            return Recalled(self._revision(content))
        except FileNotFoundError:
            return Recalled(None) if marked is None else self._outdated("was not written", marked)
        except OSError as error:
            return Recalled(None, f"{self._path} cannot be read: {error.strerror}")
        except ValidationError as error:
            return Recalled(None, f"{self._path} holds manifests that are not valid any more ({error.title}): ignored")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            return Recalled(None, f"{self._path} is damaged ({type(error).__name__}): ignored")

    def _marked_on_disk(self) -> InForce | None:
        """Which revision was in force last; None from versions that did not write it down.

        Raises:
            OSError: the disk does not give it.
        """
        try:
            content = json.loads(self._disk.read(self._mark))
            return InForce(str(content["revision"]), content.get("approved") is True)
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return InForce("that cannot be read")

    def _outdated(self, what: str, marked: str) -> Recalled:
        text = (
            f"revision {marked} was in force, and its copy at {self._path} {what}: nothing is in force until the source of "
            "the manifests is read"
        )
        return Recalled(None, text, is_outdated=True)

    def _revision(self, content: dict[str, Any]) -> Revision:
        documents = content["documents"] if "documents" in content else self._pieces.read(content["pieces"])
        manifests: list[Manifest] = [
            KINDS[document["kind"]].model_validate(document, by_alias=True, by_name=False) for document in documents
        ]
        manifests.sort(key=lambda one: one.name)
        return Revision.of(str(content["id"]), manifests, str(content["description"]))
