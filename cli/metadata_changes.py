"""Labels and annotations that come and go, as `KEY=VALUE` and `KEY-` say."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import click

from cli.chosen import chosen, split_words
from cli.failure import Failure, printable
from cli.kinds import Target
from cli.server import Server
from cli.writing import WriteOptions, Writes, is_same, write_options, writes


def metadata_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of `label` and `annotate`, for a command that hands them on to `change_metadata`."""
    options = [
        click.option("--overwrite", is_flag=True, help="Give other values to keys that are there."),
        click.option("-l", "--selector", default="", help="All objects of the kind with these labels."),
        click.option("--all", "everything", is_flag=True, help="All objects of the kind."),
        click.option("--resource-version", default="", metavar="VERSION", help="That the object must have."),
    ]
    return functools.reduce(lambda wrapped, option: option(wrapped), reversed(options), write_options(command))


def change_metadata(
    server: Server,
    field: str,
    *,
    words: Sequence[str],
    how: WriteOptions,
    selector: str,
    everything: bool,
    overwrite: bool,
    resource_version: str,
) -> None:
    """Changes labels or annotations of objects, and says what became of each.

    Args:
        server: the controller.
        field: `labels` or `annotations`.
        words: of the command line: objects, then changes.
        how: see `WriteOptions`.
        selector: labels that choose objects.
        everything: all objects of the kinds.
        overwrite: give other values to keys that are there.
        resource_version: that an object must have; empty for any.

    Raises:
        Failure: nothing could be asked.
        click.exceptions.Exit: some were refused.
    """
    objects, changes = split_words(words)
    wanted = _wanted(changes)
    done = {"labels": "label", "annotations": "annotate"}[field]
    with writes(server, how, f"fleet-{done}") as made:
        for target in chosen(made.api, objects, selector, everything=everything):
            with made.attempt(target):
                _change(made, target, field, wanted, overwrite=overwrite, resource_version=resource_version)


def _wanted(changes: Sequence[str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for word in changes:
        key, equals, value = word.partition("=")
        key = key if equals else word.removesuffix("-")
        if not key or key in found:
            raise click.UsageError(f"'{word}' has no key" if not key else f"'{key}' is changed twice")
        found[key] = value if equals else None
    return found


def _change(
    made: Writes,
    target: Target,
    field: str,
    wanted: dict[str, str | None],
    *,
    overwrite: bool,
    resource_version: str,
) -> None:
    before = made.api.get_object(target.kind.path_of(str(target.name)))
    has = before["metadata"].get(field) or {}
    if not overwrite:
        kept = [key for key, value in wanted.items() if value is not None and has.get(key, value) != value]
        if kept:
            told = ", ".join(f"'{printable(key)}' has the value '{printable(str(has[key]))}'" for key in kept)
            Failure(f"{target}: {told} already: --overwrite gives it another one").show()
            made.has_failed = True
            return
    for key, value in wanted.items():
        if value is None and key not in has:
            click.echo(f"{target} has no '{printable(key)}'", err=True)
    patch = {"metadata": {field: wanted} | ({"resourceVersion": resource_version} if resource_version else {})}
    answer = made.patch(target, patch)
    if is_same(before, answer.document):
        made.say(target, {"labels": "not labeled", "annotations": "not annotated"}[field], answer)
        return
    only_gone = all(value is None for value in wanted.values())
    made.say(target, "annotated" if field == "annotations" else "unlabeled" if only_gone else "labeled", answer)
