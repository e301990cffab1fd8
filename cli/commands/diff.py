"""`fleet diff`: what applying files would change in objects."""

from collections.abc import Iterator
from difflib import unified_diff
from typing import IO, Any

import click

from cli.failure import Failure, printable
from cli.kinds import CREATE_ORDER
from cli.manifest_files import Given, objects_in
from cli.server import Server
from cli.writing import WriteOptions, Writes, declared, tell_consequences

_DIFFERENCES, _ERROR = 1, 255
_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


class DiffFailure(Failure):
    """Something could not be compared. Code 1 says that there are differences."""

    exit_code = _ERROR

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self._failure = failure

    def show(self, file: IO[Any] | None = None) -> None:
        """As the failure does."""
        self._failure.show(file)


@click.command(short_help="Show what applying files would change.")
@click.option("-f", "--filename", "files", multiple=True, required=True, metavar="FILE|DIR|-", help="What is compared.")
@click.option("-R", "--recursive", is_flag=True, help="Folders in folders, too.")
@click.option("--force-conflicts", is_flag=True, help="As if fields were taken over that others have changed.")
@click.pass_obj
def diff(server: Server, *, files: tuple[str, ...], recursive: bool, force_conflicts: bool) -> None:
    """Asks the controller what `fleet apply` would make of each object, and writes nothing.

    The differences go to standard output, what they do to instances and cameras to standard error. Exit code 0: no
    difference, 1: differences, 255: error.

    \b
    fleet diff -f manifests/ -R
    """  # noqa: D301 - click keeps the lines below \b as they are
    try:
        given = objects_in(files, recursive=recursive)
        made = Writes(server, WriteOptions(dry_run=True), "fleet")
        differ = False
        for one in sorted(given, key=lambda one: CREATE_ORDER.index(one.kind)):
            with made.attempt(one.target, one.place_of):
                differ |= _differs(made, one, force=force_conflicts)
    except Failure as failure:
        raise DiffFailure(failure) from None
    raise click.exceptions.Exit(_ERROR if made.has_failed else _DIFFERENCES if differ else 0)


def _differs(made: Writes, one: Given, *, force: bool) -> bool:
    before = made.current(one.target) if one.name else None
    answer = made.apply(one, force=force) if one.name else made.create(one.kind, one.document)
    lines = list(_lines(before, answer.document, f"{one.target}", one.file))
    for line in lines:
        click.secho(printable(line), fg=_COLOURS.get(line[:1]))
    if lines:
        tell_consequences(answer.headers)
    return bool(lines)


def _lines(before: dict[str, Any] | None, after: dict[str, Any], name: str, file: str) -> Iterator[str]:
    from controller.source.read.yaml_text import yaml_text

    old, new = ("" if one is None else yaml_text(_plain(declared(one))) for one in (before, after))
    return unified_diff(old.splitlines(), new.splitlines(), name, f"{name} in {file}", lineterm="")


def _plain(value: Any) -> Any:
    """The same with 10 for 10.0: the API shows what is a number in one way, people write it in the other."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
