import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ports.folder_lock import FolderInUse, locked_folder

_HOLD = """
import sys, pathlib
from ports.folder_lock import locked_folder
with locked_folder(pathlib.Path(sys.argv[1]), "x.lock"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_one_program_alone_has_a_folder_and_a_killed_one_leaves_no_lock(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "state"
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(folder)],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(FolderInUse) as refusal, locked_folder(folder, "x.lock"):
            pass
        assert refusal.value.pid == str(holder.pid)
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    with locked_folder(folder, "x.lock"):
        assert (folder / "x.lock").read_text(encoding="ascii") == str(os.getpid())
        with pytest.raises(FolderInUse), locked_folder(folder, "x.lock"):
            pass
    with locked_folder(folder, "x.lock"), locked_folder(folder, "other.lock"):
        assert folder.stat().st_mode & 0o077 == 0, "it holds keys"
