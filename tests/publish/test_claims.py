"""What an agent says that it holds, when no record explains it: numbers follow it only as far as an honest fleet counts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.model import NodeState
from controller.publish.generations import LARGEST_CLAIM, KnownGenerations, followed, next_epoch, next_record
from crds.messages import LARGEST_NUMBER, AgentConfig, GenerationRef
from nodeagent.ledger.acceptance import Verdict, accept
from tests.planner.short_manifests import NOW, node_id
from tests.publish.node_states import state

YARD, HALL = state("yard"), state("hall")
# The end of what JSON keeps exact, which an older version followed.
WEDGED = 2**53 - 2


def record(
    wanted: NodeState, published: AgentConfig | None, claim: GenerationRef | None, epoch: int
) -> AgentConfig | None:
    known = KnownGenerations(published, followed(claim, published))
    return next_record(wanted, known, fleet_id="test", epoch=epoch, revision="sha256:1", approved=False, now=NOW)


def term(epoch: int, published: AgentConfig | None, claim: GenerationRef | None) -> int:
    """This one, or one above all that is followed, as a controller begins it when an agent is ahead by a term."""
    seen = tuple(one for one in (published and published.ref, followed(claim, published)) if one)
    return max(epoch, next_epoch(seen)) if any(one.order[0] > epoch for one in seen) else epoch


def made(wanted: NodeState, published: AgentConfig | None, claim: GenerationRef | None, epoch: int = 1) -> AgentConfig:
    found = record(wanted, published, claim, term(epoch, published, claim))
    assert found is not None
    return found


def ref(epoch: int, generation: int) -> GenerationRef:
    return GenerationRef(epoch=epoch, generation=generation, digest="sha256:unknown")


def with_numbers(config: AgentConfig, epoch: int, generation: int) -> AgentConfig:
    return config.model_copy(update={"epoch": epoch, "generation": generation})


def verdict(held: AgentConfig | None, incoming: AgentConfig) -> Verdict:
    return accept(held, incoming, fleet_id="test", node_id=node_id("gate"), now=NOW).verdict


@pytest.mark.parametrize(
    ("claim", "is_followed"),
    [
        (ref(7, 42), True),
        (ref(1_000_000, 1_000_000), True),
        (ref(LARGEST_CLAIM, LARGEST_CLAIM), True),
        (ref(LARGEST_CLAIM + 1, 1), False),
        (ref(1, LARGEST_CLAIM + 1), False),
        (ref(WEDGED, WEDGED), False),
        (ref(0, 10**4000), False),
    ],
)
def test_a_claim_that_nothing_explains_is_followed_as_far_as_honest_fleets_count(
    claim: GenerationRef, is_followed: bool
) -> None:
    """After topics and disk were lost the agent alone knows its numbers: they are followed however far they are ahead."""
    found = made(YARD, None, claim)
    assert found.ref.order == ((claim.epoch + 1, claim.generation + 1) if is_followed else (1, 1))
    assert next_epoch((claim,)) == (claim.epoch + 1 if max(claim.epoch, claim.generation) <= LARGEST_NUMBER else 1)


def test_what_a_record_explains_is_followed_beyond() -> None:
    published = with_numbers(made(YARD, None, None), LARGEST_CLAIM + 1, 7)
    assert record(YARD, published, published.ref, 1) is None
    assert made(HALL, published, published.ref).ref.order == (LARGEST_CLAIM + 2, 8)


@pytest.mark.parametrize("topics_lost", [False, True])
def test_a_node_whose_numbers_an_older_version_drove_to_the_end_heals_by_itself(topics_lost: bool) -> None:
    wedged = with_numbers(made(YARD, None, None), WEDGED, WEDGED)
    published = None if topics_lost else wedged
    epoch = next_epoch((wedged.ref,))
    again = made(YARD, published, wedged.ref, epoch)
    assert again.ref.order == (1, 1)
    assert verdict(wedged, again) is Verdict.ACCEPTED
    assert verdict(again, wedged) is Verdict.REFUSED
    assert made(HALL, again, again.ref, epoch).ref.order == (1, 2)


def test_a_record_out_of_range_is_refused_by_whoever_holds_nothing() -> None:
    assert verdict(None, with_numbers(made(YARD, None, None), 1, LARGEST_NUMBER + 1)) is Verdict.REFUSED


numbers = st.one_of(
    st.integers(min_value=0, max_value=2**60),
    st.sampled_from([LARGEST_CLAIM - 1, LARGEST_CLAIM, LARGEST_CLAIM + 1, LARGEST_NUMBER, LARGEST_NUMBER + 1, WEDGED]),
)
claims = st.builds(ref, numbers, numbers)
steps = st.lists(st.tuples(st.sampled_from([YARD, HALL]), claims, st.booleans(), st.booleans()), max_size=15)


@settings(deadline=None)
@given(steps=steps, held=st.tuples(numbers, numbers))
def test_whatever_anybody_claims_numbers_keep_head_room_and_the_node_itself_converges(
    steps: list[tuple[NodeState, GenerationRef, bool, bool]], held: tuple[int, int]
) -> None:
    """The forger claims, the topics are lost, the controller begins anew; then the agent itself speaks."""
    epoch, published = 1, None
    for wanted, claim, is_lost, is_restarted in steps:
        published = None if is_lost else published
        if is_restarted:
            epoch = next_epoch(tuple(one for one in (published and published.ref, followed(claim, published)) if one))
        epoch = term(epoch, published, claim)
        published = record(wanted, published, claim, epoch) or published
        assert published is not None
        assert max(published.ref.order) <= LARGEST_CLAIM + len(steps) + 1
    out_of_range = max(held) > LARGEST_NUMBER
    if max(held) > LARGEST_CLAIM and not out_of_range:
        return  # its ledger holds what no record explains: that is told, with the command that heals
    ledger: AgentConfig | None = with_numbers(made(YARD, None, None), max(1, held[0]), max(1, held[1]))
    for _ in range(3):
        epoch = term(epoch, published, ledger.ref if ledger else None)
        published = record(HALL, published, ledger.ref if ledger else None, epoch) or published
        assert published is not None
        if verdict(ledger, published) is Verdict.ACCEPTED:
            ledger = published
    assert ledger is not None
    assert ledger.digest == HALL.digest
