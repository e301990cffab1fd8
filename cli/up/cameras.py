"""Which cameras `fleet up` simulates: those whose address is on this machine, with the secrets that they need."""

import ipaddress
import json
import re
import secrets
import socket
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
# What the simulator takes as a name.
_NAME = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@-][A-Za-z0-9._~!$&'()*+,;=:@/?-]*(?<!/)")

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
    for (port, path), (first, *others) in _by_place(cameras).items():
        shown = {str(clips[one.name]) for one in (first, *others) if clips and one.name in clips}
        how = Simulation(*_login(secrets_dir, first), codec=first.spec.encode_type, clip=min(shown, default=""))
        found.setdefault(port, {})[path] = how
    return found


def not_simulated(cameras: Iterable[Camera]) -> dict[str, str]:
    """Why cameras whose addresses are on this machine are not simulated, by their names; those elsewhere are left out."""
    cameras = tuple(cameras)
    obstacles = {camera.name: why for camera in cameras if (why := why_not_simulated(camera))}
    for first, *others in _by_place(cameras).values():
        obstacles |= {one.name: why for one in others if (why := _difference(first, one))}
    return obstacles


def _by_place(cameras: Iterable[Camera]) -> dict[tuple[int, str], list[Camera]]:
    """The cameras that can be simulated, by their ports and paths: those of one address are one, simulated for the first."""
    found: dict[tuple[int, str], list[Camera]] = {}
    for camera in sorted(cameras, key=lambda one: one.name):
        address = urlsplit(camera.spec.address)
        if camera.spec.type == "rtsp" and address.hostname in _LOCAL_HOSTS and not _obstacle(address):
            found.setdefault((address.port or _RTSP_PORT, _name(address)), []).append(camera)
    return found


def _difference(first: Camera, other: Camera) -> str:
    """Why what is simulated for one camera is not what another one with the same address expects; empty if it is."""
    fields = {
        "encodeType": (first.spec.encode_type, other.spec.encode_type),
        "credentialsRef": (first.spec.credentials_ref, other.spec.credentials_ref),
    }
    differing = " and ".join(field for field, (one, another) in fields.items() if one != another)
    return f"camera {first.name} has the same address and another {differing}" if differing else ""


def why_not_simulated(camera: Camera) -> str:
    """Why a camera whose address is on this machine is not simulated; empty for one that is, and for those elsewhere."""
    address = urlsplit(camera.spec.address)
    host = address.hostname or ""
    if camera.spec.type not in SCHEMES or not _is_here(host):
        return ""
    if host not in _LOCAL_HOSTS:
        return f"the simulator listens on 127.0.0.1, and not on {host}"
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
    obstacles = not_simulated(by_name.values())
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
        if why := obstacles.get(name):
            raise Failure(f"--clip {name}={file}: camera {name} is not simulated: {why}")
        if (codec := _codec_of(name, file)) != camera.spec.encode_type:
            raise Failure(
                f"--clip {name}={file}: the video is {codec}, and camera {name} has encodeType {camera.spec.encode_type}"
            )
    for together in _by_place(by_name.values()).values():
        first, *others = [one.name for one in together if one.name in clips] or [""]
        for other in others:
            if clips[other] != clips[first]:
                raise Failure(f"--clip {other}={clips[other]}: camera {first} has the same address and another clip")


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
    if not address.path.strip("/"):
        return "its address has no path, such as /lobby"
    return "" if _NAME.fullmatch(name) else "its path has signs that the simulator does not take"


def _name(address: SplitResult) -> str:
    """What the simulator calls it: the path with the parameters, decoded."""
    path, query = address.path.strip("/"), address.query.rstrip("/")
    return unquote(f"{path}?{query}" if query else path)


def _is_here(host: str) -> bool:
    """Whether connecting to a host stays on this machine: 127.1 and 0.0.0.0 do, and all names below localhost."""
    name = host.removesuffix(".")
    if name in _LOCAL_HOSTS or name.endswith((".localhost", "localhost.localdomain")):
        return True
    try:
        address = ipaddress.ip_address(socket.inet_ntoa(socket.inet_aton(name)) if ":" not in name else name)
    except (OSError, ValueError):
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback or address.is_unspecified


def _login(secrets_dir: Path, camera: Camera) -> tuple[str, str]:
    """Who may see the camera; both empty for everybody, also where the agent knows no password to tell."""
    reference = camera.spec.credentials_ref
    if reference is None:
        return "", ""
    user, password = (secrets_dir / reference.name / name for name in ("username", "password"))
    if not user.exists() and not password.exists():
        user.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        RealDisk().write(user, b"viewer")
        if not reference.without_password:
            RealDisk().write(password, secrets.token_urlsafe(15).encode())
    if reference.without_password:
        return "", ""
    try:
        login = user.read_text(encoding="utf-8").strip(), password.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return "", ""  # half a secret: the agent reports it, and the camera lets nobody wonder why
    return login if all(login) else ("", "")


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
