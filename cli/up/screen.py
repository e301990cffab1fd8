"""What `fleet up` shows: a live table on a terminal, lines about changes everywhere else."""

import contextlib
import os
import shutil
import sys
from typing import TYPE_CHECKING, Protocol

import click

from cli.tables import Columns, Rows
from cli.up.view import View

if TYPE_CHECKING:
    from rich.console import Group
    from rich.text import Text

_EVENT_HEADERS = ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]


class Screen(Protocol):
    """Where `fleet up` prints."""

    def say(self, line: str) -> None:
        """Prints a line that stays."""
        ...

    def show(self, view: View | None) -> None:
        """Shows the fleet as it is now; None when the controller does not answer."""
        ...

    def close(self) -> None:
        """Leaves the terminal as it was."""
        ...


def screen_for(ctx: click.Context, *, table: bool) -> Screen:
    """The live table when standard output is a terminal, else lines."""
    if table and sys.stdout.isatty():
        return LiveTable(color=ctx.color is not False)
    return Lines()


class Lines:
    """Prints what changed, a line each: for logs, pipes and `--no-table`."""

    def __init__(self) -> None:
        """Starts with nothing seen."""
        self._rows: dict[str, dict[str, str]] = {}
        self._notices: list[str] = []
        self._answering: bool | None = None

    def say(self, line: str) -> None:
        """Prints the line. A reader that has left, as `tee` does at Ctrl-C, must not keep the parts from being stopped."""
        try:
            click.echo(line)
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

    def show(self, view: View | None) -> None:
        """Prints what is new since the last look."""
        if view is None:
            if self._answering:
                self.say("the controller does not answer")
            self._answering = False
            return
        self._answering = True
        for kind, rows in view.tables.items():
            self._show_rows(kind, rows)
        for notice in view.notices:
            if notice not in self._notices:
                self.say(notice)
        self._notices = view.notices

    def _show_rows(self, kind: str, rows: Rows) -> None:
        # Ages and rates change at every look, and say nothing new.
        lasting = [
            number for number, header in enumerate(rows.headers) if header not in ("NAME", "AGE", "FPS", "FRAMES")
        ]
        now = {row[0]: "  ".join(f"{rows.headers[n].lower()}={row[n]}" for n in lasting) for row in rows.cells}
        before = self._rows.get(kind, {})
        singular = kind.removesuffix("s")
        for name, text in now.items():
            if before.get(name) != text:
                self.say(f"{singular}/{name}  {text}")
        for name in before.keys() - now.keys():
            self.say(f"{singular}/{name}  deleted")
        self._rows[kind] = now

    def close(self) -> None:
        """Has nothing to give back."""


class LiveTable:
    """The fleet at a glance, renewed in place."""

    def __init__(self, *, color: bool) -> None:
        """Takes the lower part of the terminal."""
        from rich.console import Console
        from rich.live import Live

        self._console = Console(no_color=not color, highlight=False)
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._live.start()

    def say(self, line: str) -> None:
        """Prints the line above the table; a terminal that is gone must not keep the parts from being stopped."""
        with contextlib.suppress(OSError):
            self._console.print(line, markup=False)

    def show(self, view: View | None) -> None:
        """Renews the table."""
        from rich.text import Text

        shown = self._drawn(view) if view else Text("waiting for the controller to answer …", style="yellow")
        with contextlib.suppress(OSError):
            self._live.update(shown, refresh=True)

    def _drawn(self, view: View) -> "Group":
        from rich.console import Group
        from rich.text import Text

        # What does not fit is said, not cut off: half of the terminal at most for cameras, which may be many.
        room = max(4, shutil.get_terminal_size().lines // 2 - 6)
        parts: list[Text] = [Text("")]
        parts += [Text(notice, style="bold yellow") for notice in view.notices]
        for kind, rows in view.tables.items():
            parts += [*_block(Rows(rows.headers, rows.cells[:room]))]
            if len(rows.cells) > room:
                parts.append(Text(f"… and {len(rows.cells) - room} more: fleet get {kind}", style="dim"))
            parts.append(Text(""))
        parts += _block(Rows(_EVENT_HEADERS, view.events[-5:]))
        parts.append(Text("Ctrl-C stops everything", style="dim"))
        for part in parts:
            part.no_wrap, part.overflow = True, "ellipsis"
        return Group(*parts)

    def close(self) -> None:
        """Takes the table away; what was said stays."""
        with contextlib.suppress(OSError):
            self._live.stop()


def _block(rows: Rows) -> "list[Text]":
    from rich.text import Text

    columns = Columns()
    columns.fit([rows.headers, *rows.cells])
    lines = [Text(columns.line(rows.headers), style="bold")]
    for row in rows.cells:
        text = Text.from_ansi(columns.line(row))
        lines.append(text)
    return lines
