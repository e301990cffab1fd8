"""`fleet events`: what happened, oldest first."""

from typing import Any

import click

from cli.completing import complete_objects
from cli.connection import Api
from cli.event_rows import HEADERS, about, cells_of, in_order, time_of
from cli.failure import Failure, printable
from cli.kinds import EVENT, targets_of
from cli.server import Server
from cli.tables import Columns, Rows, print_table


@click.command(short_help="List what happened, oldest first.")
@click.option("-w", "--watch", is_flag=True, help="Go on, and print events as they happen.")
@click.option("--for", "subject", metavar="KIND/NAME", shell_complete=complete_objects, help="Events of one object.")
@click.option("-o", "--output", type=click.Choice(["json", "yaml"]), help="Another form than the table.")
@click.pass_obj
def events(server: Server, *, watch: bool, subject: str | None, output: str | None) -> None:
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
        from cli.listing import print_document

        print_document(answer, output)
    elif answer["items"]:
        print_table(Rows(HEADERS, [cells_of(event) for event in in_order(answer["items"])]))
    else:
        click.echo(f"No events found{f' for {subject}' if subject else ''}.", err=True)


def _selector_of(subject: str) -> dict[str, str]:
    [target] = targets_of([subject]) if "/" in subject else [None]
    if target is None or target.name is None:
        raise Failure(f"--for names one object, such as camera/dock-1, not '{printable(subject)}'")
    return about(target.kind, target.name)


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
        key = (str(happened["metadata"].get("name")), f"{time_of(happened)} {happened.get('count')}")
        if key in told:
            continue
        told.add(key)
        if started:
            click.echo(columns.line(cells_of(happened)))
        else:
            first.append(happened)
