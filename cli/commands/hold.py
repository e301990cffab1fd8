"""`fleet hold`: keeps the agent's hands off an instance that a person works on."""

import click

from cli.completing import complete_targets
from cli.failure import one_line
from cli.kinds import instance_named
from cli.request import ask
from cli.server import Server


@click.command(short_help="Keep the agent's hands off an instance.")
@click.argument("instance", metavar="dsinstance/NAME", shell_complete=complete_targets)
@click.option("--reason", default="", metavar="TEXT", help="Why, for everybody who looks.")
@click.pass_obj
def hold(server: Server, *, instance: str, reason: str) -> None:
    """Holds an instance: its agent neither creates, starts, restarts, changes, stops nor removes it.

    Not after a crash either, nor when the machine starts anew. Holding touches nothing, and lasts until
    `fleet release`; edits of its manifest wait until then. `fleet status` lists what is held.
    """
    name = instance_named(instance)
    ask(server, "hold", {"instance": name, "reason": one_line(reason)}, f"dsinstance/{name} is held")
