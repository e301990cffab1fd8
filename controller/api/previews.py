"""The answer to who looks before he writes: `Accept: application/json;as=Preview;v=v1;g=dsfleet.io` of a dry run."""

from dataclasses import replace
from typing import Any, Final

from controller.access.decision import sees_whole
from controller.access.identity import Identity
from controller.api.accepting import accepted_json
from controller.writing.preview import Preview, preview_data
from crds.document import API_GROUP, API_VERSION

FORM: Final = f"application/json;as=Preview;v=v1;g={API_GROUP}"
WITHHELD: Final = "the files hold other objects, too: their diffs are shown to those who see the whole fleet"


def wants_preview(accept: str) -> bool:
    """True when a client accepts a Preview before any other form that a write is answered in.

    Args:
        accept: the Accept header.
    """
    for given in accepted_json(accept):
        if "as" not in given:
            return False
        if (given["as"], given.get("g"), given.get("v")) == ("Preview", API_GROUP, "v1"):
            return True
    return False


def as_seen_by(identity: Identity, preview: Preview) -> Preview:
    """A preview without what somebody may not see: the lines around those that change are of other objects."""
    if not preview.files or sees_whole(identity):
        return preview
    return replace(preview, files=(), warnings=(*preview.warnings, WITHHELD))


def preview_document(preview: Preview) -> dict[str, Any]:
    """A preview as it is answered."""
    return {"kind": "Preview", "apiVersion": API_VERSION, **preview_data(preview)}
