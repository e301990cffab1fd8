"""`fleet scale`: has instances run, or run nowhere."""

import click

from cli.chosen import chosen
from cli.completing import complete_targets
from cli.failure import Failure
from cli.instances import only_instances
from cli.server import Server
from cli.writing import WriteOptions, write_options, writes


@click.command(short_help="Have instances run, or run nowhere.")
@click.argument(
    "what", nargs=-1, required=True, metavar="DSINSTANCE/NAME... | ds NAME", shell_complete=complete_targets
)
@click.option(
    "--replicas", type=click.IntRange(min=0), required=True, help="1: it runs; 0: nowhere, and its manifest stays."
)
@click.option("--current-replicas", type=int, default=-1, metavar="N", help="Only what is to run so often by now.")
@click.option("-l", "--selector", default="", help="All instances with these labels: `scale ds -l site=hq`.")
@click.option("--all", "everything", is_flag=True, help="All instances.")
@write_options
@click.pass_obj
def scale(
    server: Server,
    *,
    what: tuple[str, ...],
    replicas: int,
    current_replicas: int,
    selector: str,
    everything: bool,
    how: WriteOptions,
) -> None:
    """Says how often instances run: spec.replicas, 1 or 0.

    \b
    fleet scale ds/entrance --replicas=0 --reason "the hall is closed"
    fleet scale ds/entrance --replicas=1 --current-replicas=0
    """  # noqa: D301 - click keeps the lines below \b as they are
    only_instances(what, selector, everything=everything)
    with writes(server, how, "fleet-scale") as made:
        for target in chosen(made.api, what, selector, everything=everything):
            with made.attempt(target):
                path = f"{target.kind.path_of(str(target.name))}/scale"
                patch: dict[str, object] = {"spec": {"replicas": replicas}}
                if current_replicas >= 0:
                    now = made.api.get_object(path)
                    if now["spec"]["replicas"] != current_replicas:
                        Failure(
                            f"{target}: expected replicas to be {current_replicas}, was {now['spec']['replicas']}"
                        ).show()
                        made.has_failed = True
                        continue
                    patch["metadata"] = {"resourceVersion": now["metadata"]["resourceVersion"]}
                made.say(target, "scaled", made.patch_at(path, patch))
