"""One program alone may work on a folder. The kernel gives the lock back when that ends, however it does."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path


class FolderInUse(Exception):  # noqa: N818 - says what is the matter
    """Another program works on the folder.

    Attributes:
        pid: its number, as text; `unknown` when it did not say.
    """

    def __init__(self, pid: str) -> None:
        super().__init__(f"pid {pid} works on it")
        self.pid = pid


@contextlib.contextmanager
def locked_folder(folder: Path, name: str) -> Iterator[None]:
    """Keeps other programs, and this one, from the folder, which is made when it does not exist.

    Args:
        folder: the folder.
        name: of the file in it that is locked and names the program.

    Raises:
        FolderInUse: somebody else holds it.
        OSError: the file cannot be made.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / name).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise FolderInUse(lock.read().strip() or "unknown") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield
