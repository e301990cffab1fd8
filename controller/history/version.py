"""One version of an instance: its spec, but for how often it is to run. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from crds.digest import digest

MOST_VERSIONS: Final = 10
"""Of each instance, as Kubernetes keeps of a Deployment (`revisionHistoryLimit`)."""
CHANGE_CAUSE: Final = "kubernetes.io/change-cause"
"""The annotation in which kubectl says why something was changed."""
_KEY_DIGITS: Final = 16
_ALGORITHM: Final = "sha256:"

Newest = tuple[int, str]
"""Number and key of the newest version of an instance."""


@dataclass(frozen=True)
class Version:
    """A version of an instance."""

    number: int
    """They count from 1. One that comes back has a new number, and loses its old one."""
    key: str
    """The same for the same spec: see `key_of`."""
    spec: Mapping[str, Any]
    """As its manifest wrote it, without replicas."""
    cause: str = ""
    """Why it came, in the words of whoever made it; empty when he said nothing."""
    annotated_cause: str = ""
    """What its manifest said of that."""


def spec_of_version(spec: Mapping[str, Any]) -> dict[str, Any]:
    """What of a spec makes the version: all but how often it is to run."""
    return {name: value for name, value in spec.items() if name != "replicas"}


def key_of(spec: Mapping[str, Any]) -> str:
    """What tells versions apart.

    Args:
        spec: as a manifest writes it.
    """
    return digest(spec_of_version(spec)).removeprefix(_ALGORITHM)[:_KEY_DIGITS]


def number_of(key: str, newest: Newest | None) -> int:
    """The number of the version in force: also before it was kept.

    Args:
        key: of it.
        newest: what was kept last of the same instance.
    """
    if newest is None:
        return 1
    number, known = newest
    return number if key == known else number + 1
