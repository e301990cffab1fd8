"""Events as rows of a table, in the order in which they happened."""

from collections.abc import Iterable
from typing import Any

from cli.ages import age_of
from cli.connection import Api
from cli.failure import printable
from cli.kinds import EVENT, Kind

HEADERS = ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]


def events_of(api: Api, kind: Kind, name: str) -> list[dict[str, Any]]:
    """The events of one object, the latest last."""
    return in_order(api.get_list(EVENT.path, about(kind, name))["items"])


def in_order(items: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Events by the time when they last happened."""
    return sorted(items, key=time_of)


def cells_of(event: dict[str, Any]) -> list[str]:
    """An event as a row below `HEADERS`."""
    subject = event.get("involvedObject") or {}
    count = event.get("count") or 1
    seen = age_of(time_of(event)) + (f" (x{count})" if count > 1 else "")
    named = f"{str(subject.get('kind', '')).lower()}/{subject.get('name', '')}"
    return [
        seen,
        *(printable(str(event.get(key) or "")) for key in ("type", "reason")),
        printable(named),
        _message(event),
    ]


def _message(event: dict[str, Any]) -> str:
    return printable(str(event.get("message") or "").strip())


def time_of(event: dict[str, Any]) -> str:
    """When an event last happened."""
    return str(event.get("lastTimestamp") or event.get("eventTime") or event["metadata"].get("creationTimestamp") or "")


def about(kind: Kind, name: str) -> dict[str, str]:
    """The query for the events of one object."""
    return {"fieldSelector": f"involvedObject.kind={kind.name},involvedObject.name={name}"}
