"""Which cameras `fleet up` simulates: those whose address is on this machine, with the secrets that they need."""

import ipaddress
import json
import re
import secrets
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from crds.camera import Camera
from ports.disk import RealDisk

_LOCAL_HOSTS = {"127.0.0.1", "localhost"}
_RTSP_PORT = 554
_NAME = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@-][A-Za-z0-9._~!$&'()*+,;=:@/?-]*")  # what the simulator takes as a name

Logins = dict[str, tuple[str, str]]
"""By the path of the camera with its parameters: user name and password, both empty for everybody."""

Simulated = dict[int, Logins]
"""By port."""


def simulated(cameras: Iterable[Camera], secrets_dir: Path) -> Simulated:
    """The cameras to simulate. Secrets that they need and that do not exist yet are made up.

    Args:
        cameras: of the manifests.
        secrets_dir: where the agents find secrets.
    """
    found: Simulated = {}
    for camera in cameras:
        if camera.spec.type != "rtsp":
            continue
        address = urlsplit(camera.spec.address)
        if address.hostname not in _LOCAL_HOSTS or _obstacle(address):
            continue
        name = _name(address)
        reference = camera.spec.credentials_ref
        login = _login(secrets_dir / reference.name) if reference else ("", "")
        found.setdefault(address.port or _RTSP_PORT, {})[name] = login
    return found


def why_not_simulated(camera: Camera) -> str:
    """Why a camera whose address is on this machine is not simulated; empty for one that is, and for those elsewhere."""
    address = urlsplit(camera.spec.address)
    if camera.spec.type != "rtsp" or not _is_here(address.hostname or ""):
        return ""
    if address.hostname not in _LOCAL_HOSTS:
        return f"the simulator listens on 127.0.0.1, and not on {address.hostname}"
    return _obstacle(address)


def _obstacle(address: SplitResult) -> str:
    if address.scheme != "rtsp":
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


def simulation_change(port: int, before: Logins, after: Logins) -> str:
    """What becomes of the cameras on a port, as a line for people."""
    changed = {
        "simulating": sorted(name for name, login in after.items() if before.get(name) != login),
        "no longer simulating": sorted(before.keys() - after.keys()),
    }
    words = (f"{word} {', '.join(names)}" for word, names in changed.items() if names)
    return f"{'; '.join(words)} (port {port})"


def write_cameras_file(file: Path, logins: Logins) -> None:
    """Writes what one simulator reads, at its start and whenever it is asked to."""
    cameras = [
        {"name": name} | ({"user": user, "password": password} if user else {})
        for name, (user, password) in sorted(logins.items())
    ]
    RealDisk().write(file, json.dumps(cameras).encode())
