"""The last words of an app: whole lines, so that what repeats reads the same."""

import pytest

from crds.messages import InstanceState
from nodeagent.model import InstanceHistory, Observed
from nodeagent.reporter.status import Known, instance_facts
from tests.differ.generations import NOW, generation, instance


def words(output: str) -> str:
    history = {"yard": InstanceHistory(exits=2, restarts=2, last_exit_code=1, last_output=output)}
    seen = Known(generation([instance("yard")], 1), Observed(), history)
    (facts,) = instance_facts(seen, NOW)
    assert facts.state is InstanceState.CRASH_LOOP
    return facts.message.partition("its last words: ")[2]


@pytest.mark.parametrize("pid", [7, 99, 100, 12345])
def test_long_output_is_cut_between_lines(pid: int) -> None:
    lines = [f"[{pid}] line {number} {'x' * 90}" for number in range(5)]
    assert words("\n".join(lines)) == "\n".join(lines[-3:])


def test_one_long_line_is_cut_and_a_short_output_is_not() -> None:
    assert words("y" * 5000) == "y" * 400
    assert words("  boom\n") == "boom"
