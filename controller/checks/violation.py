"""What a rule says about a manifest, and where."""

from collections.abc import Iterable
from dataclasses import dataclass

from deepstream.findings import Severity

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
