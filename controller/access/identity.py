"""Who somebody is, and what he was given."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from controller.access.roles import Role
from crds.selector import Requirement, parse_selector


@dataclass(frozen=True)
class Binding:
    """A role for a part of the fleet."""

    role: Role
    selector: str = ""
    """A label selector; empty for objects with any labels.

    Raises:
        ValueError: when it is asked what it matches, and is none.
    """
    kinds: frozenset[str] = frozenset()
    """Kinds as in manifests; empty for all."""

    @cached_property
    def requirements(self) -> tuple[Requirement, ...]:
        """The selector, read."""
        return parse_selector(self.selector)

    @property
    def is_whole(self) -> bool:
        """True when it is bound to no part."""
        return not self.selector.strip() and not self.kinds

    def covers(self, kind: str) -> bool:
        """True when objects of the kind may be among what it is for."""
        return not self.kinds or kind in self.kinds

    def matches(self, labels: Mapping[str, str] | None) -> bool:
        """True when the selector finds an object with these labels; None: there is none, or nobody knows its labels."""
        if not self.requirements:
            return True
        return labels is not None and all(term.holds(labels) for term in self.requirements)

    def __str__(self) -> str:
        where = f" where {self.selector.strip()}" if self.selector.strip() else ""
        return f"{self.role.word}{' of ' + ', '.join(sorted(self.kinds)) if self.kinds else ''}{where}"


@dataclass(frozen=True)
class Identity:
    """Somebody who asks."""

    name: str
    """For people: the author of commits, and who is named in the audit log."""
    bindings: tuple[Binding, ...] = ()
    groups: tuple[str, ...] = ()
    credential: str = ""
    """By what he is known: `token/ID`, `certificate`, `unix`; empty for nothing."""


ALL: Binding = Binding(Role.ADMIN)
LOCAL = Identity("anonymous", (ALL,))
"""Who comes without a credential where none is asked for."""
