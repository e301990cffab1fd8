"""Why a patch is not applied."""

from typing import Any

Document = dict[str, Any]


class MalformedPatch(Exception):  # noqa: N818 - says what it is
    """It is no patch of its kind."""


class PatchRefused(Exception):  # noqa: N818 - says what happened
    """It cannot be applied to this document."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field
        """Where, as far as that can be told."""
