"""Each file in cases/ holds input files, and every problem that reading them must name, line by line."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from controller.source.read.reader import Reading, Rejected

CASES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))


def load_case(path: Path) -> Mapping[str, Any]:
    case: Mapping[str, Any] = YAML(typ="safe", pure=True).load(path)
    return case


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_problem_is_named_with_its_place(path: Path, read_files: Callable[..., Reading]) -> None:
    case = load_case(path)
    reading = read_files(case["files"])
    assert isinstance(reading, Rejected), reading
    assert [str(problem) for problem in reading.problems] == case["problems"]


def test_there_are_cases() -> None:
    assert len(CASES) > 10
