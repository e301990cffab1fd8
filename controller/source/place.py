"""Where manifests come from, as people are told it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SourcePlace:
    """A place."""

    kind: str
    """`git` or `directory`."""
    location: str
    """A path or a URL, without user and password."""
    branch: str = ""
    """What is read of a repository."""
    why_read_only: str = ""
    """Why it takes no edits, as far as that is known from the beginning; empty when it does."""
