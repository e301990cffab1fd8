"""What comes into, and goes out of, the brackets of a mapping or a list: `{a: 1, b: 2}`, `[1, 2]`, in one line or in many.

An element that goes takes with it its comma, the comment behind it in its line and, where it has a line of its own, the
comment right above in its column. One that comes has a line of its own where its neighbour has.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from controller.edits.nodes import MappingNode, SequenceNode, end_of_properties
from controller.edits.splices import Lines, Splices

_GAP: Final = re.compile(r"(?:[ \t\r\n]+|\#[^\r\n]*)*")
_REST_OF_LINE: Final = re.compile(r"[ \t]*(?:\#[^\r\n]*)?(?=\r|\n)")
_BLANKS: Final = re.compile(r"[ \t]*")

Span = tuple[int, int]


class FlowSplices:
    """Makes the splices for one pair of brackets."""

    def __init__(self, text: str, splices: Splices, node: MappingNode | SequenceNode, spans: Sequence[Span]) -> None:
        """Makes none yet.

        Args:
            text: what the node stands in.
            splices: takes what is found.
            node: the brackets.
            spans: where each element begins and ends.
        """
        self._text = text
        self._lines = Lines(text)
        self._put = splices.put
        self._node = node
        self._spans = spans
        self._commas = [self._comma(end) for _, end in spans]
        """Behind the elements; -1 where there is none."""
        self._taken: set[int] = set()

    def edit(self, gone: set[int], new: Mapping[int, Sequence[str]]) -> None:
        """Takes elements out and puts others in.

        Args:
            gone: the numbers of those that go.
            new: texts of new ones, by the number of the element that they come behind; -1: before the first one.
        """
        kept = [number for number in range(len(self._spans)) if number not in gone]
        if not kept:
            self._all_anew([text for number in sorted(new) for text in new[number]])
            return
        behind: dict[int, list[str]] = {}
        for number in sorted(new):
            at = max((one for one in kept if one <= number), default=-1)
            behind.setdefault(at, []).extend(new[number])
        for number in sorted(gone):
            if number < kept[-1]:
                self._take_out(number)
        if kept[-1] + 1 < len(self._spans):
            self._take_tail(kept[-1], has_new=kept[-1] in behind)
        for number, texts in behind.items():
            if number < 0:
                self._before(self._spans[kept[0]][0], texts)
            else:
                self._behind(number, texts, is_last=number == kept[-1])

    def _comma(self, at: int) -> int:
        found = self._after_gap(at)
        return found if self._text[found : found + 1] == "," else -1

    def _after_gap(self, at: int) -> int:
        gap = _GAP.match(self._text, at)
        return gap.end() if gap else at

    def _all_anew(self, texts: Sequence[str]) -> None:
        written = ", ".join(texts)
        if self._spans:
            self._put(self._spans[0][0], self._spans[-1][1], written)
        else:
            opening = self._after_gap(end_of_properties(self._text, self._node))
            self._put(opening + 1, opening + 1, written)

    def _end_of(self, number: int) -> int:
        """Behind an element and its comma."""
        return max(self._spans[number][1], self._commas[number] + 1)

    def _rest_of_line(self, number: int) -> int:
        """Where the line ends that an element is the last one of; -1 when more follows in it."""
        rest = _REST_OF_LINE.match(self._text, self._end_of(number))
        return rest.end() if rest else -1

    def _take_out(self, number: int) -> None:
        start, end = self._spans[number][0], self._end_of(number)
        rest = self._rest_of_line(number)
        if self._lines.is_first(start) and rest >= 0:
            lowest = self._lines.next(self._spans[number - 1][1] if number else self._node.start)
            self._put(self._lines.comment_lines_above(start, lowest), self._lines.next(rest), "")
            return
        if rest >= 0:
            before = self._text[self._lines.start(start) : start]
            is_behind_gone = number > 0 and self._spans[number - 1][0] in self._taken
            self._put(start if is_behind_gone else start - len(before) + len(before.rstrip(" \t")), rest, "")
        else:
            blanks = _BLANKS.match(self._text, end)
            self._put(start, blanks.end() if blanks else end, "")
        self._taken.add(start)

    def _take_tail(self, last: int, *, has_new: bool) -> None:
        """Takes out all that stand behind the last one that stays."""
        comma, end = self._commas[last], self._commas[-1] if self._commas[-1] >= 0 else self._spans[-1][1]
        if self._lines.end(comma) >= end:
            self._put(comma, end, "")
            return
        if self._commas[-1] < 0 and not (has_new and self._has_own_line(last)):
            self._put(comma, comma + 1, "")
        for number in range(last + 1, len(self._spans)):
            self._take_out(number)

    def _has_own_line(self, number: int) -> bool:
        return self._lines.is_first(self._spans[number][0]) and self._rest_of_line(number) >= 0

    def _behind(self, number: int, texts: Sequence[str], *, is_last: bool) -> None:
        start, end = self._spans[number]
        if not self._has_own_line(number):
            self._put(end, end, "".join(f", {text}" for text in texts))
            return
        if self._commas[number] < 0:
            self._put(end, end, ",")
        line_end = self._lines.line_end(start)
        indent = self._text[self._lines.start(start) : start]
        rest = self._rest_of_line(number)
        is_followed = not is_last or self._commas[-1] >= 0
        body = f",{line_end}{indent}".join(texts) + ("," if is_followed else "")
        self._put(rest, rest, f"{line_end}{indent}{body}")

    def _before(self, at: int, texts: Sequence[str]) -> None:
        between = ", "
        if self._lines.is_first(at):
            between = f",{self._lines.line_end(at)}{self._text[self._lines.start(at) : at]}"
        self._put(at, at, "".join(text + between for text in texts))
