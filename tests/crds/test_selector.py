"""Selectors as text and as mappings select what Kubernetes would select."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json

from crds.selector import LabelSelector, Requirement, parse_selector

LABELS = {"site": "hanoi", "floor": "2", "example.com/gpu": "t4"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("site=hanoi", True),
        ("site==hanoi,floor=2", True),
        ("site=hue", False),
        ("site!=hue", True),
        ("site!=hanoi", False),
        ("nothing!=hanoi", True),
        ("site", True),
        ("!site", False),
        ("!nothing", True),
        ("site in (hue, hanoi)", True),
        ("site in (hue)", False),
        ("site notin (hue),floor", True),
        ("nothing notin (a)", True),
        ("nothing in (a)", False),
        ("example.com/gpu=t4", True),
        (" site = hanoi , floor in (1,2) ", True),
    ],
)
def test_selectors_as_text(text: str, expected: bool) -> None:
    assert all(requirement.holds(LABELS) for requirement in parse_selector(text)) is expected


@pytest.mark.parametrize("text", ["=", "a=b=c", "a in b", "a,,b", "a in (b", "!", "-a", "a=b c"])
def test_what_is_no_selector(text: str) -> None:
    with pytest.raises(ValueError, match="is no label selector"):
        parse_selector(text)


@given(st.text("ab=!,() in/.-\t\n", max_size=30))
def test_any_text_is_a_selector_or_an_error(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert all(isinstance(one.holds(LABELS), bool) for one in parse_selector(text))


words = st.text(st.sampled_from('ab-./"\\é'), max_size=2)
requirements = st.builds(
    Requirement, st.sampled_from(["a", "a.b/c"]), st.none() | st.frozensets(words, max_size=2), st.booleans()
)


@given(st.dictionaries(st.sampled_from(["a", "a.b/c", "x"]), words), requirements)
def test_what_meets_a_term_says_one_of_its_parts(labels: dict[str, str], term: Requirement) -> None:
    parts = term.one_of_these_is_said
    if parts and term.holds(labels):
        said = {"metadata": {"labels": labels}}
        for text in (to_json(said), json.dumps(said, separators=(",", ":")).encode()):
            assert any(part in text for part in parts)


def test_a_mapping_selects_what_carries_all_of_it() -> None:
    assert LabelSelector().matches({})
    assert LabelSelector(match_labels={"site": "hanoi"}).matches(LABELS)
    assert not LabelSelector(match_labels={"site": "hanoi", "floor": "3"}).matches(LABELS)
