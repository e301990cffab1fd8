"""What differs between two mappings, by identity."""

from hypothesis import given
from hypothesis import strategies as st

from controller.differing import differing

KEYS = st.dictionaries(st.integers(0, 8), st.integers(0, 3))


@given(KEYS, KEYS)
def test_it_is_what_came_went_or_became_another_object(before: dict[int, int], after: dict[int, int]) -> None:
    values = [object() for _ in range(4)]
    old = {key: values[value] for key, value in before.items()}
    new = {key: values[value] for key, value in after.items()}
    expected = {key for key in {*before, *after} if before.get(key) != after.get(key)}
    assert differing(old, new) == expected
    assert differing(old, old) == set()


def test_an_equal_copy_differs() -> None:
    assert differing({"a": [1]}, {"a": [1]}) == {"a"}
