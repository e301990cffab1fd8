"""`fleet snapshot`: what a camera sees, as a picture."""

import math
import re
import sys
from collections.abc import Sequence
from http.client import HTTPMessage
from pathlib import Path
from typing import Final

import click

from cli.completing import complete_cameras
from cli.connection import Api, Refused
from cli.durations import Duration
from cli.failure import Failure, printable
from cli.kinds import CAMERA, targets_of
from cli.server import Server

_ASK_AGENT_SECONDS: Final = 30.0
_STDOUT: Final = "-"
_AT: Final = re.compile(r"[0-9A-Za-z-]{1,64}")
"""As crds.asking has it: importing that takes as long as all the rest."""


@click.command(short_help="Save what a camera sees as a JPEG.")
@click.argument(
    "cameras", nargs=-1, required=True, metavar="camera/NAME | camera NAME...", shell_complete=complete_cameras
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Where; - is standard output, DIR/ a folder in which each camera has NAME.jpg.  [default: NAME.jpg]",
)
@click.option("--overlay", is_flag=True, help="With lines, regions and boxes drawn on it.")
@click.option("--width", type=click.IntRange(16, 8192), metavar="N", help="No wider than so many pixels.")
@click.option(
    "--at", default="", metavar="alert|ALERT_ID", help="The frame that was kept at the newest alert, or at one."
)
@click.option("--instance", default="", metavar="NAME", help="Of this instance, where several watch the camera.")
@click.option("--max-age", type=Duration(), metavar="DURATION", help="The newest frame may be so old.  [default: 10s]")
@click.pass_obj
def snapshot(
    server: Server,
    *,
    cameras: tuple[str, ...],
    output: str | None,
    overlay: bool,
    width: int | None,
    at: str,
    instance: str,
    max_age: float | None,
) -> None:
    """Saves what a camera sees now as a JPEG, by way of the agent of its node. A file that is there is replaced.

    \b
    fleet snapshot camera/dock -o dock.jpg --overlay
    fleet snapshot dock --at alert
    fleet snapshot camera dock lobby -o pictures/
    """  # noqa: D301 - click keeps the lines below \b as they are
    names = _names_of(cameras)
    if at and not _AT.fullmatch(at):
        raise click.UsageError("--at takes alert, or the id of an alert: letters, digits and hyphens")
    targets = _targets(names, output)
    query = {
        **({"width": str(width)} if width is not None else {}),
        **({"overlay": "true"} if overlay else {}),
        **({"at": at} if at else {}),
        **({"instance": instance} if instance else {}),
        **({"maxAgeSeconds": str(math.ceil(max_age))} if max_age is not None else {}),
    }
    api = Api(server, timeout_seconds=_ASK_AGENT_SECONDS)
    failures = []
    for name, file in targets:
        try:
            _save(api, name, query, file)
        except Refused as refusal:
            why = printable(str(refusal.said.get("message") or refusal))
            failures.append(Failure(f"no picture of camera/{name}: {why}"))
    for failure in failures[:-1]:
        failure.show()
    if failures:
        raise failures[-1]


def _save(api: Api, name: str, query: dict[str, str], file: Path | None) -> None:
    from urllib.parse import quote

    jpeg, headers = api.download(f"/fleet/v1/cameras/{quote(name, safe='')}/snapshot", query, "image/jpeg")
    if file is None:
        sys.stdout.buffer.write(jpeg)
        sys.stdout.buffer.flush()
        click.echo(f"camera/{name}: {_told(headers)}", err=True)
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(jpeg)
    except OSError as error:
        raise Failure(f"{error.filename or file} cannot be written: {error.strerror}") from None
    click.echo(f"{file}: {_told(headers)}")


def _told(headers: HTTPMessage) -> str:
    """What the picture is, in words: its size, its age, where it is from."""
    seconds = int(headers.get("x-frame-age-ms") or 0) / 1000
    alert = f"of alert {headers['x-alert']}, " if headers.get("x-alert") else ""
    age = f"{seconds:.1f} s old" if seconds < 60 else f"{seconds / 60:.0f} min old"
    of = f"instance {headers.get('x-instance')} on {headers.get('x-node')}"
    return printable(f"{headers.get('x-picture-size')}, {alert}{age}, from {of}")


def _names_of(words: Sequence[str]) -> list[str]:
    """The names of cameras in `NAME`, `camera/NAME` and `camera NAME...`, each once.

    Raises:
        Failure: they are something else.
    """
    if len(words) > 1 and words[0].lower() in (CAMERA.singular, CAMERA.plural, CAMERA.short):
        words = words[1:]
    names = []
    for word in words:
        kind, slash, name = word.rpartition("/")
        if slash and targets_of([f"{kind}/x"])[0].kind is not CAMERA:
            raise Failure(f"'{printable(word)}' is no camera: say NAME, or camera/NAME")
        if not name or not name.isprintable() or name != name.strip() or name in (".", ".."):
            raise Failure(f"'{printable(word)}' is not the name of a camera: say NAME, or camera/NAME")
        names.append(name)
    return list(dict.fromkeys(names))


def _targets(names: Sequence[str], output: str | None) -> list[tuple[str, Path | None]]:
    """Where the picture of each camera goes; None for standard output.

    Raises:
        click.UsageError: several would go to one place, or a picture to a terminal.
    """
    if output == _STDOUT and _is_terminal():
        raise click.UsageError("a JPEG is nothing for a terminal: say -o FILE, or send it to another program")
    if output is None or output.endswith("/") or (output != _STDOUT and Path(output).is_dir()):
        folder = Path(output or ".")
        return [(name, folder / f"{name}.jpg") for name in names]
    if len(names) > 1:
        raise click.UsageError(f"{len(names)} cameras need a folder: -o DIR/")
    return [(names[0], None if output == _STDOUT else Path(output))]


def _is_terminal() -> bool:
    return sys.stdout.isatty()
