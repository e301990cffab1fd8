"""Commands that are for instances alone."""

from collections.abc import Sequence

import click

from cli.chosen import kinds_chosen, named
from cli.kinds import DSINSTANCE


def only_instances(words: Sequence[str], selector: str, *, everything: bool) -> None:
    """Refuses words that mean anything but instances.

    Raises:
        click.UsageError: they do.
        Failure: they name no kind.
    """
    kinds = kinds_chosen(words, selector, everything=everything) or [target.kind for target in named(words)]
    if any(kind != DSINSTANCE for kind in kinds):
        raise click.UsageError("only instances have this: say dsinstance/NAME")
