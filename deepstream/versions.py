"""The versions of DeepStream that this room knows, in their order."""

from enum import StrEnum


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

    @property
    def order(self) -> int:
        """Position in the order of releases."""
        return list(DsVersion).index(self)

    def has(self, since: "DsVersion | None", until: "DsVersion | None" = None) -> bool:
        """True when this release lies between two others, both included; None leaves that end open."""
        return (since is None or self.order >= since.order) and (until is None or self.order <= until.order)


NEWEST = DsVersion.V9_1
