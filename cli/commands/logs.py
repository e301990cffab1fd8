"""`fleet logs`: what an instance prints."""

import sys
from codecs import getincrementaldecoder
from http import HTTPStatus

import click

from cli.completing import complete_targets
from cli.connection import Api, Refused
from cli.durations import Duration
from cli.failure import Failure, printable
from cli.kinds import DSINSTANCE, PODS_PATH
from cli.server import Server

_WORDS = (DSINSTANCE.singular, DSINSTANCE.plural, DSINSTANCE.short, "dsi", "pod", "pods", "po")
_ASK_AGENT_SECONDS = 30.0


@click.command(short_help="Show what an instance prints.")
@click.argument("instance", metavar="INSTANCE", shell_complete=complete_targets)
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes, also after a restart of the instance.")
@click.option("--tail", type=click.IntRange(min=-1), default=-1, metavar="N", help="The last lines; -1: all there are.")
@click.option("--since", type=Duration(), metavar="DURATION", help="Only what is not older: 90s, 5m, 1h30m.")
@click.option("-p", "--previous", is_flag=True, help="Of the run before this one.")
@click.option("--timestamps", is_flag=True, help="Each line begins with its time.")
@click.option("--limit-bytes", type=click.IntRange(min=1), metavar="N", help="End after so much.")
@click.pass_obj
def logs(
    server: Server,
    *,
    instance: str,
    follow: bool,
    tail: int,
    since: float | None,
    previous: bool,
    timestamps: bool,
    limit_bytes: int | None,
) -> None:
    """Shows what an instance prints, as its agent reads it now; passwords are masked.

    \b
    fleet logs entrance --tail 100 -f
    fleet logs ds/entrance --since 5m --timestamps
    fleet logs entrance --previous
    """  # noqa: D301 - click keeps the lines below \b as they are
    name = _name_of(instance)
    query = {
        **({"follow": "true"} if follow else {}),
        **({"tailLines": str(tail)} if tail >= 0 else {}),
        **({"sinceSeconds": str(max(1, round(since)))} if since is not None else {}),
        **({"previous": "true"} if previous else {}),
        **({"timestamps": "true"} if timestamps else {}),
        **({"limitBytes": str(limit_bytes)} if limit_bytes is not None else {}),
    }
    api = Api(server, timeout_seconds=_ASK_AGENT_SECONDS)
    # A character may come in two chunks.
    decoder = getincrementaldecoder("utf-8")("replace") if sys.stdout.isatty() else None
    try:
        with api.stream(f"{PODS_PATH}/{name}/log", query) as chunks:
            for chunk in chunks:
                click.echo(_for_terminal(decoder.decode(chunk)) if decoder else chunk, nl=False)
    except Refused as refusal:
        if refusal.status == 404 and (refusal.said.get("details") or {}).get("kind") == "pods":
            raise _without_log(api, name) from None
        if why := _no_such_log(refusal):
            raise Failure(printable(why)) from None
        raise


def _no_such_log(refusal: Refused) -> str:
    """What its agent says of a log that there is not; empty for all other refusals. The rest of the message is said to kubectl."""
    causes = (refusal.said.get("details") or {}).get("causes") or ()
    return next((str(one["message"]) for one in causes if one.get("reason") == "NoSuchLog"), "")


def _without_log(api: Api, name: str) -> Failure:
    """Why an instance that runs nowhere has no log: it may be there all the same."""
    try:
        status = api.get_object(DSINSTANCE.path_of(name)).get("status") or {}
    except Refused as refusal:
        if refusal.status == HTTPStatus.NOT_FOUND:
            return Failure(f"there is no instance {name}: `fleet get ds` lists them")
        return refusal
    why = ": ".join(printable(str(status[field])) for field in ("reason", "message") if status.get(field))
    return Failure(f"dsinstance/{name} has no log: it is not to run anywhere" + (f" ({why})" if why else ""))


def _name_of(word: str) -> str:
    kind, slash, name = word.rpartition("/")
    if slash and kind.lower().removesuffix(".dsfleet.io") not in _WORDS:
        raise Failure(f"'{printable(word)}' is no instance: say NAME, or ds/NAME")
    if not name or "/" in name or not name.isprintable() or name != name.strip():
        raise Failure(f"'{printable(word)}' is not the name of an instance")
    from urllib.parse import quote

    return quote(name, safe="")


def _for_terminal(text: str) -> str:
    """Nothing of what an app prints is obeyed by a terminal."""
    return "\n".join(printable(line.rstrip("\r").expandtabs()) for line in text.split("\n"))
