"""Hears at once when processes leave, whoever their parent is."""

import asyncio
import os
from collections.abc import Callable

from nodeagent.engines.process.table import ProcessId


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
