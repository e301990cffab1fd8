"""Signs of life: an agent that gives them is connected, and nothing else that is known of its node changes."""

from dataclasses import replace
from datetime import timedelta

import pytest

from controller.observed import Fleet, ObservedNode, Pulse
from controller.status.fold import NODE_LOST_AFTER_SECONDS, connected, fold, heard_at, lost_at
from controller.status.runs import SILENT_AFTER, rivals
from controller.status.strangers import STRANGER_FOR, strangers_leave_at, without_silent_strangers
from controller.status.trust import with_keys
from tests.picture.fleets import NOW, alive, greeting, healthy, heard, node, node_id, report, revision

SECOND = timedelta(seconds=1)
HOME = node_id(1)


def test_an_agent_is_connected_as_long_as_it_gives_signs_of_life() -> None:
    known = heard(Fleet(), report(1), NOW).nodes[HOME]
    pulse = Pulse(NOW + 60 * SECOND)
    assert not connected(known, None, pulse.at)
    assert heard_at(known, pulse) == pulse.at
    assert lost_at(known, pulse) == pulse.at + NODE_LOST_AFTER_SECONDS * SECOND
    assert heard_at(known, Pulse(NOW - SECOND)) == NOW, "a message is a sign of life, too"


def test_who_said_nothing_else_is_not_connected() -> None:
    assert not connected(ObservedNode(HOME), Pulse(NOW), NOW)


def test_two_machines_are_found_although_the_older_run_was_heard_by_signs_of_life_alone() -> None:
    """Its newest report is older than the silence that ends a run."""
    node = ObservedNode(HOME)
    for run in ("copy", "gate"):
        node = fold(node, report(1, boot_id=run, sequence=1), NOW)
    at = NOW + SILENT_AFTER + SECOND
    late = fold(node, report(1, boot_id="copy", sequence=2), at, pulse=Pulse(at))
    assert late.response is not None
    assert late.response.boot_id == "gate", "the run that is alive is still believed"
    taken_over = fold(late, report(1, boot_id="copy", sequence=3), at, pulse=Pulse(at))
    back = taken_over
    for number in (2, 3):
        back = fold(back, report(1, boot_id="gate", sequence=number), at + SECOND)
    assert len(rivals(back, at + SECOND)) == 2


def test_a_run_that_begins_takes_the_place_of_one_that_was_alive_until_now() -> None:
    node = fold(ObservedNode(HOME), report(1, boot_id="a", sequence=1), NOW)
    at = NOW + 2 * SILENT_AFTER
    node = fold(node, report(1, boot_id="b", sequence=0), at, pulse=Pulse(at - SECOND))
    assert node.response is not None
    assert node.response.boot_id == "b"
    assert [one.heard_at for one in node.reporters] == [at - SECOND, at]


def test_what_is_known_of_a_node_stays_the_same_object() -> None:
    fleet = healthy(revision(node("n1", 1)))
    later = alive(fleet, 1, NOW + SECOND)
    assert later.nodes is fleet.nodes
    assert later.keys is fleet.keys


@pytest.mark.parametrize("silent", [False, True])
def test_who_left_the_manifests_is_remembered_while_it_gives_signs_of_life(silent: bool) -> None:
    fleet = heard(Fleet(), greeting(1), NOW)
    at = NOW + STRANGER_FOR + SECOND
    if not silent:
        fleet = alive(fleet, 1, NOW + 60 * SECOND)
    end = strangers_leave_at(fleet, {HOME}, ())
    assert end is not None
    assert (end < at) == silent
    assert (HOME in without_silent_strangers(fleet, {HOME}, (), at).nodes) != silent


def test_the_signs_of_life_of_who_is_forgotten_are_forgotten_too() -> None:
    fleet = alive(alive(heard(heard(Fleet(), greeting(1), NOW), greeting(2), NOW), 1, NOW), 2, NOW)
    left = without_silent_strangers(fleet, {HOME}, (), NOW + 2 * STRANGER_FOR)
    assert left.pulses == {node_id(2): fleet.pulses[node_id(2)]}


def test_another_key_believes_no_sign_of_life_of_before() -> None:
    fleet = alive(alive(heard(Fleet(), greeting(1), NOW), 1, NOW), 2, NOW)
    after = with_keys(fleet, {HOME: "f" * 64}, NOW)
    assert after.pulses == {node_id(2): fleet.pulses[node_id(2)]}
    assert with_keys(fleet, {HOME: greeting(1).public_key}, NOW) == replace(fleet, keys={HOME: greeting(1).public_key})
