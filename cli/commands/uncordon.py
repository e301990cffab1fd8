"""`fleet uncordon`: have nodes take something new again."""

import click

from cli.cordoning import set_unschedulable
from cli.server import Server
from cli.writing import WriteOptions, write_options


@click.command(short_help="Have nodes take something new again.")
@click.argument("nodes", nargs=-1, metavar="NODE...")
@click.option("-l", "--selector", default="", help="All nodes with these labels.")
@write_options
@click.pass_obj
def uncordon(server: Server, *, nodes: tuple[str, ...], selector: str, how: WriteOptions) -> None:
    """Has selectors place instances on nodes again: takes spec.unschedulable away."""
    set_unschedulable(server, nodes, how, selector=selector, unschedulable=False)
