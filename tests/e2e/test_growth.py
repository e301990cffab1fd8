"""What an edit, and a container, cost does not grow with the fleet, or with the node: the short forms of the measurements.

CPU of one size beside that of another, in one run: no time is asserted.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_CHECKOUT = Path(__file__).resolve().parents[2]


def _does_not_grow(program: str) -> None:
    done = subprocess.run(
        [sys.executable, str(_CHECKOUT / "bench" / program), "--short"],
        cwd=_CHECKOUT,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "it grows by" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0, done.stdout


@pytest.mark.kafka
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("kafka_bootstrap")
def test_the_cost_of_an_edit_does_not_grow_with_the_fleet() -> None:
    _does_not_grow("scale.py")


@pytest.mark.docker
@pytest.mark.timeout(300)
@pytest.mark.usefixtures("busybox_image")
def test_the_cost_of_a_container_does_not_grow_with_the_node() -> None:
    _does_not_grow("containers.py")
