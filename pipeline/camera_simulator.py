"""Simulated cameras: an RTSP server whose cameras loop small clips and can be broken while they run.

``python -m pipeline.camera_simulator --camera lobby --camera dock``
"""

import argparse
import asyncio
import logging
import re
import signal
import tempfile
import urllib.parse
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pipeline.clips import ClipSpec, clip_in
from pipeline.event_log import start_event_log
from pipeline.exit_codes import ExitCode
from pipeline.json_reader import ConfigError, JsonReader, read_json
from pipeline.rtp import H264Clip, read_clip
from pipeline.rtsp_session import CameraPath, Fault, RtspSession

__all__ = ["CameraSimulator", "Fault", "SimulatedCamera"]

_LOG = logging.getLogger("pipeline.camera_simulator")

_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")

# Different enough to tell neighbours apart, few enough that a thousand cameras start at once and share their memory.
_VARIANTS: Final = 8


@dataclass(frozen=True)
class SimulatedCamera:
    """A camera to simulate.

    Attributes:
        name: The path of its URL: letters, digits, ``.``, ``_`` and ``-``.
        user: Who may see it, empty for everybody.
        password: That user's password.
    """

    name: str
    user: str = ""
    password: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"a camera's name is made of letters, digits, '.', '_' and '-': {self.name!r}")


class CameraSimulator:
    """An RTSP server with one path per camera; all its methods belong to the thread of its event loop.

    Attributes:
        port: Where it listens; after ``start`` never 0.
    """

    def __init__(
        self,
        cameras: Iterable[SimulatedCamera],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        clip_dir: Path | None = None,
    ) -> None:
        """Takes the cameras; port 0 stands for any free one, and clips without a folder live in a temporary one."""
        self.port = port
        self._host = host
        self._cameras: dict[str, SimulatedCamera] = {}
        for camera in cameras:
            if self._cameras.setdefault(camera.name, camera) is not camera:
                raise ValueError(f"two cameras are named {camera.name!r}")
        self._clip_dir = clip_dir
        self._paths: dict[str, CameraPath] = {}
        self._server: asyncio.Server | None = None
        self._sessions: set[RtspSession] = set()

    async def start(self) -> None:
        """Listens, and makes the clips.

        Raises:
            OSError: If the port cannot be listened on.
        """
        clips = await asyncio.to_thread(self._clips)
        for camera in self._cameras.values():
            self._paths[camera.name] = CameraPath(
                camera.name, clips[_variant(camera.name)], camera.user, camera.password
            )
        self._server = await asyncio.start_server(self._serve, self._host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Ends every connection and listens no more."""
        if self._server is None:
            return
        self._server.close()
        sessions = tuple(self._sessions)
        for session in sessions:
            session.reset()
        for session in sessions:
            await session.ended.wait()
        await self._server.wait_closed()

    def set_fault(self, name: str, fault: Fault) -> None:
        """Breaks a camera, or heals it; takes effect at once, for those connected too."""
        path = self._paths[name]
        path.fault = fault
        if fault is Fault.GONE:
            for session in tuple(path.sessions):
                session.reset()

    def url(self, name: str) -> str:
        """Returns the camera's URL, with its credentials if it has any."""
        camera = self._cameras[name]
        quoted = (urllib.parse.quote(part, safe="") for part in (camera.user, camera.password))
        login = f"{':'.join(quoted)}@" if camera.user else ""
        return f"rtsp://{login}{self._host}:{self.port}/{name}"

    def _clips(self) -> dict[int, H264Clip]:
        variants = {_variant(name) for name in self._cameras}
        with tempfile.TemporaryDirectory(prefix="clips-") as temporary:
            folder = self._clip_dir or Path(temporary)
            return {variant: read_clip(clip_in(folder, ClipSpec(variant=variant))) for variant in variants}

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = RtspSession(reader, writer, self._paths.get)
        self._sessions.add(session)
        try:
            await session.run()
        finally:
            self._sessions.discard(session)


def _variant(name: str) -> int:
    return zlib.crc32(name.encode()) % _VARIANTS


def cameras_of_file(file: Path) -> list[SimulatedCamera]:
    """Reads ``[{"name": ..., "user": ..., "password": ...}]``; user and password may be left out together.

    Raises:
        ConfigError: If the file does not say that.
    """
    entries = read_json(file)
    if not isinstance(entries, list):
        raise ConfigError(f"{file}: must be a list of cameras")
    return [_camera(JsonReader.of_object(file, f"[{index}]", entry)) for index, entry in enumerate(entries)]


def _camera(item: JsonReader) -> SimulatedCamera:
    name = item.text("name")
    try:
        if "user" in item.content or "password" in item.content:
            return SimulatedCamera(name, item.text("user"), item.text("password"))
        return SimulatedCamera(name)
    except ValueError as error:
        raise item.wrong("name", str(error)) from None


async def _simulate(simulator: CameraSimulator) -> ExitCode:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        await simulator.start()
    except OSError as error:
        _LOG.error("cannot listen on port %d: %s", simulator.port, error.strerror)
        return ExitCode.PORT
    _LOG.info("serving on port %d", simulator.port)
    await stop.wait()
    await simulator.stop()
    _LOG.info("stopped")
    return ExitCode.OK


def main(arguments: Sequence[str] | None = None) -> ExitCode:
    """Simulates the cameras of the command line until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.camera_simulator", description="Simulated RTSP cameras.")
    parser.add_argument("--camera", action="append", default=[], metavar="NAME", help="a camera that everybody may see")
    parser.add_argument(
        "--cameras-file", type=Path, metavar="FILE", help="JSON with cameras that may ask for a password"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8554, help="0 for any free one (default: %(default)s)")
    parser.add_argument("--clip-dir", type=Path, metavar="FOLDER", help="keeps the clips there for the next start")
    options = parser.parse_args(arguments)
    start_event_log()
    try:
        cameras = [SimulatedCamera(name) for name in options.camera]
        cameras += cameras_of_file(options.cameras_file) if options.cameras_file else []
        simulator = CameraSimulator(cameras, host=options.host, port=options.port, clip_dir=options.clip_dir)
    except (ConfigError, ValueError) as error:
        _LOG.error("%s", error)
        return ExitCode.CONFIGURATION
    return asyncio.run(_simulate(simulator))


if __name__ == "__main__":
    raise SystemExit(main())
