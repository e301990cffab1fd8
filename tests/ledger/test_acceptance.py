from datetime import timedelta
from typing import Any

import pytest

from crds.messages import AgentConfig
from nodeagent.ledger.acceptance import Verdict, accept, unexplained_cameras, unexplained_removals
from tests.differ.generations import FLEET, NODE, NOW, OTHER_NODE, generation, instance

NAMES = ("attic", "barn", "hall", "yard")
FOUR = tuple(instance(name) for name in NAMES)
HELD = generation(FOUR, 5, epoch=3)
OTHER_CONTENT = tuple(instance(name, image="retinaface:2") for name in NAMES)


def verdict(incoming: AgentConfig, current: AgentConfig | None = HELD) -> tuple[Verdict, str]:
    decision = accept(current, incoming, fleet_id=FLEET, node_id=NODE, now=NOW)
    return decision.verdict, decision.message


@pytest.mark.parametrize(
    ("incoming", "expected"),
    [
        pytest.param(generation(OTHER_CONTENT, 6, epoch=3), Verdict.ACCEPTED, id="newer"),
        pytest.param(generation(OTHER_CONTENT, 900, epoch=3), Verdict.ACCEPTED, id="generations skipped"),
        pytest.param(generation(OTHER_CONTENT, 1, epoch=4), Verdict.ACCEPTED, id="higher epoch, lower generation"),
        pytest.param(generation(FOUR, 6, epoch=3), Verdict.ACCEPTED, id="newer with the same content"),
        pytest.param(HELD, Verdict.UNCHANGED, id="the same"),
        pytest.param(generation(OTHER_CONTENT, 5, epoch=3), Verdict.CONFLICT, id="same number, other content"),
        pytest.param(generation(OTHER_CONTENT, 4, epoch=3), Verdict.STALE, id="older"),
        pytest.param(generation(OTHER_CONTENT, 900, epoch=2), Verdict.STALE, id="a controller that was deposed"),
        pytest.param(generation(OTHER_CONTENT, 6, epoch=3, node=OTHER_NODE), Verdict.REFUSED, id="of another node"),
        pytest.param(generation(OTHER_CONTENT, 6, epoch=3, fleet="other"), Verdict.REFUSED, id="of another fleet"),
    ],
)
def test_what_becomes_of_a_record(incoming: AgentConfig, expected: Verdict) -> None:
    assert verdict(incoming)[0] is expected


def test_the_first_record_is_accepted_whatever_its_number() -> None:
    assert verdict(generation(FOUR, 17, epoch=9), current=None)[0] is Verdict.ACCEPTED


@pytest.mark.parametrize(
    ("expires_after", "expected"), [(-1, Verdict.REFUSED), (0, Verdict.ACCEPTED), (1, Verdict.ACCEPTED)]
)
def test_a_record_expires(expires_after: float, expected: Verdict) -> None:
    expires_at = NOW + timedelta(seconds=expires_after)

    assert verdict(generation(FOUR, 6, epoch=3, expires_at=expires_at))[0] is expected


def test_an_expired_copy_of_what_is_held_stays_refused_without_harm() -> None:
    held = generation(FOUR, 5, epoch=3, expires_at=NOW - timedelta(days=1))

    assert verdict(held, current=held)[0] is Verdict.REFUSED


def test_messages_say_both_numbers_and_digests() -> None:
    assert verdict(generation(FOUR, 4, epoch=3))[1] == (
        "generation 4 of epoch 3 is older than generation 5 of epoch 3, which this node holds"
    )
    conflicting = generation(OTHER_CONTENT, 5, epoch=3)
    assert verdict(conflicting)[1] == (
        f"generation 5 of epoch 3 came with digest {conflicting.digest}, and this node holds it with {HELD.digest}: "
        "are two controllers at work?"
    )


