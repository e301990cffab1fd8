"""Runs instances as plain processes: for machines without a container engine, for demos and for tests."""

import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from functools import partial

from crds.app_kind import AppKind
from crds.env_secrets import environment
from crds.instance_config import InstanceConfig
from nodeagent.engines.blocking_calls import BlockingCalls
from nodeagent.engines.counters import UsageCounters, of_this_machine
from nodeagent.engines.labels import (
    LABEL_FLEET,
    LABELS,
    by_node_and_instance,
    labels_of,
    notes_of,
    observed,
    variable_of,
    words_of,
)
from nodeagent.engines.listening import Listeners, listening_on, name_of
from nodeagent.engines.log_lines import LogPiece, LogRange
from nodeagent.engines.mailbox import Mailbox
from nodeagent.engines.process import output, start, table
from nodeagent.engines.process.exits import ExitWatch, hearing_of_children
from nodeagent.engines.process.log import read_log
from nodeagent.engines.process.runs import ProcessRuns, Run
from nodeagent.engines.process.table import ProcessId
from nodeagent.folders.base import FoldersWithPaths
from nodeagent.model import Applied, Leftover, ObservedInstance, Permanent, PortHolder, Transient
from nodeagent.operations import PAUSED, Adopt, Create, Drift, Op, PullImage, Remove, SetBack, Start, Stop

_CALLS_AT_ONCE = 8
# Between two looks for what no event tells: logs that grow, and processes that were frozen, of whose parent this is not.
_TICK_S = 5.0
# The same in a kernel that does not tell that a process has left.
_BLIND_TICK_S = 1.0
_LONGEST_POLL_S = 0.1
# How long a START waits for another one of the same instance, and how long after SIGKILL a process must be gone.
_KILL_WAIT_S = 10.0
# Nobody knows what a process of another node was given; the default of manifests.
_LEFTOVER_STOP_S = 20.0


