"""`fleet validate`: checks manifests without any server."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.failure import Failure

if TYPE_CHECKING:
    from controller.model import Problem
    from controller.source.read.crosscheck import Remark


@click.command(short_help="Check manifests, offline.")
@click.argument("path", default="manifests", type=click.Path(path_type=Path))
@click.option(
    "--git", "repository", metavar="REPO", help="Check a commit of this repository; PATH is inside it, `.` for its top."
)
@click.option("--ref", metavar="REF", help="The commit to check, with --git; default: HEAD.")
def validate(path: Path, *, repository: str | None, ref: str | None) -> None:
    """Checks all manifests below PATH (default: manifests), and prints every problem with its place.

    Exit code 0 when there is none, 1 otherwise; warnings and notes are printed too, and change nothing of that.
    Nothing is asked of a server.
    """
    from cli.reading import Rejection, loaded_in, loaded_of_commit

    if ref and not repository:
        raise click.UsageError("--ref names a commit of the repository that --git names")
    try:
        loaded = loaded_of_commit(repository, ref or "HEAD", str(path)) if repository else loaded_in(path)
    except Rejection as rejection:
        _show(rejection.problems, rejection.remarks)
        raise Failure(rejection.message) from None
    _show((), loaded.remarks)
    revision = loaded.revision
    counts = ", ".join(
        f"{len(objects)} {word}{'' if len(objects) == 1 else 's'}"
        for objects, word in (
            (revision.nodes, "node"),
            (revision.instances, "dsinstance"),
            (revision.cameras, "camera"),
        )
    )
    click.echo(f"{click.style('valid:', fg='green')} {counts}; revision {revision.id}")


def _show(problems: Iterable["Problem"], remarks: Iterable["Remark"]) -> None:
    """Prints problems, and remarks between them, in the order of their places."""
    lines = [(one.position, str(one)) for told in (problems, remarks) for one in told]
    for _, line in sorted(lines, key=lambda one: (one[0].file, one[0].line, one[0].column)):
        click.echo(line)
