"""`fleet label`: change labels of objects."""

import click

from cli.completing import complete_targets
from cli.metadata_changes import change_metadata
from cli.server import Server
from cli.writing import WriteOptions, write_options


@click.command(short_help="Change labels of objects.")
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
def label(
    server: Server,
    *,
    words: tuple[str, ...],
    overwrite: bool,
    selector: str,
    everything: bool,
    resource_version: str,
    how: WriteOptions,
) -> None:
    """Changes labels: KEY=VALUE sets one, KEY- takes it away. A key that has another value stays without --overwrite.

    \b
    fleet label cam dock site=hq floor-
    fleet label cam -l site=hq area=yard --overwrite
    """  # noqa: D301 - click keeps the lines below \b as they are
    change_metadata(
        server,
        words,
        "labels",
        how,
        selector=selector,
        everything=everything,
        overwrite=overwrite,
        resource_version=resource_version,
    )
