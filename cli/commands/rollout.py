"""`fleet rollout`: how far a change of an instance is, its earlier versions, back to one of them, and a restart."""

from datetime import UTC

import click

from cli.chosen import chosen
from cli.completing import complete_targets
from cli.connection import Api
from cli.durations import Duration
from cli.failure import Failure, one_line
from cli.instances import only_instances
from cli.kinds import DSINSTANCE, Target, instance_named
from cli.listing import print_document
from cli.rollouts import NeverEnds, Version, deployment_path, number_in_force, versions_of, waits_for
from cli.server import Server
from cli.tables import Rows, print_table
from cli.writing import JSON_PATCH, WriteOptions, write_options, writes
from ports.clock import SystemClock

_ASK_AGAIN_S = 0.5
_ONE = click.argument(
    "what", nargs=-1, required=True, metavar="DSINSTANCE/NAME | ds NAME", shell_complete=complete_targets
)


@click.group(short_help="How far changes are; versions, and back to one; restarts.")
def rollout() -> None:
    """Follows changes of instances, goes back to earlier versions, and restarts.

    The controller remembers the last ten versions of each instance: its spec, but for replicas.
    """


@rollout.command(short_help="How far a change is.")
@_ONE
@click.option("-w", "--watch/--no-watch", default=True, show_default=True, help="Wait until it is over.")
@click.option("--timeout", type=Duration(), default="0s", help="How long, such as 90s or 5m; 0s: as long as it takes.")
@click.option("--revision", type=int, default=0, metavar="N", help="End with an error when it is not this version.")
@click.pass_obj
def status(server: Server, *, what: tuple[str, ...], watch: bool, timeout: float, revision: int) -> None:
    """Waits until what was published last runs. Whether all cameras have frames is another question: `fleet wait`."""
    name, api, clock = _name(what), Api(server), SystemClock()
    deadline, said = clock.monotonic() + timeout if timeout else None, ""
    while True:
        deployment = api.get_object(deployment_path(name))
        if revision and (found := number_in_force(deployment)) != revision:
            raise Failure(f"desired revision ({revision}) is different from the running revision ({found})")
        try:
            waits = waits_for(deployment)
        except NeverEnds as error:
            raise Failure(f"dsinstance/{name} exceeded its progress deadline: {one_line(str(error))}") from None
        if not waits:
            click.echo(f"dsinstance/{name} successfully rolled out")
            return
        if waits != said:
            click.echo(f"Waiting for the rollout of dsinstance/{name} to finish: it waits for {waits}")
            said = waits
        if not watch:
            return
        if deadline is not None and clock.monotonic() + _ASK_AGAIN_S > deadline:
            raise Failure("timed out waiting for the condition")
        clock.pause(_ASK_AGAIN_S)


@rollout.command(short_help="The versions that are remembered.")
@_ONE
@click.option("--revision", type=int, default=0, metavar="N", help="What ran in this version.")
@click.option("-o", "--output", type=click.Choice(["yaml", "json"]), default="yaml", help="How that is printed.")
@click.pass_obj
def history(server: Server, *, what: tuple[str, ...], revision: int, output: str) -> None:
    """Lists the versions of an instance with the reasons why they came."""
    name, api = _name(what), Api(server)
    api.get_object(deployment_path(name))  # whether there is such an instance
    versions = versions_of(api, name)
    if revision:
        print_document(_numbered(versions, revision).template, output)
        return
    click.echo(f"dsinstance/{name}")
    rows = [[str(one.number), one_line(one.cause) or "<none>"] for one in versions]
    print_table(Rows(["REVISION", "CHANGE-CAUSE"], rows))


@rollout.command(short_help="Go back to an earlier version.")
@_ONE
@click.option("--to-revision", type=int, default=0, metavar="N", help="Which one; 0: the one before.")
@write_options
@click.pass_obj
def undo(server: Server, *, what: tuple[str, ...], to_revision: int, how: WriteOptions) -> None:
    """Writes the spec of an earlier version into the manifest again: planned and guarded as any other edit."""
    name = _name(what)
    with writes(server, how, "fleet-rollout") as made:
        target, path = Target(DSINSTANCE, name), deployment_path(name)
        with made.attempt(target):
            now = number_in_force(made.api.get_object(path))
            versions = versions_of(made.api, name)
            if not to_revision and len(versions) < 2:
                raise Failure(f"dsinstance/{name}: no rollout history found")
            wanted = _numbered(versions, to_revision) if to_revision else versions[-2]
            if wanted.number == now:
                made.say(target, f"skipped rollback (current template already matches revision {now})")
                return
            patch = [{"op": "replace", "path": "/spec/template", "value": wanted.template}]
            made.say(target, "rolled back", made.patch_at(path, patch, JSON_PATCH))


@rollout.command(short_help="Start instances anew.")
@click.argument(
    "what", nargs=-1, required=True, metavar="DSINSTANCE/NAME... | ds NAME", shell_complete=complete_targets
)
@click.option("-l", "--selector", default="", help="All instances with these labels: `rollout restart ds -l site=hq`.")
@click.option("--all", "everything", is_flag=True, help="All instances.")
@write_options
@click.pass_obj
def restart(server: Server, *, what: tuple[str, ...], selector: str, everything: bool, how: WriteOptions) -> None:
    """Has the apps of instances started anew, once: spec.restartedAt. Their cameras are blind in between."""
    only_instances(what, selector, everything=everything)
    at = SystemClock().now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    with writes(server, how, "fleet-rollout") as made:
        for target in chosen(made.api, what, selector, everything=everything):
            with made.attempt(target):
                made.say(target, "restarted", made.patch(target, {"spec": {"restartedAt": at}}))


def _name(words: tuple[str, ...]) -> str:
    """The name of the one instance that words mean.

    Raises:
        Failure: they mean something else.
    """
    return instance_named("/".join(words))


def _numbered(versions: list[Version], number: int) -> Version:
    found = next((one for one in versions if one.number == number), None)
    if found is None:
        known = ", ".join(str(one.number) for one in versions)
        raise Failure(f"unable to find specified revision {number} in history: there are {known}")
    return found
