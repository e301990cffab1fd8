"""JSON texts that have much in common, each in the memory that its own part takes."""

import json
import zlib
from typing import Any, Final

from pydantic_core import from_json, to_json

_MOST_EDITIONS: Final = 256
"""So many are told apart by a byte."""
_LIKE_ENOUGH: Final = 6
"""A text that takes more than a sixth of its length says something that is worth to be known."""


def value_of(text: bytes) -> Any:
    """What a text says, which is JSON."""
    try:
        return from_json(text)
    except ValueError:  # it may hold halves of characters, which this parser refuses
        return json.loads(text)


class AlikeTexts:
    """Texts of one kind. What the first ones say is known when the next are packed: of 600 bytes 50 are left.

    It reads a text back in a microsecond and packs one in three. What it knows is bounded, and never forgotten.
    """

    def __init__(self, window_bits: int = 13, level: int = 6, memory_level: int = 3) -> None:
        """Knows nothing yet.

        Args:
            window_bits: what it knows, and how far zlib looks back, is two to the power of this bytes: 9 to 15.
            level: of zlib, from 1 to 9: how long it looks for more that is alike.
            memory_level: of zlib, from 1 to 9: what it looks in is copied for each text, so it is small.
        """
        self._window_bits = window_bits
        self._levels = (level, memory_level)
        self._editions: list[bytes] = []
        """What was known, each the one before with one text more: what was packed with one is read with it."""
        self._learn(b"")

    def pack(self, text: bytes) -> bytes:
        """A text in little memory."""
        packed = self._packed(text)
        if len(packed) * _LIKE_ENOUGH > len(text) and self._has_room_for(text):
            self._learn(text)
            packed = self._packed(text)
        return packed

    def pack_value(self, value: Any) -> bytes:
        """A value in little memory, as JSON."""
        try:
            return self.pack(to_json(value))
        except ValueError:  # it may hold halves of characters, which this writer refuses
            return self.pack(json.dumps(value, separators=(",", ":")).encode())

    def text(self, packed: bytes) -> bytes:
        """The very text that was packed."""
        known = self._editions[packed[0]]
        return zlib.decompressobj(-self._window_bits, known).decompress(memoryview(packed)[1:])

    def value(self, packed: bytes) -> Any:
        """What the text says, which is JSON."""
        return value_of(self.text(packed))

    def __getstate__(self) -> tuple[int, tuple[int, int], list[bytes]]:
        return self._window_bits, self._levels, self._editions

    def __setstate__(self, state: tuple[int, tuple[int, int], list[bytes]]) -> None:
        self._window_bits, self._levels, self._editions = state[0], state[1], list(state[2])
        self._fresh = self._knowing(self._editions[-1])

    def _packed(self, text: bytes) -> bytes:
        fresh = self._fresh.copy()
        return b"%c%b%b" % (len(self._editions) - 1, fresh.compress(text), fresh.flush())

    def _has_room_for(self, text: bytes) -> bool:
        known = len(self._editions[-1])
        return len(self._editions) < _MOST_EDITIONS and known + len(text) <= 1 << self._window_bits

    def _learn(self, text: bytes) -> None:
        known = (self._editions[-1] if self._editions else b"") + text
        self._editions.append(known)
        self._fresh = self._knowing(known)

    def _knowing(self, text: bytes) -> "zlib._Compress":
        return zlib.compressobj(self._levels[0], zlib.DEFLATED, -self._window_bits, self._levels[1], zdict=text)
