"""`fleet get`: lists objects, or follows them."""

from collections.abc import Sequence
from typing import Any

import click

from cli.completing import complete_targets
from cli.connection import JSON, TABLE, Api
from cli.kinds import Target, targets_of
from cli.listing import Form, print_document, print_listing
from cli.server import Server


@click.command(short_help="List nodes, dsinstances, cameras or events.")
@click.argument("what", nargs=-1, required=True, metavar="KIND[/NAME] [NAME...]", shell_complete=complete_targets)
@click.option(
    "-o", "--output", type=click.Choice(["wide", "yaml", "json", "name"]), help="Another form than the table."
)
@click.option("-l", "--selector", default="", help="Only objects with these labels, such as site=hq,floor!=2.")
@click.option("-w", "--watch", is_flag=True, help="Go on, and print every change.")
@click.option("--no-headers", is_flag=True, help="Leave the line with the names of the columns out.")
@click.option("--sort-by", metavar="COLUMN", help="Sort the table by a column, such as AGE or NODE.")
@click.pass_obj
def get(
    server: Server,
    *,
    what: tuple[str, ...],
    output: str | None,
    selector: str,
    watch: bool,
    no_headers: bool,
    sort_by: str | None,
) -> None:
    """Lists objects: nodes (no), dsinstances (ds), cameras (cam), events (ev) or all.

    \b
    fleet get all
    fleet get cameras -l site=hq -o wide
    fleet get ds/entrance -o yaml
    fleet get cam,ds -w        one kind at a time can be watched: fleet get cam -w
    """  # noqa: D301 - click keeps the lines below \b as they are
    targets = targets_of(what)
    if selector and any(target.name for target in targets):
        raise click.UsageError("a selector (-l) chooses objects; so does a name: give one of the two")
    if sort_by and (watch or output in ("yaml", "json", "name")):
        raise click.UsageError("--sort-by sorts tables alone")
    api = Api(server)
    if watch:
        _watch(api, targets, output, selector, headers=not no_headers)
    elif output in ("json", "yaml"):
        _print_documents(api, targets, output, selector)
    else:
        print_listing(api, targets, selector, Form(output, headers=not no_headers, sort_by=sort_by))


def _print_documents(api: Api, targets: Sequence[Target], output: str, selector: str) -> None:
    query = {"labelSelector": selector} if selector else None
    if len(targets) == 1:
        [target] = targets
        path = target.kind.path_of(target.name) if target.name else target.kind.path
        print_document(api.get(path, query), output)
        return
    items: list[Any] = []
    for target in targets:
        if target.name:
            items.append(api.get_object(target.kind.path_of(target.name)))
        else:
            items += api.get_list(target.kind.path, query)["items"]
    print_document({"apiVersion": "v1", "kind": "List", "metadata": {}, "items": items}, output)


def _watch(api: Api, targets: Sequence[Target], output: str | None, selector: str, *, headers: bool) -> None:
    from cli.watching import Watched, follow, print_changes

    if len(targets) > 1:
        raise click.UsageError("one kind, or one object, can be watched at a time")
    [target] = targets
    query = {"labelSelector": selector} if selector else {}
    if target.name:
        query["fieldSelector"] = f"metadata.name={target.name}"
    if output in ("json", "yaml"):
        for event in follow(api, Watched(target.kind, query, JSON)):
            if output == "yaml":
                click.echo("---")
            print_document(event["object"], output)
        return
    print_changes(api, Watched(target.kind, query, TABLE), output, headers=headers)