@pytest.mark.parametrize(
    ("kept", "more", "expected"),
    [
        pytest.param(("attic", "barn", "hall"), {}, (), id="one may always go"),
        pytest.param(("attic", "barn"), {}, ("hall", "yard"), id="half of them unexplained"),
        pytest.param((), {}, NAMES, id="all of them unexplained"),
        pytest.param(("attic", "barn"), {"removed": ["hall", "yard"]}, (), id="both are named"),
        pytest.param(("attic", "barn"), {"removed": ["hall"]}, (), id="one of two is named"),
        pytest.param(("attic",), {"removed": ["hall"]}, ("barn", "yard"), id="one of three is named"),
        pytest.param(("attic", "barn"), {"removed": ["other", "names"]}, ("hall", "yard"), id="others are named"),
        pytest.param((), {"approved": True}, (), id="a drain is approved"),
        pytest.param((), {"removed": NAMES}, (), id="a drain names all"),
    ],
)
def test_removals_are_named_or_approved_or_few(
    kept: tuple[str, ...], more: dict[str, Any], expected: tuple[str, ...]
) -> None:
    incoming = generation((one for one in FOUR if one.instance_name in kept), 6, epoch=3, **more)

    assert unexplained_removals(HELD, incoming) == expected
    assert verdict(incoming)[0] is (Verdict.REFUSED if expected else Verdict.ACCEPTED)


def test_a_quarter_of_many_may_go() -> None:
    eight = [instance(f"i{number}") for number in range(8)]
    held = generation(eight, 5, epoch=3)

    assert verdict(generation(eight[2:], 6, epoch=3), held)[0] is Verdict.ACCEPTED
    assert verdict(generation(eight[3:], 6, epoch=3), held)[0] is Verdict.REFUSED


CAMERAS = ("c1", "c2", "c3", "c4")
WATCHING = generation((instance("hall", cameras=["c1", "c2"]), instance("yard", cameras=["c3", "c4"])), 5, epoch=3)


@pytest.mark.parametrize(
    ("watched", "more", "expected"),
    [
        pytest.param({"hall": ["c1", "c2"], "yard": ["c3"]}, {}, (), id="one may always go"),
        pytest.param({"hall": ["c1"], "yard": ["c3"]}, {}, ("c2", "c4"), id="half of them unexplained"),
        pytest.param({"hall": [], "yard": []}, {}, CAMERAS, id="all of them, and every instance is there"),
        pytest.param({"hall": ["c1"], "yard": ["c3"]}, {"cameras_removed": ["c2", "c4"]}, (), id="both are named"),
        pytest.param({"hall": [], "yard": ["c1", "c2"]}, {}, ("c3", "c4"), id="others go to another instance"),
        pytest.param({"hall": [], "yard": CAMERAS}, {}, (), id="all go to another instance"),
        pytest.param({"yard": ["c3", "c4"]}, {"removed": ["hall"]}, (), id="with an instance that is named"),
        pytest.param({"yard": ["c3", "c4"]}, {}, ("c1", "c2"), id="with the one instance that may always go"),
        pytest.param({"hall": [], "yard": []}, {"approved": True}, (), id="approved"),
        pytest.param({"hall": [], "yard": []}, {"cameras_removed": None}, (), id="a controller that names no cameras"),
    ],
)
def test_cameras_that_go_are_named_or_approved_or_few(
    watched: dict[str, list[str]], more: dict[str, Any], expected: tuple[str, ...]
) -> None:
    configs = [instance(name, cameras=list(cameras)) for name, cameras in watched.items()]
    incoming = generation(configs, 6, epoch=3, **{"cameras_removed": (), **more})

    assert unexplained_cameras(WATCHING, incoming) == expected
    assert verdict(incoming, WATCHING)[0] is (Verdict.REFUSED if expected else Verdict.ACCEPTED)


def test_the_refusal_of_cameras_says_which_and_what_to_do() -> None:
    blind = generation((instance("hall", cameras=["c1"]), instance("yard")), 6, epoch=3, cameras_removed=())

    assert verdict(blind, WATCHING)[1] == (
        "generation 6 of epoch 3 takes away 3 of 4 cameras without naming them (c2, c3, c4): "
        "run `fleet approve sha256:6` if that is meant"
    )


def test_the_refusal_of_removals_says_what_to_do() -> None:
    assert verdict(generation(FOUR[:1], 6, epoch=3))[1] == (
        "generation 6 of epoch 3 takes away 3 of 4 instances without naming them (barn, hall, yard): "
        "run `fleet approve sha256:6` if that is meant"
    )
