"""A connection to the Docker Engine, its images, and its errors in the agent's words.

Everything here blocks: call it in a thread.
"""

import contextlib
import threading
import traceback
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import docker
from docker.constants import DEFAULT_UNIX_SOCKET
from docker.errors import APIError, DockerException, InvalidRepository
from docker.utils import kwargs_from_env, parse_repository_tag

from nodeagent.engines.docker.form import Machine
from nodeagent.engines.log_lines import NoLog
from nodeagent.model import Permanent, Transient, Waiting

NOT_FOUND, BAD_REQUEST, CONFLICT = 404, 400, 409

_ALREADY_EXISTS = "already exists"
_TIMEOUT_S = 60
# A pull is silent while the engine unpacks or checks a layer, and those of DeepStream have gigabytes.
_PULL_SILENCE_S = 900


@dataclass(frozen=True)
class FoundImage:
    """What an image says."""

    config: Mapping[str, Any]
    """Its `Config`, in the words of the API."""
    platform: str
    """Operating system and architecture."""


class _PullClient(docker.APIClient):
    """Gives up a pull that says nothing for a long time; the SDK would wait for ever."""

    def send(self, *args: Any, **kwargs: Any) -> Any:
        if kwargs.get("timeout") is None:
            kwargs["timeout"] = _PULL_SILENCE_S
        return super().send(*args, **kwargs)


