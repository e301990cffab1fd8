"""Answers a lease of logs: reads, leaves out what is too late, masks, and sends at a pace."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from crds.asking import LogsAsked
from nodeagent.answering.channel import Channel
from nodeagent.answering.line_texts import LeftOut, in_time, joined, note, parts, shown, within
from nodeagent.answering.pace import Pace
from nodeagent.engines.log_lines import LogLine, LogPiece, LogRange, NoLog, ns_of
from nodeagent.model import ObservedInstance
from ports.clock import Clock

BYTES_PER_SECOND: Final = 512 * 1024
AT_ONCE_BYTES: Final = 1024 * 1024
_LOOK_SECONDS: Final = 1.0
_GATHER_SECONDS: Final = 0.1
"""What is written in that time goes together, while it is little."""
_LITTLE_BYTES: Final = 16 * 1024
_GIVE_UP_AFTER_SECONDS: Final = 2.0
"""Whoever reads only what is late, for so long, will not catch up: he begins again at the end."""
_TELL_AFTER_SECONDS: Final = 1.0
"""What is left out is told then, if nothing that is shown comes before."""
_AGAIN_AFTER_LOOKS: Final = 5
"""After so many the engine is asked again for a run that ended for it alone."""


@dataclass(frozen=True)
class LogSources:
    """What lines come from."""

    log: Callable[[str, LogRange], AsyncIterator[LogPiece]]
    """See `nodeagent.engines.base.Driver.log`."""
    redacted: Callable[[str, str], Awaitable[str]]
    """A text of an instance without its secrets."""
    seen: Callable[[str], ObservedInstance | None]
    """An instance as it was seen last."""
    is_wanted: Callable[[str], bool]
    """Whether the node is to run an instance of that name."""


@dataclass
class LogAnswers:
    """The answers to one lease."""

    asked: LogsAsked
    channel: Channel
    sources: LogSources
    clock: Clock
    _left_out: LeftOut = field(default_factory=LeftOut)
    _last_ns: int | None = None
    """The time of the last line."""
    _is_heard: bool = False
    _late_since: float | None = None
    """Since when all that was read was too late."""
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)
    _telling: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Answers until all is said."""
        self._begun_ns = ns_of(self.clock.now())
        self._pace = Pace.of(BYTES_PER_SECOND, AT_ONCE_BYTES, self.clock.monotonic())
        self._left_bytes = self.asked.limit_bytes
        try:
            await self._say_all()
        finally:
            if self._telling is not None:
                self._telling.cancel()

    async def _say_all(self) -> None:
        name, asked = self.asked.instance, self.asked
        wanted: LogRange | None = LogRange(
            asked.tail_lines,
            ns_of(asked.since) if asked.since else 0,
            previous=asked.previous,
            follow=asked.follow and not asked.previous,
        )
        run = _run_of(self.sources.seen(name))
        while wanted is not None:
            try:
                await self._say_run(wanted)
            except NoLog as error:
                if not self._is_heard:
                    await self.channel.end(f"there is no log of instance {name}: {error}", has_no_log=True)
                    return
            if not wanted.follow or self._left_bytes == 0:
                break
            if self._is_left_behind:
                self._left_out = replace(self._left_out, until=self.clock.now())
                self._late_since, wanted = None, LogRange(tail_lines=0, follow=True)
                continue
            run, wanted = await self._next_run(run)
        await self._tell_left_out()
        await self.channel.end()

    async def _say_run(self, wanted: LogRange) -> None:
        pieces: Any = self.sources.log(self.asked.instance, wanted)
        async with contextlib.aclosing(pieces):
            async for piece in pieces:
                if not self._is_heard:
                    self._is_heard = True
                    await self.channel.send()
                await self._say_piece(piece)
                if self._left_bytes == 0 or self._is_left_behind:
                    return
                if wanted.follow and sum(len(line.text) for line in piece.lines) < _LITTLE_BYTES:
                    await asyncio.sleep(_GATHER_SECONDS)

    async def _say_piece(self, piece: LogPiece) -> None:
        lines = piece.lines
        if self.asked.follow:
            now_ns = ns_of(self.clock.now())
            lines, self._left_out = in_time(piece.lines, self._left_out, self._begun_ns, now_ns)
        if piece.lost:
            await self._send(note(piece.lost))
        if lines:
            self._late_since = None
            await self._tell_left_out()
            await self._say_lines(lines)
        elif piece.lines:
            self._late_since = self._late_since or self.clock.monotonic()
            if self._telling is None or self._telling.done():
                self._telling = asyncio.create_task(self._tell_soon())
        self._last_ns = max((line.at_ns for line in piece.lines if line.at_ns is not None), default=self._last_ns)

    @property
    def _is_left_behind(self) -> bool:
        since = self._late_since
        return since is not None and self.clock.monotonic() - since > _GIVE_UP_AFTER_SECONDS

    async def _say_lines(self, lines: tuple[LogLine, ...]) -> None:
        masked = await self.sources.redacted(self.asked.instance, joined(lines))
        for part in parts(shown(lines, masked, timestamps=self.asked.timestamps)):
            await self._send(part)

    async def _tell_soon(self) -> None:
        await asyncio.sleep(_TELL_AFTER_SECONDS)
        await self._tell_left_out()

    async def _tell_left_out(self) -> None:
        if self._left_out.is_anything:
            told, self._left_out = str(self._left_out), LeftOut()
            await self._send(told)

    async def _send(self, text: str) -> None:
        if self._left_bytes is not None:
            text = within(text, self._left_bytes)
            self._left_bytes -= len(text.encode())
            if not text:
                self._left_bytes = 0
                return
        async with self._one_at_a_time:
            await asyncio.sleep(self._pace.wait_seconds)
            self._pace = self._pace.after(len(text.encode()), self.clock.monotonic())
            await self.channel.send(text)

    async def _next_run(self, before: tuple[str, object] | None) -> tuple[tuple[str, object] | None, LogRange | None]:
        """Waits for the next run of the instance; nothing to be read when it is gone for good."""
        name = self.asked.instance
        looks = 0
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            looks += 1
            there = self.sources.seen(name)
            if there is None and not self.sources.is_wanted(name):
                return before, None
            if there is None or not there.running:
                continue
            run = _run_of(there)
            if run != before or looks >= _AGAIN_AFTER_LOOKS:
                # In the same container what was said before stands before the rest.
                goes_on = before is not None and before[0] == there.runtime_id and self._last_ns is not None
                since_ns = (self._last_ns or 0) + 1 if goes_on else 0
                return run, LogRange(since_ns=since_ns, follow=True)


def _run_of(there: ObservedInstance | None) -> tuple[str, object] | None:
    return None if there is None else (there.runtime_id, there.started_at)
