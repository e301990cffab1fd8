"""What is different of one object between two looks."""

from typing import NamedTuple

from controller.picture.conditions import Document

Key = tuple[str, str]
"""Kind and name of an object."""


class Difference(NamedTuple):
    """One object that came, is said something else of, or went. Whoever looks at these looks at no others."""

    key: Key
    old: Document | None
    """None for one that came."""
    new: Document | None
    """None for one that went."""
