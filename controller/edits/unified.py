"""Two texts of a file as the unified diff between them, as people read it and `git apply` takes it. Secrets are masked in it."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import Match, SequenceMatcher
from typing import Final

from controller.source.files import shown
from crds.masking import masked
from crds.secret_forms import secrets_in_line
from crds.secret_names import is_secret_name

CONTEXT_LINES: Final = 3
MOST_CHARACTERS: Final = 1 << 20
"""Of one diff, and of several together: more is read by nobody."""
_MOST_PAIRS: Final = 1_000_000
"""Of lines that are compared where no line stands in both texts once: what is larger goes and comes as a whole."""
_NO_END: Final = "\\ No newline at end of file\n"
_PLACEHOLDER: Final = "${secret:"
_KEY_BEGINS: Final = re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----")
_KEY_ENDS: Final = re.compile(r"-----END (?:[A-Z]+ )*PRIVATE KEY-----")
_KEY: Final = re.compile(r"(?P<indent>\s*(?:-\s+)*)[\"']?(?P<name>\w[\w.-]*)[\"']?\s*:(?:\s+(?P<value>.*))?")
_BROKEN: Final = re.compile(r"(?:^|\s)[|>][-+0-9]*\s*(?:\s#.*)?$|\\$")
"""What goes on in the next lines: a block, or a text in quotes that is broken."""
_MASK: Final = "***"

_Block = tuple[int, int, int]
"""Where equal lines begin in both texts, and how many they are."""


def unified_diff(path: bytes, before: bytes | None, after: bytes | None) -> str:
    """The lines that go and come, with three around them; empty for equal contents.

    It is exact but for secrets: what of a line looks like one is `***`. It takes time in proportion to the lines, and to what
    changed.

    Args:
        path: of the file, relative to the source.
        before: what it holds; None for a file that is not there.
        after: what it is to hold.
    """
    if before == after:
        return ""
    old, new = _lines(before or b""), _lines(after or b"")
    name = shown(path)
    pieces = [
        f"--- {'/dev/null' if before is None else f'a/{name}'}\n",
        f"+++ {'/dev/null' if after is None else f'b/{name}'}\n",
    ]
    length = 0
    for piece in _hunks(old, new):
        length += len(piece)
        if length > MOST_CHARACTERS:
            pieces.append("… and more: the diff is longer than is shown\n")
            break
        pieces.append(piece)
    return "".join(pieces)


def unified_diffs(changes: Mapping[bytes, tuple[bytes | None, bytes | None]]) -> tuple[tuple[str, str], ...]:
    """The diffs of several files, each with its path, in the order of the paths; those that are too many are empty."""
    found, length = [], 0
    for path, (before, after) in sorted(changes.items()):
        diff = unified_diff(path, before, after) if length <= MOST_CHARACTERS else ""
        length += len(diff)
        found.append((shown(path), diff))
    return tuple(found)


def _lines(content: bytes) -> list[str]:
    # Not `splitlines`: a line ends at a line feed alone, as for git.
    lines = content.decode("utf-8", "backslashreplace").split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _hunks(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    matcher = _Matched([*_blocks(old, new), (len(old), len(new), 0)])
    old_shown, new_shown = _Masking(old), _Masking(new)
    for group in matcher.get_grouped_opcodes(CONTEXT_LINES):
        first, last = group[0], group[-1]
        yield f"@@ -{_span(first[1], last[2])} +{_span(first[3], last[4])} @@\n"
        for tag, old_start, old_end, new_start, new_end in group:
            if tag == "equal":
                yield from (_marked(" ", old_shown.line(at)) for at in range(old_start, old_end))
                continue
            yield from (_marked("-", old_shown.line(at)) for at in range(old_start, old_end))
            yield from (_marked("+", new_shown.line(at)) for at in range(new_start, new_end))


class _Matched(SequenceMatcher[str]):
    """Makes changes of blocks that were found already: its own search takes quadratic time for texts of which each object changed."""

    def __init__(self, blocks: Sequence[_Block]) -> None:
        super().__init__(autojunk=False)
        self._blocks = [Match(*one) for one in blocks]

    def get_matching_blocks(self) -> list[Match]:
        return self._blocks


def _span(start: int, end: int) -> str:
    """As POSIX has it: an empty span is named by the line before it."""
    length = end - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"


def _marked(sign: str, line: str) -> str:
    return f"{sign}{line}" if line.endswith("\n") else f"{sign}{line}\n{_NO_END}"


def _blocks(old: Sequence[str], new: Sequence[str]) -> list[_Block]:
    """Equal stretches of both: what both begin and end with, lines that stand in each of them once, and what is found between these."""
    start, most = 0, min(len(old), len(new))
    while start < most and old[start] == new[start]:
        start += 1
    end = 0
    while end < most - start and old[-1 - end] == new[-1 - end]:
        end += 1
    blocks = [(0, 0, start)] if start else []
    at_old, at_new, old_end, new_end = start, start, len(old) - end, len(new) - end
    for anchor_old, anchor_new in [*_anchors(old, new, start, old_end, new_end), (old_end, new_end)]:
        blocks += _between(old, new, (at_old, anchor_old), (at_new, anchor_new))
        if anchor_old < old_end:
            blocks.append((anchor_old, anchor_new, 1))
        at_old, at_new = anchor_old + 1, anchor_new + 1
    if end:
        blocks.append((old_end, new_end, end))
    return _joined(blocks)


def _anchors(old: Sequence[str], new: Sequence[str], start: int, old_end: int, new_end: int) -> list[tuple[int, int]]:
    """Lines that stand once in both, as many of them as come in the same order: https://bramcohen.livejournal.com/73318.html."""
    in_old, in_new = Counter(old[start:old_end]), Counter(new[start:new_end])
    places = {line: at for at, line in enumerate(new[start:new_end], start) if in_new[line] == 1}
    pairs = [
        (at, places[line]) for at, line in enumerate(old[start:old_end], start) if in_old[line] == 1 and line in places
    ]
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for number, (_, place) in enumerate(pairs):
        at = bisect_left(tails, place)
        before.append(ends[at - 1] if at else -1)
        tails[at : at + 1], ends[at : at + 1] = [place], [number]
    found: list[tuple[int, int]] = []
    number = ends[-1] if ends else -1
    while number >= 0:
        found.append(pairs[number])
        number = before[number]
    return found[::-1]


