import subprocess
import sys
import uuid

import pytest

from ports.marks import MachineMarks

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has abstract sockets")

HOLDS = "import sys; from ports.marks import MachineMarks\nwith MachineMarks().hold(sys.argv[1]): print('x', flush=True); sys.stdin.read()"


def test_a_mark_is_held_as_long_as_its_holder_wants() -> None:
    marks, name = MachineMarks(), f"a {uuid.uuid4()} {'long' * 100}"
    assert not marks.held(name)
    with marks.hold(name) as is_first:
        assert is_first
        assert marks.held(name)
        assert not marks.held(name + "x")
        with MachineMarks().hold(name) as is_second:
            assert not is_second
        assert marks.held(name)
    assert not marks.held(name)


def test_the_kernel_takes_a_mark_away_with_its_program() -> None:
    marks, name = MachineMarks(), str(uuid.uuid4())
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == b"x\n"
        assert marks.held(name)
        program.kill()
        program.wait()
        assert not marks.held(name)
