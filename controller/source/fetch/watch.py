"""Wakes up when something below a directory changes, and goes on when the directory is removed and comes back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Final

from watchfiles import Change, awatch

# How often the directory itself is looked at: it may be replaced as a whole, or be a symbolic link that moves on.
LOOK_SECONDS: Final = 0.5
# Changes that come closer together than this are one wake-up.
_STEP_MS: Final = 10
_DEBOUNCE_MS: Final = 200


def _counts(_change: Change, path: str) -> bool:
    # A working tree changes thousands of files of its own below .git. Other hidden names count: the links that
    # Kubernetes swaps to update a mounted ConfigMap are called ..data.
    return "/.git/" not in path


async def wakeups(directory: str, *, poll_seconds: float) -> AsyncIterator[None]:
    """Yields at once, whenever something below the directory may have changed, and every `poll_seconds` in any case.

    Args:
        directory: what to watch; it may be away now, or later.
        poll_seconds: the safety net for file systems that report nothing.
    """
    loop = asyncio.get_running_loop()
    last = loop.time()
    yield
    while True:
        watched = _identity(directory)
        try:
            if watched is None:
                raise FileNotFoundError(directory)
            events = awatch(
                directory,
                watch_filter=_counts,
                step=_STEP_MS,
                debounce=_DEBOUNCE_MS,
                rust_timeout=int(min(LOOK_SECONDS, poll_seconds) * 1000),
                yield_on_timeout=True,
            )
            async with aclosing(events):
                # The watch stands from its first event on: what changed before was missed.
                is_new = True
                async for changes in events:
                    is_same = _identity(directory) == watched
                    if changes or is_new or not is_same or loop.time() - last >= poll_seconds:
                        last, is_new = loop.time(), False
                        yield
                    if not is_same:
                        break
        except (OSError, RuntimeError, ExceptionGroup):
            # Away, or no watch can be had (inotify's limits): look again and again.
            await asyncio.sleep(min(LOOK_SECONDS, poll_seconds))
            if _identity(directory) != watched or loop.time() - last >= poll_seconds:
                last = loop.time()
                yield


def _identity(directory: str) -> tuple[int, int] | None:
    try:
        status = Path(directory).stat()
    except OSError:
        return None
    return (status.st_dev, status.st_ino)
