"""What the API is told about access: who is known, who needs no credential, where writes are logged."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Protocol

from controller.access.access_file import AccessFile
from controller.access.audit_line import Audited
from controller.access.authentication import Openness
from controller.access.buckets import Rate
from controller.access.identity import Binding
from controller.access.tokens import Token

KNOWN_RATE: Final = Rate(per_second=500, burst=5000)
"""For each token, certificate, or address that may do without. kubectl applies a thousand objects in 2,000 requests."""
UNKNOWN_RATE: Final = Rate(per_second=20, burst=200)
"""For each address that shows nothing, or nothing good: probes, and who guesses."""


class Access(Protocol):
    """The access file."""

    @property
    def current(self) -> AccessFile | None:
        """What is in it; None while there is none."""
        ...

    def create(self, name: str, binding: Binding, ttl: timedelta | None) -> tuple[Token, str]:
        """Makes a token.

        Returns:
            What is kept of it, and the token itself, which is kept nowhere.

        Raises:
            BadAccess: there can be none of that kind, and why.
            OSError: it cannot be kept on disk.
        """
        ...

    def revoke(self, token_id: str) -> bool:
        """Takes a token back; False when there is none of that id.

        Raises:
            OSError: it cannot be kept on disk.
        """
        ...


class AuditLog(Protocol):
    """Where it is written who changed what."""

    def require_room(self) -> None:
        """Returns when all that was to be written is written.

        Raises:
            OSError: it is not.
        """
        ...

    def append(self, audited: Audited) -> None:
        """Writes a line; one that cannot be written is kept, and `require_room` tries again."""
        ...


class NoAccess:
    """No access file, and no way to make one."""

    current: AccessFile | None = None

    def create(self, name: str, binding: Binding, ttl: timedelta | None) -> tuple[Token, str]:  # noqa: ARG002 - the protocol's
        """See `Access`."""
        raise OSError(30, "no state directory")

    def revoke(self, token_id: str) -> bool:  # noqa: ARG002 - the protocol's
        """See `Access`."""
        return False


class NoAuditLog:
    """Writes nothing."""

    def require_room(self) -> None:
        """See `AuditLog`."""

    def append(self, audited: Audited) -> None:
        """See `AuditLog`."""


@dataclass(frozen=True)
class AccessControl:
    """Everything about access. Without an argument everybody may do everything: for tests and benches."""

    access: Access = field(default_factory=NoAccess)
    audit: AuditLog = field(default_factory=NoAuditLog)
    openness: Openness = field(default_factory=lambda: Openness(everybody=True))
    known_rate: Rate = KNOWN_RATE
    unknown_rate: Rate = UNKNOWN_RATE
