"""The versions of DeepStream that this room knows, in their order."""

import re
from enum import StrEnum
from typing import Final

_RELEASE: Final = re.compile(r"([1-9][0-9]?)\.(0|[1-9][0-9]?)")
_OF_NVIDIA: Final = re.compile(rf"(?:.*/)?deepstream(?:[-_]l4t)?:(?P<release>{_RELEASE.pattern})(?:[.-].*)?")
"""NVIDIA's images: `nvcr.io/nvidia/deepstream:7.1-triton-multiarch`, `…/deepstream-l4t:6.0.1-samples`, and mirrors of them."""


class DsVersion(StrEnum):
    """A release of DeepStream. The order of the members is the order of the releases."""

    V6_0 = "6.0"
    V6_1 = "6.1"
    V6_2 = "6.2"
    V6_3 = "6.3"
    V6_4 = "6.4"
    V7_0 = "7.0"
    V7_1 = "7.1"
    V8_0 = "8.0"
    V9_0 = "9.0"
    V9_1 = "9.1"
    V9_2 = "9.2"
    """The public sources tell of new hardware, and of no key that came or went
    (https://docs.nvidia.com/deepstream/text/DS_Release_notes.md): it is taken for 9.1."""

    @property
    def order(self) -> int:
        """Position in the order of releases."""
        return list(DsVersion).index(self)

    def has(self, since: "DsVersion | None", until: "DsVersion | None" = None) -> bool:
        """True when this release lies between two others, both included; None leaves that end open."""
        return (since is None or self.order >= since.order) and (until is None or self.order <= until.order)


NEWEST = DsVersion.V9_2


def is_newer(release: str) -> bool:
    """True for the number of a release that came after all that are known here, such as `10.0`."""
    return _RELEASE.fullmatch(release) is not None and _numbers(release) > _numbers(NEWEST)


def nearest_known(release: str) -> DsVersion:
    """The newest known release that is not after a release; the oldest one for what came before all.

    Raises:
        ValueError: this is not the number of a release.
    """
    if _RELEASE.fullmatch(release) is None:
        raise ValueError(f"{release!r} is not the number of a release, such as {NEWEST}")
    return max((one for one in DsVersion if _numbers(one) <= _numbers(release)), default=DsVersion.V6_0)


def release_in_image(image: str) -> str | None:
    """The release that the tag of one of NVIDIA's images names, such as `7.1`; None for any other image."""
    found = _OF_NVIDIA.fullmatch(image.partition("@")[0])
    return found["release"] if found else None


def _numbers(release: str) -> tuple[int, ...]:
    return tuple(map(int, release.split(".")))
