"""`fleet top`: what nodes and instances use."""

import re
from typing import Any

import click

from cli.connection import Api
from cli.failure import Failure, printable
from cli.kinds import DSINSTANCE, METRICS_PATH, NODE, Kind
from cli.server import Server
from cli.tables import Rows, print_table

_ASK_AGENTS_SECONDS = 30.0
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)(n|u|m|Ki|Mi|Gi|k|M|G)?")
_UNITS = {"n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "k": 1e3, "M": 1e6, "G": 1e9}
_OF_NODES = (NODE.singular, NODE.plural, NODE.short)
_OF_INSTANCES = ("instance", "instances", DSINSTANCE.singular, DSINSTANCE.plural, DSINSTANCE.short, "pod", "pods", "po")


@click.command(short_help="Show what nodes or instances use of CPU and memory.")
@click.argument("kind", metavar="nodes|instances")
@click.argument("names", nargs=-1, metavar="[NAME...]")
@click.option("-l", "--selector", default="", help="Those with these labels.")
@click.option("--sort-by", type=click.Choice(["cpu", "memory"]), help="The largest first; else by name.")
@click.option("--no-headers", is_flag=True, help="Rows alone.")
@click.pass_obj
def top(
    server: Server, *, kind: str, names: tuple[str, ...], selector: str, sort_by: str | None, no_headers: bool
) -> None:
    """Shows what nodes or instances use, as their agents count it now: that takes a second.

    \b
    fleet top nodes
    fleet top instances --sort-by cpu
    """  # noqa: D301 - click keeps the lines below \b as they are
    meant = _kind_of(kind)
    query = {"labelSelector": selector} if selector else {}
    api = Api(server, timeout_seconds=_ASK_AGENTS_SECONDS)
    path = f"{METRICS_PATH}/{'nodes' if meant is NODE else 'namespaces/default/pods'}"
    found = {str(one["metadata"]["name"]): _used(one) for one in api.get_list(path, query)["items"]}
    there = [str(one["metadata"]["name"]) for one in api.get_list(meant.path, query)["items"]]
    if unknown := [name for name in names if name not in there]:
        raise Failure(f"there is no {meant.singular} {printable(unknown[0])}")
    shown = {name: used for name, used in found.items() if not names or name in names}
    _print(shown, sort_by, headers=not no_headers)
    silent = [name for name in there if name not in found and (not names or name in names)]
    if silent:
        what = "its agent does not answer" if meant is NODE else "it does not run, or its agent does not answer"
        for name in silent:
            click.echo(
                f"{meant.singular}/{printable(name)}: {what}; fleet describe {meant.short} {name} says more", err=True
            )
    if not there:
        click.echo(f"No {meant.plural} found.", err=True)


def _kind_of(word: str) -> Kind:
    lowered = word.lower().removesuffix(".dsfleet.io")
    if lowered in _OF_NODES:
        return NODE
    if lowered in _OF_INSTANCES:
        return DSINSTANCE
    raise Failure(f"nothing is counted of '{printable(word)}': say nodes or instances")


def _used(item: dict[str, Any]) -> tuple[float, float]:
    """Cores and bytes; those of all containers together."""
    parts = [item["usage"]] if isinstance(item.get("usage"), dict) else [one["usage"] for one in item["containers"]]
    return sum(_number(one["cpu"]) for one in parts), sum(_number(one["memory"]) for one in parts)


def _number(quantity: Any) -> float:
    match = _QUANTITY.fullmatch(str(quantity))
    if match is None:
        raise Failure(f"the controller says '{printable(str(quantity))}', which is no quantity")
    return float(match[1]) * _UNITS[match[2] or ""]


def _print(used: dict[str, tuple[float, float]], sort_by: str | None, *, headers: bool) -> None:
    place = {"cpu": 0, "memory": 1}.get(sort_by or "")
    names = sorted(used) if place is None else sorted(used, key=lambda name: (-used[name][place], name))
    rows = [[name, f"{used[name][0] * 1000:.0f}m", f"{used[name][1] / 2**20:.0f}Mi"] for name in names]
    if rows:
        print_table(Rows(["NAME", "CPU(cores)", "MEMORY"], rows), headers=headers)
