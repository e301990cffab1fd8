"""`fleet edit`: changes an object in an editor."""

import tempfile
from pathlib import Path
from typing import Any, NoReturn

import click

from cli.chosen import named
from cli.completing import complete_targets
from cli.connection import Refused
from cli.failure import Failure
from cli.kinds import Target
from cli.manifest_files import Given, objects_of
from cli.merge_patch import merge_patch_between
from cli.refused_writes import NotDone
from cli.server import Server
from cli.writing import WriteOptions, Writes, declared, write_options, writes

_HEAD = "Lines above the object that begin with '#' are left out. A file that is empty, or as it was, changes nothing."
_CAN_BE_MENDED = (400, 409, 422)


@click.command(short_help="Change an object in an editor.")
@click.argument("what", nargs=-1, required=True, metavar="KIND NAME | KIND/NAME", shell_complete=complete_targets)
@write_options
@click.pass_obj
def edit(server: Server, *, what: tuple[str, ...], how: WriteOptions) -> None:
    """Opens an object in the editor that VISUAL or EDITOR names, and changes what is changed there.

    What is refused is opened again, with what is wrong as comments on top. Comments are those of the manifest: they
    stay there, and are not shown.

    \b
    EDITOR=nano fleet edit cam dock
    """  # noqa: D301 - click keeps the lines below \b as they are
    targets = named(what)
    if len(targets) > 1:
        raise click.UsageError("one object can be edited at a time")
    with writes(server, how, "fleet-edit") as made:
        _Session(made, targets[0]).run()


class _Session:
    def __init__(self, made: Writes, target: Target) -> None:
        from controller.source.read.yaml_text import yaml_text

        self._made = made
        self._target = target
        self._before = declared(made.api.get_object(target.kind.path_of(str(target.name))))
        self._text = yaml_text(self._before)
        self._complaints: list[str] = []

    def run(self) -> None:
        """Opens the editor until the object is changed, or nothing is to be changed."""
        while True:
            edited = self._edited()
            if not edited.strip():
                click.echo("Edit cancelled, saved file was empty.", err=True)
                return
            if edited == self._text:
                if self._complaints:
                    self._give_up(
                        Failure("\n".join(["Edit cancelled, no valid changes were saved.", *self._complaints]))
                    )
                break
            self._text = edited
            try:
                patch = self._patch()
                if not patch:
                    break
                self._made.say(self._target, "edited", self._made.patch(self._target, patch))
            except Refused as refused:
                if refused.status not in _CAN_BE_MENDED:
                    self._give_up(refused)
                self._complaints = self._told(refused)
            except Failure as failure:
                self._complaints = failure.message.splitlines()
            else:
                return
        click.echo("Edit cancelled, no changes made.", err=True)

    def _edited(self) -> str:
        """What the person has made of the text, without the comments above it."""
        try:
            edited = click.edit(self._shown(), extension=".yaml", require_save=False) or ""
        except click.ClickException as error:
            self._give_up(Failure(f"{error.message}: VISUAL or EDITOR names the editor"))
        lines = edited.splitlines(keepends=True)
        while lines and lines[0].startswith("#"):
            del lines[0]
        return "".join(lines)

    def _shown(self) -> str:
        head = "".join(f"# {line}".rstrip() + "\n" for line in [_HEAD, *self._complaints])
        return f"{head}#\n{self._text}"

    def _patch(self) -> dict[str, Any]:
        # A fault of the syntax takes one line of comments.
        found = self._objects(1)
        if len(found) != 1 or found[0].target != self._target:
            raise Failure(f"the file must hold {self._target} and nothing else: kind and name of an object stay")
        return merge_patch_between(self._before, declared(found[0].document))

    def _objects(self, complaints: int) -> list[Given]:
        """What stands in the text, with its places in the file that is opened next."""
        return list(objects_of(str(self._target), "\n" * (complaints + 2) + self._text))

    def _told(self, refused: Refused) -> list[str]:
        lines = len(NotDone(self._target, refused).message.splitlines())
        return NotDone(self._target, refused, self._objects(lines)[0].place_of).message.splitlines()

    def _give_up(self, why: Failure) -> NoReturn:
        with tempfile.NamedTemporaryFile(
            "w", prefix="fleet-edit-", suffix=".yaml", delete=False, encoding="utf-8"
        ) as kept:
            # With the comments, since the lines that complaints name are counted with them.
            kept.write(self._shown())
        raise Failure(f"{why.message}\n  What was edited is kept in {Path(kept.name)}")