class DockerEngine:
    """The engine of this machine, connected to when it is first needed.

    Args:
        address: of the engine, as in DOCKER_HOST; None takes what the environment says.
        connections: most connections that are kept.
    """

    def __init__(self, address: str | None, connections: int) -> None:
        self._arguments: dict[str, Any] = {**kwargs_from_env()} if address is None else {"base_url": address}
        self._connections = connections
        self._client: docker.APIClient | None = None
        self._closed = False
        self._lock = threading.Lock()
        self._machine: Machine | None = None
        self._images: dict[str, FoundImage] = {}

    def client(self) -> docker.APIClient:
        """The connected client.

        Raises:
            Transient: the engine does not answer, or this was closed.
        """
        with self._lock:
            if self._closed:
                raise Transient("the driver was closed")
            if self._client is None:
                try:
                    self._client = docker.APIClient(
                        **self._arguments, version="auto", timeout=_TIMEOUT_S, max_pool_size=self._connections
                    )
                except DockerException as error:
                    _release(error)
                    raise Transient(
                        f"no Docker Engine answers at {self._arguments.get('base_url', DEFAULT_UNIX_SOCKET).removeprefix('http+')}: "
                        "is it running, and may this user reach it?"
                    ) from error
            return self._client

    def close(self) -> None:
        """Closes the connections that nobody uses; no new ones are made."""
        with self._lock:
            self._closed = True
            if self._client is not None:
                self._client.close()
                self._client = None

    def containers(self, labels: Mapping[str, str]) -> list[dict[str, Any]]:
        """The engine's list of the containers with these labels, running or not."""
        found: list[dict[str, Any]] = self.client().containers(all=True, filters={"label": label_filters(labels)})
        return found

    def image_id(self, image: str) -> str | None:
        """The id of the image that a reference means; None when it is not on this node.

        Raises:
            Permanent: this cannot be the name of an image.
        """
        with errors_of(f"look for image {image}"):
            try:
                found = self.client().inspect_image(image)  # type: ignore[no-untyped-call]
            except APIError as error:
                if error.status_code == NOT_FOUND:
                    return None
                if error.status_code == BAD_REQUEST:
                    raise Permanent(f"{image!r} is not the name of an image: {explanation(error)}") from error
                raise
        return str(found["Id"])

    def machine(self) -> Machine:
        """What the engine can give at most; asked once."""
        if self._machine is None:
            info = self.client().info()
            self._machine = Machine(cpus=int(info["NCPU"]), memory_bytes=int(info["MemTotal"]))
        return self._machine

    def image_of(self, image_id: str) -> FoundImage | None:
        """What an image says, by its id; None when it is not on this node any more. Asked once: it never changes."""
        if image_id not in self._images:
            try:
                found = self.client().inspect_image(image_id)  # type: ignore[no-untyped-call]
            except APIError as error:
                if error.status_code == NOT_FOUND:
                    return None
                raise
            platform = f"{found.get('Os', '')}/{found.get('Architecture', '')}"
            self._images[image_id] = FoundImage(dict(found.get("Config") or {}), platform)
        return self._images[image_id]

    def update(self, container_id: str, bodies: Iterable[Mapping[str, Any]]) -> None:
        """Changes limits and the restart policy of a container; what is refused keeps nothing else from being changed.

        Raises:
            APIError: the first refusal.
        """
        refused = []
        for body in bodies:
            try:
                self._update(container_id, body)
            except APIError as error:
                refused.append(error)
        if refused:
            raise refused[0]

    def _update(self, container_id: str, body: Mapping[str, Any]) -> None:
        """`APIClient.update_container` knows not all of what can be changed."""
        client: Any = self.client()
        url = client._url("/containers/{0}/update", container_id)  # noqa: SLF001 - see above
        client._raise_for_status(client._post_json(url, data=dict(body)))  # noqa: SLF001 - see above

    def remove_half_started(self, container_id: str, error: APIError) -> None:
        """Removes a container that the engine will never start again, by what it says.

        An engine that went away while it started a container may keep the half of it for ever. Removing it is what helps:
        https://github.com/moby/moby/issues/36145.

        Raises:
            Transient: it was such a one.
        """
        if _ALREADY_EXISTS in explanation(error):
            self.client().remove_container(container_id, force=True, v=True)
            raise Transient(
                f"the engine keeps the half of an earlier start ({explanation(error)}): the container is removed, to be made anew"
            ) from error

    def pull(self, image: str, cancelled: threading.Event) -> None:
        """Pulls an image; gives up when `cancelled` is set, at the next sign of progress.

        Raises:
            Permanent: this cannot be the name of an image.
        """
        repository, tag = parse_repository_tag(image)
        with errors_of(f"pull image {image}"), contextlib.ExitStack() as stack:
            # Of its own, so that it knows the registry log-ins of today, and no one waits for its connection.
            client = _PullClient(**self._arguments, version="auto", timeout=_TIMEOUT_S)
            stack.callback(client.close)
            try:
                failure = None
                for step in client.pull(repository, tag, stream=True, decode=True):
                    if cancelled.is_set():
                        return
                    # The engine has answered 200 before it knew. What follows is read, so that the connection ends well.
                    failure = step.get("error", failure)
                if failure is not None:
                    raise Transient(f"cannot pull image {image}: {failure}")
            except InvalidRepository as error:
                raise Permanent(f"{image!r} is not the name of an image: {error}") from error
            except APIError as error:
                if error.status_code == BAD_REQUEST:
                    raise Permanent(f"{image!r} is not the name of an image: {explanation(error)}") from error
                raise


def label_filters(labels: Mapping[str, str]) -> list[str]:
    """Labels as the engine wants them in filters."""
    return [f"{name}={value}" for name, value in labels.items()]


def explanation(error: APIError) -> str:
    """What the engine says about a refusal."""
    return str(error.explanation or error)


@contextlib.contextmanager
def errors_of(what: str) -> Iterator[None]:
    """Turns errors of the SDK into the agent's words: Transient, unless somebody knew better.

    Args:
        what: what was tried, for "cannot …".
    """
    try:
        yield
    except (Transient, Permanent, Waiting, NoLog):
        raise
    except APIError as error:
        raise Transient(f"cannot {what}: {explanation(error)}") from error
    except Exception as error:
        # The SDK lets those of requests, urllib3 and the operating system through; what is unknown is Transient.
        _release(error)
        # Those of requests are OSErrors, too, and say in Python's words what became of a connection.
        why = f"the Docker Engine does not answer: {error}" if isinstance(error, OSError) else str(error)
        raise Transient(f"cannot {what}: {why}") from error


def _release(error: BaseException | None) -> None:
    """Lets go of what the frames of an error hold.

    When nobody listens, the SDK does not close the socket that it could not connect: each attempt would keep a
    descriptor for as long as somebody remembers its error.
    """
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__
