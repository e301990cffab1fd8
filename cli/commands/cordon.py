"""`fleet cordon`: have nodes take nothing new."""

import click

from cli.cordoning import set_unschedulable
from cli.server import Server
from cli.writing import WriteOptions, write_options


@click.command(short_help="Have nodes take nothing new.")
@click.argument("nodes", nargs=-1, metavar="NODE...")
@click.option("-l", "--selector", default="", help="All nodes with these labels.")
@write_options
@click.pass_obj
def cordon(server: Server, *, nodes: tuple[str, ...], selector: str, how: WriteOptions) -> None:
    """Has selectors place nothing new on nodes: spec.unschedulable. Instances that are there stay, and a manifest may still name the node."""
    set_unschedulable(server, nodes, how, selector=selector, unschedulable=True)
