import pytest

from tests.agent.stand import Stand


@pytest.fixture
def stand() -> Stand:
    return Stand()
