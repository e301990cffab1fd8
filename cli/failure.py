"""Errors that people expect: one sentence, what to do about it, an exit code, never a traceback."""

import re
from typing import IO, Any

import click

# Everything that moves a cursor, colours text or hides it: names and messages come from other machines.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Failure(click.ClickException):
    """Something that the person at the keyboard can do something about."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Prints `error: …` to standard error."""
        word = click.style("error:", fg="red", bold=True)
        click.echo(f"{word} {self.format_message()}", file=file, err=file is None, color=self.show_color)


def printable(text: str) -> str:
    """The text on one line, with control characters written out, so that no cell can take a terminal over."""
    return _CONTROL.sub(lambda found: "\\n" if found[0] == "\n" else f"\\x{ord(found[0]):02x}", text)


def one_line(text: str, limit: int = 200) -> str:
    """The first characters of a text from elsewhere, for the inside of a sentence."""
    shown = printable(" ".join(text.split()))
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"
