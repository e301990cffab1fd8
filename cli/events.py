"""`fleet events`: what happened, oldest first."""

from collections.abc import Iterable
from typing import Any

import click

from cli.ages import age_of
from cli.completion import complete_objects
from cli.connection import Api
from cli.failure import Failure, printable
from cli.kinds import EVENT, Kind, targets_of
from cli.tables import Columns, Rows, print_table

HEADERS = ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]


@click.command(short_help="List what happened, oldest first.")
@click.option("-w", "--watch", is_flag=True, help="Go on, and print events as they happen.")
@click.option("--for", "subject", metavar="KIND/NAME", shell_complete=complete_objects, help="Events of one object.")
@click.option("-o", "--output", type=click.Choice(["json", "yaml"]), help="Another form than the table.")
@click.pass_obj
def events(server: str, *, watch: bool, subject: str | None, output: str | None) -> None:
    """Lists what happened to the objects of the fleet, the latest last.

    \b
    fleet events --for camera/dock-1
    fleet events -w
    """  # noqa: D301 - click keeps the lines below \b as they are
    query = _selector_of(subject) if subject else {}
    api = Api(server)
    if watch:
        _watch(api, query)
        return
    answer = api.get_list(EVENT.path, query)
    if output:
        from cli.get import print_document

        print_document(answer, output)
    elif answer["items"]:
        print_table(Rows(HEADERS, [cells_of(event) for event in in_order(answer["items"])]))
    else:
        click.echo(f"No events found{f' for {subject}' if subject else ''}.", err=True)


def events_of(api: Api, kind: Kind, name: str) -> list[dict[str, Any]]:
    """The events of one object, the latest last."""
    return in_order(api.get_list(EVENT.path, _field_selector(kind, name))["items"])


def in_order(items: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Events by the time when they last happened."""
    return sorted(items, key=_time_of)


def cells_of(event: dict[str, Any]) -> list[str]:
    """An event as a row below `HEADERS`."""
    subject = event.get("involvedObject") or {}
    count = event.get("count") or 1
    seen = age_of(_time_of(event)) + (f" (x{count})" if count > 1 else "")
    named = f"{str(subject.get('kind', '')).lower()}/{subject.get('name', '')}"
    return [
        seen,
        *(printable(str(event.get(key) or "")) for key in ("type", "reason")),
        printable(named),
        _message(event),
    ]


def _message(event: dict[str, Any]) -> str:
    return printable(str(event.get("message") or "").strip())


def _time_of(event: dict[str, Any]) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or event["metadata"].get("creationTimestamp") or "")


def _selector_of(subject: str) -> dict[str, str]:
    targets = targets_of([subject])
    if len(targets) != 1 or targets[0].name is None:
        raise Failure(f"--for names one object, such as camera/dock-1, not '{printable(subject)}'")
    return _field_selector(targets[0].kind, targets[0].name)


def _field_selector(kind: Kind, name: str) -> dict[str, str]:
    return {"fieldSelector": f"involvedObject.kind={kind.name},involvedObject.name={name}"}


def _watch(api: Api, query: dict[str, str]) -> None:
    from cli.watching import Watched, follow

    columns, started = Columns(), False
    told: set[tuple[str, str]] = set()
    first: list[dict[str, Any]] = []
    for event in follow(api, Watched(EVENT, query)):
        if event["type"] == "BOOKMARK" and not started:
            rows = [cells_of(one) for one in in_order(first)]
            columns.fit([HEADERS, *rows])
            for row in [HEADERS, *rows]:
                click.echo(columns.line(row))
            started = True
        if event["type"] not in ("ADDED", "MODIFIED"):
            continue
        happened = event["object"]
        # After a lost connection everything is listed anew; what was told already is not told again.
        key = (str(happened["metadata"].get("name")), f"{_time_of(happened)} {happened.get('count')}")
        if key in told:
            continue
        told.add(key)
        if started:
            click.echo(columns.line(cells_of(happened)))
        else:
            first.append(happened)
