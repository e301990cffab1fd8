"""The output of containers, as the engine keeps it with the time of each line."""

import asyncio
import struct
import threading
from collections import deque
from collections.abc import AsyncGenerator, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from docker.types import CancellableStream

from nodeagent.engines.blocking_calls import BlockingCalls
from nodeagent.engines.docker.engine import DockerEngine, errors_of
from nodeagent.engines.docker.events import EndOfStream
from nodeagent.engines.docker.own_containers import OwnContainers
from nodeagent.engines.docker.states import ContainerState, ContainerStates
from nodeagent.engines.log_lines import LineBuilder, LogLine, LogPiece, LogRange, NoLog, ns_of, time_at_beginning

# Each in a thread of its own that waits for the engine.
_READERS_AT_ONCE = 16
_HEADER_BYTES = 8
_AHEAD_BYTES = 256 * 1024
_MOST_TAIL_BYTES = 4 * 1024 * 1024
# The engine notes when a container was started a moment after it has begun to write, and takes its last lines a moment after it left.
_MARGIN_NS = 250_000_000
_NS = 1_000_000_000
_WAIT_S = 0.5

_Frames: TypeAlias = "CancellableStream[tuple[int, bytes]]"


class ContainerLogs:
    """Reads the logs of the containers of this fleet and node."""

    def __init__(self, engine: DockerEngine, own: OwnContainers, states: ContainerStates) -> None:
        self._engine = engine
        self._own = own
        self._states = states
        self._calls = BlockingCalls("docker-log", _READERS_AT_ONCE)
        self._open: set[EndOfStream] = set()

    async def read(self, instance: str, wanted: LogRange) -> AsyncGenerator[LogPiece, None]:
        """See `nodeagent.engines.base.Driver.log`."""
        handover, stop = _Handover(), EndOfStream()
        self._open.add(stop)
        reading = asyncio.ensure_future(self._calls.run(self._read, instance, wanted, handover, stop))
        reading.add_done_callback(lambda _: handover.end())
        try:
            while (lines := await handover.take()) is not None:
                yield LogPiece(lines)
            await reading
        finally:
            self._open.discard(stop)
            handover.close()
            stop()
            reading.cancel()

    def close(self) -> None:
        """Ends all that is being read."""
        for stop in self._open:
            stop()

    def _read(self, instance: str, wanted: LogRange, handover: "_Handover", stop: EndOfStream) -> None:
        with errors_of(f"read the log of instance {instance}"):
            container = self._own.find(instance)
            state = None if container is None else self._states.of(self._engine.client(), container)
            if container is None or state is None:
                raise NoLog("it has no container")
            span = _span(state, wanted)
            frames = _frames(self._engine, container["Id"], span, wanted)
            with stop.ends(frames):
                handover.opened()
                lines = span.lines(frames)
                for line in _tail(lines, wanted) if wanted.previous else lines:
                    if not handover.put(line):
                        return


@dataclass(frozen=True)
class _Span:
    """When the wanted run wrote, in nanoseconds since 1970. A container is started again, and keeps what it wrote before."""

    since_ns: int
    until_ns: int | None = None

    def lines(self, frames: Iterator[tuple[int, bytes]]) -> Iterator[LogLine]:
        """The lines in frames of the engine: each is a line, or a part of a long one, with its time before it."""
        builders: dict[int, LineBuilder] = {}
        for stream, frame in frames:
            time = time_at_beginning(frame[:64])
            at_ns, text = (time[0], frame[time[1] + 1 :]) if time else (None, frame)
            if at_ns is not None and (at_ns < self.since_ns or (self.until_ns is not None and at_ns > self.until_ns)):
                continue
            yield from builders.setdefault(stream, LineBuilder()).take(text, at_ns)
        for builder in builders.values():
            yield from builder.end()


def _span(state: ContainerState, wanted: LogRange) -> _Span:
    left_at = None if state.left_at is None else ns_of(state.left_at)
    started_at = None if state.started_at is None else ns_of(state.started_at)
    if started_at is None:
        raise NoLog("it was never started")
    # While it runs the engine tells when the run before it ended, and else not even that there was one.
    began = started_at - _MARGIN_NS
    if state.running:
        began = 0 if left_at is None else (left_at + started_at) // 2
    if not wanted.previous:
        return _Span(max(began, wanted.since_ns))
    if state.running and left_at is None:
        raise NoLog("it has no earlier run in its container")
    return _Span(wanted.since_ns, began)


def _frames(engine: DockerEngine, container_id: str, span: _Span, wanted: LogRange) -> _Frames:
    """What the engine has, each with the number of the stream that it was written to: the SDK would mix these up."""
    params = {
        "stdout": 1,
        "stderr": 1,
        "timestamps": 1,
        "follow": int(wanted.follow),
        "tail": "all" if wanted.previous or wanted.tail_lines is None else wanted.tail_lines,
        "since": span.since_ns // _NS,
        **({} if span.until_ns is None else {"until": span.until_ns // _NS + 1}),
    }
    client: Any = engine.client()
    response = client._get(client._url("/containers/{0}/logs", container_id), params=params, stream=True)  # noqa: SLF001 - see above
    client._raise_for_status(response)  # noqa: SLF001 - see above
    client._disable_socket_timeout(client._get_raw_response_socket(response))  # noqa: SLF001 - see above

    def frames() -> Iterator[tuple[int, bytes]]:
        while len(header := response.raw.read(_HEADER_BYTES)) == _HEADER_BYTES:
            stream, length = struct.unpack(">BxxxL", header)
            yield stream, response.raw.read(length)

    stream: _Frames = CancellableStream(frames(), response)
    return stream


def _tail(lines: Iterator[LogLine], wanted: LogRange) -> Iterator[LogLine]:
    """The last ones: of those before a time the engine cannot be asked for them."""
    if wanted.tail_lines is None:
        return lines
    kept: deque[LogLine] = deque()
    size = 0
    for line in lines:
        kept.append(line)
        size += len(line.text)
        while len(kept) > wanted.tail_lines or size > _MOST_TAIL_BYTES:
            size -= len(kept.popleft().text)
    return iter(kept)


class _Handover:
    """Lines from a thread to the loop. A thread that is too far ahead waits, and so does the engine."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._there = asyncio.Event()
        self._room = threading.Condition()
        self._lines: list[LogLine] = []
        self._bytes = 0
        self._is_closed = self._has_ended = False

    def put(self, line: LogLine) -> bool:
        """In the thread: hands a line over; False when nobody takes it any more."""
        with self._room:
            while self._bytes > _AHEAD_BYTES and not self._is_closed:
                self._room.wait(_WAIT_S)
            if self._is_closed:
                return False
            self._lines.append(line)
            self._bytes += len(line.text) + 1
            if len(self._lines) == 1:
                self._loop.call_soon_threadsafe(self._there.set)
        return True

    def opened(self) -> None:
        """In the thread: lines may come."""
        self._loop.call_soon_threadsafe(self._there.set)

    def end(self) -> None:
        """In the loop: no more will come."""
        self._has_ended = True
        self._there.set()

    def close(self) -> None:
        """In the loop: nobody takes any."""
        with self._room:
            self._is_closed = True
            self._room.notify_all()

    async def take(self) -> tuple[LogLine, ...] | None:
        """In the loop: what has come; None when no more will."""
        await self._there.wait()
        with self._room:
            lines, self._lines, self._bytes = self._lines, [], 0
            if not self._has_ended:
                self._there.clear()
            self._room.notify_all()
        return None if self._has_ended and not lines else tuple(lines)
