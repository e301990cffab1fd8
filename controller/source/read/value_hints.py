"""What to write instead of a value of the wrong form, where that can be told."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final, get_args, get_origin

from controller.source.read.model_paths import is_numbered
from crds.change import alternatives
from crds.secret_forms import secrets_in_line
from deepstream.analytics.groups import Point

_LONGEST: Final = 60
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?")
UNTRIED: Final = object()
"""Stands for what cannot be tried: the hint says how to write it, and not which value."""


@dataclass(frozen=True)
class Hint:
    """What to write instead.

    Attributes:
        words: The end of a sentence; may be empty.
        instead: The value that they tell to write, as JSON has it.
    """

    words: str
    instead: Any = UNTRIED


NO_HINT: Final = Hint("")
_A_PAIR: Final = Hint(": a point is a pair, [x, y]")


def members_of(annotation: Any) -> Mapping[str, int]:
    """The numbers that a value may be, by their names; empty when they have none."""
    for one in alternatives(annotation):
        if isinstance(one, type) and issubclass(one, IntEnum):
            return {name: int(member) for name, member in one.__members__.items()}
    return {}


def points_hint(annotation: Any, value: Any) -> Hint:
    """How to write points whose numbers were given in one row."""
    expected = list(alternatives(annotation))
    if Point in expected:
        return _A_PAIR
    numbers = list(value) if isinstance(value, list | tuple) else []
    if not any(Point in get_args(one) for one in expected) or not all(type(one) in (int, float) for one in numbers):
        return NO_HINT
    pairs = [[x, y] for x, y in zip(numbers[::2], numbers[1::2], strict=False)]
    is_row = any(len(numbers) == 2 * len(get_args(one)) for one in expected)
    return (
        Hint(f": points are pairs, write {pairs}", pairs)
        if is_row
        else Hint(": points are pairs, such as [[x, y], [x, y]]")
    )


def list_hint(annotation: Any, value: Any) -> Hint:
    """How to write a single value, or one with `;` as in DeepStream's files, as the list that it should be."""
    for one in alternatives(annotation):
        if one == Point:
            return _A_PAIR
        if get_origin(one) is not tuple:
            continue
        first, *others = get_args(one)
        entries = _entries(value, set(alternatives(first)))
        if entries and (others == [...] or len(entries) == 1 + len(others)):
            written = f"[{', '.join(entries)}]"
            return Hint(f": write {written}", json.loads(written))
    return NO_HINT


def entries_hint(annotation: Any, value: Any) -> Hint:
    """How the entries of a mapping are named that was given as a list."""
    if isinstance(value, list | tuple) and any(map(is_numbered, alternatives(annotation))):
        return Hint(': its entries are numbered, write "0": {…} and so on')
    return NO_HINT


def _entries(value: Any, types: set[Any]) -> list[str]:
    """The entries of the list as they are written; none when the value does not fit into it."""
    if isinstance(value, str) and str in types and "@" not in value and len(value) <= _LONGEST:
        is_plain = re.fullmatch(r"[^\"\\]+", value) and value.isprintable() and not secrets_in_line(value)
        return [f'"{value}"'] if is_plain else []
    if isinstance(value, str):
        parts = [part.strip() for part in value.removesuffix(";").split(";")]
    else:
        parts = [] if isinstance(value, bool) or not isinstance(value, int | float) else [str(value)]
    if not types & {int, float} or not all(_NUMBER.fullmatch(part) for part in parts):
        return []
    return [] if float not in types and any("." in part for part in parts) else parts
