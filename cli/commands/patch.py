"""`fleet patch`: changes a part of an object."""

from pathlib import Path
from typing import Any

import click

from cli.chosen import named
from cli.completing import complete_targets
from cli.failure import Failure
from cli.server import Server
from cli.writing import JSON_PATCH, MERGE, STRATEGIC, WriteOptions, is_same, write_options, writes

_TYPES = {"strategic": STRATEGIC, "merge": MERGE, "json": JSON_PATCH}


@click.command(short_help="Change a part of an object.")
@click.argument("what", nargs=-1, required=True, metavar="KIND NAME | KIND/NAME", shell_complete=complete_targets)
@click.option(
    "--type",
    "kind",
    type=click.Choice(list(_TYPES)),
    default="strategic",
    show_default=True,
    help="strategic: lists of named things are merged; merge: RFC 7386; json: RFC 6902.",
)
@click.option("-p", "--patch", "text", metavar="PATCH", help="The patch, as JSON or YAML.")
@click.option("--patch-file", type=click.Path(path_type=Path), help="A file that holds it.")
@write_options
@click.pass_obj
def patch(
    server: Server, *, what: tuple[str, ...], kind: str, text: str | None, patch_file: Path | None, how: WriteOptions
) -> None:
    """Changes a part of objects.

    \b
    fleet patch cam dock --type merge -p '{"spec":{"width":1920}}'
    fleet patch cam/dock --type json -p '[{"op":"remove","path":"/spec/width"}]'
    """  # noqa: D301 - click keeps the lines below \b as they are
    if (text is None) == (patch_file is None):
        raise click.UsageError("give the patch, by -p or by --patch-file")
    targets = named(what)
    wanted = _parsed(text, "-p") if text is not None else _read(patch_file or Path())
    with writes(server, how, "fleet-patch") as made:
        for target in targets:
            with made.attempt(target):
                before = made.api.get_object(target.kind.path_of(str(target.name)))
                answer = made.patch(target, wanted, _TYPES[kind])
                made.say(target, "patched (no change)" if is_same(before, answer.document) else "patched", answer)


def _read(file: Path) -> Any:
    try:
        return _parsed(file.read_bytes().decode(), str(file))
    except OSError as error:
        raise Failure(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Failure(f"{file} is not UTF-8") from None


def _parsed(text: str, where: str) -> Any:
    from controller.source.read.yaml_documents import pieces, read_piece

    documents = [(line, one) for line, piece in pieces(text) for one in read_piece(piece)]
    if len(documents) != 1:
        raise Failure(f"{where} holds {len(documents)} patches, and one is expected")
    [(line, document)] = documents
    if document.faults:
        row, column = document.faults[0].place
        raise Failure(f"{where}:{line + row + 1}:{column}: {document.faults[0].message}")
    return document.value
