"""`fleet annotate`: change annotations of objects."""

from typing import Any

import click

from cli.completing import complete_targets
from cli.metadata_changes import change_metadata, metadata_options
from cli.server import Server


@click.command(short_help="Change annotations of objects.")
@click.argument(
    "words",
    nargs=-1,
    required=True,
    metavar="KIND[/NAME] [NAME...] KEY=VALUE... KEY-...",
    shell_complete=complete_targets,
)
@metadata_options
@click.pass_obj
def annotate(server: Server, /, **asked: Any) -> None:
    """Changes annotations: KEY=VALUE sets one, KEY- takes it away. A key that has another value stays without --overwrite.

    \b
    fleet annotate cam/dock dsfleet.io/display-name="Dock 1"
    fleet annotate ds/entrance dsfleet.io/hold="cabling until Friday"
    """  # noqa: D301 - click keeps the lines below \b as they are
    change_metadata(server, "annotations", **asked)
