import pytest

from nodeagent.differ.orphans import (
    ORPHANED_AFTER_S,
    orphan_status,
    orphans_among,
    seen_since,
    told_of,
    why_not_adopted,
)
from nodeagent.model import Leftover
from tests.differ.generations import generation, instance

YARD = instance("yard", cameras=["dock"])
DESIRED = generation([YARD])
LEFT = Leftover("old-node", "yard", "0123456789abcdef", running=True, digest=YARD.digest, ports=(9000,))


def test_what_is_seen_without_an_agent_for_a_while_is_an_orphan_and_what_comes_back_begins_anew() -> None:
    since = seen_since({}, [LEFT], 100.0)
    assert orphans_among([LEFT], since, 100.0) == ()
    since = seen_since(since, [LEFT], 100.0 + ORPHANED_AFTER_S - 1)
    assert orphans_among([LEFT], since, 100.0 + ORPHANED_AFTER_S - 1) == ()
    assert orphans_among([LEFT], since, 100.0 + ORPHANED_AFTER_S) == (LEFT,)
    since = seen_since(since, [], 200.0)
    since = seen_since(since, [LEFT], 201.0)
    assert orphans_among([LEFT], since, 202.0) == ()


def left(**different: object) -> Leftover:
    return Leftover(**{**vars(LEFT), **different})  # type: ignore[arg-type]  # fields by their names


@pytest.mark.parametrize(
    ("orphan", "well", "expected"),
    [
        pytest.param(LEFT, set(), "", id="wanted here in this form"),
        pytest.param(LEFT, {"hall"}, "", id="another instance is well"),
        pytest.param(LEFT, {"yard"}, "this node runs instance yard already, and well", id="no blind second"),
        pytest.param(left(running=False), set(), "it does not run", id="it has left"),
        pytest.param(left(instance="attic"), set(), "this node is to run no instance attic", id="not wanted here"),
        pytest.param(
            left(digest="sha256:other"),
            set(),
            "it was made from another form of instance yard than this node is to run",
            id="another form",
        ),
    ],
)
def test_what_may_be_taken_over(orphan: Leftover, well: set[str], expected: str) -> None:
    assert why_not_adopted(orphan, DESIRED, well) == expected


def test_without_a_generation_nothing_is_taken_over() -> None:
    assert why_not_adopted(LEFT, None, ()) == "this node is to run no instance yard"


def test_its_cameras_are_told_where_its_form_is_known() -> None:
    assert orphan_status(LEFT, DESIRED).cameras == ("dock",)
    assert orphan_status(left(digest="sha256:other"), DESIRED).cameras == ()
    assert orphan_status(LEFT, None).cameras == ()


def test_all_of_them_are_one_sentence_that_says_what_to_do() -> None:
    stopped = left(running=False, instance="attic", runtime_id="id-2")
    statuses = [orphan_status(LEFT, DESIRED), orphan_status(stopped, DESIRED)]
    assert told_of(statuses, {"id-2": "not ended yet: the engine is away"}) == (
        "left by an earlier agent, and no agent looks after it: "
        "instance yard of node old-node still runs as 0123456789ab, holding port 9000, camera dock; "
        "instance attic of node old-node does not run and is still there as id-2 (not ended yet: the engine is away); "
        "see fleet node adopt and fleet node clean"
    )
    assert "; and 5 more; see" in told_of([statuses[0]] * 15, {})
