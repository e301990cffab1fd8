"""Lines that come into, and go out of, a mapping or a list without brackets. `splicer` says by which rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
    """
    lines, put = Lines(splices.text), splices.put
    begins = []
    for number, part in enumerate(parts):
        lowest = lines.next(parts[number - 1].end) if number else floor
        begins.append(lines.comment_lines_above(part.first, lowest) if lines.is_first(part.first) else part.first)
    first = range(0)
    if not lines.is_first(parts[0].first):
        first = _edit_first_line(splices, style, parts, column, gone, blocks, begins)
    for number, block in blocks.items():
        if number in gone or number < 0:
            if number not in first:
                at = begins[max(number, 0)]
                put(at, at, "".join(line + style.line_end for line in block))
        else:
            end = lines.end_of_comments_inside(parts[number].end, column)
            put(end, end, "".join(style.line_end + line for line in block))
    for number in gone.difference(first):
        put(begins[number], lines.next(lines.end_of_comments_inside(parts[number].end, column)), "")


def _edit_first_line(
    splices: Splices,
    style: Style,
    parts: Sequence[Part],
    column: int,
    gone: set[int],
    blocks: Mapping[int, Sequence[str]],
    begins: Sequence[int],
) -> range:
    """Edits the line of a dash that a block begins behind; the numbers of the parts for which that was all."""
    lines, put, first = Lines(splices.text), splices.put, parts[0].first
    if 0 not in gone:
        if -1 in blocks:
            put(first, first, style.line_end.join((*blocks[-1], " " * column))[column:])
        return range(-1, 0)
    end = lines.end_of_comments_inside(parts[0].end, column)
    if new := (*blocks.get(-1, ()), *blocks.get(0, ())):
        put(first, end, style.line_end.join(new)[column:])
        return range(-1, 1)
    kept = min(set(range(len(parts))) - gone, default=len(parts))
    if kept < len(parts) and not any(number < kept for number in blocks):
        above = lines.end_of_comments_inside(parts[kept - 1].end, column)
        if lines.next(above) == begins[kept] == lines.start(parts[kept].first):
            put(first, parts[kept].first, "")
            return range(-1, kept)
    # What follows has lines of its own, and the dash keeps its one.
    blanks = len(splices.text[:first]) - len(splices.text[:first].rstrip(" \t"))
    put(first - blanks, end, "")
    return range(-1, 1)
