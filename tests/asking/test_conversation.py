"""Answers in order, each once, and no more of them than there is room for."""

import asyncio
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.asking.base import CannotAsk
from controller.asking.conversation import ROOM, Conversation
from controller.asking.whom import Whom
from crds.answers import AgentAnswer
from tests.planner.short_manifests import NOW, node_id

GATE = Whom("gate", node_id("gate"), "run", "", 1)


def answer(sequence: int, *, ends: bool = False) -> AgentAnswer:
    return AgentAnswer(
        fleet_id="f",
        node_id=UUID(GATE.node_id),
        boot_id="run",
        lease=1,
        sequence=sequence,
        lines=f"{sequence}\n",
        ends=ends,
        sent_at=NOW,
    )


def taken(conversation: Conversation, count: int) -> list[tuple[int, int]]:
    """The numbers of the next answers, and how many were missed before each."""

    async def take() -> list[tuple[int, int]]:
        return [((await conversation.take()).sequence, conversation.missed) for _ in range(count)]

    return asyncio.run(take())


@given(st.lists(st.integers(0, 9), max_size=20))
def test_what_comes_twice_is_taken_once_and_what_is_missing_is_counted(numbers: list[int]) -> None:
    conversation = Conversation(1, GATE)
    expected: list[int] = []
    for number in numbers:
        conversation.put(answer(number))
        if number > max(expected, default=-1):
            expected.append(number)
    found = taken(conversation, len(expected))
    assert [number for number, _ in found] == expected
    assert sum(missed for _, missed in found) == max(expected, default=-1) + 1 - len(expected)


def test_the_end_counts_also_when_its_number_was_taken() -> None:
    conversation = Conversation(1, GATE)
    conversation.put(answer(0))
    conversation.put(answer(0, ends=True))
    assert taken(conversation, 2) == [(0, 0), (0, 0)]


def test_an_agent_that_minds_no_credit_fills_no_memory() -> None:
    conversation = Conversation(1, GATE)
    for number in range(10_000):
        conversation.put(answer(number))
    assert len(conversation._came) <= 2 * ROOM + 1


def test_room_is_told_again_when_half_of_it_is_new() -> None:
    conversation = Conversation(1, GATE)
    assert conversation.told() == ROOM
    for number in range(ROOM):
        conversation.put(answer(number))
    taken(conversation, ROOM // 2 - 1)
    assert not conversation.wants_renewal.is_set()
    taken(conversation, 1)
    assert conversation.wants_renewal.is_set()
    assert conversation.told() == ROOM + ROOM // 2
    assert not conversation.wants_renewal.is_set()


def test_what_came_before_a_failure_is_taken_first() -> None:
    conversation = Conversation(1, GATE)
    conversation.put(answer(0))
    conversation.fail(CannotAsk("the agent is gone"))
    assert taken(conversation, 1) == [(0, 0)]
    with pytest.raises(CannotAsk, match="gone"):
        taken(conversation, 1)
