"""What /proc says of a process, without one."""

import pytest

from nodeagent.engines.process.table import stop_is_pending

STATUS = """\
Name:\tsh
State:\tD (disk sleep)
Threads:\t1
SigPnd:\t{own}
ShdPnd:\t{shared}
SigBlk:\t0000000000040000
"""


@pytest.mark.parametrize(
    ("own", "shared", "stops"),
    [
        ("0000000000000000", "0000000000000000", False),
        ("0000000000000000", "0000000000040000", True),
        ("0000000000040000", "0000000000000000", True),
        ("0000000000000000", "0000000000004000", False),  # SIGTERM
        ("0000000000000000", "ffffffffffffffff", True),
    ],
)
def test_a_shell_that_was_frozen_while_it_starts_a_command_is_seen_to_be(own: str, shared: str, stops: bool) -> None:
    """Its state is D for ever, since vfork(2) does not come back: a SIGSTOP that waits is all that shows it."""
    assert stop_is_pending(STATUS.format(own=own, shared=shared).encode()) == stops
