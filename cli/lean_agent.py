"""`python -m cli.lean_agent DESCRIPTOR WORDS...`: the agent, without what only the command line needs.

An agent stays for months on a machine that belongs to others. What has read its options, texts for people and assertions included, would
stay with it: 3 MiB of the 47 that it took. So `fleet agent` becomes this program once it knows what it is told. The process
stays the same, and with it whoever waits for it.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cli.log import start_log

if TYPE_CHECKING:
    from nodeagent.options import AgentOptions

_MODULE = "cli.lean_agent"
_NO_COLUMNS = ("-X", "no_debug_ranges")
_NO_TEXTS = ("-OO",)
_COMPILED = "compiled"
"""In the state directory; it may be deleted at any time."""
_INTERRUPTED = 130


def become_lean(options: "AgentOptions", log_level: str) -> None:
    """Becomes the agent, and ends with it: does not return."""
    if not hasattr(os, "memfd_create"):  # another system than Linux
        start_log(log_level)
        sys.exit(run_lean(options))
    # Not as words of a command or as variables, which others on this machine could read: it holds passwords of Kafka.
    descriptor = os.memfd_create("agent-options", 0)
    with os.fdopen(descriptor, "wb", closefd=False) as told:
        told.write(f"{log_level}\n".encode() + options.to_json())
    os.lseek(descriptor, 0, os.SEEK_SET)
    flags = [*interpreter_flags(sys.orig_argv, len(sys.argv)), *saving_flags(options.state_dir)]
    # The words of the first command go on, unread, for those who look at processes.
    command = [sys.executable, *flags, "-m", _MODULE, str(descriptor), *sys.argv[1:]]
    os.execv(command[0], command)  # noqa: S606 - this very interpreter


def interpreter_flags(started_as: Sequence[str], words: int) -> list[str]:
    """The flags of this interpreter, for the next one.

    Args:
        started_as: `sys.orig_argv`: the interpreter, its flags, what it runs.
        words: how many of these are the program's own, its name included, as in `sys.argv`.
    """
    given = list(started_as[1 : len(started_as) - words])
    if given[-1:] == ["-m"]:
        return given[:-1]
    # `python -m` finds modules in the working directory; a script does not, and so must not the agent.
    return [*given, "-P"]


def saving_flags(state_dir: Path) -> list[str]:
    """The flags that save memory: no columns of code, and, where Python may keep what it compiles, no texts and assertions.

    Where it may not, these would have to be left out anew at each start, which takes about a second of CPU.

    Args:
        state_dir: takes what was compiled when it cannot stand beside its source, as under `ProtectSystem=` of systemd.
    """
    if sys.dont_write_bytecode:
        return [*_NO_COLUMNS]
    beside = (Path(__file__).parent, Path(sys.prefix), Path(os.__file__).parent)
    if sys.pycache_prefix is not None or all(os.access(place, os.W_OK) for place in beside):
        return [*_NO_COLUMNS, *_NO_TEXTS]
    return [*_NO_COLUMNS, *_NO_TEXTS, "-X", f"pycache_prefix={state_dir.absolute() / _COMPILED}"]


def run_lean(options: "AgentOptions") -> int:
    """Runs the agent until somebody asks it to leave; 1 when it cannot start, with a sentence."""
    from bus.kafka_options import CannotStart
    from cli.until_signal import until_signal
    from nodeagent.app import run

    try:
        run(options, until_signal)
    except CannotStart as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


def main() -> None:
    """Reads what it is told, and runs."""
    from nodeagent.options import AgentOptions

    try:
        with os.fdopen(int(sys.argv[1]), "rb") as told:
            level, options = told.readline().decode().strip(), AgentOptions.from_json(told.read())
        start_log(level)
        sys.exit(run_lean(options))
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)


if __name__ == "__main__":
    main()
