"""Keeps the parts of the agent going, whatever they meet: an agent that ends helps no camera."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from nodeagent.reporter.conditions import AGENT_HEALTHY, Conditions

_log = logging.getLogger(__name__)


class Supervisor:
    """Runs parts side by side; which of them meet errors that nobody foresaw is a condition.

    Args:
        conditions: where that is said.
        retry_seconds: before a part that failed is tried again.
    """

    def __init__(self, conditions: Conditions, retry_seconds: float) -> None:
        self._conditions = conditions
        self._retry_seconds = retry_seconds
        self._broken: dict[str, str] = {}

    async def run(self, parts: Mapping[str, Callable[[], Awaitable[None]]]) -> None:
        """Runs until cancelled.

        Args:
            parts: what does one turn of each part, by the words for it.
        """
        async with asyncio.TaskGroup() as tasks:
            for part, turn in parts.items():
                tasks.create_task(self._for_ever(part, turn))

    async def _for_ever(self, part: str, turn: Callable[[], Awaitable[None]]) -> None:
        while True:
            # Some turns never end: they count as well again once they last.
            lasts = asyncio.get_running_loop().call_later(self._retry_seconds, self._is_well, part)
            try:
                await turn()
            except Exception as error:  # noqa: BLE001 - what nobody foresaw is said, and tried again
                lasts.cancel()
                _log.exception("%s met an unexpected error", part)
                self._broken[part] = f"{part}: {type(error).__name__}: {error}"
                self._tell()
                await asyncio.sleep(self._retry_seconds)
            else:
                self._is_well(part)
            finally:
                lasts.cancel()

    def _is_well(self, part: str) -> None:
        if self._broken.pop(part, None) is not None:
            self._tell()

    def _tell(self) -> None:
        message = "; ".join(self._broken.values())
        reason = "UnexpectedError" if self._broken else "AsExpected"
        self._conditions.set(AGENT_HEALTHY, ok=not self._broken, reason=reason, message=message)
