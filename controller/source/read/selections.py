"""Why a selector selects nothing: which label nobody has, and what was probably meant. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet

from crds.selector import LabelSelector

Suggest = Callable[[str, Iterable[str]], str]
"""Takes a name and the names that there are; gives `; did you mean …?`, or nothing."""


def values_by_key(labels_of: Iterable[Mapping[str, str]]) -> dict[str, set[str]]:
    """The values that the labels of some objects have, by their keys."""
    found: dict[str, set[str]] = defaultdict(set)
    for labels in labels_of:
        for key, value in labels.items():
            found[key].add(value)
    return found


def why_nothing(
    selector: LabelSelector, values: Mapping[str, AbstractSet[str]], kind: str, suggest: Suggest
) -> tuple[tuple[str, ...], str, str]:
    """Where a selector that selects nothing is wrong, relative to it, a sentence about it, and the hint that ends it.

    Args:
        selector: of an instance.
        values: that the labels of all objects of the kind have, by their keys.
        kind: in lower case, for people.
        suggest: finds the near miss.
    """
    for key, value in selector.match_labels.items():
        known = values.get(key, set())
        if value not in known:
            hint = suggest(value, sorted(known)) if known else suggest(key, sorted(values))
            return ("matchLabels", key), f"no {kind} has the label {key}={value}", hint
    if len(selector.match_labels) > 1:
        return (), f"no {kind} has all of these labels together", ""
    return (), f"there is no {kind} at all", ""
