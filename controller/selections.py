"""What label selectors find among the objects of a kind, and what an edit of objects and selectors makes of it. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final, Self

from crds.selector import LabelSelector

Label = tuple[str, str]
Wanted = frozenset[Label]
"""What a selector asks for: labels that an object carries, all of them. Without any it selects every object."""
Labels = Mapping[str, str]

_EVERY: Final[Label] = ("", "")
"""Stands for the first label of a selector that has none; no label has an empty key."""
_NOBODY: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True)
class Selections:
    """Which objects selectors find. Selectors that ask for the same share one answer."""

    found: Mapping[Wanted, frozenset[str]] = field(default_factory=dict)
    """The names of the objects."""
    askers: Mapping[Wanted, frozenset[str]] = field(default_factory=dict)
    """Whose selectors ask for it, by name."""
    by_first: Mapping[Label, frozenset[Wanted]] = field(default_factory=dict)
    """What is asked for, by the first label of it: few are to be compared with an object that changed."""

    def edited(
        self,
        objects: Iterable[tuple[str, Labels | None, Labels | None]],
        selectors: Mapping[str, tuple[LabelSelector | None, LabelSelector | None]],
        labels_of_all: Iterable[tuple[str, Labels]],
    ) -> tuple[Self, frozenset[str]]:
        """What they find after an edit.

        Args:
            objects: those that changed: the name of each, its labels as they were, None for one that came, and as they are,
                None for one that went. They are looked at when anybody selects anything.
            selectors: whose selectors changed, each as it was and as it is.
            labels_of_all: the labels of all objects, as they are; looked at when something new is asked for.

        Returns:
            With the names of all whose selection may hold another object now.
        """
        if not self.askers and not any(new for _, new in selectors.values()):
            return self, _NOBODY
        found, touched = dict(self.found), set[Wanted]()
        for name, old, labels in objects:
            for wanted in {*self._candidates(old), *self._candidates(labels)}:
                is_found = labels is not None and labels.items() >= wanted
                was_found = name in found[wanted]
                if is_found or was_found:
                    touched.add(wanted)
                if is_found is not was_found:
                    found[wanted] = found[wanted] | {name} if is_found else found[wanted] - {name}
        changed = frozenset[str]().union(*(self.askers[one] for one in touched))
        asked = {name: (wanted_by(old), wanted_by(new)) for name, (old, new) in selectors.items()}
        moved = {name: both for name, both in asked.items() if both[0] != both[1]}
        if not moved:
            return type(self)(found, self.askers, self.by_first), changed
        askers = _moved(self.askers, moved)
        come, gone = askers.keys() - found.keys(), found.keys() - askers.keys()
        for wanted in gone:
            del found[wanted]
        found |= _find(come, labels_of_all)
        return type(self)(found, askers, _by_first(self.by_first, come, gone)), changed | moved.keys()

    def _candidates(self, labels: Labels | None) -> Iterator[Wanted]:
        if labels is not None:
            yield from self.by_first.get(_EVERY, ())
            for label in labels.items():
                yield from self.by_first.get(label, ())


def wanted_by(selector: LabelSelector | None) -> Wanted | None:
    """What a selector asks for; None for none."""
    return None if selector is None else frozenset(selector.match_labels.items())


def _moved(
    before: Mapping[Wanted, frozenset[str]], moved: Mapping[str, tuple[Wanted | None, Wanted | None]]
) -> dict[Wanted, frozenset[str]]:
    gone, come = defaultdict[Wanted, set[str]](set), defaultdict[Wanted, set[str]](set)
    for name, (old, new) in moved.items():
        if old is not None:
            gone[old].add(name)
        if new is not None:
            come[new].add(name)
    after = dict(before)
    for wanted in gone.keys() | come.keys():
        names = (after.pop(wanted, _NOBODY) - gone.get(wanted, _NOBODY)) | come.get(wanted, _NOBODY)
        if names:
            after[wanted] = names
    return after


def _by_first(
    before: Mapping[Label, frozenset[Wanted]], come: AbstractSet[Wanted], gone: AbstractSet[Wanted]
) -> Mapping[Label, frozenset[Wanted]]:
    added, removed = defaultdict[Label, set[Wanted]](set), defaultdict[Label, set[Wanted]](set)
    for into, ones in ((added, come), (removed, gone)):
        for wanted in ones:
            into[min(wanted, default=_EVERY)].add(wanted)
    after = dict(before)
    for label in added.keys() | removed.keys():
        kept = (after.pop(label, frozenset()) - removed.get(label, frozenset())) | added.get(label, frozenset())
        if kept:
            after[label] = kept
    return after


def _find(wanted: AbstractSet[Wanted], labels_of_all: Iterable[tuple[str, Labels]]) -> dict[Wanted, frozenset[str]]:
    if not wanted:
        return {}
    with_label: dict[Label, set[str]] = {label: set() for one in wanted for label in one}
    names = set()
    for name, labels in labels_of_all:
        names.add(name)
        for label in labels.items():
            if label in with_label:
                with_label[label].add(name)
    return {one: frozenset(_common([with_label[label] for label in one]) if one else names) for one in wanted}


def _common(sets: list[set[str]]) -> set[str]:
    return set.intersection(*sorted(sets, key=len))
