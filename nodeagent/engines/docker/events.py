"""What happens to containers, as the engine tells it."""

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any

from docker.errors import DockerException
from docker.types import CancellableStream

from nodeagent.engines.blocking_calls import BlockingCalls
from nodeagent.engines.docker.engine import DockerEngine, errors_of
from nodeagent.engines.docker.states import ContainerStates
from nodeagent.engines.labels import LABEL_INSTANCE
from nodeagent.engines.mailbox import Mailbox

_EVENTS = ["create", "start", "die", "oom", "destroy", "pause", "unpause", "update", "rename"]


class EndOfStream:
    """Ends a stream of events from another thread, also one that has only just begun."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._called = False
        self._stream: CancellableStream[Any] | None = None

    def __call__(self) -> None:
        """Ends the stream."""
        with self._lock:
            self._called = True
            self._close()

    @contextlib.contextmanager
    def ends(self, stream: "CancellableStream[Any]") -> Iterator[None]:
        """Makes this the stream to end."""
        with self._lock:
            self._stream = stream
            if self._called:
                self._close()
        try:
            yield
        finally:
            with self._lock:
                self._close()
                self._stream = None
            # `close` ends the stream for whoever reads it, and leaves the socket open.
            stream._response.close()  # type: ignore[attr-defined]  # noqa: SLF001 - the SDK has no other way

    def _close(self) -> None:
        if self._stream is not None:
            # What the SDK does with a stream that has ended by itself.
            with contextlib.suppress(AttributeError, OSError, DockerException):
                self._stream.close()


async def changed_instances(
    engine: DockerEngine,
    calls: BlockingCalls,
    states: ContainerStates,
    labels: list[str],
    since_s: float,
    stop: EndOfStream,
) -> AsyncGenerator[str, None]:
    """Names of instances to which something happened; ends when the engine goes away, or `stop` is called.

    Args:
        engine: the engine.
        calls: runs the thread that listens.
        states: is told of every change.
        labels: filters for labels, in the engine's words.
        since_s: from which time on, in seconds since 1970.
        stop: ends it.

    Raises:
        Transient: the engine cannot be listened to.
    """
    loop, mailbox = asyncio.get_running_loop(), Mailbox()

    def hand_over(event: dict[str, Any]) -> None:
        actor = event.get("Actor", {})
        states.changed(actor.get("ID", ""))
        name = actor.get("Attributes", {}).get(LABEL_INSTANCE)
        if name:
            loop.call_soon_threadsafe(mailbox.put, name)

    def ended(stream: "asyncio.Future[None]") -> None:
        mailbox.close()
        if not stream.cancelled():
            stream.exception()  # looked at, so that nobody complains when the caller has gone before

    stream = asyncio.ensure_future(calls.run(_follow, engine, states, labels, int(since_s), hand_over, stop))
    stream.add_done_callback(ended)
    try:
        while (name := await mailbox.next()) is not None:
            yield name
        await stream
    finally:
        stop()
        stream.cancel()


def _follow(
    engine: DockerEngine,
    states: ContainerStates,
    labels: list[str],
    since_s: int,
    on_event: Callable[[dict[str, Any]], None],
    stop: EndOfStream,
) -> None:
    filters = {"type": ["container"], "event": _EVENTS, "label": labels}
    with errors_of("watch the engine"):
        stream = engine.client().events(since=since_s, filters=filters, decode=True)
        with stop.ends(stream), states.listening():
            for event in stream:
                on_event(event)