def _between(old: Sequence[str], new: Sequence[str], of_old: tuple[int, int], of_new: tuple[int, int]) -> list[_Block]:
    some_old, some_new = old[slice(*of_old)], new[slice(*of_new)]
    if not some_old or not some_new or len(some_old) * len(some_new) > _MOST_PAIRS:
        return []
    found = SequenceMatcher(None, some_old, some_new, autojunk=False).get_matching_blocks()
    return [(of_old[0] + one.a, of_new[0] + one.b, one.size) for one in found if one.size]


def _joined(blocks: Sequence[_Block]) -> list[_Block]:
    """The same without seams: blocks that follow each other at once are one."""
    joined: list[_Block] = []
    for old, new, count in blocks:
        if joined and (joined[-1][0] + joined[-1][2], joined[-1][1] + joined[-1][2]) == (old, new):
            joined[-1] = (*joined[-1][:2], joined[-1][2] + count)
        else:
            joined.append((old, new, count))
    return joined


class _Masking:
    """The lines of a text as anybody may read them. Those that nobody is shown are not looked at."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._hidden = frozenset((*_in_keys(lines), *_in_secrets(lines)))

    def line(self, at: int) -> str:
        line = self._lines[at]
        body = line.removesuffix("\n")
        if at in self._hidden:
            body = _MASK
        elif _PLACEHOLDER in body:
            # A placeholder is no login: only what is a secret beside it is hidden.
            for found in reversed(secrets_in_line(body)):
                body = f"{body[: found.start]}{_MASK}{body[found.end :]}"
        else:
            body = masked(body)
        return f"{body}\n" if line.endswith("\n") else body


def _in_keys(lines: Sequence[str]) -> Iterator[int]:
    """The numbers of the lines between the marks of a private key."""
    is_inside = False
    for at, line in enumerate(lines):
        if is_inside and _KEY_ENDS.search(line):
            is_inside = False
        if is_inside:
            yield at
        if "-----BEGIN" in line and _KEY_BEGINS.search(line):
            is_inside = not _KEY_ENDS.search(line)


def _in_secrets(lines: Sequence[str]) -> Iterator[int]:
    """The numbers of the lines behind a key on which its value goes on, where that is a secret, or an address with one."""
    for at, line in enumerate(lines):
        key = _KEY.fullmatch(line.rstrip()) if ":" in line else None
        if key is None:
            continue
        value, name = key["value"] or "", key["name"]
        is_secret, is_broken = is_secret_name(name), _BROKEN.search(value) is not None
        if is_secret or is_broken:
            under = list(_under(lines, at, len(key["indent"])))
            if is_secret:
                is_mapping = not value and any(_KEY.match(lines[one]) for one in under[:1])
                yield from () if is_mapping else under
                continue
            begin = value if value.endswith("\\") else ""
            whole = "".join(one.strip(' \n\\"') for one in (begin, *(lines[number] for number in under)))
            if masked(whole) != whole:
                yield from under


def _under(lines: Sequence[str], at: int, indent: int) -> Iterator[int]:
    """The numbers of the lines behind a key that stand farther to the right than it does."""
    for number in range(at + 1, len(lines)):
        line = lines[number]
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            return
        yield number
