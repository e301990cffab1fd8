"""Who wakes the loop that decides, and how often: at once, unless it can wait for what comes after it."""

import asyncio
import contextlib

MOST_SECONDS_APART = 0.1
"""What agents say waits no longer for a turn: ten turns in a second, however many agents there are."""
SHARE_OF_TURNS = 0.05
"""Turns that agents cause take so much of a processor at most. A small fleet, whose turn takes no time, waits for nothing."""


class Wake:
    """Woken at once by what people do, and by agents when no turn has just been taken.

    Thousands of agents are heard in a second, one by one; a turn for many of them costs no more than a turn for one.
    """

    def __init__(self) -> None:
        self._woken = asyncio.Event()
        self._pause: asyncio.TimerHandle | None = None
        self._is_due = False

    def set(self) -> None:
        """There may be something to do now."""
        self._woken.set()

    def soon(self) -> None:
        """There may be something to do, with what else comes until the pause is over."""
        if self._pause is None:
            self._woken.set()
        else:
            self._is_due = True

    def pause_after(self, took_seconds: float) -> None:
        """Begins the pause after a turn.

        Args:
            took_seconds: what the turn took, without waiting for others.
        """
        self._end_pause()
        if took_seconds > 0:
            seconds = min(MOST_SECONDS_APART, took_seconds * (1 / SHARE_OF_TURNS - 1))
            self._pause = asyncio.get_running_loop().call_later(seconds, self._pause_is_over)

    async def wait(self, seconds: float) -> None:
        """Returns when it is woken, or after so long. The turn that follows looks at all that came until then."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        self._woken.clear()
        self._is_due = False

    def _pause_is_over(self) -> None:
        self._pause = None
        if self._is_due:
            self._woken.set()

    def _end_pause(self) -> None:
        if self._pause is not None:
            self._pause.cancel()
        self._pause = None
