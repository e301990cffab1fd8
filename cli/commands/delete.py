"""`fleet delete`: takes objects away."""

import click

from cli.chosen import kinds_chosen, named, say_none
from cli.completing import complete_targets
from cli.connection import Refused
from cli.kinds import CREATE_ORDER, Kind, Target
from cli.manifest_files import Given, objects_in
from cli.server import Server
from cli.writing import WriteOptions, Writes, tell_consequences, write_options, writes


@click.command(short_help="Take objects away.")
@click.argument("what", nargs=-1, metavar="[KIND NAME... | KIND/NAME...]", shell_complete=complete_targets)
@click.option("-f", "--filename", "files", multiple=True, metavar="FILE|DIR|-", help="The objects that files name.")
@click.option("-R", "--recursive", is_flag=True, help="Folders in folders, too.")
@click.option("-l", "--selector", default="", help="All objects of the kind with these labels.")
@click.option("--all", "everything", is_flag=True, help="All objects of the kind.")
@click.option("--ignore-not-found", is_flag=True, help="What is not there is gone already.")
@write_options
@click.pass_obj
def delete(
    server: Server,
    *,
    what: tuple[str, ...],
    files: tuple[str, ...],
    recursive: bool,
    selector: str,
    everything: bool,
    ignore_not_found: bool,
    how: WriteOptions,
) -> None:
    """Takes objects out of the manifests: with -l and --all all of a kind in one revision, else each by itself.

    The removal guard may say no; --approve says yes, and --dry-run=server asks it before.

    \b
    fleet delete cam dock
    fleet delete cam -l site=old --dry-run=server
    """  # noqa: D301 - click keeps the lines below \b as they are
    if bool(what) == bool(files):
        raise click.UsageError("say which objects: KIND NAME, or KIND with --all or -l, or -f")
    if files and (selector or everything):
        raise click.UsageError("files name objects; so do --all and -l: give one of them")
    given: dict[Target, Given] = {}
    kinds = None if files else kinds_chosen(what, selector, everything=everything)
    if files:
        given = {one.target: one for one in objects_in(files, recursive=recursive) if one.name}
    targets = list(given) if files else named(what) if kinds is None else []
    with writes(server, how, "fleet-delete") as made:
        for kind in sorted(kinds or [], key=CREATE_ORDER.index, reverse=True):
            with made.attempt(Target(kind, None)):
                _delete_selected(made, kind, selector)
        for target in sorted(targets, key=lambda one: CREATE_ORDER.index(one.kind), reverse=True):
            with made.attempt(target, given[target].place_of if target in given else None):
                _delete(made, target, ignore_not_found=ignore_not_found)


def _delete(made: Writes, target: Target, *, ignore_not_found: bool) -> None:
    try:
        answer = made.delete(target)
    except Refused as refused:
        if refused.status == 404 and ignore_not_found:
            return
        raise
    made.say(target, "deleted", answer)


def _delete_selected(made: Writes, kind: Kind, selector: str) -> None:
    answer = made.delete_selected(kind, selector)
    gone = answer.document.get("items") or []
    if not gone:
        say_none([kind])
    for document in gone:
        made.say(Target(kind, str(document["metadata"]["name"])), "deleted")
    tell_consequences(answer.headers)
