"""`fleet controller`: decides for the fleet, and publishes what every node shall run."""

from pathlib import Path

import click

from bus.kafka_options import CannotStart, KafkaOptions
from cli.failure import Failure
from cli.parts_options import ENVIRONMENT, bus_options, split_listen, start_log


@click.command(short_help="Run the controller.", context_settings=ENVIRONMENT)
@click.option("--manifests", type=click.Path(path_type=Path), help="Directory of manifests, watched for changes.")
@click.option("--git", metavar="URL", help="Repository of manifests, instead of --manifests.")
@click.option("--ref", default="main", help="With --git: the branch or tag.")
@click.option("--git-directory", default="", metavar="SUB", help="With --git: the directory of the manifests in it.")
@click.option(
    "--git-interval",
    default=30.0,
    metavar="SECONDS",
    type=click.FloatRange(min=0.1),
    help="With --git: how often it is looked at.",
)
@click.option(
    "--state-dir",
    default="/var/lib/fleet/controller",
    type=click.Path(path_type=Path),
    help="Key, last good revision and published generations.",
)
@click.option("--listen", default="127.0.0.1:8420", metavar="HOST:PORT", help="Where the API is.")
@click.option(
    "--removal-limit-percent",
    default=25.0,
    type=click.FloatRange(0, 100),
    help="A revision that removes a larger part of the running instances waits for `fleet approve`.",
)
@bus_options
def controller(
    *,
    manifests: Path | None,
    git: str | None,
    ref: str,
    git_directory: str,
    git_interval: float,
    state_dir: Path,
    listen: str,
    removal_limit_percent: float,
    kafka: KafkaOptions,
    fleet_id: str,
    log_level: str,
) -> None:
    """Runs the controller until SIGTERM. Every option can be given as a variable FLEET_<NAME>, too.

    Instances and agents go on without it: losing the controller interrupts no camera.
    """
    if (manifests is None) == (git is None):
        raise click.UsageError("say where the manifests are: --manifests DIRECTORY or --git REPOSITORY, one of them")
    host, port = split_listen(listen)
    start_log(log_level)
    from cli.until_signal import until_signal
    from controller.app import ControllerOptions, run

    options = ControllerOptions(
        kafka=kafka,
        state_dir=state_dir,
        manifests=manifests,
        git=git,
        git_ref=ref,
        git_directory=git_directory,
        git_interval_seconds=git_interval,
        fleet_id=fleet_id,
        host=host,
        port=port,
        removal_limit_percent=removal_limit_percent,
    )
    try:
        run(options, until_signal)
    except CannotStart as error:
        raise Failure(str(error)) from None
