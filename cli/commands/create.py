"""`fleet create`: makes objects that are not there."""

from typing import Any, get_args

import click

from cli.failure import Failure
from cli.kinds import CAMERA, CREATE_ORDER, GROUP_PATH, Target
from cli.manifest_files import objects_in
from cli.server import Server
from cli.writing import WriteOptions, write_options, writes
from crds.camera_source import CameraType

_MANAGER = "fleet-create"
_FILE = "dsfleet.io/file"
"""As crds.annotations has it: importing the kinds takes as long as all the rest."""


@click.group(invoke_without_command=True, short_help="Make objects that are not there.")
@click.option("-f", "--filename", "files", multiple=True, metavar="FILE|DIR|-", help="What is made.")
@click.option("-R", "--recursive", is_flag=True, help="Folders in folders, too.")
@write_options
@click.pass_context
def create(ctx: click.Context, *, files: tuple[str, ...], recursive: bool, how: WriteOptions) -> None:
    """Makes the objects in files, or a camera. What is there already is refused: see `fleet apply`.

    \b
    fleet create -f new.yaml
    fleet create camera dock --address rtsp://10.0.0.7/1 --label site=hq
    """  # noqa: D301 - click keeps the lines below \b as they are
    if ctx.invoked_subcommand is not None:
        if files or recursive or how != WriteOptions():
            raise click.UsageError(f"these options stand behind `fleet create {ctx.invoked_subcommand}`")
        return
    if not files:
        raise click.UsageError("say what: -f FILE, or `fleet create camera NAME --address URL`")
    with writes(ctx.obj, how, _MANAGER) as made:
        for one in sorted(objects_in(files, recursive=recursive), key=lambda one: CREATE_ORDER.index(one.kind)):
            with made.attempt(one.target, one.place_of):
                answer = made.create(one.kind, one.document)
                made.say(Target(one.kind, str(answer.document["metadata"]["name"])), "created", answer)


@create.command(short_help="Make a camera.")
@click.argument("name")
@click.option("--address", required=True, metavar="URL", help="Such as rtsp://10.0.0.7/1, without a password.")
@click.option("--label", "labels", multiple=True, metavar="KEY=VALUE", help="Selectors of instances find it by them.")
@click.option("--secret", metavar="NAME", help="The secret of the nodes that holds its user name and password.")
@click.option("--type", "kind", type=click.Choice(get_args(CameraType)), help="What the address names. Default: rtsp.")
@click.option(
    "--file", metavar="FILE", help="The file of the source that it goes into. Default: where its neighbours are."
)
@write_options
@click.pass_obj
def camera(
    server: Server,
    *,
    name: str,
    address: str,
    labels: tuple[str, ...],
    secret: str | None,
    kind: str | None,
    file: str | None,
    how: WriteOptions,
) -> None:
    """Makes camera NAME.

    \b
    fleet create camera dock --address rtsp://10.0.0.7/1 --label site=hq --secret dock-camera
    """  # noqa: D301 - click keeps the lines below \b as they are
    metadata: dict[str, Any] = {"name": name}
    if labels:
        metadata["labels"] = _labels(labels)
    if file:
        metadata["annotations"] = {_FILE: file}
    spec: dict[str, Any] = {"address": address}
    if kind:
        spec["type"] = kind
    if secret:
        spec["credentialsRef"] = {"name": secret}
    document = {
        "apiVersion": GROUP_PATH.removeprefix("/apis/"),
        "kind": CAMERA.name,
        "metadata": metadata,
        "spec": spec,
    }
    target = Target(CAMERA, name)
    with writes(server, how, _MANAGER) as made, made.attempt(target):
        made.say(target, "created", made.create(CAMERA, document))


def _labels(words: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not key or not equals or key in found:
            raise Failure(
                f"--label '{word}' is not of the form KEY=VALUE"
                if key not in found
                else f"--label '{key}' stands twice"
            )
        found[key] = value
    return found
