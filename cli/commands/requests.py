"""`fleet approve`, `fleet update`, `fleet refresh`: the three things that a person may ask of a controller."""

from typing import Any

import click

from cli.connection import Api
from cli.failure import one_line


@click.command(short_help="Approve of the removals of a parked revision.")
@click.argument("revision")
@click.pass_obj
def approve(server: str, *, revision: str) -> None:
    """Approves of REVISION, which removes more instances than the controller removes without asking.

    `fleet status` names the revision that waits. The approval holds for this revision alone.
    """
    answer = Api(server).post("/fleet/v1/approve", {"revision": revision})
    _say(answer, f"revision {one_line(revision)} is approved")


@click.command(short_help="Have the controller read its manifests now.")
@click.option("-m", "--message", default="", metavar="DESC", help="Why; it stands in the event and in the log.")
@click.pass_obj
def update(server: str, *, message: str) -> None:
    """Has the controller read its manifests and reconcile now, instead of at its next look."""
    _say(Api(server).post("/fleet/v1/update", {"desc": message}), "the controller was asked to read its manifests")


@click.command(short_help="Have all agents report now.")
@click.option("-m", "--message", default="", metavar="DESC", help="Why; it stands in the event and in the log.")
@click.pass_obj
def refresh(server: str, *, message: str) -> None:
    """Has every agent greet and report again now."""
    _say(Api(server).post("/fleet/v1/refresh", {"desc": message}), "the agents were asked to report")


def _say(answer: dict[str, Any], otherwise: str) -> None:
    message = answer.get("message")
    click.echo(one_line(str(message)) if message else otherwise)
