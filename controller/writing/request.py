"""What is asked of objects, and what became of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from controller.model import ObjectRef
from controller.picture.conditions import Document
from controller.picture.store import Stored
from controller.source.revisions import Files
from controller.writing.preview import Preview

MODIFIED: Final = "the object has been modified; please apply your changes to the latest version and try again"
"""The words that clients know from Kubernetes."""

Make = Callable[[Document | None], Document | None]
"""An object as it is shown, None for one that is not there, to what it is to be; None for one that is to go.

It may be called again with another form of the object. It raises `WriteRefused` where that cannot be asked.
"""


Permit = Callable[[ObjectRef, Document | None, Document | None], None]
"""Raises what says that the caller may not make an object, as its manifest is, another; None where it is not there."""


def everybody_may(_ref: ObjectRef, _before: Document | None, _after: Document | None) -> None:
    """Lets everybody do everything."""


def everybody_approves() -> None:
    """Lets everybody approve of everything."""


@dataclass(frozen=True)
class ObjectChange:
    """What is asked of one object."""

    ref: ObjectRef
    make: Make
    uid: str = ""
    """That it must have; empty for any."""
    resource_version: str = ""
    """That it must have; empty for any."""


@dataclass(frozen=True)
class Selected:
    """All objects of a kind that something holds of: they are to go."""

    kind: str
    matches: Callable[[Stored], bool]


@dataclass(frozen=True)
class Restored:
    """All manifests as an earlier revision has them: whoever asks for that may change everything."""

    revision_id: str
    subject: str
    """Of that revision."""
    files: Files
    """All that it holds."""


@dataclass(frozen=True)
class WriteRequest:
    """What is asked."""

    verb: str
    """For people: create, update, patch, apply, delete, restore."""
    changes: tuple[ObjectChange, ...] | Selected | Restored
    author: str = "anonymous"
    reason: str = ""
    """Why, for the commit; an annotation may say it, too."""
    approve: str = ""
    """The revision whose removals are approved; an annotation may say it, too."""
    dry_run: bool = False
    only_looks: bool = False
    """A dry run that is answered with a `Preview`, whether or not the removal guard would park it."""
    field_validation: str = "Warn"
    """What becomes of fields that the kind does not have: Strict refuses, Warn and Ignore leave them out."""
    permit: Permit = everybody_may
    permit_approval: Callable[[], None] = everybody_approves
    """Raises what says that the caller may approve of no removals."""


@dataclass(frozen=True)
class WriteDone:
    """What became of it."""

    documents: tuple[Document, ...]
    """The objects as they are now, or would be; those that went as they were."""
    revision_id: str = ""
    """That holds them; empty when nothing had to be written."""
    warnings: tuple[str, ...] = ()
    """For people."""
    plan: dict[str, Any] = field(default_factory=dict)
    """What happens to instances and cameras, as plain data."""
    branch: str = ""
    """Where they wait to be taken over, when that is another branch than is read."""
    pull_request_url: str = ""
    preview: Preview | None = None
    """Of a dry run that asked for one."""
