"""The numbering of generations, case by case."""

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from controller.model import NodeState
from controller.publish.generations import LONGEST_REMOVAL_LIST, KnownGenerations, next_epoch, next_record
from crds.messages import AgentConfig, GenerationRef
from nodeagent.ledger.acceptance import Verdict, accept
from tests.planner.short_manifests import NOW, node_id
from tests.publish.node_states import state

EPOCH = 5


def record(
    wanted: NodeState,
    published: AgentConfig | None = None,
    observed: GenerationRef | None = None,
    applied: GenerationRef | None = None,
    *,
    epoch: int = EPOCH,
    approved: bool = False,
    revision_id: str = "sha256:1",
) -> AgentConfig | None:
    return next_record(
        wanted,
        KnownGenerations(published, observed, applied),
        fleet_id="test",
        epoch=epoch,
        revision=revision_id,
        approved=approved,
        now=NOW,
    )


def made(*args: object, **kwargs: object) -> AgentConfig:
    found = record(*args, **kwargs)  # type: ignore[arg-type]
    assert found is not None
    return found


def numbers(config: AgentConfig | None) -> tuple[int, int] | None:
    return config.ref.order if config else None


YARD, HALL, BOTH, NONE = state("yard"), state("hall"), state("hall", "yard"), state()
FIRST = made(YARD)


def ref(epoch: int, generation: int, content: NodeState | None = None) -> GenerationRef:
    return GenerationRef(epoch=epoch, generation=generation, digest=content.digest if content else "sha256:unknown")


@pytest.mark.parametrize(
    ("wanted", "published", "observed", "expected"),
    [
        pytest.param(YARD, None, None, (5, 1), id="the first publication is generation 1 of this epoch"),
        pytest.param(NONE, None, None, (5, 1), id="a node that runs nothing gets that said too"),
        pytest.param(YARD, FIRST, None, None, id="unchanged, and the agent is silent"),
        pytest.param(YARD, FIRST, FIRST.ref, None, id="unchanged, and the agent holds it"),
        pytest.param(YARD, FIRST, ref(4, 9), None, id="unchanged, and the agent is behind"),
        pytest.param(HALL, FIRST, FIRST.ref, (5, 2), id="changed"),
        pytest.param(HALL, FIRST, None, (5, 2), id="changed, and the agent is silent"),
        pytest.param(HALL, FIRST, ref(5, 0), (5, 2), id="changed, and the agent is behind"),
        pytest.param(YARD, None, ref(3, 7, YARD), (3, 7), id="topics wiped, the agent holds this very content"),
        pytest.param(HALL, None, ref(3, 7, YARD), (5, 8), id="topics wiped, the agent holds something else"),
        pytest.param(
            HALL, None, ref(9, 7, YARD), None, id="topics wiped, the agent knows a later epoch: a term must begin"
        ),
        pytest.param(YARD, FIRST, ref(5, 3, YARD), (5, 3), id="the agent is ahead with the wanted content"),
        pytest.param(YARD, FIRST, ref(5, 3, HALL), (5, 4), id="the agent is ahead with other content"),
        pytest.param(YARD, FIRST, ref(6, 1, HALL), None, id="the agent is ahead by an epoch: a term must begin"),
        pytest.param(HALL, FIRST, ref(6, 1, HALL), None, id="the agent is ahead by an epoch, with what is wanted next"),
        pytest.param(HALL, FIRST, ref(6, 1, YARD), None, id="the agent is ahead by an epoch, and the content changes"),
        pytest.param(YARD, FIRST, ref(5, 1, HALL), (5, 2), id="the agent holds other content under the same number"),
        pytest.param(YARD, FIRST, GenerationRef(epoch=5, generation=1), None, id="the agent says no digest"),
        pytest.param(HALL, FIRST, ref(10**30, 1), (5, 2), id="the agent tells of an absurd epoch"),
        pytest.param(HALL, FIRST, ref(5, int("9" * 4300)), (5, 2), id="the agent tells of an absurd generation"),
    ],
)
def test_the_number_of_the_next_record(
    wanted: NodeState, published: AgentConfig | None, observed: GenerationRef | None, expected: tuple[int, int] | None
) -> None:
    assert numbers(record(wanted, published, observed)) == expected


def test_a_new_epoch_rewrites_nothing_and_stands_in_what_is_new() -> None:
    assert record(YARD, FIRST, FIRST.ref, epoch=8) is None
    assert numbers(record(HALL, FIRST, FIRST.ref, epoch=8)) == (8, 2)


def test_nothing_is_published_in_a_term_of_another_controller() -> None:
    later = made(YARD, epoch=9)
    assert record(HALL, later, epoch=EPOCH) is None
    assert numbers(record(HALL, later, epoch=10)) == (10, 2)


def test_the_record_says_what_it_is() -> None:
    wanted = made(BOTH, revision_id="sha256:abc")

    assert wanted.digest == BOTH.digest
    assert (wanted.fleet_id, wanted.revision, wanted.issued_at) == ("test", "sha256:abc", NOW)
    assert (str(wanted.node_id), wanted.hostname) == (node_id("gate"), "gate")
    assert [one.instance_name for one in wanted.node_config_list] == ["hall", "yard"]
    assert wanted.drain is False


def test_running_nothing_is_an_explicit_drain() -> None:
    drained = made(NONE, FIRST)

    assert drained.drain is True
    assert drained.node_config_list == ()
    assert drained.removals.instances == ("yard",)
    assert made(YARD, drained).drain is False
    with pytest.raises(ValueError, match="drain must be set"):
        AgentConfig.model_validate({**drained.model_dump(mode="json"), "drain": False})


