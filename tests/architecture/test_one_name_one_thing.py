"""The words that people search the tree for name one class each."""

import ast
from pathlib import Path

import pytest

_TREE = Path(__file__).parents[2]
_WORDS = ("Ledger", "Observed", "Plan", "Publisher", "State", "UnknownFormat", "YamlDocument")
_CLASSES = [
    (node.name, path.relative_to(_TREE))
    for init in sorted(_TREE.glob("*/__init__.py"))
    if init.parent.name != "tests"
    for path in sorted(init.parent.rglob("*.py"))
    for node in ast.parse(path.read_text(encoding="utf-8")).body
    if isinstance(node, ast.ClassDef)
]


@pytest.mark.parametrize("word", _WORDS)
def test_a_word_names_one_class(word: str) -> None:
    assert len([path for name, path in _CLASSES if name == word]) == 1
