"""Starts the process of an instance: at most one at a time, visible from its first moment, and alone with its files."""

import contextlib
import fcntl
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from nodeagent.engines.process.output import open_log
from nodeagent.engines.process.table import ProcessId, id_of
from nodeagent.model import Permanent, Transient

_LOCK = "lock"
# What a program needs of the agent's environment to be found and to run; the rest is none of its business.
_PASSED_ON = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "TZ")


@contextlib.contextmanager
def locked(directory: Path) -> Iterator[int | None]:
    """The lock of an instance, as a descriptor; None when a process has it.

    Raises:
        OSError: the disk does not allow it.
    """
    descriptor = os.open(directory / _LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
        else:
            yield descriptor
    finally:
        os.close(descriptor)


def environment(given: Mapping[str, str], labels: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of a new process: little of the agent's, what the manifest gives, and the labels."""
    inherited = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {**inherited, "LC_ALL": "C.UTF-8", "PYTHONUNBUFFERED": "1", **given, **labels}


def spawn(
    command: Sequence[str], *, lock: int, directory: Path, working_directory: Path, variables: Mapping[str, str]
) -> ProcessId:
    """Starts a process in a session of its own; it goes on when the agent leaves.

    Its standard input is the empty lock file: the lock belongs to the open file, so the kernel keeps it for as long as
    the process lives. Thus a second one cannot be started, even by an agent that was started while the first one was
    killed and that does not see the process yet.

    Args:
        command: program and arguments.
        lock: the descriptor from `locked`.
        directory: the folder of the instance, where its log is.
        working_directory: where it is started.
        variables: its whole environment.

    Raises:
        Permanent: the kernel cannot be told such a command.
        Transient: it could not be started.
    """
    try:
        log = open_log(directory)
        try:
            child = subprocess.Popen(  # noqa: S603 - the command is the agent's own, the arguments are no shell's
                command,
                stdin=lock,
                stdout=log,
                stderr=log,
                cwd=working_directory,
                env=dict(variables),
                start_new_session=True,
            )
        finally:
            os.close(log)
    except ValueError as error:  # a NUL in the environment
        raise Permanent(f"cannot start {command[0]}: {error}") from error
    except OSError as error:
        raise Transient(f"cannot start {command[0]}: {error.strerror}") from error
    # `ProcessId.reap` waits for it; an object that thinks it must do so itself would complain when it is dropped.
    child.returncode = 0
    process = id_of(child.pid)
    if process is None:
        raise Transient(f"{command[0]} was started, but /proc does not show it")
    return process
