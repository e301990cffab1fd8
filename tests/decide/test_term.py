"""Whose term it is: which records end it, and what a controller does that does not lead."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bus.base import Record, Topic
from bus.codec import encode_signed
from controller import decide, term
from controller.actions import Tell
from controller.inbox import Inbox
from controller.model import ApproveRefused
from controller.state import State
from crds.messages import AgentConfig, ControllerRun
from tests.decide.test_decide import GREETED, KEY, RULES, RUN, after, taken
from tests.planner.short_manifests import NOW, node_id

pytestmark = pytest.mark.usefixtures("as_from_nothing")
EARLIER = ControllerRun(name="other", started_at=RUN.started_at - timedelta(hours=1))
LATER = ControllerRun(name="other", started_at=RUN.started_at + timedelta(hours=1))
PUBLISHED = taken(GREETED)[0]
OWN = PUBLISHED.published.configs[node_id("gate")]


def record(config: AgentConfig) -> Record:
    return Record(Topic.AGENT_CONFIG, 0, 0, node_id("gate").encode(), encode_signed(config, KEY), NOW)


def seen(epoch: int, run: ControllerRun | None, generation: int = 9, state: State = PUBLISHED) -> State:
    return after(state, record(OWN.model_copy(update={"epoch": epoch, "generation": generation, "issued_by": run})))


@pytest.mark.parametrize("run", [EARLIER, LATER, None])
def test_a_record_of_a_later_epoch_ends_the_term(run: ControllerRun | None) -> None:
    assert PUBLISHED.term is not None
    assert not seen(PUBLISHED.term + 1, run).leads


@pytest.mark.parametrize(("run", "leads"), [(EARLIER, True), (LATER, False), (None, False), (RUN, True)])
def test_in_one_epoch_the_controller_that_was_started_later_goes_on(run: ControllerRun | None, leads: bool) -> None:
    assert PUBLISHED.term is not None
    assert seen(PUBLISHED.term, run).leads is leads


def test_what_comes_late_or_again_from_earlier_terms_ends_nothing() -> None:
    state = replace(PUBLISHED, term=7)
    for run in (EARLIER, LATER, None, RUN):
        for epoch in (1, 6):
            assert seen(epoch, run, state=state).leads
    assert after(PUBLISHED, record(OWN), record(OWN)).leads, "its own records, twice"


def test_what_was_read_before_the_term_ends_nothing() -> None:
    assert seen(99, LATER, state=replace(PUBLISHED, term=None)).superseded is None


def test_a_controller_that_does_not_lead_says_who_does_and_since_when_and_sends_nothing() -> None:
    inbox = Inbox(PUBLISHED, RULES)
    inbox.take(record(OWN.model_copy(update={"epoch": 9, "generation": 4, "issued_by": LATER})), NOW)
    inbox.take(record(OWN.model_copy(update={"epoch": 10, "generation": 5, "issued_by": EARLIER})), NOW)
    state, notes = inbox.done()
    (told,) = (one for one in notes if isinstance(one, Tell))
    assert (told.reason, told.type.value) == ("Superseded", "Warning")
    for part in (LATER.name, f"{LATER.started_at:%H:%M:%SZ}", "generation 4 of epoch 9", "only reads", "restart"):
        assert part in told.message
    assert state.superseded is not None
    assert state.superseded.since == NOW
    assert state.published.configs[node_id("gate")].ref.order == (10, 5), "it goes on reading"
    gone = after(state, Record(Topic.AGENT_CONFIG, 0, 0, node_id("gate").encode(), None, NOW))
    assert taken(replace(gone, answered={}), at=timedelta(hours=1))[1] == []
    with pytest.raises(ApproveRefused, match="another controller"):
        decide.approve(state, "sha256:0000000000")


def test_what_lies_behind_a_newer_record_is_written_over_again() -> None:
    """Compaction would leave the stale one alone."""
    state = seen(1, EARLIER, generation=1, state=replace(PUBLISHED, term=2))
    assert state.published.missing == 0, "it says the same"
    newest = seen(2, RUN, generation=5, state=replace(PUBLISHED, term=2))
    assert seen(1, EARLIER, generation=3, state=newest).published.missing == 1
    assert seen(2, RUN, generation=4, state=newest).published.missing == 0, "its own come late when they are read back"


def test_an_unexplained_word_of_an_agent_ends_no_term_and_is_heeded_after_a_while() -> None:
    claim = OWN.ref.model_copy(update={"epoch": 5, "generation": 3})
    state, _ = term.heed(PUBLISHED, {node_id("gate"): claim}, NOW)
    assert (state.term, state.leads) == (1, True)
    assert term.heed(state, {node_id("gate"): claim}, NOW) == (state, ())
    assert term.looked_at_again(state, NOW) == NOW + term.EXPLAINED_WITHIN
    state, notes = term.heed(state, {node_id("gate"): claim}, NOW + term.EXPLAINED_WITHIN)
    assert (state.term, len(notes)) == (6, 1)
    assert term.heed(state, {}, NOW)[0].unexplained == {}
