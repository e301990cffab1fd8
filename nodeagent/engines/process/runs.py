"""The processes of this fleet and node: found, adopted, and remembered after they have left.

Everything here blocks for some milliseconds: call it in a thread.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from signal import SIGKILL

from nodeagent.engines.labels import (
    LABEL_FLEET,
    LABEL_INSTANCE,
    LABEL_NODE,
    LABELS,
    labels_of_owner,
    leftover,
    noted_runtimes,
    variable_of,
)
from nodeagent.engines.listening import listening_ports
from nodeagent.engines.process import table
from nodeagent.engines.process.table import FoundProcess, ProcessId
from nodeagent.folders.base import InstanceFolders
from nodeagent.model import Leftover, Transient

_KILL_WAIT_S = 1.0
_LOOKS_BETWEEN_THOROUGH_ONES = 12
_LOOKS_TO_KNOW = 2


@dataclass(frozen=True)
class Run:
    """The newest process of an instance that is known."""

    id: ProcessId
    labels: Mapping[str, str]
    finished_at: datetime | None = None
    exit_code: int | None = None


class ProcessRuns:
    """What is known of the processes of one fleet and node. Threads may share it."""

    def __init__(self, fleet_id: str, node_id: str, folders: InstanceFolders) -> None:
        self._owner = labels_of_owner(fleet_id, node_id)
        self._fleet = {variable_of(LABEL_FLEET): fleet_id}
        self._folders = folders
        self._runs: dict[str, Run] = {}
        self._lock = threading.Lock()
        self._looks_for_leftovers = 0
        self._others: dict[int, int] = {}
        """How often each process was seen to be no leftover: one of this node, or of nobody in the fleet."""

    def known(self) -> dict[str, Run]:
        """What the last look has shown, by name of the instance."""
        return dict(self._runs)

    def look(self) -> dict[str, Run]:
        """Looks at all processes of the machine, adopts those that are ours, and reaps those that have left.

        Raises:
            Transient: they cannot be looked at.
        """
        with self._lock:
            found = self._found()
            for name, run in list(self._runs.items()):
                # Asked for one by one: a process is not found by its environment in the first moment of its life.
                if run.finished_at is None and not run.id.runs():
                    code = run.id.reap()
                    self._runs[name] = replace(run, finished_at=datetime.now(UTC), exit_code=code)
            for name, run in found.items():
                known = self._runs.get(name)
                # One that has left since it was found is not to come back to life.
                if known is None or (known.finished_at is not None and known.id != run.id):
                    self._runs[name] = run
            return dict(self._runs)

    def running(self, name: str) -> Run | None:
        """The process of an instance, if one runs now.

        Raises:
            Transient: processes cannot be looked at.
        """
        run = self.look().get(name)
        return run if run is not None and run.finished_at is None else None

    def add(self, name: str, run: Run) -> None:
        """A process of an instance was started."""
        with self._lock:
            self._runs[name] = run

    def forget(self, name: str, runtime_id: str | None) -> None:
        """A process that has left is not shown any more; None means whichever it is."""
        with self._lock:
            run = self._runs.get(name)
            if run is not None and run.finished_at is not None and runtime_id in {None, str(run.id)}:
                del self._runs[name]

    def kill_children_left_behind(self, name: str) -> None:
        """Ends what processes of an instance have started and left behind: it would keep the port and the lock.

        Raises:
            Transient: processes cannot be looked at.
        """
        killed = []
        for process in self._ours():
            leader = table.id_of(process.session)
            left_behind = not process.leads and (leader is None or not leader.runs())
            if left_behind and process.environment.get(variable_of(LABEL_INSTANCE)) == name:
                process.id.send(SIGKILL)
                killed.append(process.id)
        deadline = time.monotonic() + _KILL_WAIT_S
        while any(process.runs() for process in killed) and time.monotonic() < deadline:
            time.sleep(0.005)

    def _found(self) -> dict[str, Run]:
        runs: dict[str, Run] = {}
        for process in self._ours():
            labels = _labels(process)
            name = labels[LABEL_INSTANCE]
            if process.leads and name and (name not in runs or process.id.start_ticks < runs[name].id.start_ticks):
                runs[name] = Run(process.id, labels)
        return runs

    def leftovers(self, lives: Callable[[str], bool]) -> list[Leftover]:
        """The processes of this fleet and of other nodes that do not live; see `Driver.leftovers`.

        Raises:
            Transient: processes cannot be looked at.
        """
        found = self._of_other_nodes()
        sessions: dict[int, list[int]] = {}
        for one in found:
            sessions.setdefault(one.session, []).append(one.id.pid)
        return [
            leftover(_labels(one), str(one.id), running=True, ports=listening_ports(sessions[one.session]))
            for one in found
            if one.leads and not lives(_labels(one)[LABEL_NODE]) and one.id.in_our_network()
        ]

    def _ours(self) -> Iterator[FoundProcess]:
        return (one for one in self._of_the_fleet() if self._is_ours(one))

    def _is_ours(self, process: FoundProcess) -> bool:
        """Children count with the one that was started, also when it has left: the note knows its pid, which is their session."""
        labels = _labels(process)
        if self._owner.items() <= labels.items():
            return True
        if not labels[LABEL_INSTANCE]:
            return False
        noted = noted_runtimes(labels[LABEL_INSTANCE], self._folders)
        if process.leads:
            return str(process.id) in noted
        return any(one.startswith(f"{process.session}:") for one in noted)

    def _of_other_nodes(self) -> list[FoundProcess]:
        """Those of the fleet that are not ours, without a look at what two looks have shown to be something else.

        Two, since a process has the environment of whoever starts it in the first moment of its life; and now and then all are looked
        at, since the number may be another one's by then.

        Raises:
            Transient: processes cannot be looked at.
        """
        before = self._others if self._looks_for_leftovers % _LOOKS_BETWEEN_THOROUGH_ONES else {}
        self._looks_for_leftovers += 1
        with _errors():
            pids = list(table.pids())
            unknown = table.find(self._fleet, [pid for pid in pids if before.get(pid, 0) < _LOOKS_TO_KNOW])
            found = [one for one in unknown if not self._is_ours(one)]
        leftovers = {one.id.pid for one in found}
        self._others = {pid: before.get(pid, 0) + 1 for pid in pids if pid not in leftovers}
        return found

    def _of_the_fleet(self) -> Iterator[FoundProcess]:
        with _errors():
            yield from table.find(self._fleet)


@contextlib.contextmanager
def _errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Transient(f"cannot look at the processes of this machine: {error.strerror}") from error


def _labels(process: FoundProcess) -> dict[str, str]:
    return {label: process.environment.get(variable_of(label), "") for label in LABELS}
