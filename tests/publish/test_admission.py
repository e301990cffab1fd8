"""Who is answered: every greeting once."""

import pytest

from controller.observed import ObservedNode
from controller.publish.admission import HEARTBEATS_FOR_SECONDS, Answer, answers_due, command, still_there, with_answer
from controller.status.fold import fold
from controller.status.trust import with_stranger
from crds.messages import CommandKind
from tests.picture.fleets import FLEET_ID, KEY, NOW, greeting, node_id

OTHER_KEY = "cd" * 32


def greeted(node: ObservedNode, run: str, sequence: int) -> ObservedNode:
    return fold(node, greeting(1, boot_id=run, sequence=sequence), NOW)


ONE = greeted(ObservedNode(node_id(1)), "a", 1)
DISPUTED = with_stranger(ONE, greeting(1, public_key=OTHER_KEY), NOW)


def due(node: ObservedNode, *given: Answer, key: str = KEY, is_known: bool = True) -> tuple[Answer, ...]:
    return answers_due(node, key, given, is_known=is_known)


def test_each_greeting_of_a_run_is_answered_once_whatever_the_clock_of_the_machine_says() -> None:
    (first,) = due(ONE)
    assert due(ONE, first) == ()
    (second,) = due(greeted(ONE, "a", 2), first)
    assert second == first._replace(sequence=2)
    assert with_answer((first,), second) == (second,)
    assert due(greeted(ONE, "b", 1), second) == (first._replace(boot_id="b"),)


def test_what_is_said_to_a_greeting_is_said_again_when_it_is_another_word() -> None:
    (refused,) = due(ONE, is_known=False)
    (admitted,) = due(ONE, refused)
    assert [refused.kind, admitted.kind] == [CommandKind.REFUSED, CommandKind.ADMITTED]


def test_a_stranger_is_refused_until_his_key_counts() -> None:
    own, refused = due(DISPUTED)
    assert (refused.public_key, refused.kind) == (OTHER_KEY, CommandKind.REFUSED)
    (asked,) = due(DISPUTED, own, refused, key=OTHER_KEY)
    assert asked == refused._replace(kind=CommandKind.ASK_INFO)


def test_the_answers_to_those_who_are_forgotten_are_forgotten() -> None:
    answers = due(DISPUTED)
    assert still_there(answers, DISPUTED) == answers
    assert still_there(answers, ONE) == answers[:1]
    assert still_there(answers, ObservedNode(node_id(1))) == ()


@pytest.mark.parametrize("is_known", [False, True])
def test_an_admission_says_for_how_long_heartbeats_are_taken(is_known: bool) -> None:
    (answer,) = due(ONE, is_known=is_known)
    said = command(node_id(1), answer, "", FLEET_ID, 1, NOW)
    assert said.heartbeats_for_seconds == is_known * HEARTBEATS_FOR_SECONDS
