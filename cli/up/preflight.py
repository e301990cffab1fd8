"""What must be so before `fleet up` starts anything, and the sentence for each thing that is not."""

import errno
import http.client
import os
import socket
from collections.abc import Iterable
from urllib.parse import quote

from cli.failure import Failure
from cli.parts_options import split_listen
from crds.dsinstance import DsInstance

_DOCKER_SOCKET = "unix:///var/run/docker.sock"
_PATIENCE_SECONDS = 5.0


def is_free(host: str, port: int) -> str | None:
    """Why nothing can listen there; None when something can."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((host, port))
            trial.listen(1)
    except OSError as error:
        return "another program listens there" if error.errno == errno.EADDRINUSE else str(error.strerror or error)
    return None


def require_free_port(listen: str) -> None:
    """Makes sure that the API can listen.

    Raises:
        Failure: it cannot.
    """
    if why := is_free(*split_listen(listen)):
        raise Failure(f"the API cannot listen on {listen}: {why}; choose another address with --listen")


def require_docker(instances: Iterable[DsInstance], host: str | None) -> None:
    """Makes sure that a Docker Engine answers, and that it has the image of the reference app.

    Raises:
        Failure: one of them is not so.
    """
    address = host or os.environ.get("DOCKER_HOST") or _DOCKER_SOCKET
    if not address.startswith("unix://"):
        return  # a remote engine: the agents will say what is wrong with it
    if _asked(address, "/_ping") != 200:
        raise Failure(
            f"no Docker Engine answers at {address}: start one, name another with DOCKER_HOST, or use --driver process"
        )
    for image in sorted({one.spec.image for one in instances if one.spec.app.kind == "reference"}):
        if _asked(address, f"/images/{quote(image)}/json") == 404 and image.startswith("dsfleet/"):
            raise Failure(f"the engine has no image {image}, and no registry has it: build it with `make image`")


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=_PATIENCE_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _asked(address: str, path: str) -> int | None:
    """The status of the engine's answer; None when there is none."""
    connection = _UnixConnection(address.removeprefix("unix://"))
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
