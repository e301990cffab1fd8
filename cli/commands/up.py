"""`fleet up`: runs a whole fleet on this machine until Ctrl-C."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from cli.failure import Failure
from cli.removal_options import as_arguments, removal_options
from cli.up.settings import DEFAULT_KAFKA_PORT

if TYPE_CHECKING:
    from controller.planner.guard import RemovalLimits


@click.command(short_help="Run a whole fleet on this machine.", context_settings={"auto_envvar_prefix": "FLEET"})
@click.option(
    "--manifests", default="manifests", show_default=True, type=click.Path(path_type=Path), help="What shall run."
)
@click.option(
    "--driver",
    type=click.Choice(["process", "docker"]),
    default="process",
    show_default=True,
    help="Run instances as plain processes, or as containers of a Docker Engine.",
)
@click.option(
    "--state-dir",
    default=".fleet",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Ledgers, keys and logs; a second run goes on from there.",
)
@click.option("--listen", default="127.0.0.1:8420", show_default=True, metavar="HOST:PORT", help="Where the API is.")
@click.option(
    "--secrets-dir",
    type=click.Path(path_type=Path),
    help="Folders of secrets; default: in the state directory, where passwords of simulated cameras are made up.",
)
@click.option(
    "--kafka-port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_KAFKA_PORT,
    show_default=True,
    help="Where on 127.0.0.1 apps, and `fleet messages`, find the embedded broker; 0 for nowhere.",
)
@click.option("--docker-host", metavar="URL", help="The Docker Engine; default: that of DOCKER_HOST.")
@click.option(
    "--clip",
    "clips",
    multiple=True,
    metavar="CAMERA=FILE",
    help="A video that this simulated camera shows, H.264, H.265, MPEG-4 or MJPEG, without B-frames; may be given again.",
)
@removal_options
@click.option("--no-table", is_flag=True, help="Lines about changes instead of the live table.")
@click.pass_context
def up(
    ctx: click.Context,
    *,
    manifests: Path,
    driver: str,
    state_dir: Path,
    listen: str,
    secrets_dir: Path | None,
    kafka_port: int,
    docker_host: str | None,
    clips: tuple[str, ...],
    removal_limits: "RemovalLimits",
    no_table: bool,
) -> None:
    """Runs everything on this machine: a broker, simulated cameras, a controller, and an agent for each node.

    What dies is started again. Ctrl-C ends all of it, and leaves nothing running.

    Cameras are simulated when their address says 127.0.0.1 or localhost; --clip gives them videos of yours. A camera of
    type file plays its file, whatever is in it. The broker is an embedded one, in memory.
    """
    from cli.reading import revision_in
    from cli.up.cameras import require_clips
    from cli.up.layout import StateDirectory
    from cli.up.preflight import require_docker, require_free_port
    from cli.up.running import Request, run
    from cli.up.settings import Settings

    revision = revision_in(manifests)
    by_camera = _clips(clips)
    require_clips(by_camera, revision.cameras)
    state = StateDirectory(state_dir)
    state.lock()
    require_free_port(listen)
    if driver == "docker":
        require_docker(revision.instances, docker_host)
    settings = Settings(
        manifests=manifests.absolute(),
        listen=listen,
        driver=driver,
        secrets_dir=(secrets_dir or state.secrets).absolute(),
        fleet_id=state.fleet_id(),
        docker_host=docker_host,
        kafka_port=kafka_port,
        clips=by_camera,
        controller_arguments=tuple(as_arguments(removal_limits)),
        hidden_variables=option_variables(),
    )
    run(ctx, Request(revision, settings, state, table=not no_table))


def _clips(given: tuple[str, ...]) -> dict[str, Path]:
    """Files by names of cameras.

    Raises:
        Failure: something is not CAMERA=FILE, or a camera has two.
    """
    found: dict[str, Path] = {}
    for one in given:
        name, equals, file = one.partition("=")
        if not (name and equals and file):
            raise Failure(f"--clip {one}: CAMERA=FILE is expected, such as --clip lobby=lobby.mp4")
        if name in found:
            raise Failure(f"--clip {one}: camera {name} has a clip already")
        found[name] = Path(file).expanduser().absolute()
    return found


def option_variables() -> frozenset[str]:
    """The variables that `fleet controller` and `fleet agent` take for options, but for that of the log level."""
    from cli.commands.agent import agent
    from cli.commands.controller import controller

    options = [*agent.params, *controller.params]
    return frozenset(f"FLEET_{option.name.upper()}" for option in options if option.name) - {"FLEET_LOG_LEVEL"}
