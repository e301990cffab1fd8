"""`fleet plan`: what a change of the manifests would do to the fleet, in terms of cameras."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.failure import Failure
from cli.plan_colours import PLAN_COLOURS
from cli.removal_options import removal_options
from cli.server import Server
from ports.clock import SystemClock

if TYPE_CHECKING:
    from controller.model import FleetPlan, Holds, Previous, Revision
    from controller.planner.guard import RemovalLimits

_CHANGES = 1


class PlanFailure(Failure):
    """There is no plan. Code 1 says that there is one with changes."""

    exit_code = 255


@click.command(short_help="Show what a change of manifests would do, offline.")
@click.argument("path", default="manifests", type=click.Path(path_type=Path))
@click.option("--against", metavar="DIR", type=click.Path(path_type=Path), help="Plan from the manifests in DIR.")
@click.option("--git", "repository", metavar="REPO", help="The repository of --from and --to; default: here.")
@click.option("--from", "start", metavar="REF", help="Plan from this commit.")
@click.option("--to", "end", metavar="REF", help="Plan to this commit; default: the files as they are now.")
@click.option("--server-state", is_flag=True, help="Plan from the manifests that the controller has in force.")
@removal_options
@click.option("-o", "--output", type=click.Choice(["json"]), help="Another form than text.")
@click.pass_obj
def plan(
    server: Server,
    *,
    path: Path,
    against: Path | None,
    repository: str | None,
    start: str | None,
    end: str | None,
    server_state: bool,
    removal_limits: "RemovalLimits",
    output: str | None,
) -> None:
    """Plans from one set of manifests to another, and prints the changes in terms of cameras.

    It says which instances are created, updated, moved or removed, how (the change class), why, and which cameras
    are not watched meanwhile; and whether a controller would park it, which is told the same limits.

    Without options it plans from an empty fleet to PATH (default: manifests). With --git, --from or --to,
    PATH is inside the repository. Exit code 0: no change, 1: changes, 255: error.

    \b
    fleet plan --from HEAD                    what my uncommitted edits would do
    fleet plan --git . --from main --to HEAD  what this branch would do
    fleet plan --against /etc/fleet manifests
    fleet plan --server-state                 what saving these files would do to the running fleet
    """  # noqa: D301 - click keeps the lines below \b as they are
    if sum(map(bool, (against, start, server_state))) > 1:
        raise click.UsageError("a plan has one beginning: give one of --from, --against and --server-state")
    from cli.reading import holds_of_server, revision_in, revision_of_commit, revision_of_server

    in_git = bool(repository or start or end)
    repository = repository or "."

    def target() -> "Revision":
        if end:
            return revision_of_commit(repository, end, str(path))
        return revision_in(Path(repository) / path if in_git else path)

    def beginning() -> "Revision | None":
        if start:
            return revision_of_commit(repository, start, str(path))
        if server_state:
            return revision_of_server(server)
        return revision_in(against) if against else None

    from controller.model import Holds
    from controller.planner.guard import why_parked

    planned, previous = _planned(beginning, target, lambda: holds_of_server(server) if server_state else Holds())
    parked = why_parked(planned, previous, removal_limits)
    if output == "json":
        import json

        click.echo(json.dumps({**_document(planned), "parked": parked}, indent=2))
    else:
        from controller.planner.describe import describe_plan

        for line in describe_plan(planned).splitlines():
            click.echo(click.style(line, fg=PLAN_COLOURS.get(line[:1])))
        if parked:
            click.secho(f"Parked until `fleet approve`: {parked}.", fg="magenta")
    raise click.exceptions.Exit(_CHANGES if planned.changes else 0)


def _planned(
    beginning: Callable[[], "Revision | None"], target: Callable[[], "Revision"], holds: Callable[[], "Holds"]
) -> tuple["FleetPlan", "Previous"]:
    from cli.reading import Rejection
    from controller.planner.planner import plan as plan_of
    from controller.planner.planner import previous_from

    try:
        before, after, held = beginning(), target(), holds()
    except Rejection as rejection:
        for problem in rejection.problems:
            click.echo(problem, err=True)
        raise PlanFailure(rejection.message) from None
    except Failure as failure:
        raise PlanFailure(failure.message) from None
    # An offline plan has no clock to depend on: the times in it are of no consequence.
    previous = previous_from(plan_of(before, {}, holds=held), SystemClock().now()) if before else {}
    return plan_of(after, previous, holds=held), previous


def _document(planned: "FleetPlan") -> dict[str, Any]:
    return {
        "revision": planned.revision,
        "changes": [
            {
                "kind": str(change.kind),
                "instance": change.instance,
                "node": change.node,
                "fromNode": change.from_node,
                "oldName": change.old_name,
                "changeClass": str(change.change_class),
                "causes": list(change.causes),
                "camerasAdded": list(change.cameras_added),
                "camerasRemoved": list(change.cameras_removed),
                "camerasInterrupted": list(change.cameras_interrupted),
            }
            for change in planned.changes
        ],
        "reasons": [
            {"kind": one.subject.kind, "name": one.subject.name, "reason": one.reason, "message": one.message}
            for one in planned.reasons
        ],
    }
