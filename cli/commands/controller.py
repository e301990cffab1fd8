"""`fleet controller`: decides for the fleet, and publishes what every node shall run."""

from pathlib import Path
from typing import Any

import click

from cli.log import start_log
from cli.parts_options import ENVIRONMENT, bus_options, split_listen
from cli.removal_options import removal_options

_FILE = click.Path(path_type=Path)


@click.command(short_help="Run the controller.", context_settings=ENVIRONMENT)
@click.option("--manifests", type=click.Path(path_type=Path), help="Directory of manifests, watched for changes.")
@click.option("--git", metavar="URL", help="Repository of manifests, instead of --manifests.")
@click.option("--ref", default="main", help="With --git: the branch or tag.")
@click.option("--git-directory", default="", metavar="SUB", help="With --git: the directory of the manifests in it.")
@click.option(
    "--git-interval",
    metavar="SECONDS",
    type=click.FloatRange(min=0.1),
    help="With --git: how often it is looked at. Default: 1 for a repository on this machine, 30 for a URL.",
)
@click.option(
    "--read-only/--writable",
    "read_only",
    default=None,
    help="Whether the manifests may be edited through the API. Default: writable, but for a URL without a password.",
)
@click.option(
    "--write-branch",
    default="",
    metavar="BRANCH",
    help="With --git: edits are committed to this branch, from where people take them over, and not to that of --ref.",
)
@click.option(
    "--state-dir",
    default="/var/lib/fleet/controller",
    type=click.Path(path_type=Path),
    help="Key, last good revision and published generations.",
)
@click.option("--listen", default="127.0.0.1:8420", metavar="HOST:PORT", help="Where the API is.")
@click.option(
    "--allowed-host",
    "allowed_hosts",
    multiple=True,
    metavar="NAME",
    help="A name that clients reach the API by, besides that of this machine and IP addresses; may be repeated.",
)
@click.option(
    "--tls", is_flag=True, help="Serve https, with a certificate of its own; clients trust ca.pem in --state-dir."
)
@click.option("--tls-cert", type=_FILE, help="Serve https with this certificate (PEM, with what it is signed by).")
@click.option("--tls-key", type=_FILE, help="The key of --tls-cert.")
@click.option("--client-ca", type=_FILE, help="Believe certificates of clients that this authority has signed.")
@click.option("--unix-socket", type=_FILE, help="Serve root, and the owner of this process, here too: as admin.")
@click.option("--audit-log", type=_FILE, help="Where changes are written down. Default: audit.log in --state-dir.")
@click.option(
    "--webhooks", type=_FILE, metavar="FILE", help="Who is told of events by HTTP; read again when it changes."
)
@click.option(
    "--insecure-no-auth", is_flag=True, help="Ask nobody for a token: whoever reaches the API may do everything."
)
@click.option("--anonymous-loopback", is_flag=True, hidden=True)
@removal_options
@bus_options
def controller(
    *,
    manifests: Path | None,
    git: str | None,
    ref: str,
    git_interval: float | None,
    listen: str,
    insecure_no_auth: bool,
    anonymous_loopback: bool,
    log_level: str,
    **others: Any,
) -> None:
    """Runs the controller until SIGTERM. Every option can be given as a variable FLEET_<NAME>, too.

    Instances and agents go on without it: losing the controller interrupts no camera.
    """
    if (manifests is None) == (git is None):
        raise click.UsageError("say where the manifests are: --manifests DIRECTORY or --git REPOSITORY, one of them")
    if git is None and others["write_branch"]:
        raise click.UsageError("--write-branch is for --git: a directory has no branches")
    host, port = split_listen(listen)
    start_log(log_level)
    from cli.until_signal import until_signal
    from controller.access.authentication import Openness
    from controller.app import ControllerOptions, run

    # The other options have the names of the fields.
    options = ControllerOptions(
        manifests=manifests,
        git=git,
        git_ref=ref,
        git_interval_seconds=git_interval,
        host=host,
        port=port,
        openness=Openness(everybody=insecure_no_auth, loopback=anonymous_loopback),
        **others,
    )
    run(options, until_signal)
