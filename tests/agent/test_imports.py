"""What an agent loads: one that has nothing to do is small."""

import subprocess
import sys

import pytest

_NEVER = ("numpy", "deepdiff", "ruamel", "crds.camera", "crds.dsinstance", "controller")


@pytest.mark.parametrize(
    ("driver", "without"),
    [("process", (*_NEVER, "docker", "requests")), ("docker", _NEVER)],
)
def test_an_agent_loads_no_models_and_libraries_that_it_may_never_need(driver: str, without: tuple[str, ...]) -> None:
    modules = f"nodeagent.app, nodeagent.engines.{driver}.driver"
    program = f"import sys, {modules}; print(*sorted(set(sys.modules) & set({without!r})))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
