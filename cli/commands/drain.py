"""`fleet drain`: have everything that runs on nodes move to others."""

import click

from cli.cordoning import cordoned_nodes, set_unschedulable
from cli.draining import drain as drain_nodes
from cli.durations import Duration
from cli.server import Server
from cli.writing import WriteOptions, write_options, writes


@click.command(short_help="Have what runs on nodes move to others.")
@click.argument("nodes", nargs=-1, metavar="NODE...")
@click.option("-l", "--selector", default="", help="All nodes with these labels.")
@click.option("--pod-selector", default="", metavar="LABELS", help="Only instances with these labels.")
@click.option(
    "--timeout",
    type=Duration(),
    default=0.0,
    metavar="DURATION",
    help="For those that cannot move at once; 0: for ever.",
)
@click.option("--ignore-daemonsets", is_flag=True, help="Taken for kubectl's sake: there are none.")
@click.option("--delete-emptydir-data", is_flag=True, help="Likewise.")
@click.option("--disable-eviction", is_flag=True, help="Likewise: an instance moves either way.")
@click.option("--force", is_flag=True, help="Likewise: an instance that no other node takes stays.")
@click.option(
    "--grace-period", type=int, default=-1, metavar="SECONDS", help="Likewise: its manifest says how long it has."
)
@write_options
@click.pass_obj
def drain(
    server: Server,
    *,
    nodes: tuple[str, ...],
    selector: str,
    pod_selector: str,
    timeout: float,
    how: WriteOptions,
    ignore_daemonsets: bool,
    delete_emptydir_data: bool,
    disable_eviction: bool,
    force: bool,
    grace_period: int,
) -> None:
    """Cordons nodes, and has the instances there move to others that take them.

    An instance goes where its nodeSelector lets it, where an agent is heard and there is room; its cameras are dark while it
    moves. One whose manifest names the node stays, one that somebody holds, too, and the exit code is 1.
    """
    del ignore_daemonsets, delete_emptydir_data, disable_eviction, force, grace_period
    set_unschedulable(server, nodes, how, selector=selector, unschedulable=True)
    with writes(server, how, "fleet-drain") as made:
        drain_nodes(made, cordoned_nodes(made, nodes, selector), pod_selector=pod_selector, timeout_seconds=timeout)
