"""The annotations that mean something here. All others are notes of their owners, and no digest knows of any."""

from typing import Final

from crds.document import API_GROUP

HOLD: Final = f"{API_GROUP}/hold"
"""Of a DsInstance: its agent does nothing to it. The value says why; it may be empty, and is no switch."""

DISPLAY_NAME: Final = f"{API_GROUP}/display-name"
"""Of any object: what people call it."""

KNOWN: Final = (DISPLAY_NAME, HOLD)

LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
"""Of any object: what `kubectl apply` applied last, for its next time. It is kept beside the manifests, and shown with them."""

FILE: Final = f"{API_GROUP}/file"
"""In a request to create an object: the file of the source that it goes into. It is not kept."""

APPROVE: Final = f"{API_GROUP}/approve"
"""In a request to change an object: the revision whose removals are approved. It is not kept."""

REASON: Final = f"{API_GROUP}/reason"
"""In a request to change an object: why, for the commit. It is not kept."""
