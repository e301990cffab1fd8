"""Which worker of `pytest -n` runs which test."""

import operator
import re
from collections.abc import Sequence

import pytest
from xdist.scheduler import LoadScopeScheduling

# What takes long to make is made once: the tests that share it are run by one worker.
_SHARED = {
    "fleet up": re.compile(r"tests/e2e/(test_up_process\.py|.*\[up\]|test_secrets\.py::test_a_bad_secret)"),
    "separate fleet": re.compile(r"tests/e2e/(test_docker_kafka\.py|.*\[separate\])"),
    "browser": re.compile(r"tests/browser/"),
    "bad starts": re.compile(r"tests/e2e/test_bad_starts\.py"),
    "postgres": re.compile(
        r"tests/tasks/service/(test_database\.py|test_outbox_and_reader\.py|.*\[postgres\]|.*_secret_is_logged)"
    ),
    "import contracts": re.compile(r"tests/architecture/test_import_contracts\.py"),
    "kinds": re.compile(r"tests/tools/test_kinds\.py"),
    "transcript": re.compile(r"tests/pipeline/rest/test_transcript\.py"),
}
# Tests that wait for other programs, for long, and compute little.
_LONG = (
    "tests/browser",
    "tests/cli/test_up.py",
    "tests/pipeline/cameras",
    "tests/pipeline/test_",
    "tests/simulator",
    "tests/tasks",
)


def in_order(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The tests with the long ones spread among the others, which compute meanwhile; the last third has none of them."""
    long = [item for item in items if item.nodeid.startswith(_LONG)]
    others = [item for item in items if not item.nodeid.startswith(_LONG)]
    placed = [(2 * place / (3 * len(long)), item) for place, item in enumerate(long)]
    placed += [(place / len(others), item) for place, item in enumerate(others)]
    return [item for _, item in sorted(placed, key=operator.itemgetter(0))]


def shared_by(nodeid: str) -> str:
    """The name of what a test shares with others; the id of the test when that is nothing."""
    return next((name for name, tests in _SHARED.items() if tests.match(nodeid)), nodeid)


class Scheduling(LoadScopeScheduling):
    """Gives each worker the next test when it has no other."""

    def _split_scope(self, nodeid: str) -> str:
        return shared_by(nodeid)
