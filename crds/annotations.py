"""The annotations that mean something here. All others are notes of their owners, and no digest knows of any."""

from typing import Final

from crds.document import API_GROUP

HOLD: Final = f"{API_GROUP}/hold"
"""Of a DsInstance: its agent does nothing to it. The value says why; it may be empty, and is no switch."""

DISPLAY_NAME: Final = f"{API_GROUP}/display-name"
"""Of any object: what people call it."""

KNOWN: Final = (DISPLAY_NAME, HOLD)
