"""`fleet version`: of this command and of the controller."""

import json

import click

from cli.connection import Api
from cli.failure import Failure, one_line
from cli.server import Server


@click.command(short_help="Show the version of this command and of the controller.")
@click.option("-o", "--output", type=click.Choice(["json"]), help="Another form than text.")
@click.pass_obj
def version(server: Server, *, output: str | None) -> None:
    """Shows the version of this command and of the controller; exit code 1 when no controller answers."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as version_of

    try:
        client = version_of("dsfleet")
    except PackageNotFoundError:
        client = "unknown (not installed)"
    answer, failure = None, None
    try:
        answer = Api(server).get("/version")
    except Failure as error:
        failure = error
    if output == "json":
        document = {"clientVersion": client} | ({"serverVersion": answer} if answer else {})
        click.echo(json.dumps(document, indent=2))
    else:
        click.echo(f"Client Version: {client}")
        if isinstance(answer, dict):
            click.echo(f"Server Version: {one_line(str(answer.get('gitVersion', 'unknown')))}")
    if failure:
        raise failure
