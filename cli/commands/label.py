"""`fleet label`: change labels of objects."""

from typing import Any

import click

from cli.completing import complete_targets
from cli.metadata_changes import change_metadata, metadata_options
from cli.server import Server


@click.command(short_help="Change labels of objects.")
@click.argument(
    "words",
    nargs=-1,
    required=True,
    metavar="KIND[/NAME] [NAME...] KEY=VALUE... KEY-...",
    shell_complete=complete_targets,
)
@metadata_options
@click.pass_obj
def label(server: Server, /, **asked: Any) -> None:
    """Changes labels: KEY=VALUE sets one, KEY- takes it away. A key that has another value stays without --overwrite.

    \b
    fleet label cam dock site=hq floor-
    fleet label cam -l site=hq area=yard --overwrite
    """  # noqa: D301 - click keeps the lines below \b as they are
    change_metadata(server, "labels", **asked)
