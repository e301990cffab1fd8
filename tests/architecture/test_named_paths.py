"""What the documents call by its path is there. Decision records tell of their time, and are not read here."""

import re
from pathlib import Path

import pytest

_TREE = Path(__file__).parents[2]
_DOCUMENTS = sorted(
    [*_TREE.glob("*.md"), *(_TREE / "docs").glob("*.md"), _TREE / "docs" / "adr" / "0002-dependencies.md"]
)
_FOLDERS = sorted(entry.name for entry in _TREE.iterdir() if entry.is_dir() and not entry.name.startswith("."))
_PATH = re.compile(rf"(?<![\w./-])(?:{'|'.join(_FOLDERS)})/[\w./*-]*[\w*/]")


@pytest.mark.parametrize("document", _DOCUMENTS, ids=lambda document: document.name)
def test_paths_in_documents_exist(document: Path) -> None:
    named = set(_PATH.findall(document.read_text(encoding="utf-8")))
    # NAME in capitals stands for any; a module may be named without its .py.
    missing = [path for path in named if "NAME" not in path and not [*_TREE.glob(path), *_TREE.glob(f"{path}.py")]]
    assert missing == []
