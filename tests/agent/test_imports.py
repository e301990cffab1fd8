"""What an agent loads: one that has nothing to do is small."""

import subprocess
import sys

import pytest

_ASKED = (
    "nodeagent.answering.answering",
    "nodeagent.answering.picture_answers",
    "nodeagent.apps.pictures",
    "crds.answers",
    "h11",
)
_NEVER = (*_ASKED, "numpy", "deepdiff", "ruamel", "crds.camera", "crds.dsinstance", "controller")


@pytest.mark.parametrize(
    ("driver", "without"),
    [("process", (*_NEVER, "docker", "requests")), ("docker", _NEVER)],
)
def test_an_agent_loads_no_models_and_libraries_that_it_may_never_need(driver: str, without: tuple[str, ...]) -> None:
    assert _loaded_with(f"nodeagent.app, nodeagent.engines.{driver}.driver", without) == []


def test_the_comparison_of_two_forms_comes_without_numpy_and_leaves_it_to_others() -> None:
    assert _loaded_with("crds.difference", ("numpy",)) == []
    assert _loaded_with("crds.difference, numpy", ("deepdiff", "numpy")) == ["deepdiff", "numpy"]
    assert _loaded_with("numpy, crds.difference", ("deepdiff", "numpy")) == ["deepdiff", "numpy"]


def _loaded_with(modules: str, asked_for: tuple[str, ...]) -> list[str]:
    program = f"import sys, {modules}; print(*sorted(set(sys.modules) & set({asked_for!r})))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.split()
