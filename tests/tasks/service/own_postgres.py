"""A PostgreSQL of one's own, through a socket in a temporary folder."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.patience import patient


def postgres_programs() -> Path | None:
    """The folder of its programs; None when it is not installed."""
    found = shutil.which("initdb")
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return Path(found).parent if found else debian[-1].parent if debian else None


@contextlib.contextmanager
def running_postgres(programs: Path) -> Iterator[str]:
    """Runs it, and gives the URL of its database ``postgres``."""
    # Not pytest's folder: nobody else can look into that one.
    with tempfile.TemporaryDirectory(prefix="fleet-pg-") as folder:
        who = _unprivileged()
        if who:
            os.chown(folder, who["user"], who["group"])
        data = f"{folder}/data"

        def run(program: str, *arguments: str) -> None:
            command = [str(programs / program), "-D", data, *arguments]
            done = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, check=False, timeout=patient(60), **who
            )
            assert done.returncode == 0, done.stdout + done.stderr

        run("initdb", "-U", "fleet", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
        options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c fsync=off"
        run("pg_ctl", "-w", "-l", f"{folder}/log", "-o", options, "start")
        try:
            yield f"postgresql://fleet@/postgres?host={folder}"
        finally:
            run("pg_ctl", "-m", "immediate", "stop")


def _unprivileged() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
