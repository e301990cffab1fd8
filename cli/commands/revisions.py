"""`fleet revisions`: what the manifests were, what each revision changed, and back to one of them."""

from typing import Any
from urllib.parse import quote

import click

from cli.ages import age_of
from cli.connection import Api, Refused
from cli.failure import Failure, one_line, printable
from cli.listing import print_document
from cli.refused_writes import NotDone
from cli.server import Server
from cli.tables import Rows, print_table
from cli.writing import tell_consequences

_PATH = "/fleet/v1/revisions"
_TIMEOUT_SECONDS = 60.0
"""All files may be others, and a remote may take its time."""
_SHOWN_DIGITS = 12
_COLOURS = {"+": "green", "-": "red", "@": "cyan"}
_output = click.option("-o", "--output", type=click.Choice(["json", "yaml"]), help="How the answer is printed.")


@click.group(invoke_without_command=True, short_help="What the manifests were, and back to that.")
@click.pass_context
def revisions(ctx: click.Context) -> None:
    """Lists the revisions of the manifests, shows what each changed, and goes back to one of them.

    \b
    fleet revisions
    fleet revisions show 4be1c0de
    fleet revisions restore 4be1c0de --reason "it was dark" --dry-run=server
    """  # noqa: D301 - click keeps the lines below \b as they are
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_revisions)


@revisions.command("list", short_help="The newest ones.")
@click.option("--limit", type=click.IntRange(1, 500), default=20, show_default=True, help="So many.")
@click.option("--before", metavar="REVISION", default="", help="Those before this one.")
@_output
@click.pass_obj
def list_revisions(server: Server, *, limit: int = 20, before: str = "", output: str | None = None) -> None:
    """Lists them, the newest first. Of a git repository they are its commits; of a directory the last 20 are known."""
    found = Api(server, _TIMEOUT_SECONDS).get(_PATH, {"limit": str(limit), **({"before": before} if before else {})})
    if output:
        print_document(found, output)
        return
    told = found.get("revisions")
    if not isinstance(told, list) or not all(isinstance(one, dict) for one in told):
        raise Failure("the controller answered with no list of revisions")
    if not told:
        click.echo("No revisions found.", err=True)
        return
    rows = [
        [
            _short(one),
            age_of(str(one.get("at"))),
            one_line(str(one.get("author") or "")) or "<none>",
            "*" if one.get("inForce") else "",
            one_line(str(one.get("subject") or "")),
        ]
        for one in told
    ]
    print_table(Rows(["REVISION", "AGE", "AUTHOR", "IN FORCE", "SUBJECT"], rows))


@revisions.command(short_help="What one changed.")
@click.argument("revision")
@_output
@click.pass_obj
def show(server: Server, *, revision: str, output: str | None) -> None:
    """Shows who made REVISION, when and why, and the lines that it changed. Secrets are masked."""
    found = Api(server, _TIMEOUT_SECONDS).get(f"{_PATH}/{quote(revision, safe='')}")
    if output:
        print_document(found, output)
        return
    for word, name in (("revision", "revision"), ("Author:", "author"), ("Date:  ", "at"), ("Subject:", "subject")):
        click.echo(f"{word} {one_line(str(found.get(name) or '<none>'))}")
    for file in found.get("files") or []:
        click.echo()
        for line in str(file.get("diff") or "").rstrip("\n").split("\n"):
            click.secho(printable(line), fg=_COLOURS.get(line[:1]))


@revisions.command(short_help="All manifests as they were in one.")
@click.argument("revision")
@click.option(
    "--dry-run",
    type=click.Choice(["none", "server"]),
    default="none",
    help="server: the controller does everything but write.",
)
@click.option("--reason", metavar="TEXT", default="", help="Why, for the commit.")
@click.option("--approve", metavar="REVISION", default="", help="Let the removals of this revision through.")
@click.pass_obj
def restore(server: Server, *, revision: str, dry_run: str, reason: str, approve: str) -> None:
    """Makes all manifests what they were in REVISION, as a new revision: what was done since can be restored as well.

    The removal guard may say no; --approve says yes, and --dry-run=server asks it before.
    """
    said = {name: value for name, value in (("reason", reason), ("approve", approve)) if value}
    query = {"dryRun": "All"} if dry_run == "server" else {}
    path = f"{_PATH}/{quote(revision, safe='')}/restore"
    try:
        answer = Api(server, _TIMEOUT_SECONDS).send("POST", path, query, said)
    except Refused as refused:
        raise NotDone(f"revision {revision}", refused) from None
    message = one_line(str(answer.document.get("message") or f"revision {revision} is restored"))
    click.echo(f"{message}{' (server dry run)' if query else ''}")
    tell_consequences(answer.headers)


def _short(one: dict[str, Any]) -> str:
    return one_line(str(one.get("revision") or "").removeprefix("sha256:")[:_SHOWN_DIGITS])
