"""Lines that come into, and go out of, a mapping or a list without brackets. `splicer` says by which rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from controller.edits.nodes import NotUnderstoodError
from controller.edits.splices import Lines, Splices
from controller.edits.values import Style


@dataclass(frozen=True, slots=True)
class Part:
    """An entry of a mapping or an element of a list, as lines."""

    first: int
    """Its first character."""
    end: int
    """Behind its last one."""


def edit_lines(
    splices: Splices,
    style: Style,
    parts: Sequence[Part],
    column: int,
    gone: set[int],
    blocks: Mapping[int, Sequence[str]],
    floor: int,
) -> None:
    """Takes lines out of a block and puts others in.

    Args:
        splices: take what is found.
        style: of the document.
        parts: what the block consists of.
        column: of its keys or dashes.
        gone: the numbers of those that go.
        blocks: new lines, by the number of the part that they come behind; -1: before the first one.
        floor: where the lines of the block begin at the earliest.

    Raises:
        NotUnderstoodError: what is to go or to come begins in the middle of a line, as what stands behind a dash does.
    """
    lines, put = Lines(splices.text), splices.put
    begins = []
    for number, part in enumerate(parts):
        lowest = lines.next(parts[number - 1].end) if number else floor
        begins.append(lines.comment_lines_above(part.first, lowest) if lines.is_first(part.first) else part.first)
    for number, block in blocks.items():
        line_end = style.line_end
        at = begins[max(number, 0)]
        if number >= 0 and number not in gone:
            end = lines.end_of_comments_inside(parts[number].end, column)
            put(end, end, "".join(line_end + line for line in block))
        elif lines.is_first(parts[max(number, 0)].first):
            put(at, at, "".join(line + line_end for line in block))
        else:
            raise NotUnderstoodError("new lines in the middle of one")
    for number in sorted(gone):
        part = parts[number]
        end = lines.end_of_comments_inside(part.end, column)
        if lines.is_first(part.first):
            put(begins[number], lines.next(end), "")
        elif number + 1 < len(parts) and number + 1 not in gone:
            is_next_line = lines.next(end) == begins[number + 1] == lines.start(parts[number + 1].first)
            if is_next_line:
                put(part.first, parts[number + 1].first, "")
            else:
                put(part.first - len(_blanks_before(splices.text, part.first)), end, "")
        else:
            raise NotUnderstoodError("a block that begins behind a dash")


def _blanks_before(text: str, at: int) -> str:
    return text[len(text[:at].rstrip(" \t")) : at]
