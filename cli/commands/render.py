"""`fleet render`: the files of an instance, as they would be mounted into its container."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.completing import complete_instance_and_path
from cli.failure import Failure, printable
from cli.kinds import DSINSTANCE, kind_named
from cli.server import Server

if TYPE_CHECKING:
    from controller.model import FleetPlan, Revision

_MANIFESTS = Path("manifests")


@dataclass(frozen=True)
class _Instance:
    """An instance with its files."""

    name: str
    origin: str
    """Where it runs, and how that is known."""
    files: dict[str, str]
    """Content by path, secrets as placeholders."""
    slots: tuple[str, ...]
    """Its cameras: slot and name."""


@click.command(short_help="Show the files that an instance is given.")
@click.argument(
    "what",
    nargs=-1,
    required=True,
    metavar="dsinstance/NAME [PATH]",
    shell_complete=complete_instance_and_path,
)
@click.option("--server-state", is_flag=True, help="What the running controller has in force, instead of PATH.")
@click.option("--file", "only", metavar="NAME", help="Only this file, byte by byte.")
@click.option("-o", "--output", metavar="DIR", type=click.Path(path_type=Path), help="Write the files into DIR.")
@click.option(
    "--force", is_flag=True, help="With -o: into a folder that is not empty; files of these names are replaced."
)
@click.option("--show-secrets", is_flag=True, help="Fill in user names and passwords, from --secrets-dir.")
@click.option(
    "--secrets-dir",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Folders of secrets as on the nodes, each with the files `username` and `password`.",
)
@click.pass_obj
def render(
    server: Server,
    *,
    what: tuple[str, ...],
    server_state: bool,
    only: str | None,
    output: Path | None,
    force: bool,
    show_secrets: bool,
    secrets_dir: Path | None,
) -> None:
    """Prints or writes the files that would be mounted into the container of an instance.

    They are made offline from the manifests below PATH (default: manifests), as for a fleet that starts empty. The slots of
    a running fleet depend on its past: --server-state asks the controller for the files as they are in force.

    Where user names and passwords go stands ${secret:NAME:userinfo} or ${secret:NAME:password}: the node fills them in.

    \b
    fleet render ds/entrance                  all files, each below a line `# --- NAME ---`
    fleet render ds/entrance --file app_conf.json
    fleet render ds/entrance --server-state -o entrance-files/
    """  # noqa: D301 - click keeps the lines below \b as they are
    name, path = _name_and_path(what)
    if path is not None and server_state:
        raise click.UsageError("the files come from PATH or from the controller: leave out PATH or --server-state")
    if show_secrets != bool(secrets_dir):
        raise click.UsageError("--show-secrets and --secrets-dir DIR go together: the secrets are read from DIR")
    if force and output is None:
        raise click.UsageError("--force is about the folder of -o")
    found = _in_force(server, name) if server_state else _planned(name, path or _MANIFESTS)
    if only is not None:
        found = _with_one_file(found, only)
    if secrets_dir is not None:
        found = replace(found, files=_filled(found.files, secrets_dir))
    if output is not None:
        from cli.output_files import write_into_folder

        write_into_folder(output, found.files, private=show_secrets, force=force)
        click.echo(f"{_count(found.files)} of dsinstance/{name} written to {output}", err=True)
    elif only is not None:
        click.echo(found.files[only].encode(), nl=False)
    else:
        _print(found)


def _name_and_path(words: Sequence[str]) -> tuple[str, Path | None]:
    """The instance and the directory in `dsinstance/NAME [PATH]` or `dsinstance NAME [PATH]`."""
    kind, slash, name = words[0].partition("/")
    rest = words[1:]
    if kind_named(kind) is not DSINSTANCE:
        raise Failure(f"only instances have files: fleet render dsinstance/NAME, not {printable(words[0])}")
    if not slash:
        name, rest = (rest[0] if rest else ""), rest[1:]
    if not name or "/" in name:
        raise click.UsageError("name the instance: fleet render dsinstance/NAME (`fleet get ds` lists them)")
    if len(rest) > 1:
        raise click.UsageError(f"one instance at a time, and one PATH: '{printable(rest[1])}' is too much")
    return name, Path(rest[0]) if rest else None


def _planned(name: str, path: Path) -> _Instance:
    from cli.reading import revision_in
    from controller.planner.planner import plan

    revision = revision_in(path)
    if name not in {one.name for one in revision.instances}:
        raise Failure(_no_such_instance(name, path, revision))
    planned = plan(revision, {})
    for state in planned.nodes.values():
        for one in state.instances:
            if one.name == name:
                _warn_of_cameras(planned, revision, name)
                return _Instance(
                    name,
                    f"on {state.node_name}, in a fleet that starts empty",
                    {file.path: file.content for file in one.files},
                    tuple(f"{camera.slot} {camera.name}" for camera in one.cameras),
                )
    why = [one.message for one in planned.reasons if (one.subject.kind, one.subject.name) == ("DsInstance", name)]
    raise Failure(
        f"dsinstance/{name} is on no node and gets no files: {'; '.join(why) or 'the planner says no reason'}"
    )


def _no_such_instance(name: str, path: Path, revision: "Revision") -> str:
    names = [one.name for one in revision.instances]
    near = get_close_matches(name, names, n=1)
    known = f"; there are {', '.join(names)}" if names else ""
    return f"there is no dsinstance '{printable(name)}' in {path}" + (f": did you mean {near[0]}?" if near else known)


def _warn_of_cameras(planned: "FleetPlan", revision: "Revision", instance: str) -> None:
    mine = {camera.name for one in revision.instances if one.name == instance for camera in revision.cameras_of(one)}
    for reason in planned.reasons:
        if reason.subject.kind == "Camera" and reason.subject.name in mine:
            click.echo(f"warning: {reason.subject} is left out: {reason.message}", err=True)


def _in_force(server: Server, name: str) -> _Instance:
    from urllib.parse import quote

    from cli.connection import Api

    api = Api(server)
    answer = api.get(f"/fleet/v1/rendered/{quote(name, safe='')}")
    try:
        generation = answer["generation"]
        origin = f"on {answer['node']}, " + (f"generation {generation}" if generation else "planned, not published yet")
        return _Instance(
            name,
            printable(origin),
            {_text(file["path"]): _text(file["content"]) for file in answer["files"]},
            tuple(f"{camera['slot']} {printable(str(camera['name']))}" for camera in answer["cameras"]),
        )
    except (KeyError, TypeError):
        raise Failure(f"{api.url} answers with files that this `fleet` cannot read: is it older?") from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a text is expected")
    return value


def _with_one_file(found: _Instance, path: str) -> _Instance:
    if path not in found.files:
        near = get_close_matches(path, found.files, n=1)
        known = f"did you mean {near[0]}?" if near else f"it has {', '.join(found.files) or 'none at all'}"
        raise Failure(f"dsinstance/{found.name} has no file '{printable(path)}': {known}")
    return replace(found, files={path: found.files[path]})


def _filled(files: dict[str, str], directory: Path) -> dict[str, str]:
    """The files with the secrets in them.

    Raises:
        Failure: a secret is missing or cannot be used.
    """
    from crds.secret import UnusableSecretError, fill, secrets_named_in
    from nodeagent.folders.secret_files import read_secret
    from nodeagent.model import Waiting

    names = sorted({name for content in files.values() for name in secrets_named_in(content)})
    try:
        secrets = {name: read_secret(directory, name) for name in names}
        return {path: fill(content, secrets) for path, content in files.items()}
    except (Waiting, UnusableSecretError) as problem:
        raise Failure(str(problem)) from None


def _print(found: _Instance) -> None:
    slots = f"; slots: {', '.join(found.slots)}" if found.slots else ""
    click.secho(f"# dsinstance/{found.name} {found.origin}{slots}", bold=True)
    if not found.files:
        click.echo("No files: an app of this kind is given none.", err=True)
    for path, content in found.files.items():
        click.secho(f"\n# --- {printable(path)} ---", fg="cyan", bold=True)
        click.echo(content, nl=not content.endswith("\n"))


def _count(files: dict[str, str]) -> str:
    return f"{len(files)} file{'' if len(files) == 1 else 's'}"
