"""Selectors as text and as mappings select what Kubernetes would select."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crds.selector import LabelSelector, parse_selector

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


def test_a_mapping_selects_what_carries_all_of_it() -> None:
    assert LabelSelector().matches({})
    assert LabelSelector(match_labels={"site": "hanoi"}).matches(LABELS)
    assert not LabelSelector(match_labels={"site": "hanoi", "floor": "3"}).matches(LABELS)
