"""The simulator as a program: ``python -m simulator --camera lobby --camera dock``."""

import argparse
import asyncio
import logging
import signal
from collections.abc import Sequence
from pathlib import Path

from pipeline.event_log import start_event_log
from pipeline.exit_codes import ExitCode
from pipeline.files.json_reader import ConfigError
from simulator.cameras_file import cameras_of_file
from simulator.clip_reader import ClipError
from simulator.control import ControlServer
from simulator.server import CameraSimulator, SimulatedCamera

_LOG = logging.getLogger("simulator")


def main(arguments: Sequence[str] | None = None) -> ExitCode:
    """Simulates the cameras of the command line until SIGTERM or SIGINT; SIGHUP makes it read the cameras file again."""
    options = _parser().parse_args(arguments)
    start_event_log("simulator")
    return asyncio.run(_simulate(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulator", description="Simulated RTSP cameras.")
    parser.add_argument("--camera", action="append", default=[], metavar="NAME", help="a camera that everybody may see")
    parser.add_argument(
        "--clip",
        action="append",
        default=[],
        type=_camera_with_clip,
        metavar="NAME=FILE",
        help="a camera that everybody may see, and that shows this video: H.264, H.265, MPEG-4 or MJPEG, without B-frames",
    )
    parser.add_argument(
        "--cameras-file",
        type=Path,
        metavar="FILE",
        help="JSON with cameras that may ask for a password; it is read again on SIGHUP",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8554, help="0 for any free one (default: %(default)s)")
    parser.add_argument(
        "--control-port", type=int, help="breaks and heals cameras over HTTP, on 127.0.0.1; 0 for any free one"
    )
    parser.add_argument("--clip-dir", type=Path, metavar="FOLDER", help="keeps the clips there for the next start")
    return parser


def _camera_with_clip(text: str) -> SimulatedCamera:
    name, separator, file = text.partition("=")
    if not separator or not file:
        raise argparse.ArgumentTypeError("must be NAME=FILE")
    try:
        return SimulatedCamera(name, clip=Path(file))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _cameras(options: argparse.Namespace) -> list[SimulatedCamera]:
    cameras: list[SimulatedCamera] = [SimulatedCamera(name) for name in options.camera]
    return cameras + list(options.clip) + (cameras_of_file(options.cameras_file) if options.cameras_file else [])


async def _simulate(options: argparse.Namespace) -> ExitCode:
    loop = asyncio.get_running_loop()
    stop, again = asyncio.Event(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, again.set)
    control: ControlServer | None = None
    port = options.port
    try:
        simulator = CameraSimulator(_cameras(options), host=options.host, port=port, clip_dir=options.clip_dir)
        await simulator.start()
        _LOG.info("serving on port %d", simulator.port)
        if options.control_port is not None:
            port = options.control_port
            control = ControlServer(simulator, loop, port)
            _LOG.info("control on port %d", control.port)
    except (ConfigError, ClipError, ValueError) as error:
        _LOG.error("%s", error)
        return ExitCode.CONFIGURATION
    except OSError as error:
        _LOG.error("cannot listen on port %d: %s", port, error.strerror)
        return ExitCode.PORT
    reading = asyncio.create_task(_read_again(simulator, options, again))
    await stop.wait()
    reading.cancel()
    if control is not None:
        control.close()
    await simulator.stop()
    _LOG.info("stopped")
    return ExitCode.OK


async def _read_again(simulator: CameraSimulator, options: argparse.Namespace, asked: asyncio.Event) -> None:
    """Reads the cameras anew whenever it is asked to; with what is wrong in them, everything stays as it was."""
    while await asked.wait():
        asked.clear()
        try:
            before = set(simulator.paths)
            await simulator.set_cameras(_cameras(options))
        except (ConfigError, ClipError, ValueError, OSError) as error:
            _LOG.error("the cameras stay as they were: %s", error)
            continue
        added, removed = sorted(simulator.paths.keys() - before), sorted(before - simulator.paths.keys())
        _LOG.info(
            "read the cameras again: added %s, removed %s", ", ".join(added) or "none", ", ".join(removed) or "none"
        )
