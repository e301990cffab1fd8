"""`fleet annotate`: change annotations of objects."""

import click

from cli.completing import complete_targets
from cli.metadata_changes import change_metadata
from cli.server import Server
from cli.writing import WriteOptions, write_options


@click.command(short_help="Change annotations of objects.")
@click.argument(
    "words",
    nargs=-1,
    required=True,
    metavar="KIND[/NAME] [NAME...] KEY=VALUE... KEY-...",
    shell_complete=complete_targets,
)
@click.option("--overwrite", is_flag=True, help="Give other values to keys that are there.")
@click.option("-l", "--selector", default="", help="All objects of the kind with these labels.")
@click.option("--all", "everything", is_flag=True, help="All objects of the kind.")
@click.option("--resource-version", default="", metavar="VERSION", help="That the object must have.")
@write_options
@click.pass_obj
def annotate(
    server: Server,
    *,
    words: tuple[str, ...],
    overwrite: bool,
    selector: str,
    everything: bool,
    resource_version: str,
    how: WriteOptions,
) -> None:
    """Changes annotations: KEY=VALUE sets one, KEY- takes it away. A key that has another value stays without --overwrite.

    \b
    fleet annotate cam/dock dsfleet.io/display-name="Dock 1"
    fleet annotate ds/entrance dsfleet.io/hold="cabling until Friday"
    """  # noqa: D301 - click keeps the lines below \b as they are
    change_metadata(
        server,
        words,
        "annotations",
        how,
        selector=selector,
        everything=everything,
        overwrite=overwrite,
        resource_version=resource_version,
    )
