"""`fleet agent`: makes this machine match what the controller publishes for it."""

import sys
import uuid
from pathlib import Path
from typing import Any

import click

from cli.failure import Failure
from cli.parts_options import ENVIRONMENT, bus_options
from ports.disk import RealDisk


@click.command(short_help="Run the agent of this machine.", context_settings=ENVIRONMENT)
@click.option(
    "--node-id", metavar="UUID", help="Id of this machine; default: made up once, kept in the state directory."
)
@click.option(
    "--controller-key",
    required=True,
    metavar="HEX_OR_FILE",
    help="Public key of the controller: 64 hexadecimal digits, or a file with them. Nothing else is obeyed.",
)
@click.option(
    "--state-dir", default="/var/lib/fleet/agent", type=click.Path(path_type=Path), help="Ledger, key and instances."
)
@click.option(
    "--secrets-dir",
    default="/etc/fleet/secrets",
    type=click.Path(path_type=Path),
    help="Folders of secrets, each with the files `username` and `password`.",
)
@click.option("--driver", type=click.Choice(["docker", "process"]), default="docker", help="What runs instances.")
@click.option("--docker-host", metavar="URL", help="The Docker Engine; default: that of DOCKER_HOST.")
@click.option("--hostname", help="Name of this machine; default: what the system says.")
@click.option("--ip-address", default="127.0.0.1", help="Where to reach this machine.")
@click.option("--capacity", type=click.IntRange(min=0), help="Camera streams that it can process.")
@click.option("--gpu", "gpus", multiple=True, metavar="UUID", help="A GPU of this machine; may be repeated.")
@click.option("--description", help="A note for people.")
@click.option("--stop-instances-on-exit", is_flag=True, help="Stop what runs when the agent ends; else it goes on.")
@bus_options
def agent(*, node_id: str | None, state_dir: Path, hostname: str | None, log_level: str, **others: Any) -> None:
    """Runs the agent of this machine until SIGTERM. Every option can be given as a variable FLEET_<NAME>, too.

    Instances outlive the agent: stopping, updating or losing it interrupts no camera.
    """
    import socket

    identity = _node_id(node_id, state_dir)
    from cli import lean_agent
    from nodeagent.options import AgentOptions

    # The other options have the names of the fields.
    options = AgentOptions(node_id=identity, state_dir=state_dir, hostname=hostname or socket.gethostname(), **others)
    sys.stdout.flush()
    lean_agent.become_lean(options, log_level)


def _node_id(given: str | None, state_dir: Path) -> uuid.UUID:
    """The id of this machine: as given, or the one that an earlier start made up."""
    file = state_dir / "node-id"
    try:
        if given:
            return _uuid4(given, "--node-id")
        # An empty file is what a machine that lost its power while it was written may have left.
        if file.exists() and (known := file.read_text(encoding="utf-8").strip()):
            return _uuid4(known, str(file))
        made_up = uuid.uuid4()
        RealDisk().write(file, f"{made_up}\n".encode())
    except OSError as error:
        raise Failure(f"the state directory cannot be used: {error}; choose another with --state-dir") from None
    click.echo(f"this machine is node {made_up}: put that into spec.nodeId of its Node manifest")
    return made_up


def _uuid4(text: str, source: str) -> uuid.UUID:
    try:
        read = uuid.UUID(text)
    except ValueError:
        raise Failure(f"{source} holds {text[:80]!r}, which is no UUID") from None
    if read.version != 4:
        raise Failure(f"{source} holds {text}, which is no UUID of version 4: `uuidgen` makes one")
    return read
