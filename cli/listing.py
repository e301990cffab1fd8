"""The tables of `fleet get`: fetched from the server, sorted and put below each other."""

from collections.abc import Mapping, Sequence
from re import findall, fullmatch
from typing import Any, NamedTuple

import click

from cli.connection import TABLE, Api, Refused
from cli.failure import Failure, printable
from cli.kinds import Kind, Target
from cli.tables import Rows, print_table, rows_of

_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}


class Form(NamedTuple):
    """How tables are printed."""

    output: str | None
    """`wide`, `name` or None."""
    headers: bool
    sort_by: str | None


def print_listing(api: Api, targets: Sequence[Target], selector: str, form: Form) -> None:
    """Prints a table for each kind. Objects that do not exist, and kinds that are not for whoever asks, are named after what is shown.

    Raises:
        Failure: nothing could be asked.
        click.exceptions.Exit: some were named.
    """
    kinds = list(dict.fromkeys(target.kind for target in targets))
    missing: list[Refused] = []
    tables: list[Rows] = []
    for kind in kinds:
        rows = _rows(api, [target for target in targets if target.kind == kind], selector, form, missing)
        if rows.cells:
            tables.append(_with_kind(rows, kind) if len(kinds) > 1 or form.output == "name" else rows)
    for number, rows in enumerate(tables):
        if form.output == "name":
            click.echo("\n".join(row[0] for row in rows.cells))
            continue
        if number:
            click.echo()
        print_table(rows, headers=form.headers)
    for refused in missing:
        refused.show()
    if missing:
        raise click.exceptions.Exit(1)
    if not tables and form.output != "name":
        click.echo(f"No {' or '.join(kind.plural for kind in kinds)} found.", err=True)


def _rows(api: Api, targets: Sequence[Target], selector: str, form: Form, missing: list[Refused]) -> Rows:
    """The rows of all targets of a kind; those that do not exist, or that others may see alone, are added to `missing`."""
    rows = Rows([], [])
    for target in targets:
        try:
            table = fetch_table(api, target, {"labelSelector": selector} if selector else None)
        except Refused as refused:
            # Who may see some kinds alone is shown those, as kubectl does.
            if refused.status != 403 and (refused.status != 404 or not target.name):
                raise
            missing.append(refused)
            continue
        more = rows_of(table, wide=form.output in ("wide", "name"))
        rows = Rows(more.headers, rows.cells + more.cells)
    if form.output == "name" and rows.cells:
        column = rows.headers.index("NAME")
        return Rows(["NAME"], [[row[column]] for row in rows.cells])
    return _sorted(rows, form.sort_by) if form.sort_by and rows.cells else rows


def fetch_table(api: Api, target: Target, query: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The Table of a kind, or of one object.

    Raises:
        Refused: there is no such object.
        Failure: there is no Table in the answer.
    """
    path = target.kind.path_of(target.name) if target.name else target.kind.path
    table = api.get(path, query, TABLE)
    if table.get("kind") != "Table":
        raise Failure(f"{api.url} lists {target.kind.plural} without a table: is its controller of another version?")
    return table


def _with_kind(rows: Rows, kind: Kind) -> Rows:
    """What stands below other kinds says the kind with each name; the table of events has no names to show."""
    if rows.headers[0] != "NAME":
        return rows
    return Rows(rows.headers, [[f"{kind.singular}/{name}", *others] for name, *others in rows.cells])


def _sorted(rows: Rows, column: str) -> Rows:
    if column.upper() not in rows.headers:
        raise Failure(f"there is no column '{printable(column)}': there are {', '.join(rows.headers)}")
    number = rows.headers.index(column.upper())
    return Rows(rows.headers, sorted(rows.cells, key=lambda row: (_magnitude(row[number]), row[number])))


def _magnitude(cell: str) -> float:
    """Numbers sort by size and ages by length; words come after them, by the alphabet."""
    if fullmatch(r"(\d+[dhms])+", cell):
        return float(sum(int(count) * _SECONDS[unit] for count, unit in findall(r"(\d+)([dhms])", cell)))
    leading = fullmatch(r"(\d+(?:\.\d+)?)(?:/\d+)?", cell)
    return float(leading[1]) if leading else float("inf")


def print_document(document: Any, output: str) -> None:
    """Prints plain data as JSON or YAML, without who manages which field: that is not for people."""
    document = _without_managed_fields(document)
    if output == "json":
        import json

        click.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        from controller.source.read.yaml_text import yaml_text

        click.echo(yaml_text(document), nl=False)


def _without_managed_fields(document: Any) -> Any:
    if not isinstance(document, dict):
        return document
    if isinstance(document.get("items"), list):
        return {**document, "items": [_without_managed_fields(one) for one in document["items"]]}
    metadata = document.get("metadata")
    if not isinstance(metadata, dict) or "managedFields" not in metadata:
        return document
    return {**document, "metadata": {name: one for name, one in metadata.items() if name != "managedFields"}}
