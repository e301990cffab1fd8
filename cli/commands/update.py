"""`fleet update`: the controller reads its manifests at once."""

import click

from cli.request import ask
from cli.server import Server


@click.command(short_help="Have the controller read its manifests now.")
@click.option("-m", "--message", default="", metavar="DESC", help="Why; it stands in the event and in the log.")
@click.pass_obj
def update(server: Server, *, message: str) -> None:
    """Has the controller read its manifests and reconcile now, instead of at its next look."""
    ask(server, "update", {"desc": message}, "the controller was asked to read its manifests")
