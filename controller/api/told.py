"""What many are told in the same words, made once for all of them."""

from collections.abc import Callable, Hashable
from typing import Final

from controller.picture.conditions import Document
from controller.picture.store import Stored

MOST_BYTES: Final = 4 * 1024 * 1024
"""Of lines that are remembered: some thousand changes. Whoever is further behind has them made for himself."""
_MOST_DOCUMENTS: Final = 256
_ENTRY_BYTES: Final = 500
"""Of what a line is remembered by. Many select nothing of a change: that is an empty line."""


class Told:
    """The newest lines of watches, or parts of lists, and the documents that those who select look at.

    All who watch wake for the same change, so it is enough to remember the last ones. What is remembered changes nothing but time.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._lines: dict[Hashable, bytes] = {}
        """Oldest first."""
        self._documents: dict[Stored, Document] = {}
        self.bytes = 0
        """Of the lines that are remembered, and of what is held for each."""

    def line(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """A line, made unless it was before.

        Args:
            key: of all that the line depends on.
            make: makes it.
        """
        line = self._lines.get(key)
        if line is None:
            self._lines[key] = line = make()
            self.bytes += len(line) + _ENTRY_BYTES
            while self.bytes > self._most_bytes:
                self.bytes -= len(self._lines.pop(next(iter(self._lines)))) + _ENTRY_BYTES
        return line

    def document(self, stored: Stored) -> Document:
        """What an object says, to be read alone: it is read once for all who select."""
        document = self._documents.get(stored)
        if document is None:
            if len(self._documents) >= _MOST_DOCUMENTS:
                del self._documents[next(iter(self._documents))]
            self._documents[stored] = document = stored.document
        return document
