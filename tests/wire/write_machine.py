"""Writes the golden file of a greeting that says what its machine has: `python -m tests.wire.write_machine FOLDER`. It was run once.

It is of format 1 as the files of `write_v1` are, with fields that the version of those did not know.
"""

import sys
from pathlib import Path

from bus.codec import decode_self_signed, encode_signed
from tests.wire.golden import AGENT_KEY, golden


def main(folder: Path) -> None:
    """Writes what is not there yet."""
    size = {"processors": 16, "memory_bytes": 64 * 2**30}
    greeting = decode_self_signed(golden("AgentInfo.can-be-asked")).model_copy(update=size)
    with (folder / "AgentInfo.machine.json").open("xb") as file:
        file.write(encode_signed(greeting, AGENT_KEY))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
