"""Nodes by libyaml are nodes by ruamel.yaml, to the last place."""

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.edits import nodes
from controller.edits.nodes import MappingNode, Node, nodes_of
from tests.edits.written import KEYS, Written, any_value


def flat(node: Node) -> list[Any]:
    entries = []
    if isinstance(node, MappingNode):
        entries = [(one.key.start, one.key.end, one.name, one.colon, one.is_explicit) for one in node.entries]
    own = (
        type(node).__name__,
        node.start,
        node.end,
        node.value,
        getattr(node, "style", None),
        getattr(node, "dashes", None),
    )
    return [own, entries, [flat(child) for child in node.children()]]


@settings(max_examples=40)
@given(st.integers(0, 2**48).map(Random))
def test_both_libraries_find_the_same_places(dice: Random) -> None:
    written = Written(dice)
    written.document({key: any_value(dice) for key in dice.sample(KEYS, 5)})
    text = "".join(line + dice.choice(["\n", "\n", "\r\n"]) for line, _, _ in written.lines)
    fast = flat(nodes_of(text, 0).root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nodes, "plain_events", lambda _: None)
        assert flat(nodes_of(text, 0).root) == fast
