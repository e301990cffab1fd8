"""A manifest that no file can be written from: its neighbours go on, and so does what runs of it."""

from controller.model import ChangeKind
from controller.planner.planner import plan, previous_from
from tests.planner.short_manifests import NOW, ShortFleet, merged, revision

FLEET: ShortFleet = {
    "node/gate": {},
    "camera/dock": {},
    "dsinstance/hall": {"node": "gate"},
    "dsinstance/yard": {"node": "gate", "cameras": ["dock"]},
}
# No key file can hold a key with a line end in its name.
UNWRITABLE: ShortFleet = {"dsinstance/yard": {"inference": {"motPgie": {"property": {"extraKeys": {"a\nb": "1"}}}}}}


def test_what_runs_goes_on_and_the_reason_is_told() -> None:
    before = plan(revision(FLEET), {})

    after = plan(revision(merged(FLEET, UNWRITABLE)), previous_from(before, NOW))

    assert after.nodes == before.nodes
    assert [(str(one.subject), one.reason) for one in after.reasons] == [("dsinstance/yard", "CannotRender")]


def test_a_new_one_is_left_out() -> None:
    planned = plan(revision(merged(FLEET, UNWRITABLE)), {})

    assert [(change.kind, change.instance) for change in planned.changes] == [(ChangeKind.CREATE, "hall")]
    assert [one.reason for one in planned.reasons] == ["CannotRender"]
