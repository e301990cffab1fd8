"""The run of `fleet up`: start, look and show again and again, stop."""

import asyncio
import signal
from typing import NamedTuple

import click

from cli.connection import Api
from cli.failure import Failure
from cli.parts_options import split_listen
from cli.reading import is_manifest, manifest_of
from cli.up.layout import StateDirectory
from cli.up.parts import Parts
from cli.up.screen import Screen, screen_for
from cli.up.settings import DEFAULT_KAFKA_PORT, Settings, command_name
from cli.up.sweep import sweep
from cli.up.view import View, look
from controller.model import Revision
from crds.camera import Camera
from crds.node import Node
from ports.threads import PoolThreads

_LOOK_SECONDS = 0.7
_API_PATIENCE_SECONDS = 2.0
_DEFAULT_LISTEN = "127.0.0.1:8420"


class Request(NamedTuple):
    """What `fleet up` was asked for."""

    revision: Revision
    settings: Settings
    state: StateDirectory
    table: bool


def run(ctx: click.Context, request: Request) -> None:
    """Runs until SIGINT, SIGTERM or SIGHUP; a second one ends what does not end by itself."""
    _greet(request)
    screen = screen_for(ctx, table=request.table)
    try:
        asyncio.run(_run(request, screen))
    finally:
        screen.close()


def _greet(request: Request) -> None:
    revision, settings = request.revision, request.settings
    fleet = command_name()
    door = f" --bootstrap-servers localhost:{settings.kafka_port}" if settings.kafka_port != DEFAULT_KAFKA_PORT else ""
    named = f"  (once instances name it: spec.app.kafkaConnectionStr: localhost:{settings.kafka_port})" if door else ""
    what_apps_tell = f"        {fleet} messages -f{door}{named}\n" if settings.kafka_port else ""
    elsewhere = f" --server {_url(settings.listen)}" if settings.listen != _DEFAULT_LISTEN else ""
    click.echo(
        f"{len(revision.nodes)} nodes, {len(revision.instances)} instances and {len(revision.cameras)} cameras of "
        f"{settings.manifests} on this machine, as {'containers' if settings.driver == 'docker' else 'processes'}.\n"
        f"API     {_url(settings.listen)}, where every program on this machine may do everything without a token\n"
        f"State   {request.state.root}, logs in {request.state.logs}\n"
        f"Secrets {settings.secrets_dir}\n"
        f"Try     {fleet}{elsewhere} get cameras\n"
        f"        {fleet}{elsewhere} status\n"
        f"{what_apps_tell}"
        f"        edit a file in {settings.manifests}, save it, and look here\n"
        "Stop    Ctrl-C"
    )


def _url(listen: str) -> str:
    host, port = split_listen(listen)
    host = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not listened on
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def _run(request: Request, screen: Screen) -> None:
    stopping, hurry = asyncio.Event(), asyncio.Event()

    def interrupted() -> None:
        if stopping.is_set():
            screen.say("hurrying: what does not end by itself is killed")
            hurry.set()
        else:
            screen.say("stopping: agents and their instances first (once more to hurry)")
        stopping.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, interrupted)
    parts = Parts(request.settings, request.state, screen.say)
    watching = asyncio.create_task(_start_and_watch(request, parts, screen))
    asked = asyncio.create_task(stopping.wait())
    await asyncio.wait({watching, asked}, return_when=asyncio.FIRST_COMPLETED)
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    await parts.stop(hurry)
    for line in await PoolThreads().run(sweep, request.settings, request.state, parts.node_ids):
        screen.say(line)
    if not asked.done():
        asked.cancel()
        watching.result()  # raises what ended it
    screen.say("everything has ended")


async def _start_and_watch(request: Request, parts: Parts, screen: Screen) -> None:
    await parts.start(request.revision.nodes, request.revision.cameras)
    api = Api(_url(request.settings.listen), timeout_seconds=_API_PATIENCE_SECONDS)
    while True:
        view = await PoolThreads().run(look, api)
        screen.show(view)
        if view is not None:
            await _follow_manifests(view, api, parts, screen)
        parts.bound_logs()
        await asyncio.sleep(_LOOK_SECONDS)


async def _follow_manifests(view: View, api: Api, parts: Parts, screen: Screen) -> None:
    """New nodes get an agent, and new cameras are simulated, as soon as their manifests are in force."""
    for document in view.nodes:
        node = manifest_of(document) if is_manifest(document) else None
        if isinstance(node, Node) and not parts.has_agent(node):
            if why := await PoolThreads().run(_trust, api, node, parts):
                screen.say(f"the controller was not told the key of node {node.name} beforehand: {why}")
            parts.add_agent(node)
            screen.say(f"started an agent for the new node {node.name}")
    cameras = (manifest_of(document) for document in view.cameras)
    parts.simulate(camera for camera in cameras if isinstance(camera, Camera))


def _trust(api: Api, node: Node, parts: Parts) -> str:
    """Has the controller know a node by the key of the agent that is started for it; why not, if it does not."""
    try:
        api.post(f"/fleet/v1/nodes/{node.name}/trust", {"key": parts.key_of(node)})
    except Failure as error:
        return error.message
    return ""
