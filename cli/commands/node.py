"""`fleet node`: what a person decides about one machine."""

from urllib.parse import quote

import click

from cli.failure import one_line
from cli.request import ask
from cli.server import Server


@click.group(short_help="Decide about one machine: whose key it is known by, and what was left on it.")
def node() -> None:
    """Decides about one machine."""


@node.command(short_help="Have a node known by another key.")
@click.argument("name")
@click.option(
    "--key", required=True, metavar="FINGERPRINT", help="`sha256:…`, or the whole key: 64 hexadecimal digits."
)
@click.pass_obj
def trust(server: Server, *, name: str, key: str) -> None:
    """Has node NAME known by a key from now on, and by no other: its machine was set up anew.

    A node is known by the key of its first greeting. `fleet status` names another one that greets; the agent of a machine
    logs its own at its start. What spec.publicKey of the manifest pins is changed there.
    """
    ask(server, f"nodes/{quote(name, safe='')}/trust", {"key": key}, f"node {one_line(name)} is known by that key")


_instance = click.option("--instance", default="", metavar="NAME", help="Of this instance alone.")


@node.command(short_help="Take over what an earlier agent has left running.")
@click.argument("name")
@_instance
@click.pass_obj
def adopt(server: Server, *, name: str, instance: str) -> None:
    """Has node NAME take over what an earlier agent has left running on its machine.

    An agent whose state was lost, or that got another id, does not know what it had begun; `fleet describe node NAME` tells
    of that. Nothing is stopped. What was made from another form of the instance than the node is to run is refused.
    """
    ask(server, f"nodes/{quote(name, safe='')}/adopt", {"instance": instance}, f"node {one_line(name)} was asked")


@node.command(short_help="End what an earlier agent has left.")
@click.argument("name")
@_instance
@click.pass_obj
def clean(server: Server, *, name: str, instance: str) -> None:
    """Has node NAME stop and remove what an earlier agent has left on its machine, and nothing else."""
    ask(server, f"nodes/{quote(name, safe='')}/clean", {"instance": instance}, f"node {one_line(name)} was asked")
