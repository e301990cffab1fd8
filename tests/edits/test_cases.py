"""Each file in cases/ holds files, patches of objects in them, and the lines of the files that become others, and no other lines."""

from collections.abc import Callable, Mapping
from difflib import unified_diff
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

_TREE = Path(__file__).parents[2]
_CASES = [
    pytest.param(case, id=f"{path.stem}-{number}")
    for path in sorted((Path(__file__).parent / "cases").glob("*.yaml"))
    for number, case in enumerate(YAML(typ="safe", pure=True).load(path), 1)
]


def changed_lines(before: Mapping[str, str], after: Mapping[str, str | None]) -> str:
    """The lines that go and come, under the names of their files where there are several."""
    parts = []
    for path in sorted(after):
        if len(after) > 1 or path not in before:
            parts.append(f"{path}:\n")
        old, new = before.get(path, "").splitlines(keepends=True), after[path]
        if new is None:
            parts.append("deleted\n")
            continue
        diff = unified_diff(old, new.splitlines(keepends=True), n=0)
        parts += [line for line in diff if not line.startswith(("---  ", "--- \n", "+++ ", "@@"))]
    return "".join(parts)


@pytest.mark.parametrize("case", _CASES)
def test_only_the_lines_of_the_edit_change(
    case: Mapping[str, Any], patched: Callable[..., Mapping[str, str | None]]
) -> None:
    files = case.get("files") or {case["file"]: (_TREE / case["file"]).read_text()}
    after = patched(files, case["patches"], case.get("into", ""))
    assert changed_lines(files, after) == case["diff"], case["about"]
