"""`fleet token`: who else may ask the controller, and what he may."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from cli.connection import Api
from cli.durations import Duration
from cli.failure import Failure, one_line, printable
from cli.server import Server
from cli.tables import Rows, print_table

if TYPE_CHECKING:
    from controller.access_keeper import AccessKeeper

TOKENS = "/fleet/v1/tokens"
_state_dir = click.option(
    "--state-dir",
    type=click.Path(path_type=Path),
    help="Work on the files of a controller on this machine, instead of asking it: for the first token.",
)


@click.group(short_help="Say who else may ask the controller, and what.")
def token() -> None:
    """Makes, lists and takes back tokens. That takes an admin of the whole fleet."""


@token.command(short_help="Make a token, which is shown once.")
@click.option("--role", type=click.Choice(["viewer", "operator", "admin"]), required=True, help="What he may.")
@click.option("--selector", "-l", default="", metavar="LABELS", help="Of objects with such labels alone.")
@click.option("--kinds", default="", metavar="KIND,...", help="Of these kinds alone.")
@click.option(
    "--ttl", type=Duration(), help="How long it is good for, such as 30d or 12h. Default: until it is revoked."
)
@click.option("--name", default="", help="Whose it is: author of his commits, and named in the audit log.")
@_state_dir
@click.pass_obj
def create(
    server: Server, *, role: str, selector: str, kinds: str, ttl: float | None, name: str, state_dir: Path | None
) -> None:
    """Makes a token and prints it. Nobody can show it again: the controller keeps its hash.

    \b
    fleet token create --role admin --state-dir /var/lib/fleet/controller   the first one
    fleet token create --role operator --selector site=hq --ttl 30d --name ci
    """  # noqa: D301 - click keeps the lines below \b as they are
    words = [kind.strip() for kind in kinds.split(",") if kind.strip()]
    if state_dir is None:
        body = {"role": role, "selector": selector, "kinds": words, "name": name}
        made = Api(server).post(TOKENS, body | ({"ttlSeconds": ttl} if ttl is not None else {}))
        text = made.get("token")
        if not isinstance(text, str):
            raise Failure("the controller answered without a token")
    else:
        text, made = _made_in(state_dir, role, selector, words, ttl, name)
    until = f"until {made['expires']}" if made.get("expires") else "until it is revoked"
    click.echo(f"token {one_line(str(made.get('id')))}, for {one_line(str(made.get('name')))}, {until}:", err=True)
    click.echo(printable(text))


@token.command("list", short_help="List the tokens.")
@_state_dir
@click.pass_obj
def list_tokens(server: Server, *, state_dir: Path | None) -> None:
    """Lists the tokens: whose they are and what for. The tokens themselves are kept nowhere."""
    if state_dir is None:
        found = Api(server).get(TOKENS).get("tokens")
    else:
        from controller.access.access_file import token_document

        with _keeper(state_dir) as keeper:
            found = [token_document(one) for one in (keeper.current.tokens if keeper.current else ())]
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Failure("the controller answered with no list of tokens")
    if not found:
        click.echo("There are no tokens.", err=True)
        return
    fields = ("id", "name", "role", "selector", "kinds", "created", "expires")
    print_table(
        Rows([field.upper() for field in fields], [[_cell(one.get(field)) for field in fields] for one in found])
    )


@token.command(short_help="Take a token back.")
@click.argument("token_id", metavar="ID")
@_state_dir
@click.pass_obj
def revoke(server: Server, *, token_id: str, state_dir: Path | None) -> None:
    """Takes a token back: whoever shows it is nobody from now on, and his watches end."""
    if state_dir is None:
        Api(server).delete(f"{TOKENS}/{quote(token_id, safe='')}")
    else:
        with _keeper(state_dir) as keeper:
            if not keeper.revoke(token_id):
                raise Failure(f"there is no token {one_line(token_id)}: `fleet token list` names them")
    click.echo(f"token {one_line(token_id)} is revoked")


def _made_in(
    folder: Path, role: str, selector: str, kinds: list[str], ttl: float | None, name: str
) -> tuple[str, dict[str, Any]]:
    from datetime import timedelta

    from controller.access.access_file import binding_of, token_document

    with _keeper(folder) as keeper:
        binding = binding_of(role, selector, tuple(kinds))
        made, text = keeper.create(name, binding, None if ttl is None else timedelta(seconds=ttl))
    return text, token_document(made)


@contextmanager
def _keeper(folder: Path) -> Iterator["AccessKeeper"]:
    """The access file in the state directory of a controller, which need not run.

    Raises:
        Failure: it cannot be read or changed.
    """
    from controller.access.access_file import BadAccess
    from controller.access_keeper import AccessKeeper
    from ports.clock import SystemClock
    from ports.disk import RealDisk

    if not folder.is_dir():
        raise Failure(
            f"{folder} is no state directory of a controller: it is not there; before the first start of one, make it for its user: "
            f"mkdir -m 700 {folder}"
        )
    keeper = AccessKeeper(folder, RealDisk(), SystemClock().now)
    try:
        keeper.load()
        yield keeper
        keeper.give_to_owner()
    except BadAccess as error:
        raise Failure(str(error)) from None
    except OSError as error:
        raise Failure(f"{error.filename or folder}: {error.strerror}") from None


def _cell(value: Any) -> str:
    if isinstance(value, list):
        value = ",".join(map(str, value))
    return printable(str(value)) if value else "-"
