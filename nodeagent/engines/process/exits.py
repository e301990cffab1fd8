"""Hears at once when processes leave, whoever their parent is, and when children are stopped."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Iterator

from nodeagent.engines.process.table import ProcessId

_GATHER_S = 0.1
"""Who stops and continues a process again and again, to slow it down, makes no more news than ten in a second."""


@contextlib.contextmanager
def hearing_of_children(on_news: Callable[[], None]) -> Iterator[None]:
    """Calls a function in the running event loop soon after a child of this program was stopped, went on, or left.

    Nobody is told where the loop is not the main thread's, to which the kernel's SIGCHLD comes.

    Args:
        on_news: is called.
    """
    loop = asyncio.get_running_loop()
    soon: asyncio.TimerHandle | None = None

    def tell() -> None:
        nonlocal soon
        soon = None
        on_news()

    def heard() -> None:
        nonlocal soon
        if soon is None:
            soon = loop.call_later(_GATHER_S, tell)

    try:
        loop.add_signal_handler(signal.SIGCHLD, heard)
    except (ValueError, RuntimeError):
        yield
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGCHLD)
        if soon is not None:
            soon.cancel()


class ExitWatch:
    """Says which instances' processes have left, by pidfds; by looking again where the kernel has none.

    Belongs to the running event loop.

    Args:
        on_exit: called once per process with the name of its instance.
    """

    def __init__(self, on_exit: Callable[[str], None]) -> None:
        self._on_exit = on_exit
        self._descriptors: dict[ProcessId, int] = {}
        self._polled: dict[ProcessId, str] = {}

    def watch(self, instance: str, process: ProcessId) -> None:
        """Watches a process; once is enough."""
        if process in self._descriptors or process in self._polled:
            return
        try:
            descriptor = os.pidfd_open(process.pid)
        except ProcessLookupError:
            self._on_exit(instance)
            return
        except (AttributeError, OSError):  # no such call in this kernel, or no descriptor left
            self._polled[process] = instance
            return
        self._descriptors[process] = descriptor
        asyncio.get_running_loop().add_reader(descriptor, self._left, instance, process)
        # The pid may have gone to another process before it was opened.
        if not process.runs():
            self._left(instance, process)

    @property
    def is_blind(self) -> bool:
        """True while it has to look again to see who has left."""
        return bool(self._polled)

    def poll(self) -> None:
        """Looks at those that have no pidfd."""
        for process, instance in list(self._polled.items()):
            if not process.runs():
                del self._polled[process]
                self._on_exit(instance)

    def close(self) -> None:
        """Watches nothing any more."""
        for process in list(self._descriptors):
            self._forget(process)
        self._polled.clear()

    def _left(self, instance: str, process: ProcessId) -> None:
        if process in self._descriptors:
            self._forget(process)
            self._on_exit(instance)

    def _forget(self, process: ProcessId) -> None:
        descriptor = self._descriptors.pop(process)
        asyncio.get_running_loop().remove_reader(descriptor)
        os.close(descriptor)
