"""`python -m cli.up.leash PARENT PROGRAM...`: becomes PROGRAM, which gets SIGTERM when the process PARENT dies.

Without it, a `fleet up` that is killed with -9 would leave its parts behind. Only Linux has this; elsewhere it does nothing.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # prctl(2); it outlives execve(2)


def main() -> None:
    """Ties this process to its parent, and becomes the program."""
    parent, *program = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != int(parent):
            sys.exit(1)  # it died before this process could ask to be told
    os.execv(program[0], program)  # noqa: S606 - the very program that `fleet up` would have started


if __name__ == "__main__":
    main()
