"""A part of the fleet as a child process, started again when it dies."""

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from cli.failure import one_line
from ports.clock import SystemClock

_FIRST_DELAY_SECONDS = 1.0
_LONGEST_DELAY_SECONDS = 30.0
_PROVEN_AFTER_SECONDS = 30.0
_MOST_LOG_BYTES = 20 * 1024 * 1024
_TAIL_BYTES = 2048
# Where this package is: children import it from there, whatever directory they are started in.
_HOME = Path(__file__).parents[2]


class Child:
    """One child process in a session of its own, so that Ctrl-C in the terminal reaches `fleet up` alone."""

    def __init__(
        self,
        name: str,
        module: str,
        arguments: Callable[[], Sequence[str]],
        log: Path,
        say: Callable[[str], None],
        *,
        before_restart: Callable[[], None] = lambda: None,
        hidden_variables: Collection[str] = (),
        first_delay_seconds: float = _FIRST_DELAY_SECONDS,
    ) -> None:
        """Describes the child; `run` starts it.

        Args:
            name: for people.
            module: what `python -m` runs.
            arguments: asked for at every start, because the address of the broker changes.
            log: takes what the child prints.
            say: tells people that the child died.
            before_restart: called when it died, before it is started again.
            hidden_variables: of our environment, those that the child does not get.
            first_delay_seconds: before it is started again; it doubles while it dies soon.
        """
        self.name = name
        self.log = log
        self._module, self._arguments, self._say, self._before_restart = module, arguments, say, before_restart
        self._hidden_variables = hidden_variables
        self._first_delay_seconds = first_delay_seconds
        self._process: Process | None = None
        self._asked_to_restart = False
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        with contextlib.suppress(FileNotFoundError):
            log.replace(log.with_suffix(".log.1"))  # what the run before said, should anybody ask why it ended

    @property
    def pid(self) -> int | None:
        """The id of the process; None when none runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    def start(self) -> None:
        """Starts the child, and keeps it running from now on."""
        self._task = asyncio.create_task(self._keep_running(), name=self.name)

    async def _keep_running(self) -> None:
        delay = self._first_delay_seconds
        while not self._stopping.is_set():
            started = SystemClock().monotonic()
            ended = await self._run_once()
            if self._asked_to_restart:
                self._asked_to_restart = False
                continue
            if self._stopping.is_set():
                return
            if SystemClock().monotonic() - started > _PROVEN_AFTER_SECONDS:
                delay = self._first_delay_seconds
            self._say(f"{self.name} {ended}; starting it again in {delay:g} s")
            self._before_restart()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), delay)
            delay = min(delay * 2, _LONGEST_DELAY_SECONDS)

    async def _run_once(self) -> str:
        python = [sys.executable, "-P", "-m"]
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *python, "cli.up.leash", str(os.getpid()), *python, self._module, *self._arguments(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_environment(os.environ, self._hidden_variables),
                start_new_session=True,
            )  # fmt: skip
        if self._stopping.is_set():  # asked to stop while it was being started
            self.signal(signal.SIGTERM)
        pid, code = self._process.pid, await self._process.wait()
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"left with code {code}"
        last = self.last_line() if code > 0 else ""
        return f"(pid {pid}) {how}" + (f" ({last})" if last else "")

    def last_line(self) -> str:
        """The last line that the child printed."""
        try:
            with self.log.open("rb") as log:
                log.seek(max(0, self.log.stat().st_size - _TAIL_BYTES))
                lines = log.read().decode(errors="replace").strip().splitlines()
        except OSError:
            return ""
        return one_line(lines[-1]) if lines else ""

    def bound_log(self) -> None:
        """Empties a log that has grown too long; the child appends, and notices nothing."""
        with contextlib.suppress(OSError):
            if self.log.stat().st_size > _MOST_LOG_BYTES:
                os.truncate(self.log, 0)

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to the child; SIGKILL to all of its session that is still in its process group."""
        if self.pid is None:
            return
        with contextlib.suppress(ProcessLookupError):
            if number == signal.SIGKILL:
                os.killpg(self.pid, number)
            else:
                os.kill(self.pid, number)

    def restart(self) -> None:
        """Has the child started anew at once. It is killed, as a crash would: what it runs must outlive that anyway."""
        if self.pid is not None:
            self._asked_to_restart = True
            self.signal(signal.SIGKILL)

    async def stop(self, patience_seconds: float, hurry: asyncio.Event) -> bool:
        """Ends the child for good: SIGTERM, and SIGKILL when patience ends or `hurry` is set.

        Returns:
            True when it left by itself.
        """
        self._stopping.set()
        if self._task is None:
            return True
        self.signal(signal.SIGTERM)
        hurried = asyncio.create_task(hurry.wait())
        await asyncio.wait({self._task, hurried}, timeout=patience_seconds, return_when=asyncio.FIRST_COMPLETED)
        hurried.cancel()
        gently = self._task.done()
        if not gently:
            self.signal(signal.SIGKILL)
        await asyncio.wait({self._task}, timeout=5)
        return gently


def _environment(ours: Mapping[str, str], hidden: Collection[str]) -> dict[str, str]:
    kept = {key: value for key, value in ours.items() if key not in hidden}
    paths = [str(_HOME), *filter(None, [ours.get("PYTHONPATH")])]
    return kept | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONUNBUFFERED": "1"}
