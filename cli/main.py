"""The root of the `fleet` command: global options, commands that are loaded when they are named, and exit codes."""

import importlib
import os
import sys
from difflib import get_close_matches
from pathlib import Path
from typing import cast

import click

from cli.failure import Failure
from cli.server import Server, token_given
from cli.server_address import DEFAULT_SERVER

# command -> module, in the order of `fleet --help`; the module holds a click command of the same name, or of the one
# behind the colon where Python keeps that word for itself.
_COMMANDS = {
    "get": "cli.commands.get",
    "describe": "cli.commands.describe",
    "events": "cli.commands.events",
    "logs": "cli.commands.logs",
    "snapshot": "cli.commands.snapshot",
    "top": "cli.commands.top",
    "status": "cli.commands.status",
    "wait": "cli.commands.wait",
    "messages": "cli.commands.messages",
    "apply": "cli.commands.apply",
    "create": "cli.commands.create",
    "edit": "cli.commands.edit",
    "delete": "cli.commands.delete",
    "patch": "cli.commands.patch",
    "set": "cli.commands.setting:set_command",
    "scale": "cli.commands.scale",
    "rollout": "cli.commands.rollout",
    "label": "cli.commands.label",
    "annotate": "cli.commands.annotate",
    "cordon": "cli.commands.cordon",
    "uncordon": "cli.commands.uncordon",
    "drain": "cli.commands.drain",
    "diff": "cli.commands.diff",
    "approve": "cli.commands.approve",
    "revisions": "cli.commands.revisions",
    "node": "cli.commands.node",
    "token": "cli.commands.token",
    "kubeconfig": "cli.commands.kubeconfig",
    "hold": "cli.commands.hold",
    "release": "cli.commands.release",
    "update": "cli.commands.update",
    "refresh": "cli.commands.refresh",
    "validate": "cli.commands.validate",
    "plan": "cli.commands.plan",
    "render": "cli.commands.render",
    "import": "cli.commands.importing:import_config",
    "up": "cli.commands.up",
    "controller": "cli.commands.controller",
    "agent": "cli.commands.agent",
    "tasks": "cli.commands.tasks",
    "version": "cli.commands.version",
    "completion": "cli.commands.completion",
}
_FILE = click.Path(path_type=Path)
_INTERRUPTED = 130
_PIPE_CLOSED = 141


class _LoadedWhenNamed(click.Group):
    """A group that imports the module of a command only when that command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in _COMMANDS:
            return None
        module, _, name = _COMMANDS[cmd_name].partition(":")
        return cast("click.Command", getattr(importlib.import_module(module), name or cmd_name))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            near = get_close_matches(args[0], _COMMANDS, n=1)
            hint = f" Did you mean `fleet {near[0]}`?" if near else " `fleet --help` lists the commands."
            raise click.UsageError(f"there is no command {args[0]!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=_LoadedWhenNamed, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--server", metavar="URL", envvar="FLEET_SERVER", default=DEFAULT_SERVER, show_default=True, help="The controller."
)
@click.option("--token", metavar="TOKEN", envvar="FLEET_TOKEN", help="Who asks; better in a file, or in the variable.")
@click.option("--token-file", type=_FILE, envvar="FLEET_TOKEN_FILE", help="A file that holds the token.")
@click.option("--ca", type=_FILE, envvar="FLEET_CA", help="Who must have signed the certificate of the controller.")
@click.option("--client-cert", type=_FILE, envvar="FLEET_CLIENT_CERT", help="Who asks, as a certificate.")
@click.option("--client-key", type=_FILE, envvar="FLEET_CLIENT_KEY", help="The key of --client-cert.")
@click.option("--no-color", is_flag=True, help="Plain text; the variable NO_COLOR does the same.")
@click.pass_context
def fleet(
    ctx: click.Context,
    server: str,
    *,
    token: str | None,
    token_file: Path | None,
    ca: Path | None,
    client_cert: Path | None,
    client_key: Path | None,
    no_color: bool,
) -> None:
    """Runs DeepStream video analytics on a fleet of machines.

    `fleet up` runs an example fleet on this machine; `fleet get cameras` shows what it does.
    """
    ctx.obj = Server(server, token_given(token, token_file), ca, client_cert, client_key)
    if no_color or os.environ.get("NO_COLOR"):
        ctx.color = False


def main() -> None:
    """Runs the command line, and leaves with its exit code."""
    try:
        sys.exit(_run())
    except BrokenPipeError:
        # Whoever read our output has left, as `head` does. Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_PIPE_CLOSED)


def _run() -> int:
    if "_FLEET_COMPLETE" in os.environ:
        fleet.main(prog_name="fleet")
    try:
        # Not fleet.main, which has its own idea of Ctrl-C and of closed pipes.
        with fleet.make_context("fleet", sys.argv[1:]) as context:
            fleet.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as left:
        sys.stdout.flush()
        return left.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        return _INTERRUPTED
    except UnicodeEncodeError:
        Failure("this terminal cannot show the output: set PYTHONIOENCODING=utf-8").show()
        return 1
    return 0
