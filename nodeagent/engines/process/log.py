"""The output of a process, read from the file that it writes itself."""

import asyncio
import os
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from nodeagent.engines.blocking_calls import BlockingCalls
from nodeagent.engines.log_lines import LineBuilder, LogLine, LogPiece, LogRange, NoLog, time_at_beginning
from nodeagent.engines.process.output import log_path
from nodeagent.engines.process.table import ProcessId

_PIECE_BYTES = 64 * 1024
_PAUSE_S = 0.25
_CUT = "the file of the log had grown too large and was cut: what it lost is not shown"


async def read_log(
    directory: Path, process: ProcessId | None, wanted: LogRange, calls: BlockingCalls
) -> AsyncGenerator[LogPiece, None]:
    """The lines of a log; see `nodeagent.engines.base.Driver.log`.

    The time of a line is what it begins with, as those of the reference app do, else that of the line before it.

    Args:
        directory: the folder of the instance.
        process: the process that writes it; None when none runs.
        wanted: which lines.
        calls: reads the file, which blocks.
    """
    reader = await calls.run(_Reader, directory, wanted)
    try:
        yield LogPiece(())
        while True:
            # Before the file is read: what it has written by then is all that it will.
            runs = wanted.follow and process is not None and process.runs()
            piece, is_end = await calls.run(reader.read)
            if piece.lines or piece.lost:
                yield piece
            if not is_end:
                continue
            if not runs:
                if last := reader.last():
                    yield last
                return
            await asyncio.sleep(_PAUSE_S)
    finally:
        reader.close()


class _Reader:
    """An open log. It blocks."""

    def __init__(self, directory: Path, wanted: LogRange) -> None:
        try:
            descriptor = os.open(
                log_path(directory, previous=wanted.previous), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
            )
        except OSError:
            raise NoLog("it has no earlier run" if wanted.previous else "it was never started") from None
        self._file: BinaryIO = os.fdopen(descriptor, "rb", buffering=0)
        self._builder = LineBuilder()
        self._since_ns = wanted.since_ns
        self._at_ns: int | None = None
        if wanted.tail_lines is not None:
            self._file.seek(_begin_of_tail(self._file, wanted.tail_lines))

    def read(self) -> tuple[LogPiece, bool]:
        """What comes next, and whether that is all for now."""
        lost = ""
        if os.fstat(self._file.fileno()).st_size < self._file.tell():
            lost = _CUT
            self._builder = LineBuilder()
            self._file.seek(0)
        content = self._file.read(_PIECE_BYTES)
        return LogPiece(self._wanted(self._builder.take(content)), lost), len(content) < _PIECE_BYTES

    def last(self) -> LogPiece | None:
        """The line that never ended, if there is one."""
        lines = self._wanted(self._builder.end())
        return LogPiece(lines) if lines else None

    def close(self) -> None:
        self._file.close()

    def _wanted(self, lines: list[LogLine]) -> tuple[LogLine, ...]:
        found = []
        for line in lines:
            time = time_at_beginning(line.text[:64])
            self._at_ns = time[0] if time else self._at_ns
            if self._at_ns is None or self._at_ns >= self._since_ns:
                found.append(replace(line, at_ns=self._at_ns))
        return tuple(found)


def _begin_of_tail(file: BinaryIO, lines: int) -> int:
    """Where the last lines of a file begin."""
    position = end = file.seek(0, os.SEEK_END)
    if lines == 0:
        return end
    left = lines
    while position > 0:
        start = max(0, position - _PIECE_BYTES)
        file.seek(start)
        block = file.read(position - start)
        # The end of the last line begins no other one.
        until = len(block) - 1 if position == end and block.endswith(b"\n") else len(block)
        while (at := block.rfind(b"\n", 0, until)) >= 0:
            left -= 1
            if left == 0:
                return start + at + 1
            until = at
        position = start
    return 0
