"""What records say of the cameras that they take away."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.model import NodeState
from controller.planner.planner import plan
from controller.publish.generations import KnownGenerations, next_record
from crds.messages import AgentConfig, GenerationRef
from nodeagent.ledger.acceptance import Verdict, accept
from tests.planner.short_manifests import NOW, node_id, revision

CAMERAS = tuple("abcdef")
NODE = node_id("gate")


def state(watched: dict[str, list[str]]) -> NodeState:
    instances = {f"dsinstance/{name}": {"node": "gate", "cameras": names} for name, names in watched.items()}
    return plan(revision({"node/gate": {}, **{f"camera/{one}": {} for one in CAMERAS}, **instances}), {}).nodes[NODE]


def record(
    watched: dict[str, list[str]], published: AgentConfig | None = None, applied: GenerationRef | None = None
) -> AgentConfig | None:
    known = KnownGenerations(published, published.ref if published else None, applied)
    return next_record(
        state(watched), known, fleet_id="test", epoch=1, revision="sha256:1", approved=False, now=NOW
    )  # fmt: skip


def made(
    watched: dict[str, list[str]], published: AgentConfig | None = None, applied: GenerationRef | None = None
) -> AgentConfig:
    found = record(watched, published, applied)
    assert found is not None
    return found


def test_cameras_are_named_until_the_agent_applied_the_generation() -> None:
    all_of_them = made({"hall": ["a", "b", "c"]})
    without_a = made({"hall": ["b", "c"]}, all_of_them, all_of_them.ref)
    without_ab = made({"hall": ["c"]}, without_a, all_of_them.ref)
    elsewhere = made({"hall": [], "yard": ["c"]}, without_ab, without_ab.ref)

    assert all_of_them.removals.cameras == ()
    assert without_a.removals.cameras == ("a",)
    assert without_ab.removals.cameras == ("a", "b")
    assert elsewhere.removals.cameras == ()
    assert made({"hall": ["a", "b", "c"]}, without_ab, all_of_them.ref).removals.cameras == ()


@pytest.mark.parametrize(("applied", "expected"), [(True, ("b",)), (False, None)])
def test_after_a_record_of_an_older_controller_that_its_agent_may_have_skipped_nothing_is_claimed(
    *, applied: bool, expected: tuple[str, ...] | None
) -> None:
    config = made({"hall": ["b", "c"]})
    older = config.model_copy(update={"removals": config.removals.model_copy(update={"cameras": None})})

    found = made({"hall": ["c"]}, older, older.ref if applied else None)

    assert found.removals.cameras == expected


def test_after_everything_was_lost_the_agent_asks_before_its_cameras_go() -> None:
    """A controller that lost its topics and its state begins with half of the manifests."""
    held = made({"hall": ["a", "b"], "yard": ["c", "d"]})
    known = KnownGenerations(None, held.ref, held.ref)
    half = next_record(
        state({"hall": ["a"], "yard": []}), known, fleet_id="test", epoch=1, revision="r", approved=False, now=NOW
    )

    assert half is not None
    assert accept(held, half, fleet_id="test", node_id=NODE, now=NOW).verdict is Verdict.REFUSED


WATCHED = st.fixed_dictionaries(
    {}, optional={name: st.lists(st.sampled_from(CAMERAS), unique=True) for name in ("hall", "shed", "yard")}
)


@settings(deadline=None, max_examples=50)
@given(steps=st.lists(st.tuples(WATCHED, st.booleans()), min_size=1, max_size=8))
def test_an_agent_that_skips_any_records_accepts_any_that_it_sees(
    steps: list[tuple[dict[str, list[str]], bool]],
) -> None:
    held = published = made({"hall": list(CAMERAS)})
    for watched, is_seen in steps:
        published = record(watched, published, held.ref) or published
        if is_seen and published.ref != held.ref:
            decision = accept(held, published, fleet_id="test", node_id=NODE, now=NOW)
            assert decision.verdict is Verdict.ACCEPTED, decision.message
            held = published
