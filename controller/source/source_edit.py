"""A change of the files of a source: what is asked for, and why it may not be done."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class SourceEdit:
    """Files that become others, all of them or none."""

    before: Mapping[bytes, bytes | None]
    """The files that it touches as they were read, by path; None for one that was not there."""
    after: Mapping[bytes, bytes | None]
    """What they become, by the same paths; None for one that is to go."""
    author: str = "anonymous"
    """Who asks for it: the author of a commit."""
    message: str = "Edit manifests"
    """What a commit says of it: a line, and more below an empty one."""


@dataclass(frozen=True)
class Written:
    """What became of an edit."""

    revision_id: str
    """Of the revision that holds it: what the next reading is of, unless it stands on a branch of its own."""
    branch: str = ""
    """The branch that it stands on, when that is another one than is read."""
    pull_request_url: str = ""
    """Where a person asks that it be taken over from there, when that is known."""


class SourceChanged(Exception):  # noqa: N818 - says what happened
    """Somebody else was faster: a file is not as it was read. Nothing was written."""


class NotWritable(Exception):  # noqa: N818 - says what is so
    """The source cannot be written; the message says why, and what to do. Nothing was written."""
