"""`fleet set`: changes one thing of instances that is changed often."""

import math

import click

from cli.chosen import chosen, kinds_chosen, named
from cli.completing import complete_targets
from cli.kinds import DSINSTANCE
from cli.server import Server
from cli.writing import WriteOptions, is_same, write_options, writes

_THRESHOLDS = {"face": "faceConfidenceThreshold", "mot": "motConfidenceThreshold"}


@click.group("set", short_help="Change image or thresholds of an instance.")
def set_command() -> None:
    """Changes one thing of instances that is changed often. `fleet patch` changes anything."""


@set_command.command(short_help="Give an instance another image.")
@click.argument("words", nargs=-1, required=True, metavar="DSINSTANCE/NAME... IMAGE", shell_complete=complete_targets)
@click.option("-l", "--selector", default="", help="All instances with these labels: `set image ds -l site=hq IMAGE`.")
@click.option("--all", "everything", is_flag=True, help="All instances.")
@write_options
@click.pass_obj
def image(server: Server, *, words: tuple[str, ...], selector: str, everything: bool, how: WriteOptions) -> None:
    """Gives instances another image: spec.image.

    \b
    fleet set image ds/entrance registry.example.com/faces:2
    """  # noqa: D301 - click keeps the lines below \b as they are
    *objects, wanted = words
    _set(server, objects, {"spec": {"image": wanted}}, "image", how, selector=selector, everything=everything)


@set_command.command(short_help="Give an instance other thresholds.")
@click.argument(
    "words", nargs=-1, required=True, metavar="DSINSTANCE/NAME... face=VALUE mot=VALUE", shell_complete=complete_targets
)
@click.option("-l", "--selector", default="", help="All instances with these labels.")
@click.option("--all", "everything", is_flag=True, help="All instances.")
@write_options
@click.pass_obj
def threshold(server: Server, *, words: tuple[str, ...], selector: str, everything: bool, how: WriteOptions) -> None:
    """Gives instances other confidences below which a face (`face`) or a tracked object (`mot`) is dropped, from 0 to 1.

    They are spec.app.faceConfidenceThreshold and spec.app.motConfidenceThreshold. Thresholds of deepstream-app stand in
    the files of its models: spec.inferConfigs.

    \b
    fleet set threshold ds/entrance face=0.6 mot=0.5
    """  # noqa: D301 - click keeps the lines below \b as they are
    objects = [word for word in words if "=" not in word]
    app = {}
    for word in words:
        name, equals, value = word.partition("=")
        if equals:
            if name not in _THRESHOLDS:
                raise click.UsageError(f"there is no threshold '{name}': there are {' and '.join(_THRESHOLDS)}")
            app[_THRESHOLDS[name]] = _number(value)
    if not app or not objects:
        raise click.UsageError("say which instance, and face=VALUE or mot=VALUE")
    _set(server, objects, {"spec": {"app": app}}, "threshold", how, selector=selector, everything=everything)


def _number(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        raise click.UsageError(f"'{text}' is no number")
    return found


def _set(
    server: Server, words: list[str], patch: object, what: str, how: WriteOptions, *, selector: str, everything: bool
) -> None:
    if not words:
        raise click.UsageError("say which instance: dsinstance/NAME")
    kinds = kinds_chosen(words, selector, everything=everything) or [target.kind for target in named(words)]
    if any(kind != DSINSTANCE for kind in kinds):
        raise click.UsageError(f"only instances have this: {what} of dsinstance/NAME")
    with writes(server, how, "fleet-set") as made:
        for target in chosen(made.api, words, selector, everything=everything):
            with made.attempt(target):
                before = made.api.get_object(target.kind.path_of(str(target.name)))
                answer = made.patch(target, patch)
                same = is_same(before, answer.document)
                made.say(target, f"{what} {'unchanged' if same else 'updated'}", answer)
