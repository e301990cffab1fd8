"""Which objects the words, `-l` and `--all` of a command that changes objects mean."""

from collections.abc import Sequence

import click

from cli.connection import Api
from cli.kinds import EVENT, Kind, Target, targets_of


def split_words(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words that name objects, and those that say what becomes of them: `KEY=VALUE` and `KEY-`.

    Raises:
        click.UsageError: there are none of either, or they are mixed.
    """
    first = next((at for at, word in enumerate(words) if "=" in word or word.endswith("-")), len(words))
    objects, changes = list(words[:first]), list(words[first:])
    wrong = next((word for word in changes if "=" not in word and not word.endswith("-")), None)
    if wrong is not None:
        raise click.UsageError(f"'{wrong}' is neither KEY=VALUE nor KEY-; names of objects come first")
    if not objects or not changes:
        raise click.UsageError("say which objects, and then KEY=VALUE or KEY-")
    return objects, changes


def changeable(words: Sequence[str]) -> list[Target]:
    """What words ask for, of kinds that can be changed.

    Raises:
        Failure: they name no kind.
        click.UsageError: they name events.
    """
    targets = targets_of(words)
    if any(target.kind == EVENT for target in targets):
        raise click.UsageError("events tell what happened: nobody changes them")
    return targets


def named(words: Sequence[str]) -> list[Target]:
    """Objects with names; raises as `changeable` does, and when a name is missing."""
    targets = changeable(words)
    if any(target.name is None for target in targets):
        raise click.UsageError("say which objects: KIND NAME, or KIND/NAME")
    return targets


def chosen(api: Api, words: Sequence[str], selector: str, *, everything: bool) -> list[Target]:
    """The objects that are named, or selected by labels, or all.

    Raises:
        Failure: as `changeable` does, and when the controller does not answer.
        click.UsageError: it is not said which, or in two ways.
    """
    kinds = kinds_chosen(words, selector, everything=everything)
    if kinds is None:
        return named(words)
    query = {"labelSelector": selector} if selector else None
    found = [
        Target(kind, str(one["metadata"]["name"])) for kind in kinds for one in api.get_list(kind.path, query)["items"]
    ]
    if not found:
        say_none(kinds)
    return found


def kinds_chosen(words: Sequence[str], selector: str, *, everything: bool) -> list[Kind] | None:
    """The kinds whose objects are selected by labels, or all; None when objects are named.

    Raises:
        As `chosen` does.
    """
    targets = changeable(words)
    if not selector and not everything:
        return None
    if selector and everything:
        raise click.UsageError("--all are all objects, and -l some of them: give one of the two")
    if any(target.name for target in targets):
        raise click.UsageError("give names, or --all or -l, not both")
    return [target.kind for target in targets]


def say_none(kinds: Sequence[Kind]) -> None:
    """Says that there are none of some kinds."""
    click.echo(f"No {' or '.join(kind.plural for kind in kinds)} found.", err=True)
