"""The real kubectl, of whatever versions there are.

FLEET_TEST_KUBECTL names the programs, separated as in PATH; without it the one on the PATH is taken.
"""

import functools
import os
import re
import shutil
import subprocess
from pathlib import Path

from tests.patience import patient


def programs() -> tuple[str, ...]:
    """The programs to try."""
    if named := os.environ.get("FLEET_TEST_KUBECTL"):
        return tuple(named.split(os.pathsep))
    return tuple(filter(None, (shutil.which("kubectl"),)))


@functools.cache
def minor_version(program: str) -> int:
    """The minor version of a program."""
    said = subprocess.run(
        [program, "version", "--client", "--output=json"],
        capture_output=True,
        text=True,
        check=True,
        timeout=patient(30),
    )
    found = re.search(r'"gitVersion": "v1\.(\d+)\.', said.stdout)
    assert found, said.stdout
    return int(found[1])


class Kubectl:
    """Runs kubectl as a user without any configuration would."""

    def __init__(self, program: str, url: str, home: Path) -> None:
        self.minor = minor_version(program)
        self._program = program
        self._server = ["--server", url, "--cache-dir", str(home / "cache")]
        # What is edited stays as it is, but for an address of the camera yard-1.
        home.mkdir(exist_ok=True)
        # Without its garbage collection, which finds nothing in so short a life, it takes a fifth less.
        self._environment = {
            "GOGC": "off",
            "HOME": str(home), "TMPDIR": str(home), "KUBECONFIG": os.devnull, "PATH": os.environ["PATH"],
            "EDITOR": "sed -i s/10.0.0.9.yard-1/10.0.0.8/",
        }  # fmt: skip

    def run(self, *arguments: str) -> tuple[int, str]:
        """The exit code, and all that was printed with single blanks between words."""
        done = subprocess.run(
            [self._program, *arguments, *self._server],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=patient(30),
            check=False,
        )
        return done.returncode, plain(done.stdout)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self._program, *arguments, *self._server], env=self._environment, stdout=subprocess.PIPE, text=True
        )


def plain(output: str) -> str:
    """The output with single blanks, and none at the ends of lines."""
    return re.sub(r" $", "", re.sub(r"[ \t]+", " ", output), flags=re.MULTILINE)
