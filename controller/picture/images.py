"""Names of images that stand for two images at once: a tag that was moved, seen from the whole fleet."""

from collections.abc import Iterable, Mapping
from heapq import nsmallest
from typing import NamedTuple

from controller.picture.conditions import Document
from controller.picture.difference import Difference

_SHORT_ID = len("sha256:") + 12
_MOST_NAMES = 5


class _Use(NamedTuple):
    """Which image an instance runs under which name, on which platform."""

    image: str
    platform: str
    image_id: str


class ImageUse:
    """Who runs which image under which name, kept up to date."""

    def __init__(self) -> None:
        """Nobody runs anything."""
        self._users: dict[tuple[str, str], dict[str, set[str]]] = {}
        """The names of the instances by image and platform, and by the id of the image."""
        self._told: Mapping[str, str] | None = {}

    def take(self, differences: Iterable[Difference]) -> None:
        """Takes in what became different of instances; others are passed over."""
        for (kind, name), old, new in differences:
            if kind != "DsInstance":
                continue
            before, after = _use(old), _use(new)
            if before == after:
                continue
            if before is not None:
                self._forget(before, name)
            if after is not None:
                self._users.setdefault((after.image, after.platform), {}).setdefault(after.image_id, set()).add(name)
            self._told = None

    def with_two_ids(self) -> Mapping[str, str]:
        """What is said of each name that stands for two images, sorted by name.

        One name may rightly stand for an image of each platform, so that only instances of one platform are compared.

        Returns:
            The very mapping of the last time when nobody changed his image since.
        """
        if self._told is None:
            self._told = {
                image: "One name, and the instances run different images: "
                + ", ".join(f"{image_id[:_SHORT_ID]} ({_some(names)})" for image_id, names in sorted(ids.items()))
                for (image, _), ids in sorted(self._users.items())
                if len(ids) > 1
            }
        return self._told

    def _forget(self, use: _Use, name: str) -> None:
        ids = self._users[use.image, use.platform]
        ids[use.image_id].discard(name)
        if not ids[use.image_id]:
            del ids[use.image_id]
        if not ids:
            del self._users[use.image, use.platform]


def _use(document: Document | None) -> _Use | None:
    status = document["status"] if document else {}
    if not status.get("imageId"):
        return None
    return _Use(str(status["image"]), str(status.get("imagePlatform") or ""), str(status["imageId"]))


def _some(names: set[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(nsmallest(_MOST_NAMES, names)) + more
