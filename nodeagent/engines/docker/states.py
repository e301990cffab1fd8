"""The states of containers, asked for once for as long as the engine tells of every change.

A list of containers does not say when they were started or with which code they left; that takes a call for each, and
while a hundred containers start, each of them would be asked for again after every event.
"""

import contextlib
import threading
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import docker
from docker.errors import NotFound


@dataclass(frozen=True)
class ContainerState:
    """What the engine knows of a container's last run."""

    status: str
    """The engine's word, as in a list of containers."""
    running: bool
    started_at: datetime | None
    finished_at: datetime | None
    """None while it runs, also when it has left before."""
    exit_code: int | None
    out_of_memory: bool
    paused: bool
    pid: int
    """Its first process, on the engine's machine; 0 while it does not run."""
    settings: Mapping[str, Any]
    """What the engine says of how the container is made: see `form`."""
    left_at: datetime | None = None
    """When it left last, also while it runs again."""


class ContainerStates:
    """Remembers states while somebody listens to the engine's events. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners = 0
        self._known: dict[str, ContainerState] = {}
        self._asked: dict[str, object] = {}
        self._changes = 0

    @property
    def version(self) -> int | None:
        """While it stays the same nothing has happened to any container of the fleet; None while nobody would hear of it."""
        with self._lock:
            return self._changes if self._listeners else None

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """To be held while every event is passed on to `changed`."""
        with self._lock:
            self._listeners += 1
            self._forget_all()
        try:
            yield
        finally:
            with self._lock:
                self._listeners -= 1
                self._forget_all()

    def changed(self, container_id: str) -> None:
        """Something happened to a container: what is known of it, or being asked, counts no more."""
        with self._lock:
            self._changes += 1
            self._known.pop(container_id, None)
            self._asked.pop(container_id, None)

    def keep_only(self, container_ids: Collection[str]) -> None:
        """Forgets all other containers."""
        with self._lock:
            for container_id in self._known.keys() - set(container_ids):
                del self._known[container_id]

    def of(self, client: docker.APIClient, container: dict[str, Any]) -> ContainerState | None:
        """The state of a container; None when it is gone.

        Args:
            client: asks the engine.
            container: its entry in a list of containers.
        """
        container_id, asked = container["Id"], object()
        with self._lock:
            known = self._known.get(container_id)
            if known is not None and known.status == container["State"]:
                return known
            self._asked[container_id] = asked
        try:
            state = _state(client.inspect_container(container_id))
        except NotFound:
            state = None
        with self._lock:
            # An event that came in the meantime is about a later state than this may be.
            if self._asked.get(container_id) is asked:
                del self._asked[container_id]
                if state is not None and self._listeners:
                    self._known[container_id] = state
        return state

    def _forget_all(self) -> None:
        self._changes += 1
        self._known.clear()
        self._asked.clear()


def _state(container: dict[str, Any]) -> ContainerState:
    state = container["State"]
    running, finished_at = bool(state["Running"]), _time(state["FinishedAt"])
    return ContainerState(
        status=state["Status"],
        running=running,
        started_at=_time(state["StartedAt"]),
        finished_at=None if running else finished_at,
        exit_code=None if running or finished_at is None else int(state["ExitCode"]),
        out_of_memory=bool(state["OOMKilled"]),
        paused=bool(state.get("Paused")),
        pid=int(state.get("Pid") or 0),
        settings={part: container[part] for part in ("Id", "Name", "Image", "Config", "HostConfig")},
        left_at=finished_at,
    )


def _time(text: str) -> datetime | None:
    """A time of the engine; it writes the year 1 for "never"."""
    moment = datetime.fromisoformat(text)
    return moment if moment.year > 1 else None
