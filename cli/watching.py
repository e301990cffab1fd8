"""Follows a list: first what there is, then every change, through restarts of the controller."""

from collections.abc import Generator, Iterator
from typing import Any, NamedTuple

import click

from cli.connection import JSON, TABLE, Api, Refused, Unreachable
from cli.kinds import Kind, Target
from cli.listing import fetch_table
from cli.tables import Columns, rows_of
from ports.clock import SystemClock

_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 10.0
_AGES = {"AGE", "LAST SEEN", "FIRST SEEN"}


class Watched(NamedTuple):
    """What is followed."""

    kind: Kind
    query: dict[str, str]
    accept: str = JSON


def follow(
    api: Api,
    watched: Watched,
    deadline: float | None = None,
    first_pause_seconds: float = _FIRST_PAUSE_SECONDS,
) -> Iterator[dict[str, Any]]:
    """Events of type ADDED, MODIFIED and DELETED; all that is there comes first, as ADDED, then a BOOKMARK.

    With TABLE each object is a Table, and what is there comes as one. After a loss of the connection everything that
    is there comes anew.

    Args:
        api: where.
        watched: what.
        deadline: of `SystemClock.monotonic`, when the iterator ends; None to go on for ever.
        first_pause_seconds: before it is tried again after a loss; it doubles.

    Raises:
        Unreachable: nobody answers at the start.
        Refused: the controller does not know what is followed.
    """
    pause, began = first_pause_seconds, False
    while not _over(deadline):
        try:
            listed, events = _listed(api, watched)
            yield from events
            began, pause = True, first_pause_seconds
            version: str | None = listed
            while version is not None and not _over(deadline):
                version = yield from _changes(api, watched, version, deadline)
        except (Unreachable, Refused) as error:
            if not began or (isinstance(error, Refused) and not error.is_starting):
                raise
            if _over(deadline, margin=0.1):
                return
            click.echo(f"{error.message}; trying again in {pause:g} s", err=True)
            SystemClock().pause(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


def _over(deadline: float | None, margin: float = 0.0) -> bool:
    return deadline is not None and SystemClock().monotonic() + margin >= deadline


def _listed(api: Api, watched: Watched) -> tuple[str, list[dict[str, Any]]]:
    bookmark = {"type": "BOOKMARK", "object": {}}
    if watched.accept == TABLE:
        answer = fetch_table(api, Target(watched.kind, None), watched.query)
        return _version_of(answer) or "", [{"type": "ADDED", "object": answer}, bookmark]
    answer = api.get_list(watched.kind.path, watched.query)
    return _version_of(answer) or "", [*({"type": "ADDED", "object": item} for item in answer["items"]), bookmark]


def _changes(
    api: Api, watched: Watched, version: str, deadline: float | None
) -> Generator[dict[str, Any], None, str | None]:
    """One watch request. Returns the version to go on from; None when the history of the server is gone."""
    query = {**watched.query, "resourceVersion": version, "allowWatchBookmarks": "true"}
    silence = None
    if deadline is not None:
        silence = max(deadline - SystemClock().monotonic(), 0.001)
        query["timeoutSeconds"] = str(int(silence) + 1)
    try:
        with api.watch(watched.kind.path, query, watched.accept, silence) as events:
            for event in events:
                if event["type"] == "ERROR":
                    return None
                version = _version_of(event["object"]) or version
                if event["type"] != "BOOKMARK":
                    yield event
    except Refused as error:
        if error.status == 410:
            return None
        raise
    return version


def _version_of(changed: dict[str, Any]) -> str | None:
    version = changed.get("metadata", {}).get("resourceVersion")
    if not version and changed.get("rows"):
        version = changed["rows"][-1].get("object", {}).get("metadata", {}).get("resourceVersion")
    return str(version) if version else None


def print_changes(api: Api, watched: Watched, output: str | None, *, headers: bool) -> None:
    """Prints the table of what is there, and a line for every change, until somebody interrupts."""
    columns = Columns()
    definitions: list[dict[str, Any]] = []
    told: set[tuple[str, ...]] = set()
    for event in follow(api, watched):
        if event["type"] == "BOOKMARK":
            continue
        # Only the first Table of a watch says what its columns are.
        definitions = event["object"].get("columnDefinitions") or definitions
        rows = rows_of({**event["object"], "columnDefinitions": definitions}, wide=output in ("wide", "name"))
        columns.fit([rows.headers] * headers + rows.cells)
        if headers and output != "name" and rows.cells:
            click.echo(columns.line(rows.headers))
            headers = False
        for cells in rows.cells:
            # What is listed anew after a lost connection was told already; only its age is another.
            lasting = tuple(cell for cell, header in zip(cells, rows.headers, strict=True) if header not in _AGES)
            if event["type"] == "ADDED" and lasting in told:
                continue
            told.add(lasting)
            click.echo(_line(watched.kind, event["type"], rows.headers, cells, columns, output))


def _line(kind: Kind, change: str, headers: list[str], cells: list[str], columns: Columns, output: str | None) -> str:
    if output == "name":
        return f"{kind.singular}/{cells[headers.index('NAME')]}"
    return columns.line([cells[0], "Deleted"] if change == "DELETED" else cells)
