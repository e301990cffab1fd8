"""Names of images that stand for two images at once: a tag that was moved, seen from the whole fleet."""

from collections import defaultdict
from collections.abc import Iterable

from controller.picture.conditions import Document

_SHORT_ID = len("sha256:") + 12
_MOST_NAMES = 5


def images_with_two_ids(documents: Iterable[Document]) -> dict[str, str]:
    """What is said of each such name, sorted by name.

    One name may rightly stand for an image of each platform, so that only instances of one platform are compared.

    Args:
        documents: of instances, and others, which are passed over.
    """
    users: defaultdict[tuple[str, str], defaultdict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for document in documents:
        status = document["status"]
        if document["kind"] == "DsInstance" and status.get("imageId"):
            key = (str(status["image"]), str(status.get("imagePlatform") or ""))
            users[key][str(status["imageId"])].append(str(document["metadata"]["name"]))
    return {
        image: "One name, and the instances run different images: "
        + ", ".join(f"{image_id[:_SHORT_ID]} ({_some(names)})" for image_id, names in sorted(ids.items()))
        for (image, _), ids in sorted(users.items())
        if len(ids) > 1
    }


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(sorted(names)[:_MOST_NAMES]) + more
