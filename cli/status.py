"""`fleet status`: how the fleet is, and what a person should do next."""

from typing import Any

import click

from cli.ages import age_of
from cli.connection import Api
from cli.failure import Failure, one_line, printable

_MOST_PROBLEMS = 20
_MOST_REASONS = 20


@click.command(short_help="Show how the fleet is, and what to do next.")
@click.option("-o", "--output", type=click.Choice(["json", "yaml"]), help="Another form than text.")
@click.pass_obj
def status(server: str, *, output: str | None) -> None:
    """Shows how the fleet is: what is in force, what is ready, what is not placed.

    It names the revision in force, what keeps a newer one from it, and what to do about that. The exit code is 0
    whatever it shows.
    """
    api = Api(server)
    answer = api.get("/fleet/v1/status")
    if "fleetId" not in answer:
        raise Failure(f"{api.url} says nothing of a fleet: is --server right?")
    if output:
        from cli.get import print_document

        print_document(answer, output)
        return
    for line in [*_head(answer), *_counts(answer), *_listed(answer, "notReady"), *_listed(answer, "reasons")]:
        click.echo(line)
    for sentence in sentences(answer):
        click.echo()
        click.echo(_marked(sentence))


def _head(answer: dict[str, Any]) -> list[str]:
    revision = answer.get("revision")
    kafka = answer.get("kafka") or {}
    broker = click.style("connected", fg="green") if kafka.get("connected") else click.style("away", fg="red")
    lines = [f"Fleet:       {_text(answer.get('fleetId'))} (epoch {_text(answer.get('epoch'))}, Kafka {broker})"]
    if revision:
        since = f", in force for {age_of(str(revision['since']))}" if revision.get("since") else ""
        about = f" ({_text(revision['description'])}{since})" if revision.get("description") else since
        lines.append(f"Revision:    {_text(revision.get('id'))}{about}")
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


_LISTS = {"notReady": "Not ready:", "reasons": "Not done as the manifests ask:"}


def _listed(answer: dict[str, Any], key: str) -> list[str]:
    reasons = answer.get(key) or []
    if not reasons:
        return []
    lines = [_LISTS[key]]
    lines += [
        f"  {_text(one.get('object'))}: {_text(one.get('reason'))}: {_text(one.get('message'))}"
        for one in reasons[:_MOST_REASONS]
    ]
    if len(reasons) > _MOST_REASONS:
        lines.append(f"  … and {len(reasons) - _MOST_REASONS} more (fleet status -o json)")
    return lines


def sentences(answer: dict[str, Any]) -> list[str]:
    """What a person should know and do: about a candidate that is not in force, and about lost brokers."""
    found = []
    kafka = answer.get("kafka") or {}
    if not kafka.get("connected"):
        found.append("Kafka is away: what runs goes on, changes wait until it is back.")
    elif not kafka.get("caughtUp"):
        found.append("The controller is still reading what was published before: nothing changes until it has.")
    candidate = answer.get("candidate")
    if candidate:
        found.append(_about(candidate, bool(answer.get("revision"))))
    elif not answer.get("revision"):
        found.append("No manifests were read yet.")
    return found


def _about(candidate: dict[str, Any], something_in_force: bool) -> str:
    state, name = _text(candidate.get("state")), _text(candidate.get("id"))
    stays = "The last good revision stays in force." if something_in_force else "No revision is in force."
    about = f"{state}: " + (f"revision {name}: " if candidate.get("id") else "") + _text(candidate.get("message"))
    lines = [f"{about}. {stays}"]
    problems = candidate.get("problems") or []
    lines += [f"  {printable(str(problem))}" for problem in problems[:_MOST_PROBLEMS]]
    if len(problems) > _MOST_PROBLEMS:
        lines.append(f"  … and {len(problems) - _MOST_PROBLEMS} more: fleet validate")
    if state == "Rejected":
        lines.append("Correct the manifests and save them; `fleet validate` checks them before.")
    if state == "Parked":
        removed = ", ".join(_text(one) for one in candidate.get("removed") or [])
        lines.append(f"It would remove: {removed}." if removed else "")
        lines.append(f"If that is what you want: fleet approve {name}")
    return "\n".join(line for line in lines if line)


def _marked(sentence: str) -> str:
    first, newline, rest = sentence.partition("\n")
    return click.style(first, fg="yellow", bold=True) + newline + rest


def _text(value: Any) -> str:
    return one_line(str(value), 400) if value not in (None, "") else "-"
