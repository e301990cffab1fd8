"""Simulated cameras: an RTSP server whose cameras loop clips, and can be broken, added and removed while it runs."""

import asyncio
import re
import tempfile
import urllib.parse
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from simulator.authentication import Login
from simulator.camera_path import CameraPath, Fault
from simulator.clip_reader import Clip, Codec, read_clip
from simulator.clips import ClipSpec, clip_in
from simulator.rtsp_session import RtspSession

__all__ = ["CameraSimulator", "Fault", "SimulatedCamera"]

_NAME: Final = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@-][A-Za-z0-9._~!$&'()*+,;=:@/?-]*(?<!/)")

# Different enough to tell neighbours apart, few enough that a thousand cameras start at once and share their memory.
_VARIANTS: Final = 8


@dataclass(frozen=True)
class SimulatedCamera:
    """A camera to simulate.

    Attributes:
        name: The path of its URL with its parameters, decoded, such as ``lobby`` or ``cam/realmonitor?channel=1&subtype=0``.
        user: Who may see it, empty for everybody.
        password: That user's password.
        clip: The video file that it shows; without one it shows people who walk.
        codec: How those are coded.
    """

    name: str
    user: str = ""
    password: str = field(default="", repr=False)
    clip: Path | None = None
    codec: Codec = Codec.H264

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(
                f"a camera's name is what stands behind the port in its URL, without / around it: {self.name!r}"
            )

    @property
    def spec(self) -> ClipSpec:
        """What it shows if it has no clip of its own."""
        return ClipSpec(variant=zlib.crc32(self.name.encode()) % _VARIANTS, codec=self.codec)

    @property
    def source(self) -> Path | ClipSpec:
        """What it shows."""
        return self.clip or self.spec

    @property
    def login(self) -> Login | None:
        """Who may see it."""
        return Login(self.user, self.password) if self.user else None


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
        """Takes the cameras; port 0 stands for any free one, and clips without a folder live in a temporary one.

        Raises:
            ValueError: If two cameras have one name.
        """
        self.port = port
        self._host = host
        self._cameras = _by_name(cameras)
        self._clip_dir = clip_dir
        self._clips: Mapping[Path | ClipSpec, Clip] = {}
        self._paths: dict[str, CameraPath] = {}
        self._server: asyncio.Server | None = None
        self._sessions: set[RtspSession] = set()

    async def start(self) -> None:
        """Makes the clips, and listens.

        Raises:
            ClipError: If a camera cannot show its clip.
            OSError: If the port cannot be listened on.
        """
        await self.set_cameras(self._cameras.values())
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

    async def set_cameras(self, cameras: Iterable[SimulatedCamera]) -> None:
        """Simulates these cameras from now on. Those that are simulated already in the same way notice nothing of it.

        Raises:
            ClipError: If a camera cannot show its clip; then everything is as before.
            ValueError: If two cameras have one name; likewise.
        """
        wanted = _by_name(cameras)
        self._clips = await asyncio.to_thread(self._read_clips, {camera.source for camera in wanted.values()})
        same = {name for name, camera in wanted.items() if name in self._paths and camera == self._cameras[name]}
        for name in self._paths.keys() - same:
            self._paths.pop(name).close()
        for name in wanted.keys() - same:
            self._paths[name] = CameraPath(name, self._clips[wanted[name].source], wanted[name].login)
        self._cameras = wanted

    @property
    def paths(self) -> Mapping[str, CameraPath]:
        """The cameras as they are now, by name."""
        return self._paths

    def set_fault(self, name: str, fault: Fault, seconds: float | None = None) -> None:
        """Breaks a camera, or heals it; takes effect at once, for those connected too.

        Args:
            name: Of the camera.
            fault: What is wrong with it from now on.
            seconds: After so long it heals by itself; None for never.

        Raises:
            KeyError: If there is no such camera.
        """
        self._paths[name].set_fault(fault, seconds)

    def url(self, name: str) -> str:
        """Returns the camera's URL, with its credentials if it has any."""
        camera = self._cameras[name]
        quoted = (urllib.parse.quote(part, safe="") for part in (camera.user, camera.password))
        login = f"{':'.join(quoted)}@" if camera.user else ""
        path = urllib.parse.quote(name, safe="/?=&:@!$'()*+,;~")
        return f"rtsp://{login}{self._host}:{self.port}/{path}"

    def _read_clips(self, sources: Iterable[Path | ClipSpec]) -> dict[Path | ClipSpec, Clip]:
        """Returns the clips, and makes those that are to be made; one that is known already is not read again."""
        with tempfile.TemporaryDirectory(prefix="clips-") as temporary:
            folder = self._clip_dir or Path(temporary)
            return {
                source: self._clips.get(source)
                or read_clip(source if isinstance(source, Path) else clip_in(folder, source))
                for source in sources
            }

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = RtspSession(reader, writer, self._paths.get)
        self._sessions.add(session)
        try:
            await session.run()
        finally:
            self._sessions.discard(session)


def _by_name(cameras: Iterable[SimulatedCamera]) -> dict[str, SimulatedCamera]:
    found: dict[str, SimulatedCamera] = {}
    for camera in cameras:
        if found.setdefault(camera.name, camera) is not camera:
            raise ValueError(f"two cameras are named {camera.name!r}")
    return found