def test_another_revision_with_the_same_content_is_no_new_generation() -> None:
    assert record(YARD, FIRST, revision_id="sha256:other") is None


def test_removals_are_named_until_the_agent_applied_the_generation() -> None:
    all_of_them = made(state("a", "b", "c"))
    without_a = made(state("b", "c"), all_of_them, applied=all_of_them.ref)
    without_ab = made(state("c"), without_a, applied=all_of_them.ref)
    edited = made(state("c", image="retinaface:2"), without_ab, applied=all_of_them.ref)
    late = made(state("c"), edited, applied=without_ab.ref)
    settled = made(state("c", image="retinaface:3"), edited, applied=edited.ref)

    assert (without_a.removals.instances, without_a.removals.count) == (("a",), 1)
    assert (without_ab.removals.instances, without_ab.removals.count) == (("a", "b"), 1)
    assert (edited.removals.instances, edited.removals.count) == (("a", "b"), 0)
    assert late.removals.instances == ("a", "b")
    assert (settled.removals.instances, settled.removals.count) == ((), 0)


def test_what_comes_back_is_not_told_as_removed() -> None:
    before = made(BOTH)
    without = made(YARD, before, applied=before.ref)
    assert made(BOTH, without, applied=before.ref).removals.instances == ()


def test_an_agent_that_skipped_generations_accepts_each_of_their_removals() -> None:
    """Six of seven instances go in six steps that nobody approves of; the agent sees the first and the last."""
    names = [f"a{number}" for number in range(7)]
    first = last = made(state(*names))
    for gone in range(1, 7):
        last = made(state(*names[gone:]), last, applied=first.ref)

    decision = accept(first, last, fleet_id="test", node_id=node_id("gate"), now=NOW)

    assert decision.verdict is Verdict.ACCEPTED
    unexplained = last.model_copy(update={"removals": last.removals.model_copy(update={"instances": ()})})
    refused = accept(first, unexplained, fleet_id="test", node_id=node_id("gate"), now=NOW)
    assert refused.verdict is Verdict.REFUSED


def test_the_list_of_removals_is_bounded() -> None:
    config = made(YARD)
    many = tuple(f"a{number:05}" for number in range(LONGEST_REMOVAL_LIST + 10))
    told = config.model_copy(update={"removals": config.removals.model_copy(update={"instances": many})})
    assert len(made(HALL, told).removals.instances) == LONGEST_REMOVAL_LIST


@pytest.mark.parametrize("approved", [True, False])
def test_approval_stands_in_the_record(approved: bool) -> None:
    assert made(NONE, FIRST, approved=approved).removals.approved is approved


def test_an_agent_that_refused_removals_is_told_again_when_they_are_approved() -> None:
    """After topics and disk were lost, no record explains what goes; then a person must be able to say so."""
    behind = ref(5, FIRST.generation - 1, BOTH)
    assert record(YARD, FIRST, observed=behind, approved=False) is None
    again = made(YARD, FIRST, observed=behind, approved=True)
    assert (again.generation, again.digest, again.removals.approved) == (FIRST.generation + 1, FIRST.digest, True)
    assert record(YARD, again, observed=behind, approved=True) is None, "once is enough"
    assert record(YARD, FIRST, observed=FIRST.ref, approved=True) is None, "it was accepted without"


def test_a_new_term_is_above_every_epoch_seen() -> None:
    assert next_epoch(()) == 1
    assert next_epoch((ref(1, 90), ref(7, 1), ref(3, 400))) == 8
    assert next_epoch((ref(4, 1), ref(int("9" * 4300), 1))) == 5


FAULTS = ("none", "lost", "wiped", "restarted", "unacknowledged", "unheard")
STEPS = st.lists(st.tuples(st.sampled_from((YARD, HALL, BOTH, NONE)), st.sampled_from(FAULTS)), max_size=12)


@settings(deadline=None)
@given(steps=STEPS)
@example(steps=[(YARD, "unheard"), (HALL, "unacknowledged"), (BOTH, "none")]).via("two contents under one number")
def test_an_agent_comes_to_run_what_is_wanted_whatever_was_lost(steps: list[tuple[NodeState, str]]) -> None:
    """Numbers never go back at an agent (S1), a wiped topic is written anew (L4), and no agent is stuck (L1)."""
    epoch, published, current, reported = 1, None, None, None
    accepted: list[tuple[int, int]] = []
    for wanted, fault in [*steps, *[(YARD, "none")] * 3]:
        if fault == "wiped":
            published = None
        if fault == "restarted":
            epoch = next_epoch(tuple(one for one in (published and published.ref, reported) if one))
        if reported is not None and reported.order[0] > epoch:
            epoch = next_epoch((reported,))
        found = record(wanted, published, reported, epoch=epoch)
        # Without an acknowledgement the controller does not know of the record, and the agent may have it.
        arrives = found if fault == "unacknowledged" else found or published
        published = published if fault == "unacknowledged" else found or published
        if arrives is not None and fault != "lost":
            approved = arrives.model_copy(update={"removals": arrives.removals.model_copy(update={"approved": True})})
            decision = accept(current, approved, fleet_id="test", node_id=node_id("gate"), now=NOW)
            if decision.verdict is Verdict.ACCEPTED:
                current = approved
                accepted.append(approved.ref.order)
        if current is not None and fault not in ("unheard", "unacknowledged"):
            reported = current.ref

    assert current is not None
    assert current.digest == YARD.digest
    assert all(one < other for one, other in pairwise(accepted))
    assert record(YARD, published, current.ref, epoch=epoch) is None
