import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.patience import patient, wait_until

_LOOK_S = 0.01
_PROGRAM = f"""\
import signal
from pipeline.stop_signals import STOP_SIGNALS, StopSignals
signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
signals = StopSignals()
print("waits", flush=True)
while (received := signals.wait({_LOOK_S})) is None:
    pass
print(received.name, flush=True)
"""


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_a_process_that_was_stopped_and_goes_on_is_not_asked_to_leave(asked: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", _PROGRAM], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "waits\n"
        for _ in range(3):
            program.send_signal(signal.SIGSTOP)
            wait_until(lambda: _state(program.pid) == "T", "it is stopped", 20.0)
            time.sleep(5 * _LOOK_S)  # its wait is over before it goes on
            program.send_signal(signal.SIGCONT)
            wait_until(lambda: _state(program.pid) != "T", "it goes on", 20.0)
        program.send_signal(asked)
        assert program.communicate(timeout=patient(20))[0] == f"{asked.name}\n"


_WITH_A_THREAD = f"""\
import signal, threading
threading.Thread(target=threading.Event().wait, daemon=True).start()
{_PROGRAM}
"""


def test_a_signal_that_arrives_in_a_thread_which_has_not_blocked_it_is_taken_too() -> None:
    with subprocess.Popen([sys.executable, "-c", _WITH_A_THREAD], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == "waits\n"
        program.send_signal(signal.SIGTERM)
        assert program.communicate(timeout=patient(20))[0] == "SIGTERM\n"
        assert program.returncode == 0


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
