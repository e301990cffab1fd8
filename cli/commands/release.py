"""`fleet release`: gives an instance that was held back to its agent."""

import click

from cli.completing import complete_targets
from cli.kinds import instance_named
from cli.request import ask
from cli.server import Server


@click.command(short_help="Give a held instance back to its agent.")
@click.argument("instance", metavar="dsinstance/NAME", shell_complete=complete_targets)
@click.pass_obj
def release(server: Server, *, instance: str) -> None:
    """Takes `fleet hold` back: whatever differs from the manifests by then is applied.

    What the annotation dsfleet.io/hold of a manifest holds is released by taking that out of the manifest.
    """
    name = instance_named(instance)
    ask(server, "release", {"instance": name}, f"dsinstance/{name} is released")
