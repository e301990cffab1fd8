"""What a rule says about a manifest, and where."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from crds.key_path import key_path
from deepstream.findings import Finding, Severity
from deepstream.groups import KeyGroup

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Violation:
    """A rule that a manifest breaks."""

    severity: Severity
    """Of an error the revision is refused."""
    path: Path
    """In the manifest of the instance, or of the camera when one is named, in the words of manifests."""
    message: str
    """What is wrong, what comes of it, and what to do."""
    camera: str | None = None
    """The name of the camera whose manifest is at fault."""


def error(path: Path, message: str, camera: str | None = None) -> Violation:
    """A violation that the app fails by."""
    return Violation(Severity.ERROR, path, message, camera)


def warning(path: Path, message: str, camera: str | None = None) -> Violation:
    """A violation that the app goes on with, but hardly as it is meant."""
    return Violation(Severity.WARNING, path, message, camera)


def of_findings(findings: Iterable[Finding], base: Path, group: KeyGroup) -> Iterator[Violation]:
    """The findings about one group that stands at a path."""
    for one in findings:
        yield Violation(one.severity, (*base, *key_path(group, one.key)), one.message)


def without_repeats(violations: Iterable[Violation]) -> tuple[Violation, ...]:
    """The violations in their order; of several errors at one path only the first: the others follow from it mostly."""
    kept: dict[tuple[object, ...], Violation] = {}
    errors = set()
    for one in violations:
        place = (one.camera, one.path)
        if one.severity is Severity.ERROR:
            if place in errors:
                continue
            errors.add(place)
        kept.setdefault((*place, one.severity, one.message), one)
    return tuple(one for one in kept.values() if one.severity is Severity.ERROR or (one.camera, one.path) not in errors)
