"""The number of a release of DeepStream, as manifests give it."""

import re
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from deepstream.versions import DsVersion, is_newer

_MENDED: Final = re.compile(r"([0-9]+\.[0-9]+)\.[0-9]+")


def _as_text(release: Any) -> Any:
    """YAML reads 9.1 without quotes as a number; 6.0.1 mends 6.0, and has its keys."""
    if isinstance(release, str):
        mended = _MENDED.fullmatch(release)
        return mended[1] if mended else release
    return str(float(release)) if isinstance(release, int | float) and not isinstance(release, bool) else release


def _known_or_newer(release: str) -> str:
    if release in set(DsVersion) or is_newer(release):
        return release
    *first, last = (f"'{one}'" for one in DsVersion)
    raise ValueError(f"expected {', '.join(first)} or {last}, or a newer release, got {release[:40]!r}")


DsRelease = Annotated[
    str,
    BeforeValidator(_as_text),
    AfterValidator(_known_or_newer),
    WithJsonSchema(
        {
            "type": ["string", "number"],
            "pattern": r"^([6-9]|[1-9][0-9])\.(0|[1-9][0-9]?)(\.[0-9]+)?$",
            "minimum": 6,
            "exclusiveMaximum": 100,
        }
    ),
]
"""The number of a release of DeepStream; a third number, as in 6.0.1, is left away."""
