"""Which cameras `fleet up` simulates: those whose address is on this machine, with the secrets that they need."""

import ipaddress
import json
import re
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from cli.failure import Failure
from crds.camera import Camera
from crds.camera_source import SCHEMES
from deepstream.near_miss import near_miss
from ports.disk import RealDisk

_LOCAL_HOSTS = {"127.0.0.1", "localhost"}
_RTSP_PORT = 554
_SPOKEN = {"rtsp", "rtspt", "rtspu"}
_NAME = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@-][A-Za-z0-9._~!$&'()*+,;=:@/?-]*")  # what the simulator takes as a name

Clips = Mapping[str, Path]
"""Video files by the names of the cameras that are to show them."""


class Simulation(NamedTuple):
    """How one camera is simulated."""

    user: str = ""
    """Who may see it; empty for everybody."""
    password: str = ""
    codec: str = "h264"
    clip: str = ""
    """The file that it shows; empty for people who walk."""


Paths = dict[str, Simulation]
"""By the path of the camera with its parameters."""

Simulated = dict[int, Paths]
"""By port."""


def simulated(cameras: Iterable[Camera], secrets_dir: Path, clips: Clips | None = None) -> Simulated:
    """The cameras to simulate. Secrets that they need and that do not exist yet are made up.

    Args:
        cameras: of the manifests.
        secrets_dir: where the agents find secrets.
        clips: what some of them show.
    """
    found: Simulated = {}
    for camera in cameras:
        address = urlsplit(camera.spec.address)
        if camera.spec.type != "rtsp" or address.hostname not in _LOCAL_HOSTS or _obstacle(address):
            continue
        reference = camera.spec.credentials_ref
        login = _login(secrets_dir / reference.name) if reference else ("", "")
        clip = (clips or {}).get(camera.name, "")
        how = Simulation(*login, codec=camera.spec.encode_type, clip=str(clip))
        found.setdefault(address.port or _RTSP_PORT, {})[_name(address)] = how
    return found


def why_not_simulated(camera: Camera) -> str:
    """Why a camera whose address is on this machine is not simulated; empty for one that is, and for those elsewhere."""
    address = urlsplit(camera.spec.address)
    if camera.spec.type not in SCHEMES or not _is_here(address.hostname or ""):
        return ""
    if address.hostname not in _LOCAL_HOSTS:
        return f"the simulator listens on 127.0.0.1, and not on {address.hostname}"
    return _obstacle(address)


def why_no_clip(camera: Camera) -> str:
    """Why a camera that plays a file of this machine will not; empty where that is there, or not for this machine to tell."""
    address = urlsplit(camera.spec.address)
    if camera.spec.type != "file" or address.netloc:
        return ""
    path = unquote(address.path)
    return "" if Path(path).is_file() else f"there is no file {path} on this machine"


def require_clips(clips: Clips, cameras: Iterable[Camera]) -> None:
    """Makes sure that each clip can be shown by the camera that it is for.

    Raises:
        Failure: it cannot; the message says why.
    """
    by_name = {camera.name: camera for camera in cameras}
    for name, file in clips.items():
        camera = by_name.get(name)
        if camera is None:
            raise Failure(
                f"--clip {name}={file}: no manifest declares a camera {name}{near_miss(name, sorted(by_name))}"
            )
        address = urlsplit(camera.spec.address)
        if camera.spec.type != "rtsp" or not _is_here(address.hostname or ""):
            raise Failure(
                f"--clip {name}={file}: camera {name} is not simulated, since its address is not on this machine; one "
                f"such as rtsp://127.0.0.1:8554/{name} is"
            )
        if why := why_not_simulated(camera):
            raise Failure(f"--clip {name}={file}: camera {name} is not simulated: {why}")
        if (codec := _codec_of(name, file)) != camera.spec.encode_type:
            raise Failure(
                f"--clip {name}={file}: the video is {codec}, and camera {name} has encodeType {camera.spec.encode_type}"
            )


def _codec_of(name: str, file: Path) -> str:
    """The codec of a clip that the simulator can show; raises as `require_clips`."""
    # Loaded for who has a clip: reading videos is the workload's trade.
    from simulator.clip_reader import ClipError, read_clip

    try:
        return read_clip(file).codec
    except ClipError as error:
        raise Failure(f"--clip {name}=…: {error}") from None


def _obstacle(address: SplitResult) -> str:
    if address.scheme not in _SPOKEN:
        return "the simulator speaks rtsp only, without TLS"
    if "${" in address.path + address.query:
        return "a secret stands in its address, and the simulator knows cameras by their addresses"
    name = _name(address)
    if not name:
        return "its address has no path, such as /lobby"
    return "" if _NAME.fullmatch(name) else "its path has signs that the simulator does not take"


def _name(address: SplitResult) -> str:
    """What the simulator calls it: the path with the parameters, decoded."""
    path, query = address.path.strip("/"), address.query.rstrip("/")
    return unquote(f"{path}?{query}" if query else path)


def _is_here(host: str) -> bool:
    try:
        return host in _LOCAL_HOSTS or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _login(folder: Path) -> tuple[str, str]:
    user, password = folder / "username", folder / "password"
    if not user.exists() and not password.exists():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        RealDisk().write(user, b"viewer")
        RealDisk().write(password, secrets.token_urlsafe(15).encode())
    try:
        return user.read_text(encoding="utf-8").strip(), password.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return "", ""  # half a secret: the agent reports it, and the camera lets nobody wonder why


def simulation_change(port: int, before: Paths, after: Paths) -> str:
    """What becomes of the cameras on a port, as a line for people."""
    changed = {
        "simulating": sorted(name for name, how in after.items() if before.get(name) != how),
        "no longer simulating": sorted(before.keys() - after.keys()),
    }
    words = (f"{word} {', '.join(names)}" for word, names in changed.items() if names)
    return f"{'; '.join(words)} (port {port})"


def write_cameras_file(file: Path, paths: Paths) -> None:
    """Writes what one simulator reads, at its start and whenever it is asked to."""
    cameras = [_entry(name, how) for name, how in sorted(paths.items())]
    RealDisk().write(file, json.dumps(cameras).encode())


def _entry(name: str, how: Simulation) -> dict[str, Any]:
    login = {"user": how.user, "password": how.password} if how.user else {}
    shown = {"clip": how.clip} if how.clip else {"codec": how.codec} if how.codec != "h264" else {}
    return {"name": name, **login, **shown}
