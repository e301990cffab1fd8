"""`fleet describe`: everything about one object, with its conditions and events."""

from collections.abc import Iterator
from datetime import UTC, datetime
from re import sub
from typing import Any
from urllib.parse import quote

import click

from cli.ages import age_of
from cli.completing import complete_targets
from cli.connection import Api, Refused
from cli.event_rows import cells_of, events_of
from cli.failure import Failure, printable
from cli.kinds import EVENT, Kind, Target, targets_of
from cli.server import Server
from cli.tables import Rows, print_table

_CONDITION_HEADERS = ["TYPE", "STATUS", "REASON", "SINCE", "MESSAGE"]
_DISPLAY_NAME = "dsfleet.io/display-name"
"""As crds.annotations has it: importing the kinds takes as long as all the rest."""
_EVENT_HEADERS = ["TYPE", "REASON", "AGE", "MESSAGE"]
_ALERT_HEADERS = ["RULE", "STATE", "BEGAN", "NUMBER", "SEEN", "ID"]
_BLIND_HEADERS = ["AGE", "SECONDS", "CAUSE"]
_BLIND_SHOWN = 5
_BLIND_WITHIN_SECONDS = 90 * 24 * 3600
"""As far back as a controller tells."""


@click.command(short_help="Show everything about one object.")
@click.argument("what", nargs=-1, required=True, metavar="KIND NAME | KIND/NAME...", shell_complete=complete_targets)
@click.pass_obj
def describe(server: Server, *, what: tuple[str, ...]) -> None:
    """Shows an object in full, with its conditions and the events about it; without a name, all of a kind.

    \b
    fleet describe ds entrance
    fleet describe camera/dock-1
    """  # noqa: D301 - click keeps the lines below \b as they are
    api = Api(server)
    found = [(target, document) for target in targets_of(what) for document in _documents(api, target)]
    if not found:
        click.echo("No objects found.", err=True)
    for number, (target, document) in enumerate(found):
        if number:
            click.echo("\n")
        _print(document)
        _print_blind(api, target.kind, str(document["metadata"]["name"]))
        _print_events(api, Target(target.kind, str(document["metadata"]["name"])))


def _documents(api: Api, target: Target) -> list[dict[str, Any]]:
    if target.kind == EVENT:
        raise Failure("events describe other objects: see `fleet events`, or `fleet get events -o yaml`")
    if target.name:
        return [api.get_object(target.kind.path_of(target.name))]
    return list(api.get_list(target.kind.path)["items"])


def _print(document: dict[str, Any]) -> None:
    metadata = document["metadata"]
    status = dict(document.get("status") or {})
    conditions = status.pop("conditions", None) or []
    alerts = status.pop("alerts", None) or []
    called = (metadata.get("annotations") or {}).get(_DISPLAY_NAME)
    head = {
        "Name": [metadata["name"]],
        **({"Display Name": [called]} if called else {}),
        "Kind": [document.get("kind", "")],
        "Labels": _pairs(metadata.get("labels")),
        "Annotations": _pairs(metadata.get("annotations")),
        "Created": [f"{metadata['creationTimestamp']} ({age_of(str(metadata['creationTimestamp']))} ago)"]
        if metadata.get("creationTimestamp")
        else ["<unknown>"],
    }
    width = max(map(len, head)) + 3
    for title, values in head.items():
        for number, value in enumerate(values):
            label = f"{title}:" if not number else ""
            click.echo(f"{label:<{width}}{printable(str(value))}")
    for title, section in (("Spec", document.get("spec")), ("Status", status)):
        click.echo(f"{title}:" if section else f"{title}:  <none>")
        for line in _lines(section or {}, "  "):
            click.echo(line)
    click.echo("Conditions:" if conditions else "Conditions:  <none>")
    if conditions:
        print_table(Rows(_CONDITION_HEADERS, [_condition_cells(one) for one in conditions]), indent="  ")
    if alerts:
        click.echo("Alerts:")
        print_table(Rows(_ALERT_HEADERS, [_alert_cells(one) for one in alerts]), indent="  ")


def _alert_cells(alert: dict[str, Any]) -> list[str]:
    place = f" in {alert['region']}" if alert.get("region") else ""
    return [
        printable(str(alert.get("rule", ""))),
        "active" if alert.get("active") else "ended",
        age_of(str(alert.get("began") or "")),
        printable(str(alert.get("number", ""))),
        printable(f"{alert.get('seen', '')}{place}"),
        printable(str(alert.get("id", ""))),
    ]


def _pairs(mapping: dict[str, str] | None) -> list[str]:
    return [f"{key}={value}" for key, value in sorted((mapping or {}).items())] or ["<none>"]


def _condition_cells(condition: dict[str, Any]) -> list[str]:
    return [
        printable(str(condition.get("type", ""))),
        printable(str(condition.get("status", ""))),
        printable(str(condition.get("reason", ""))),
        age_of(str(condition.get("lastTransitionTime") or "")),
        printable(str(condition.get("message") or "")),
    ]


def _lines(section: dict[str, Any], indent: str) -> Iterator[str]:
    """A mapping in words: `minimumFps: 5` becomes `Minimum Fps:  5`, what is inside stands below, indented."""
    titles = {key: _title(key) for key in section}
    width = max((len(titles[key]) for key, value in section.items() if not _is_nested(value)), default=0) + 3
    for key, value in section.items():
        if isinstance(value, dict) and value:
            yield f"{indent}{titles[key]}:"
            yield from _lines(value, indent + "  ")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            yield f"{indent}{titles[key]}:"
            for item in value:
                first, *rest = list(_lines(item, "")) or [""]
                yield f"{indent}- {first}"
                yield from (f"{indent}  {line}" for line in rest)
        else:
            label = f"{titles[key]}:"
            yield f"{indent}{label:<{width}}{_value_text(value)}"


def _is_nested(value: Any) -> bool:
    return bool(value) and (isinstance(value, dict) or (isinstance(value, list) and isinstance(value[0], dict)))


def _value_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return printable(", ".join(map(str, value))) or "<none>"
    return "<none>" if value in (None, "", {}) else printable(str(value))


def _title(key: str) -> str:
    if not key.isalnum():
        return printable(key)
    words = sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", key)
    return words[:1].upper() + words[1:]


def _print_blind(api: Api, kind: Kind, name: str) -> None:
    """When a camera was blind of late, and what for; nothing for one that never was, or by a controller that does not remember."""
    if kind.name != "Camera":
        return
    query = {"seconds": str(_BLIND_WITHIN_SECONDS), "series": "false"}
    try:
        found = api.get(f"/fleet/v1/history/cameras/{quote(name, safe='')}", query)
    except Refused:
        return
    if blind := (found.get("blind") or [])[-_BLIND_SHOWN:]:
        click.echo("Blind:")
        print_table(Rows(_BLIND_HEADERS, [_blind_cells(one) for one in blind]), indent="  ")


def _blind_cells(one: dict[str, Any]) -> list[str]:
    began = datetime.fromtimestamp(one["from"] / 1000, UTC).isoformat()
    goes_on = " and on" if one["to"] is None else ""
    return [age_of(began), f"{one['seconds']}{goes_on}", printable(str(one["cause"]))]


def _print_events(api: Api, target: Target) -> None:
    happened = events_of(api, target.kind, target.name or "")
    click.echo("Events:" if happened else "Events:  <none>")
    if happened:
        rows = [[kind, reason, seen, message] for seen, kind, reason, _, message in map(cells_of, happened)]
        print_table(Rows(_EVENT_HEADERS, rows), indent="  ")
