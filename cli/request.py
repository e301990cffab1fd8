"""What a person asks of a controller, and what it answers."""

import click

from cli.connection import Api
from cli.failure import one_line
from cli.server import Server


def ask(server: Server, what: str, body: dict[str, str], otherwise: str) -> None:
    """Asks, and prints the answer.

    Args:
        server: the controller.
        what: the request, by its name in the API.
        body: what it says.
        otherwise: is printed when the controller answers without words.
    """
    message = Api(server).post(f"/fleet/v1/{what}", body).get("message")
    click.echo(one_line(str(message)) if message else otherwise)
