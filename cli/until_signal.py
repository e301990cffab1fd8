"""Runs a part of the fleet until somebody asks it to leave."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Coroutine

_log = logging.getLogger(__name__)


def until_signal(part: Coroutine[None, None, None]) -> None:
    """Runs a part until SIGINT or SIGTERM, and then until it has cleaned up; or until it ends by an error, which it raises.

    Args:
        part: is cancelled when a signal comes.
    """
    asyncio.run(_until_signal(part))


async def _until_signal(part: Coroutine[None, None, None]) -> None:
    leave = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, leave.set)
    running = asyncio.create_task(part)
    leaving = asyncio.create_task(leave.wait())
    await asyncio.wait({running, leaving}, return_when=asyncio.FIRST_COMPLETED)
    leaving.cancel()
    if not running.done():
        _log.info("leaving")
        running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