class ProcessDriver:
    """Runs the reference app, and no other, as processes that outlive the agent.

    What belongs to this fleet and node is told by the environment of the processes, where the labels are; there are no
    pid files that could be wrong. The id of a process is `<pid>:<ticks from boot to its start>`.

    Of the container settings only `env`, the stop signal and its timeout count: image, command, volumes, network, GPUs and limits
    have no meaning here. A process that has left is still shown as long as this driver lives; its exit code is known
    if it was started by this very agent.

    Args:
        fleet_id: the fleet.
        node_id: this node.
        folders: the folders of the instances.
        python: the interpreter that runs the reference app.
        command_prefix: the program and its first arguments, in the place of `python -m pipeline`.
        lock_wait_seconds: how long a start waits for another one of the same instance.
    """

    name = "process"

    def __init__(
        self,
        fleet_id: str,
        node_id: str,
        folders: FoldersWithPaths,
        python: str = sys.executable,
        *,
        command_prefix: tuple[str, ...] | None = None,
        lock_wait_seconds: float = 5.0,
    ) -> None:
        self._fleet_id = fleet_id
        self._node_id = node_id
        self._folders = folders
        self._command = command_prefix or (python, "-m", "pipeline")
        self._lock_wait_seconds = lock_wait_seconds
        self._runs = ProcessRuns(fleet_id, node_id, folders)
        self._mailboxes: set[Mailbox] = set()
        self._listeners = Listeners()
        self._frozen: set[str] = set()
        self._closed = False
        self._calls = BlockingCalls("process-driver", _CALLS_AT_ONCE)

    async def observe(self) -> dict[str, ObservedInstance]:
        """All processes of this fleet and node, and those that left while this driver looked."""
        return await self._calls.run(self._observe)

    async def images(self, references: Collection[str]) -> dict[str, str]:  # noqa: ARG002 - processes have none
        """None: processes are made from no image."""
        return {}

    async def drift(self, configs: Collection[InstanceConfig]) -> dict[str, tuple[Drift, ...]]:  # noqa: ARG002 - see below
        """None: arguments and environment of a process are what it was started with, and nobody can change them."""
        return {}

    async def perform(self, op: Op) -> None:
        """Does the operation; PullImage and Create have nothing to do."""
        match op:
            case PullImage(config=config) | Create(config=config):
                _must_be_supported(config)
            case Start(config=config, generation=generation):
                _must_be_supported(config)
                await self._calls.run_to_its_end(self._start, config, generation)
            case SetBack():
                await self._calls.run_to_its_end(self._let_go_on, op)
            case Adopt():
                await self._calls.run_to_its_end(self._adopt, op)
            case Stop(timeout_seconds=timeout_s):
                await self._stop(op, timeout_s)
            case Remove():
                await self._stop(op, _KILL_WAIT_S)
                await self._calls.run(self._runs.forget, op.instance, op.runtime_id)
            case _:
                raise Permanent(f"no driver does {op.kind}")
        for mailbox in self._mailboxes:
            mailbox.put(op.instance)

    async def leftovers(self, lives: Callable[[str], bool]) -> tuple[Leftover, ...]:
        """Processes of the fleet and other nodes, in this network."""
        return tuple(sorted(await self._calls.run(self._runs.leftovers, lives), key=by_node_and_instance))

    async def clean(self, leftover: Leftover) -> None:
        """Ends the process and its children."""
        if not any(one.runtime_id == leftover.runtime_id for one in await self.leftovers(lambda _: False)):
            return
        process = ProcessId.parse(leftover.runtime_id)
        await self._end(process, signal.SIGTERM, _LEFTOVER_STOP_S, f"{leftover}")

    async def port_holder(self, port: int, runtime_id: str | None = None) -> PortHolder | None:
        """Who listens on a port, by the sockets that processes have open."""
        return await self._calls.run_together(self._port_holders, (port, runtime_id))

    def events(self) -> AsyncIterator[str]:
        """Names of instances whose process was started or left."""
        mailbox = Mailbox()
        self._mailboxes.add(mailbox)
        if self._closed:
            mailbox.close()
        return self._events(mailbox)

    async def output(self, instance: str, lines: int) -> str:
        """The last lines of the log, without secrets."""
        return await self._calls.run(self._output, instance, lines)

    async def log(self, instance: str, wanted: LogRange) -> AsyncIterator[LogPiece]:
        """The lines of its log file, which is cut when it has grown to 1 MiB."""
        run = await self._calls.run(self._runs.running, instance)
        directory = self._folders.directory(instance)
        async with contextlib.aclosing(read_log(directory, run.id if run else None, wanted, self._calls)) as pieces:
            async for piece in pieces:
                yield piece

    async def usage(self) -> UsageCounters:
        """By the kernel's counters of the processes and their children."""
        return await self._calls.run(self._usage)

    async def aclose(self) -> None:
        """Ends the streams of events; the processes go on."""
        self._closed = True
        for mailbox in self._mailboxes:
            mailbox.close()

    async def _events(self, mailbox: Mailbox) -> AsyncIterator[str]:
        watch = ExitWatch(mailbox.put)
        try:
            with hearing_of_children(mailbox.interrupt):
                await self._calls.run(self._runs.look)
                while not mailbox.closed:
                    # Each time all of them: a START that was cancelled may still have got as far as a process.
                    for name, run in self._runs.known().items():
                        if run.finished_at is None:
                            watch.watch(name, run.id)
                    news = await mailbox.next(_BLIND_TICK_S if watch.is_blind else _TICK_S)
                    if news is not None:
                        # A process that left and still counts as running would be watched, and heard of, for ever.
                        await self._calls.run(self._runs.look)
                        yield news
                    else:
                        watch.poll()
                        for name in await self._calls.run(self._look_after):
                            mailbox.put(name)
        finally:
            self._mailboxes.discard(mailbox)
            watch.close()

    def _observe(self) -> dict[str, ObservedInstance]:
        return {
            name: observed(
                run.labels,
                runtime_id=str(run.id),
                running=run.finished_at is None,
                notes=notes_of(name, str(run.id), self._folders),
                started_at=run.id.started_at,
                finished_at=run.finished_at,
                exit_code=run.exit_code,
                paused=run.finished_at is None and run.id.is_stopped(),
            )
            for name, run in self._runs.look().items()
        }

    def _port_holders(
        self, asked: Sequence[tuple[int, str | None]]
    ) -> Callable[[tuple[int, str | None]], PortHolder | None]:
        inodes = listening_on({port for port, _ in asked})

        def holder(one: tuple[int, str | None]) -> PortHolder | None:
            return self._listeners.holder(*one, partial(self._find_port_holder, *one), inodes.get(one[0], ()))

        return holder

    def _find_port_holder(self, port: int, runtime_id: str | None) -> PortHolder | None:
        expected = [run.id.pid for run in self._runs.known().values() if str(run.id) == runtime_id]
        holders = [self._holder(pid) for pid in self._listeners.pids(port, expected)]
        if not holders:
            return self._listeners.hidden(port, expected)
        return min(holders, key=lambda one: one.runtime_id == runtime_id)

    def _holder(self, pid: int) -> PortHolder:
        process = table.found(pid)
        labels = {label: process.environment.get(variable_of(label)) for label in LABELS} if process else {}
        leader = table.id_of(process.session) if process else None
        if leader is None or not labels[LABEL_FLEET]:
            return PortHolder(None, f"process {pid} ({name_of(pid)})")
        ours = labels[LABEL_FLEET] == self._fleet_id
        return PortHolder(str(leader) if ours else None, f"{words_of(labels, self._fleet_id)} (process {pid})")

    def _start(self, config: InstanceConfig, generation: int) -> None:
        name = config.instance_name
        directory = self._folders.directory(name)
        deadline = time.monotonic() + self._lock_wait_seconds
        while (runs := self._runs.running(name)) is None:
            try:
                with start.locked(directory) as lock:
                    if lock is not None:
                        # Again, now that nobody else can start one.
                        if (run := self._runs.running(name)) is None:
                            self._runs.kill_children_left_behind(name)
                            run = self._spawn(config, generation, lock)
                        self._note(config, generation, run)
                        return
            except OSError as error:
                raise Transient(f"cannot lock the folder of instance {name}: {error.strerror}") from error
            if time.monotonic() > deadline:
                raise Transient(f"a process that is not instance {name} holds the lock in {directory}")
            self._runs.kill_children_left_behind(name)
            time.sleep(0.02)
        self._note(config, generation, runs)

    def _note(self, config: InstanceConfig, generation: int, run: Run) -> None:
        name, applied = config.instance_name, Applied(config, generation, str(run.id))
        if self._folders.read_applied(name) != applied or self._folders.read_started(name) is None:
            self._folders.note_applied(applied)

    def _spawn(self, config: InstanceConfig, generation: int, lock: int) -> Run:
        name = config.instance_name
        labels = labels_of(self._fleet_id, self._node_id, config, generation)
        variables = {variable_of(label): value for label, value in labels.items()}
        configs = self._folders.configs(name)
        process = start.spawn(
            (*self._command, str(configs / "source_list.json"), "--port", str(config.rest_port)),
            lock=lock,
            directory=self._folders.directory(name),
            working_directory=self._folders.build(name),
            variables=start.environment(environment(config.container.env, str(configs)), variables),
        )
        run = Run(process, labels)
        self._runs.add(name, run)
        return run

    def _let_go_on(self, op: SetBack) -> None:
        run = self._runs.running(op.instance)
        if run is not None and str(run.id) == op.runtime_id and PAUSED in op.drift:
            run.id.send_to_group(signal.SIGCONT)

    async def _stop(self, op: Stop | Remove, timeout_s: float) -> None:
        run = await self._calls.run(self._runs.running, op.instance)
        if run is not None and op.runtime_id in {None, str(run.id)}:
            number = await self._calls.run(self._stop_signal, op, run.id)
            await self._end(run.id, number, timeout_s, f"instance {op.instance}")
            run = await self._calls.run(self._runs.running, op.instance)
        if run is None:
            await self._calls.run(self._runs.kill_children_left_behind, op.instance)

    @staticmethod
    async def _end(process: ProcessId, number: signal.Signals, timeout_s: float, what: str) -> None:
        process.send_to_group(number)
        # One that is frozen does not hear the other signal before.
        process.send_to_group(signal.SIGCONT)
        if not await _left(process, timeout_s):
            process.send_to_group(signal.SIGKILL)
            if not await _left(process, _KILL_WAIT_S):
                raise Transient(f"{what}: process {process.pid} does not leave, not even by SIGKILL")

    def _adopt(self, op: Adopt) -> None:
        if not any(one.runtime_id == op.runtime_id for one in self._runs.leftovers(lambda _: False)):
            raise Transient(f"process {op.runtime_id} of instance {op.instance} is not there to be taken over")
        self._folders.note_applied(Applied(op.config, op.generation, op.runtime_id))

    def _stop_signal(self, op: Stop | Remove, process: ProcessId) -> signal.Signals:
        """What the process was made to leave on, as far as that is known; its next form may have another."""
        if isinstance(op, Remove):
            return signal.SIGKILL
        applied = self._folders.read_applied(op.instance)
        if applied is None or applied.runtime_id != str(process):
            return signal.Signals[op.signal]
        return signal.Signals[applied.config.container.stop_signal or applied.config.app_kind.stop_signal]

    def _look_after(self) -> set[str]:
        """Keeps logs small; returns the names of instances that were frozen, or not any more, since the last time."""
        self._keep_logs_small()
        frozen = {name for name, run in self._runs.known().items() if run.finished_at is None and run.id.is_stopped()}
        changed, self._frozen = frozen ^ self._frozen, frozen
        return changed

    def _keep_logs_small(self) -> None:
        for name, run in self._runs.known().items():
            if run.finished_at is None:
                with contextlib.suppress(Transient):
                    output.keep_small(self._folders.directory(name))

    def _usage(self) -> UsageCounters:
        running = {name: run.id for name, run in self._runs.known().items() if run.finished_at is None}
        try:
            used = table.used_by({process.pid for process in running.values()})
            instances = {
                name: (str(process), used[process.pid]) for name, process in running.items() if process.pid in used
            }
            return UsageCounters(of_this_machine(), instances)
        except (OSError, ValueError) as error:
            raise Transient(f"cannot tell what is used of this machine: {error}") from error

    def _output(self, instance: str, lines: int) -> str:
        return self._folders.redacted(instance, output.tail(self._folders.directory(instance), lines))


def _must_be_supported(config: InstanceConfig) -> None:
    if config.app_kind is not AppKind.REFERENCE:
        raise Permanent("the process driver runs the reference app only")


async def _left(process: ProcessId, timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    pause_s = 0.005
    while process.runs():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_POLL_S)
    return True
