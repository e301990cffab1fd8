"""A folder that holds exactly what it should, written so that no reader ever sees half a file.

Folders and files are reached through descriptors and never through symbolic links, so that a link planted below the
folder leads nowhere. `ports.disk` reaches its files by their paths, which is why not even the note is written with it.
"""

import contextlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from nodeagent.folders.content import Tree

FILE_MODE = 0o600
FOLDER_MODE = 0o700

_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Not blocking: a FIFO with the name of a file must not hang the agent.
_FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


def ensure_folder(path: Path) -> Path:
    """Makes the folder with its mode if it is not there, in the place of whatever else has its name.

    Raises:
        OSError: the disk does not allow it.
    """
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISDIR(path.lstat().st_mode):
            path.unlink()
    path.mkdir(mode=FOLDER_MODE, exist_ok=True)
    if stat.S_IMODE(path.stat().st_mode) != FOLDER_MODE:
        path.chmod(FOLDER_MODE)
    return path


def matches(folder: Path, tree: Tree) -> bool:
    """True when the folder holds the tree and nothing else, with the right modes.

    Raises:
        OSError: the disk does not answer.
    """
    try:
        with _opened(folder) as descriptor:
            return _folder_matches(descriptor, tree)
    except (FileNotFoundError, NotADirectoryError):
        return False


def write(folder: Path, tree: Tree, incoming: Path) -> None:
    """Makes the folder hold the tree and nothing else; the folder itself stays the same inode.

    Args:
        folder: an existing folder.
        tree: what it shall hold. A file that is right already is not touched.
        incoming: a folder of the same file system, in which files become complete before they get their place.

    Raises:
        OSError: the disk does not allow it; every file is then either old or new.
    """
    with _opened(folder) as descriptor:
        os.fchmod(descriptor, FOLDER_MODE)
        _write_folder(descriptor, tree, incoming)


def write_file(folder: Path, name: str, content: bytes, incoming: Path) -> None:
    """Writes one file of the folder, in one step for every reader, and durable when it returns.

    Raises:
        OSError: the disk does not allow it; the file is then as it was.
    """
    with _opened(folder) as descriptor:
        _replace(descriptor, name, content, incoming)
        os.fsync(descriptor)


def read_file(path: Path) -> bytes:
    """The content of a file that is no symbolic link.

    Raises:
        OSError: it cannot be read, or is no file.
    """
    descriptor = os.open(path, _FILE_FLAGS)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(f"{path} is not a file")
        return file.read()


def read_inside(folder: Path, path: str, most_bytes: int) -> bytes | None:
    """The content of a file below a folder; None when there is no file, or a larger one.

    Args:
        folder: the folder.
        path: of the file, relative to it, without `..`.
        most_bytes: what is longer is none of ours.

    Raises:
        OSError: the disk does not answer.
    """
    *folders, name = path.split("/")
    try:
        with contextlib.ExitStack() as opened:
            place = opened.enter_context(_opened(folder))
            for part in folders:
                place = opened.enter_context(_opened(part, place))
            if not stat.S_ISREG(os.stat(name, dir_fd=place, follow_symlinks=False).st_mode):
                return None
            with os.fdopen(os.open(name, _FILE_FLAGS, dir_fd=place), "rb") as file:
                content = file.read(most_bytes + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return content if len(content) <= most_bytes else None


@contextlib.contextmanager
def _opened(path: str | Path, parent: int | None = None) -> Iterator[int]:
    descriptor = os.open(path, _FOLDER_FLAGS, dir_fd=parent)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _folder_matches(folder: int, tree: Tree) -> bool:
    if stat.S_IMODE(os.fstat(folder).st_mode) != FOLDER_MODE or set(os.listdir(folder)) != set(tree):
        return False
    return all(_entry_matches(folder, name, content) for name, content in tree.items())


def _entry_matches(folder: int, name: str, content: "bytes | Tree") -> bool:
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if not isinstance(content, bytes):
            if not stat.S_ISDIR(found.st_mode):
                return False
            with _opened(name, folder) as descriptor:
                return _folder_matches(descriptor, content)
        if not stat.S_ISREG(found.st_mode) or stat.S_IMODE(found.st_mode) != FILE_MODE:
            return False
        # One name and no other: a hard link elsewhere would change the file without a rename.
        if found.st_nlink != 1 or found.st_size != len(content):
            return False
        with os.fdopen(os.open(name, _FILE_FLAGS, dir_fd=folder), "rb") as file:
            return file.read(len(content) + 1) == content
    except (FileNotFoundError, NotADirectoryError):
        return False


def _write_folder(folder: int, tree: Tree, incoming: Path) -> None:
    changed = False
    for name, content in tree.items():
        if _entry_matches(folder, name, content):
            continue
        changed = True
        if isinstance(content, bytes):
            _clear_for(folder, name, wanted=stat.S_IFREG)
            _replace(folder, name, content, incoming)
            continue
        _clear_for(folder, name, wanted=stat.S_IFDIR)
        with contextlib.suppress(FileExistsError):
            os.mkdir(name, FOLDER_MODE, dir_fd=folder)
        with _opened(name, folder) as descriptor:
            os.fchmod(descriptor, FOLDER_MODE)
            _write_folder(descriptor, content, incoming)
    for name in set(os.listdir(folder)) - set(tree):
        changed = True
        _clear_for(folder, name, wanted=0)
    if changed:
        os.fsync(folder)


def _clear_for(folder: int, name: str, *, wanted: int) -> None:
    """Removes what has the name, unless it is of the wanted type: a rename can replace a file, but not a folder."""
    try:
        found = stat.S_IFMT(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return
    if found == wanted:
        return
    if found == stat.S_IFDIR:
        shutil.rmtree(name, dir_fd=folder)
    else:
        os.unlink(name, dir_fd=folder)


def _replace(folder: int, name: str, content: bytes, incoming: Path) -> None:
    # mkstemp makes the file with FILE_MODE, whatever the umask.
    descriptor, partial = tempfile.mkstemp(dir=incoming)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        os.rename(partial, name, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(partial).unlink()
        raise
