"""When two values are the same, and which elements of two lists are."""

import json
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any, Final

Pair = tuple[int | None, int | None]
"""The number of an element before, and of the one that it becomes: None for one that comes or goes."""

_MOST_COMPARED: Final = 4_000_000
"""Pairs of elements, beyond which lists that differ are taken for different from the first difference to the last."""
_NAMES: Final = ("name", "id")


def same(one: Any, other: Any) -> bool:
    """True when two values are written alike as JSON, but for the order of keys: 1 is neither 1.0 nor true."""
    if isinstance(one, dict):
        return isinstance(other, dict) and one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)


def aligned(before: Sequence[Any], after: Sequence[Any]) -> list[Pair]:
    """What becomes of the elements of a list, in the order of both.

    Mappings with a `name` or an `id` of their own are known by it, all other elements by their value: those of the
    longest common subsequence stay. Between two that stay, numbers, lists and mappings without a name become one another in
    turn. Texts and named mappings never do, since what is said beside one of them is about that one.
    """
    name = _name_of_all(before, after)
    old, new = _tokens(before, name), _tokens(after, name)
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    pairs: list[Pair] = [(at, at) for at in range(start)]
    inner_old, inner_new = old[start : len(old) - end], new[start : len(new) - end]
    if len(inner_old) * len(inner_new) > _MOST_COMPARED:
        codes = [("replace", 0, len(inner_old), 0, len(inner_new))]
    else:
        codes = [*SequenceMatcher(None, inner_old, inner_new, autojunk=False).get_opcodes()]
    for _, i, i_end, j, j_end in codes:
        equal = inner_old[i:i_end] == inner_new[j:j_end]
        olds, news = range(start + i, start + i_end), range(start + j, start + j_end)
        if equal:
            pairs += zip(olds, news, strict=True)
        else:
            pairs += _between([*olds], [*news], before, after, is_named=name is not None)
    pairs += ((len(old) - at, len(new) - at) for at in range(end, 0, -1))
    return pairs


def _between(
    olds: list[int], news: list[int], before: Sequence[Any], after: Sequence[Any], *, is_named: bool
) -> list[Pair]:
    pairs: list[Pair] = []
    if not is_named:
        while olds and news and _may_become(before[olds[0]], after[news[0]]):
            pairs.append((olds.pop(0), news.pop(0)))
    pairs += ((None, at) for at in news)
    pairs += ((at, None) for at in olds)
    return pairs


def _may_become(one: Any, other: Any) -> bool:
    if isinstance(one, dict | list):
        return type(one) is type(other)
    return isinstance(one, int | float) and isinstance(other, int | float)


def _name_of_all(*lists: Sequence[Any]) -> str | None:
    for name in _NAMES:
        for elements in lists:
            names = [one.get(name) if isinstance(one, dict) else None for one in elements]
            if not all(isinstance(one, str) for one in names) or len(set(names)) < len(names):
                break
        else:
            return name
    return None


def _tokens(elements: Sequence[Any], name: str | None) -> list[str]:
    return [one[name] if name else json.dumps(one, sort_keys=True) for one in elements]
