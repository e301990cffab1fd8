"""A line of the audit log: who did what, when, from where, and what became of it. Never what was sent."""

import json
from dataclasses import dataclass
from datetime import datetime

from controller.access.identity import Identity

_LONGEST = 300


@dataclass(frozen=True)
class Audited:
    """One request that was to change something."""

    at: datetime
    """UTC, when it was answered."""
    who: Identity
    source: str
    """The address of the client, or `unix`."""
    verb: str
    objects: tuple[str, ...]
    """What it was about: `Kind/name`, or the path."""
    code: int
    """As in HTTP."""
    revision: str = ""
    """The revision that it made."""
    left_out: int = 0
    """Requests of the same client before this one that came to nothing, and have no line: there were too many."""

    def line(self) -> bytes:
        """As JSON, with its line end."""
        document = {
            "time": self.at.isoformat(timespec="milliseconds"),
            "who": self.who.name[:_LONGEST],
            "credential": self.who.credential,
            "from": self.source,
            "verb": self.verb,
            "objects": [name[:_LONGEST] for name in self.objects[:_LONGEST]],
            "code": self.code,
        }
        if len(self.objects) > _LONGEST:
            document["more"] = len(self.objects) - _LONGEST
        if self.revision:
            document["revision"] = self.revision
        if self.left_out:
            document["leftOut"] = self.left_out
        return json.dumps(document, separators=(",", ":")).encode() + b"\n"
