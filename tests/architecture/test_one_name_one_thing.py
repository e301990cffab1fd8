"""The words that people search the tree for name one class each."""

import ast
from pathlib import Path

_TREE = Path(__file__).parents[2]
_WORDS = ("Ledger", "Observed", "Plan", "Publisher", "State", "UnknownFormat", "YamlDocument")


def test_a_word_names_one_class() -> None:
    classes = [
        node.name
        for init in _TREE.glob("*/__init__.py")
        if init.parent.name != "tests"
        for path in init.parent.rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
    ]
    assert {word: classes.count(word) for word in _WORDS} == dict.fromkeys(_WORDS, 1)
