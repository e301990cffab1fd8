"""Objects as people write them: in all styles of YAML, with comments, and for each line which value it belongs to."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from controller.edits import values
from controller.edits.alignment import aligned, same

Path = tuple[Any, ...]

TEXTS = ["a", "lobby", "x y", "no", "012", "1:30", "rtsp://h:5/p", "é", "a: b", "#x", "two\nlines\n", "l1\n  l2", "", "null", "1.5", "it's",
         'say "hi"', "- a", "{x", "0x1F", "1_000", "2020-01-01", "tail ", "\ttab", "<<", "y", "😀", "a\nb\n\n", "*x", "end:"]  # fmt: skip
KEYS = ["a", "b", "c", "d", "name", "id", "k 1", "0", "no", "1.5", "<<", "é", "#k", "a: b"]


def any_value(dice: Random, depth: int = 0) -> Any:
    """Any JSON value; texts and keys are mostly awkward ones."""
    kind = dice.random()
    if depth > 3 or kind < 0.55:
        return dice.choice([dice.choice(TEXTS), dice.choice(TEXTS), dice.randint(-5, 500), 10.0, 1e-5, True, None])
    if kind < 0.8:
        return {key: any_value(dice, depth + 1) for key in dice.sample(KEYS, dice.randint(0, 4))}
    if kind < 0.87:
        return [{"name": name, "a": any_value(dice, depth + 2)} for name in dice.sample("pqrst", dice.randint(1, 4))]
    if kind < 0.93:
        return [[dice.randint(0, 9), dice.randint(0, 9)] for _ in range(dice.randint(1, 4))]
    return [any_value(dice, depth + 1) for _ in range(dice.randint(0, 5))]


def changed(dice: Random, value: Any, depth: int = 0) -> Any:
    """The value with a few changes in it."""
    if isinstance(value, dict) and value:
        result = dict(value)
        for key in dice.sample(list(value), dice.randint(0, min(2, len(value)))):
            if dice.random() < 0.4:
                del result[key]
            else:
                result[key] = changed(dice, value[key], depth + 1)
        if dice.random() < 0.4:
            result[dice.choice(KEYS)] = any_value(dice, depth + 1)
        return result
    if isinstance(value, list) and value:
        items = list(value)
        at = dice.randrange(len(items))
        what = dice.random()
        if what < 0.3:
            del items[at]
        elif what < 0.6:
            items.insert(at, any_value(dice, depth + 1))
        elif what < 0.7:
            dice.shuffle(items)
        else:
            items[at] = changed(dice, items[at], depth + 1)
        return items
    return any_value(dice, depth)


def differences(before: Any, after: Any, path: Path = ()) -> Iterator[Path]:
    """The paths, before, of what goes or becomes another value; for what comes, that of what it comes into, "+", and where in a list."""
    if same(before, after):
        return
    if isinstance(before, dict) and isinstance(after, dict) and before and after:
        for key in {**before, **after}:
            if key in before and key in after:
                yield from differences(before[key], after[key], (*path, key))
            else:
                yield (*path, key if key in before else "+")
    elif isinstance(before, list) and isinstance(after, list) and before and after:
        for old, new in aligned(before, after):
            if old is not None and new is not None:
                yield from differences(before[old], after[new], (*path, old))
            else:
                yield (*path, "+", new) if old is None else (*path, old)
    else:
        yield path


@dataclass
class Written:
    """Lines, and to what each belongs."""

    dice: Random
    lines: list[tuple[str, Path, bool]] = field(default_factory=list)
    """Text, path, and whether all that is below the path stands in the line."""
    comments: int = 0
    behind_dashes: dict[Path, Path] = field(default_factory=dict)
    """Collections that begin in the line of a dash, with their first parts: when these go, or others come before
    them, those stand there."""

    def document(self, value: dict[str, Any]) -> None:
        """Writes a document."""
        self._step = self.dice.choice([2, 2, 4, 3])
        self._dash = self.dice.choice([0, 2, 2, 1])
        self._block(value, 0, (), "")

    def _put(self, text: str, path: Path, *, whole: bool = False) -> None:
        self.lines.append((text, path, whole))

    def _comment(self) -> str:
        self.comments += 1
        return f"# c{self.comments}"

    def _maybe_comment(self) -> str:
        return f" {self._comment()}" if self.dice.random() < 0.2 else ""

    def _quote(self) -> str:
        return self.dice.choice(["", "", "'", '"'])

    def _above(self, column: int, path: Path) -> None:
        if self.dice.random() < 0.15:
            self._put("", path)
        if self.dice.random() < 0.2:
            self._put(" " * column + self._comment(), path)

    def _block(self, value: Any, column: int, path: Path, head: str) -> None:
        """Writes a collection that is not empty; the first line stands behind a head, where there is one."""
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for number, (key, one) in enumerate(pairs):
            inner = (*path, key)
            if head:
                self.behind_dashes.setdefault(path, inner)
            if number or not head:
                self._above(column, inner)
            start = head if head and not number else " " * column
            if isinstance(value, dict):
                self._value(start + values.key(str(key), quote=self._quote()) + ":", one, column, inner)
            elif isinstance(one, dict | list) and one and self.dice.random() < 0.5:
                self._block(one, column + 2, inner, start + "- ")
            else:
                self._value(start + "-", one, column, inner, is_item=True)

    def _value(self, head: str, value: Any, column: int, path: Path, *, is_item: bool = False) -> None:
        is_list = isinstance(value, list)
        if isinstance(value, dict | list) and value and self.dice.random() < 0.7:
            self._put(head + self._maybe_comment(), path)
            deeper = self._step if not is_list else max(self._dash, 1) if is_item else self._dash
            self._block(value, column + deeper, path, "")
        elif isinstance(value, str) and value.count("\n") > 1 and not value.endswith("\n\n"):
            sign, lines = values.block_text(value, column + self._step)
            self._put(f"{head} {sign}", path, whole=True)
            for line in lines:
                self._put(line, path, whole=True)
        else:
            text = values.flow(value, quote=self._quote())
            self._put(f"{head} {text}{self._maybe_comment()}", path, whole=True)


def must_stay(written: Written, before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """The lines that belong to nothing that changes."""
    changes = [*differences(before, after)]
    moving = [path for path, first in written.behind_dashes.items() if first in changes or (*path, "+", 0) in changes]

    def stays(path: Path, *, whole: bool) -> bool:
        inside = any(change == path[: len(change)] for change in (*changes, *moving))
        return not inside and not (whole and any(path == change[: len(path)] for change in changes))

    return [text for text, path, whole in written.lines if stays(path, whole=whole)]
