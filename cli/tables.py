"""Tables for people: what the server calls a Table, laid out as kubectl does."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import click

from cli.failure import printable

_GAP = "   "

# Words that say at a glance whether a thing is well. Only whole cells are coloured.
_GOOD = {"Ready", "Running", "True", "Connected", "Normal"}
_BAD = {"NotReady", "Failed", "CrashLoopBackOff", "False", "Unhealthy", "Offline", "Warning"}
_TRUE_IS_BAD = {"Degraded", "ReportTruncated"}
"""Conditions; in a row that begins with one of them True and False are of the other colour."""
_OPPOSITE = {"True": "False", "False": "True"}
_MIDDLING = {"Unknown", "Pending", "Pulling", "Starting", "Stopped", "Stalled"}


class Rows(NamedTuple):
    """Cells as text, below headers."""

    headers: list[str]
    cells: list[list[str]]


def rows_of(table: dict[str, Any], *, wide: bool = False) -> Rows:
    """The columns of a server's Table that are shown; those with a priority are for the wide form."""
    columns = table.get("columnDefinitions") or []
    shown = [number for number, column in enumerate(columns) if wide or not column.get("priority")]
    headers = [printable(str(columns[number]["name"])).upper() for number in shown]
    return Rows(headers, [[cell_text(row["cells"][number]) for number in shown] for row in table.get("rows") or []])


def cell_text(value: Any) -> str:
    """A value as it stands in a cell."""
    if value is None:
        return "<none>"
    if isinstance(value, list):
        return printable(",".join(str(one) for one in value)) or "<none>"
    return printable(str(value))


def print_table(rows: Rows, *, headers: bool = True, indent: str = "") -> None:
    """Prints rows with their columns aligned."""
    if not rows.cells and not headers:
        return
    # A cell of a finished table is as wide as its text; spaces around it would move its neighbours.
    shown = [[cell.strip() for cell in row] for row in [rows.headers] * headers + rows.cells]
    columns = Columns()
    columns.fit(shown)
    for row in shown:
        click.echo(f"{indent}{columns.line(row)}".rstrip())


class Columns:
    """Lines of a table that grows: the widths stay, as far as they can, so that lines stand below each other."""

    def __init__(self) -> None:
        """Starts without any width; columns widen when a cell needs more."""
        self._widths: list[int] = []

    def line(self, cells: Sequence[str]) -> str:
        """One line."""
        self._widths += [0] * (len(cells) - len(self._widths))
        self._widths = [max(width, len(cell)) for width, cell in zip(self._widths, cells, strict=False)]
        padded = [
            f"{_coloured(cell, cells[0])}{' ' * (width - len(cell))}"
            for cell, width in zip(cells, self._widths, strict=False)
        ]
        return _GAP.join(padded).rstrip()

    def fit(self, rows: Iterable[Sequence[str]]) -> None:
        """Makes the columns wide enough for rows that will be printed together."""
        for row in rows:
            self.line(row)


def _coloured(cell: str, about: str) -> str:
    means = _OPPOSITE.get(cell, cell) if about in _TRUE_IS_BAD else cell
    for words, colour in ((_GOOD, "green"), (_BAD, "red"), (_MIDDLING, "yellow")):
        if means in words:
            return click.style(cell, fg=colour)
    return cell
