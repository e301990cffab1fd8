"""Nodes that take nothing new, and nodes that do again."""

from collections.abc import Sequence

import click

from cli.chosen import chosen
from cli.failure import Failure
from cli.kinds import NODE, Target, targets_of
from cli.server import Server
from cli.writing import WriteOptions, Writes, writes


def set_unschedulable(
    server: Server, words: Sequence[str], how: WriteOptions, *, selector: str, unschedulable: bool
) -> None:
    """Says of nodes whether selectors may place something new there, and what became of each.

    Args:
        server: the controller.
        words: NAME or node/NAME.
        how: see `WriteOptions`.
        selector: labels that choose nodes.
        unschedulable: what is to be so.

    Raises:
        Failure: nothing could be asked.
        click.exceptions.Exit: some were refused.
    """
    if bool(words) == bool(selector):
        raise click.UsageError("say which nodes: NAME, or -l")
    done = "cordoned" if unschedulable else "uncordoned"
    with writes(server, how, "fleet-cordon") as made:
        for target in cordoned_nodes(made, words, selector):
            with made.attempt(target):
                node = made.api.get_object(target.kind.path_of(str(target.name)))
                # What is the default needs no word in the manifest.
                patch = {"spec": {"unschedulable": True if unschedulable else None}}
                if bool((node.get("spec") or {}).get("unschedulable")) == unschedulable:
                    made.say(target, f"already {done}")
                else:
                    made.say(target, done, made.patch(target, patch))


def cordoned_nodes(made: Writes, words: Sequence[str], selector: str) -> list[Target]:
    """The nodes that are meant.

    Args:
        made: asks the controller.
        words: NAME or node/NAME.
        selector: labels that choose nodes, where none is named.

    Raises:
        Failure: one is no node.
    """
    named = [target for word in words for target in _targets(word)]
    return named or chosen(made.api, [NODE.plural], selector, everything=False)


def _targets(word: str) -> list[Target]:
    targets = targets_of([word]) if "/" in word else [Target(NODE, word)]
    if any(target.kind != NODE for target in targets):
        raise Failure(f"{targets[0]} is no node")
    return targets
