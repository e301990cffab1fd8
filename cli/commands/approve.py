"""`fleet approve`: lets a parked revision into force."""

import click

from cli.failure import one_line
from cli.request import ask
from cli.server import Server


@click.command(short_help="Approve of the removals of a parked revision.")
@click.argument("revision")
@click.pass_obj
def approve(server: Server, *, revision: str) -> None:
    """Approves of REVISION, which removes more instances than the controller removes without asking.

    `fleet status` names the revision that waits. The approval holds for this revision alone.
    """
    ask(server, "approve", {"revision": revision}, f"revision {one_line(revision)} is approved")
