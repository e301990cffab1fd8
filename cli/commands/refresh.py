"""`fleet refresh`: every agent reports at once."""

import click

from cli.request import ask
from cli.server import Server


@click.command(short_help="Have all agents report now.")
@click.option("-m", "--message", default="", metavar="DESC", help="Why; it stands in the event and in the log.")
@click.pass_obj
def refresh(server: Server, *, message: str) -> None:
    """Has every agent greet and report again now."""
    ask(server, "refresh", {"desc": message}, "the agents were asked to report")
