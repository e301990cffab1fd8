"""The output of a container of the fake engine: what tests and simulations have it say."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from nodeagent.engines.log_lines import LogLine, LogPiece, LogRange, NoLog

_LINES_AT_ONCE = 64


@dataclass
class FakeLog:
    """What the runs of one container have said."""

    runs: list[list[LogLine]] = field(default_factory=list)
    """The newest one last."""
    is_running: bool = False
    _readers: dict[asyncio.Event, None] = field(default_factory=dict)

    def begin(self) -> None:
        """A run begins."""
        self.runs.append([])
        self.is_running = True

    def say(self, *lines: LogLine) -> None:
        """The newest run says something."""
        self.runs[-1] += lines
        self._tell()

    def end(self) -> None:
        """The run ends."""
        self.is_running = False
        self._tell()

    async def read(self, wanted: LogRange) -> AsyncGenerator[LogPiece, None]:
        """See `nodeagent.engines.base.Driver.log`."""
        run = self._run(wanted)
        there = [line for line in run if (line.at_ns or 0) >= wanted.since_ns]
        position = len(run)
        yield LogPiece(tuple(there if wanted.tail_lines is None else there[max(0, len(there) - wanted.tail_lines) :]))
        changed = asyncio.Event()
        self._readers[changed] = None
        try:
            while wanted.follow:
                if position < len(run):
                    lines = tuple(run[position : position + _LINES_AT_ONCE])
                    position += len(lines)
                    yield LogPiece(lines)
                    continue
                if not self.is_running or run is not self.runs[-1]:
                    return
                changed.clear()
                await changed.wait()
        finally:
            del self._readers[changed]

    def _run(self, wanted: LogRange) -> list[LogLine]:
        if not self.runs:
            raise NoLog("it was never started")
        if not wanted.previous:
            return self.runs[-1]
        if len(self.runs) == 1:
            raise NoLog("it has no earlier run")
        return self.runs[-2]

    def _tell(self) -> None:
        for changed in self._readers:
            changed.set()
