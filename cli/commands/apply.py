"""`fleet apply`: has objects be as files say."""

import click

from cli.connection import Answer
from cli.kinds import CREATE_ORDER
from cli.manifest_files import Given, objects_in
from cli.server import Server
from cli.writing import WriteOptions, Writes, is_same, write_options, writes


@click.command(short_help="Create or change objects, as files say them.")
@click.option("-f", "--filename", "files", multiple=True, required=True, metavar="FILE|DIR|-", help="What is applied.")
@click.option("-R", "--recursive", is_flag=True, help="Folders in folders, too.")
@click.option("--force-conflicts", is_flag=True, help="Take over fields that others have changed.")
@write_options
@click.pass_obj
def apply(server: Server, *, files: tuple[str, ...], recursive: bool, force_conflicts: bool, how: WriteOptions) -> None:
    """Creates what is not there, and changes what is otherwise: each object is a revision of its own.

    It is the server-side apply of Kubernetes. A field that was applied before and is not given any more goes; fields that
    others set stay. Nodes and cameras come before instances. Says `created`, `configured` or `unchanged` of each,
    and what that does to cameras.

    \b
    fleet apply -f manifests/ -R --dry-run=server
    fleet get cam dock -o yaml | sed s/25/15/ | fleet apply -f - --reason "less light"
    """  # noqa: D301 - click keeps the lines below \b as they are
    given = objects_in(files, recursive=recursive)
    nameless = next((one for one in given if not one.name), None)
    if nameless:
        raise click.UsageError(f"{nameless.place_of('metadata')}: an object without a name can only be created")
    with writes(server, how, "fleet") as made:
        for one in sorted(given, key=lambda one: CREATE_ORDER.index(one.kind)):
            with made.attempt(one.target, one.place_of):
                done, answer = _applied(made, one, force=force_conflicts)
                made.say(one.target, done, answer)


def _applied(made: Writes, one: Given, *, force: bool) -> tuple[str, Answer]:
    before = made.current(one.target)
    answer = made.apply(one, force=force)
    if before is None:
        return "created", answer
    return "unchanged" if is_same(before, answer.document) else "configured", answer
