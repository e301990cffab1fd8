"""Why a row is not taken."""


class FieldRefused(Exception):  # noqa: N818 - says what happened
    """The value of a field cannot be; the message says why, and holds nothing of it.

    Attributes:
        field: the name of the field in the row.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
