"""`fleet status`: how the fleet is, and what a person should do next."""

from typing import Any

import click

from cli.advice import sentences, shown
from cli.ages import age_of
from cli.connection import Api
from cli.failure import Failure
from cli.server import Server

_MOST_REASONS = 20
_MOST_NAMES = 5


@click.command(short_help="Show how the fleet is, and what to do next.")
@click.option("-o", "--output", type=click.Choice(["json", "yaml"]), help="Another form than text.")
@click.pass_obj
def status(server: Server, *, output: str | None) -> None:
    """Shows how the fleet is: what is in force, what is ready, what is not placed.

    It names the revision in force, what keeps a newer one from it, and what to do about that. The exit code is 0
    whatever it shows.
    """
    api = Api(server)
    answer = api.get("/fleet/v1/status")
    if "fleetId" not in answer:
        raise Failure(f"{api.url} says nothing of a fleet: is --server right?")
    if output:
        from cli.listing import print_document

        print_document(answer, output)
        return
    lists = [line for key in _LISTS for line in _listed(answer, key)]
    for line in [*_head(answer), *_counts(answer), *_webhooks(answer), *lists]:
        click.echo(line)
    for sentence in sentences(answer):
        click.echo()
        click.echo(_marked(sentence))


def _head(answer: dict[str, Any]) -> list[str]:
    revision = answer.get("revision")
    kafka = answer.get("kafka") or {}
    broker = click.style("connected", fg="green") if kafka.get("connected") else click.style("away", fg="red")
    lines = [f"Fleet:       {shown(answer.get('fleetId'))} (epoch {shown(answer.get('epoch'))}, Kafka {broker})"]
    if revision:
        since = f", in force for {age_of(str(revision['since']))}" if revision.get("since") else ""
        about = f" ({shown(revision['description'])}{since})" if revision.get("description") else since
        lines.append(f"Revision:    {shown(revision.get('id'))}{about}")
    else:
        lines.append(f"Revision:    {click.style('none is in force', fg='yellow')}")
    return lines


def _counts(answer: dict[str, Any]) -> list[str]:
    lines = []
    for title, key in (("Nodes", "nodes"), ("Instances", "instances"), ("Cameras", "cameras")):
        counts = answer.get(key) or {}
        ready, total = int(counts.get("ready") or 0), int(counts.get("total") or 0)
        pending = int(counts.get("pending") or 0)
        expected = total - pending
        colour = "green" if ready == expected else "yellow"
        asking = f", {pending} asking to join (fleet get nodes)" if pending else ""
        lines.append(f"{title + ':':<12} {click.style(f'{ready} of {expected} ready', fg=colour)}{asking}")
    return lines


def _webhooks(answer: dict[str, Any]) -> list[str]:
    """How those do who are told of events, when there are any."""
    webhooks = answer.get("webhooks")
    if not webhooks:
        return []
    endpoints = webhooks.get("endpoints") or []
    bad = [one for one in endpoints if one.get("state") != "Delivering"]
    colour = "yellow" if bad or webhooks.get("problem") else "green"
    counted = click.style(f"{len(endpoints) - len(bad)} of {len(endpoints)} delivering", fg=colour)
    lines = [f"{'Webhooks:':<12} {counted}"]
    for one in bad:
        since = f" for {age_of(str(one['since']))}" if one.get("since") else ""
        waits = f", {one['waiting']} events wait" if one.get("waiting") else ""
        lost = f", {one['lost']} were lost" if one.get("lost") else ""
        lines.append(f"  {shown(one.get('name'))}{since}: {shown(one.get('message'))}{waits}{lost}")
    if problem := webhooks.get("problem"):
        lines.append(f"  their file is not followed as it is now: {shown(problem)}")
    return lines


_LISTS = {
    "notReady": "Not ready:",
    "conditions": "Not as it should be:",
    "images": "One name, two images:",
    "reasons": "Not done as the manifests ask:",
}
_LARGEST_FIRST = ("node", "dsinstance", "camera")


def _listed(answer: dict[str, Any], key: str) -> list[str]:
    reasons = sorted(answer.get(key) or [], key=_kind)
    if not reasons:
        return []
    lines = [_LISTS[key], *(_line(one) for one in reasons[:_MOST_REASONS])]
    if len(reasons) > _MOST_REASONS:
        lines.append(f"  … and {len(reasons) - _MOST_REASONS} more (fleet status -o json)")
    return lines


def _kind(one: dict[str, Any]) -> int:
    """What holds more comes first."""
    kind = str(one.get("object")).partition("/")[0]
    return _LARGEST_FIRST.index(kind) if kind in _LARGEST_FIRST else len(_LARGEST_FIRST)


def _line(one: dict[str, Any]) -> str:
    words = [shown(one[key]) for key in ("object", "type", "reason") if one.get(key)]
    return f"  {': '.join([*words, shown(one.get('message'))])}{_affected(one)}"


def _affected(one: dict[str, Any]) -> str:
    """Who shares the trouble: ` (5 cameras dark: a, b, c, d, e)`."""
    found = []
    for word, kind in sorted((one.get("affected") or {}).items(), reverse=True):
        names, count = [shown(name) for name in kind.get("names") or []], int(kind.get("count") or 0)
        some = ", ".join([*names[:_MOST_NAMES], *(["…"] if count > _MOST_NAMES else [])])
        counted = f"{count} {word if count != 1 else word.removesuffix('s')}"
        also = "dark" if word == "cameras" else "too"
        found.append(f"{counted} {also}: {some}")
    return f" ({'; '.join(found)})" if found else ""


def _marked(sentence: str) -> str:
    first, newline, rest = sentence.partition("\n")
    return click.style(first, fg="yellow", bold=True) + newline + rest
