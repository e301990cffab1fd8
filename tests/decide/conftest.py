"""For each test of decisions."""

from collections.abc import Iterator

import pytest

from tests.decide.from_nothing import every_turn_is_as_from_nothing


@pytest.fixture
def as_from_nothing() -> Iterator[None]:
    """What is due is what is due when nothing is remembered."""
    with every_turn_is_as_from_nothing():
        yield
