"""What is remembered from one turn to the next changes no generation that is due."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

import pytest

from controller import generations_due
from controller.actions import Note, Send
from controller.planner.exclusive import Holding
from controller.planner.memo import PlanMemo
from controller.rules import Rules
from controller.state import State


@contextmanager
def every_turn_is_as_from_nothing() -> Iterator[None]:
    """Compares, as long as it lasts, all that is due with what is due when nothing is remembered."""
    due = generations_due.due

    def compared(state: State, rules: Rules, now: datetime) -> tuple[State, tuple[Send, ...], tuple[Note, ...]]:
        found = due(state, rules, now)
        forgetful = replace(
            state, planned=None, looked=None, holding=Holding(), gate=replace(state.gate, in_the_end=PlanMemo())
        )
        after, sends, _ = due(forgetful, rules, now)
        assert (after.plan, sends) == (found[0].plan, found[1])
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(generations_due, "due", compared)
        yield
