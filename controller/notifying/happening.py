"""An event of the fleet as endpoints are told it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controller.picture.store import Change


@dataclass(frozen=True)
class Happening:
    """Something that happened to one object, once or several times since it was told."""

    kind: str
    """Of the object: Camera, DsInstance, Node, or Fleet for the whole of it."""
    name: str
    severity: str
    """Normal or Warning."""
    reason: str
    """A CamelCase word for programs."""
    message: str
    """A sentence for people: the newest."""
    first_at: str
    """RFC 3339 in UTC."""
    at: str
    """When it happened last, RFC 3339 in UTC."""
    count: int
    """How often."""
    event_id: str
    """Of the newest: another one for each version of each event, over restarts too."""

    @property
    def subject(self) -> str:
        """The object, as the command line names it."""
        return f"{self.kind.lower()}/{self.name}"


def happening_in(change: Change) -> Happening | None:
    """What a change of the events tells; None for an event that is listed no longer."""
    if change.new is None:
        return None
    event: Mapping[str, Any] = change.new.document
    before = change.old.document["count"] if change.old else 0
    count = event["count"] - before if event["count"] > before else event["count"]
    involved = event["involvedObject"]
    return Happening(
        kind=involved["kind"],
        name=involved["name"],
        severity=event["type"],
        reason=event["reason"],
        message=event["message"],
        first_at=event["lastTimestamp"] if change.old or count == 1 else event["firstTimestamp"],
        at=event["lastTimestamp"],
        count=count,
        event_id=f"{event['metadata']['name']}.{change.version}",
    )
