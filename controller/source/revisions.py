"""Earlier revisions of the manifests, wherever they are kept: who made them, what they changed, and what they held."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

FEWEST_DIGITS: Final = 7
"""Of a revision that is named by the beginning of its id."""

_SHOWN_DIGITS: Final = 12
BY_HAND: Final = "edited in the directory"
"""What is said of a revision that nobody wrote through the API, where nobody says more of it."""

Files = Mapping[bytes, bytes]
"""What manifest files hold, by path."""
FileChanges = Mapping[bytes, tuple[bytes | None, bytes | None]]
"""What they held before and hold afterwards; None for a file that is not there."""


@dataclass(frozen=True)
class PastRevision:
    """One revision, that is in force or was before."""

    revision_id: str
    author: str
    """Who made it; empty where nobody knows."""
    at: datetime
    """When it was made, or came into force."""
    subject: str
    """What it says of itself, in a line."""
    cursor: str = ""
    """What names its place among all others: a directory can hold the same manifests more than once."""


def short_id(revision_id: str) -> str:
    """The beginning of an id, as people name it."""
    return revision_id.removeprefix("sha256:")[:_SHOWN_DIGITS]


class RevisionsAway(Exception):  # noqa: N818 - says what is so
    """They cannot be read now; the message says why."""


class Revisions(Protocol):
    """Earlier revisions. What takes long is done elsewhere than in the event loop."""

    async def listed(self, before: str, most: int) -> tuple[PastRevision, ...]:
        """The newest of them, the newest first.

        Args:
            before: the cursor of one: those before it; empty for the newest of all.
            most: so many at most.

        Raises:
            RevisionsAway: they cannot be read now.
        """
        ...

    async def found(self, revision_id: str) -> PastRevision | None:
        """One of them by its id, or the beginning of that; None when there is none.

        Raises:
            RevisionsAway: they cannot be read now.
        """
        ...

    async def changes(self, revision: PastRevision) -> FileChanges:
        """What it made of the one before it.

        Raises:
            RevisionsAway: they cannot be read now.
        """
        ...

    async def files(self, revision: PastRevision) -> Files:
        """All that it held.

        Raises:
            RevisionsAway: they cannot be read now, or not any more.
        """
        ...
