"""Pieces of a text that become others, and the lines of a text."""

import re
from collections.abc import Iterator
from typing import Final

from controller.edits.nodes import NotUnderstoodError

_LINE_END: Final = re.compile(r"\r\n|\n|\r")
_LAST_LINE_END: Final = re.compile(r"(?:\r\n|\n|\r)\Z")
_COMMENT_LINE: Final = re.compile(r"([ \t]*)#[^\r\n]*")


class Splices:
    """What is to become of pieces of one text. Nothing else of it changes."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._made: list[tuple[int, int, str]] = []

    def put(self, start: int, end: int, text: str) -> None:
        """Has a piece become another; of several insertions at one place, the first comes first."""
        if start != end or text:
            self._made.append((start, end, text))

    def mark(self) -> int:
        """A moment to go back to."""
        return len(self._made)

    def back_to(self, mark: int) -> None:
        """Forgets what came since."""
        del self._made[mark:]

    def result(self) -> str:
        """The text as it becomes.

        Lines that come behind one that goes come where that one was.

        Raises:
            NotUnderstoodError: two of the pieces overlap.
        """
        made = ""
        at = 0
        parts: list[str] = []
        for start, end, text in sorted(self._made, key=lambda one: (one[0], one[1] != one[0])):
            if start >= at:
                parts += (self.text[at:start], text)
                at = end
                continue
            made, parts = made + "".join(parts), []
            line_end = _LAST_LINE_END.search(made)
            if start != end or line_end is None or not text.startswith(line_end.group()):
                raise NotUnderstoodError("two edits of one place")
            parts += (made[: line_end.start()], text, line_end.group())
            made = ""
        return "".join((made, *parts, self.text[at:]))


class Lines:
    """The lines of a text; places are numbers of characters, from 0."""

    def __init__(self, text: str) -> None:
        self._text = text

    def start(self, at: int) -> int:
        """Where the line begins that a place is in."""
        return max(self._text.rfind("\n", 0, at), self._text.rfind("\r", 0, at)) + 1

    def column(self, at: int) -> int:
        """The column of a place, from 0."""
        return at - self.start(at)

    def end(self, at: int) -> int:
        """Where the line ends that a place is in: before its line end."""
        found = _LINE_END.search(self._text, at)
        return found.start() if found else len(self._text)

    def next(self, at: int) -> int:
        """Where the line begins after the one that a place is in."""
        found = _LINE_END.search(self._text, at)
        return found.end() if found else len(self._text)

    def is_first(self, at: int) -> bool:
        """True when nothing but blanks stands before a place in its line."""
        return not self._text[self.start(at) : at].strip(" \t")

    def line_end(self, at: int) -> str:
        """The line end of the line that a place is in; that of the first line where it has none."""
        found = _LINE_END.search(self._text, at) or _LINE_END.search(self._text)
        return found.group() if found else "\n"

    def comment_lines_above(self, at: int, lowest: int) -> int:
        """Where the comment begins that belongs to what stands at a place.

        These are the lines of comments directly above, in the same column, without an empty line between.

        Args:
            at: the first character of its line that is no blank.
            lowest: where the search ends.
        """
        start, column = self.start(at), self.column(at)
        while start > lowest:
            above = self.start(start - 1 if self._text[start - 2 : start] != "\r\n" else start - 2)
            comment = _COMMENT_LINE.match(self._text, above)
            if above < lowest or comment is None or len(comment[1]) != column:
                break
            start = above
        return start

    def end_of_comments_inside(self, at: int, column: int) -> int:
        """Where the last line ends that belongs to what ends at a place: its own, and comments right below that stand deeper.

        Args:
            at: where it ends.
            column: of its key or dash.
        """
        end = self.end(at)
        for begin in self._following(end):
            comment = _COMMENT_LINE.match(self._text, begin)
            if comment is None or len(comment[1]) <= column:
                break
            end = self.end(begin)
        return end

    def _following(self, at: int) -> Iterator[int]:
        while (following := self.next(at)) < len(self._text):
            yield following
            at = following
