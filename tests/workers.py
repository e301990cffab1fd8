"""Which worker of `pytest -n` runs which test."""

import re

from xdist.scheduler import LoadScopeScheduling

# What takes long to make is made once: the tests that share it are run by one worker.
_SHARED = {
    "fleet up": re.compile(r"tests/e2e/(test_up_process\.py|.*\[up\])"),
    "separate fleet": re.compile(r"tests/e2e/(test_docker_kafka\.py|.*\[separate\])"),
    "bad starts": re.compile(r"tests/e2e/test_bad_starts\.py"),
    "postgres": re.compile(
        r"tests/tasks/service/(test_database\.py|test_outbox_and_reader\.py|.*\[postgres\]|.*_secret_is_logged)"
    ),
    "transcript": re.compile(r"tests/pipeline/rest/test_transcript\.py"),
}
# Rooms of tests that wait for other programs: whatever begins last should be short.
LONG = ("tests/cli/test_up.py", "tests/pipeline/cameras", "tests/pipeline/test_", "tests/simulator", "tests/tasks")


class Scheduling(LoadScopeScheduling):
    """Gives each worker the next test when it has no other."""

    def _split_scope(self, nodeid: str) -> str:
        return next((name for name, tests in _SHARED.items() if tests.match(nodeid)), nodeid)
