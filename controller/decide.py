"""Decides for the fleet: what is known and the time to what is known next and what is to be done.

Everything here is pure. The loop carries out what is asked for, and tells the outcomes back.
"""

import contextlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from bus.codec import Undecodable, UnknownFormat
from controller import generations_due, known_agents, revision_gate, term, topic_loss
from controller.actions import (
    Acknowledged,
    Admit,
    AskAgents,
    Log,
    Note,
    Outcome,
    Publish,
    PublishAgain,
    Send,
    Tell,
    TooLarge,
    Unacknowledged,
)
from controller.kept_keys import KeptKeys
from controller.model import ApproveRefused, ObjectRef, Revision
from controller.picture.events import EventType
from controller.planner.memo import PlanMemo
from controller.planner.planner import plan_again
from controller.publish.admission import Answer, answer_to, command, with_answer
from controller.publish.generations import newest_observed, next_epoch
from controller.publish.published import (
    Copy,
    Sent,
    acknowledged,
    config_in,
    next_in_turn,
    remembered,
    to_send_again,
)
from controller.rules import Rules
from controller.source.last_good import Recalled
from controller.source.read.reader import Loaded, Reading
from controller.state import Gate, Resent, State
from controller.status.trust import why_refused, with_keys
from crds.messages import GenerationRef

_BETWEEN_RESENT = timedelta(seconds=1)

V = TypeVar("V")
Noted = tuple[State, tuple[Note, ...]]
Taken = tuple[State, tuple[Send, ...], tuple[Note, ...]]
Step = Callable[[State, Rules, datetime], Taken]


# --- what is known before, and what comes in ------------------------------------------------------------------------


def recall(
    state: State,
    copies: Iterable[Copy],
    recalled: Recalled,
    rules: Rules,
    now: datetime,
    kept: KeptKeys = KeptKeys(),
) -> Noted:
    """Takes in what lies on the controller's own disk: copies of what was published, the last good revision, and keys."""
    state, notes = recall_copies(state, copies, rules, now)
    if kept.warning:
        notes = (Tell(EventType.WARNING, "AgentKeysLost", kept.warning), *notes)
    gate, said = revision_gate.recall(recalled, now)
    observed = replace(state.observed, fleet=with_keys(state.fleet, kept.keys, now))
    state = replace(state, observed=observed, gate=gate, kept=gate.in_force.id if gate.in_force else None)
    return state, (*notes, *said)


def recall_copies(state: State, copies: Iterable[Copy], rules: Rules, now: datetime, left: int = 0) -> Noted:
    """Takes in some of the copies of what was published.

    Args:
        state: what is known.
        copies: as they lie on disk.
        rules: whose copies they must be.
        now: the time, UTC.
        left: how many more there are, for those who wait for them.
    """
    sent: dict[str, Sent] = {}
    notes: list[Note] = []
    for copy in copies:
        try:
            config = config_in(
                copy.envelope,
                key=copy.node_id,
                fleet_id=rules.fleet_id,
                public_key=rules.public_key,
                texts=state.published.texts,
            )
            known = state.published.by_node.get(copy.node_id)
            sent[copy.node_id] = remembered(known, config, copy.envelope, now, on_topic=False)
        except Undecodable as error:
            text = f"the copy of a published record at {copy.path} cannot be used: {error}"
            is_told = isinstance(error, UnknownFormat)
            notes.append(Tell(EventType.WARNING, "UnknownFormat", text) if is_told else Log(EventType.WARNING, text))
    return replace(state, published=state.published.with_changes(sent), copies_left=left), tuple(notes)


def has_kept(state: State, revision: Revision) -> State:
    """Takes note that the copy of a revision is on disk, or that it was told why not."""
    return replace(state, kept=revision.id)


def has_read(state: State, reading: Reading) -> State:
    """Takes in the manifests as they are now."""
    return replace(state, reading=reading, is_reading_decided=False)


def approve(state: State, revision: str) -> tuple[State, tuple[Note, ...], str]:
    """Approves the removals of a revision: see `revision_gate.approve`.

    Raises:
        ApproveRefused: no such revision is parked or in force, or another controller leads.
    """
    if state.superseded is not None:
        raise ApproveRefused(f"nothing can be approved here: {state.superseded.message}")
    gate, told, said = revision_gate.approve(state.gate, revision)
    return replace(state, gate=gate, is_reading_decided=False), (told,), said


def approve_beforehand(state: State, revision_id: str) -> State:
    """Has a revision pass the guard when it is read: its removals were approved before it was written."""
    approved = state.gate.approved_ids | {revision_id}
    return replace(state, gate=replace(state.gate, approved_ids=approved), is_reading_decided=False)


# --- what is in force -----------------------------------------------------------------------------------------------


def plan_ahead(state: State) -> State:
    """With the plan that a term will begin with, as far as one can tell: what `settle` decides then takes no time.

    The first plan is of the whole fleet, so this is called in a thread. It decides nothing.

    Returns:
        The same state when there is nothing to plan, or it cannot be planned: `settle` says why.
    """
    if not state.caught_up or state.term is not None:
        return state
    revision = state.gate.in_force
    if revision is None and isinstance(state.reading, Loaded):
        revision = state.reading.revision
    if revision is None:
        return state
    with contextlib.suppress(Exception):
        memo = plan_again(state.gate.in_the_end, revision, state.published.configs, holds=state.holds)
        return replace(state, gate=replace(state.gate, in_the_end=memo))
    return state


def has_planned(state: State, in_the_end: PlanMemo) -> State:
    """With a plan of what is read next, which was judged before it was written. It decides nothing."""
    return replace(state, gate=replace(state.gate, in_the_end=in_the_end))


def settle(state: State, rules: Rules, now: datetime) -> Noted:
    """Begins the term when it can begin, and decides on the newest reading if that can be decided."""
    state, notes = known_agents.renew(state, rules, now)
    renewed = state
    if state.caught_up and state.term is None:
        state, begun = _begin_term(state, rules, now)
        if state.gate.in_force is None and isinstance(state.reading, Loaded):
            # The source may say the same as the recalled revision that did not pass, which was decided as long as it was in force.
            state = replace(state, is_reading_decided=False)
        notes = (*notes, *begun)
    if not state.is_reading_decided and state.reading is not None:
        # What cannot be decided before the topics were read to their ends stays new until then.
        published = None if state.term is None else state.published.configs
        passed = revision_gate.consider(state.gate, state.reading, published, rules.limits, now, state.holds)
        if passed is not None:
            gate, said = passed
            state, notes = replace(state, gate=gate, is_reading_decided=True), (*notes, *said)
    known: tuple[Note, ...] = ()
    if state is not renewed:  # another revision is in force, or the term begins: others may be of the fleet
        state, known = known_agents.renew(state, rules, now)
    state, above = term.heed(state, state.attention.unexplained, now)
    state, healed = topic_loss.heal(state, now)
    return state, (*notes, *known, *above, *healed)


def _begin_term(state: State, rules: Rules, now: datetime) -> Noted:
    """Once the topics were read to their ends: what was published before is known now."""
    published, nodes = state.published.configs, state.fleet.nodes
    gate, notes = revision_gate.begin(state.gate, published, rules.limits, now, state.holds)
    number = next_epoch((*(config.ref for config in published.values()), *_claims(state, gate).values()))
    if strangers := state.untrusted - published.keys():
        text = (
            f"topic 210 holds generations of {len(strangers)} nodes that another key signed: agents that pinned that "
            "key obey nobody else. Restore controller.key from its backup, or give the agents the new controller.pub"
        )
        notes = (*notes, Tell(EventType.WARNING, "ControllerKeyNotTrusted", text))
    counts = f"{len(published)} generations, {len(nodes)} nodes"
    said = Log(EventType.NORMAL, f"read the topics to their ends: {counts}; this is epoch {number}")
    # Nodes that something was published for were admitted in an earlier term, and need not be told again.
    answered = {
        node_id: (answer_to(node.info, is_known=True),)
        for node_id, node in nodes.items()
        if node.info and node_id in published
    }
    return replace(state, gate=gate, term=number, answered=answered), (*notes, said)


def _claims(state: State, gate: Gate) -> Mapping[str, GenerationRef]:
    """What the agents of the fleet say they hold. A greeting of a stranger must not push the epochs of the fleet."""
    known = gate.in_force.node_by_id if gate.in_force else {}
    claims = {
        node_id: newest_observed(node, state.published.configs.get(node_id))
        for node_id, node in state.fleet.nodes.items()
        if node_id in known or node_id in state.published.configs
    }
    return {node_id: claim for node_id, claim in claims.items() if claim}


# --- what is sent ---------------------------------------------------------------------------------------------------


def publish(state: State, rules: Rules, now: datetime) -> Taken:
    """The generations that are due, each with its number: see `generations_due`."""
    return generations_due.due(state, rules, now)


def publish_again(state: State, rules: Rules, now: datetime) -> Taken:
    """The records that the topic lost, or an agent did not get: so many a second, since a wiped topic lost them all.

    While the brokers are away nothing is: what they lost is told when they are back.
    """
    if state.gate.in_force is None or not state.leads or not state.connected:
        return state, (), ()
    # Of a clock that was set back it is not waited for that it comes to that time again.
    if state.resent is not None and timedelta(0) < state.resent.next_at - now <= _BETWEEN_RESENT:
        return state, (), ()
    state = state.looked_over()
    missing = to_send_again(
        state.attention.lost, known_agents.lacked_by_the_believed(state, now), now, rules.resend_after
    )
    due = next_in_turn(missing, state.resent.last if state.resent else "", rules.timings.resend_per_second)
    if not due:
        return state, (), ()
    again = tuple(PublishAgain(replace(sent, sent_at=now, on_topic=True), sent) for sent in due.values())
    return replace(state, resent=Resent(tuple(due)[-1], now + _BETWEEN_RESENT)), again, ()


def ask_agents(state: State, _rules: Rules, _now: datetime) -> Taken:
    """The wish that the agents greet and report, after a loss."""
    return state, topic_loss.ask(state), ()


def admit(state: State, rules: Rules, now: datetime) -> Taken:
    """The answers to greetings. Before a revision is in force nobody can say who belongs to the fleet."""
    revision = state.gate.in_force
    if revision is None or not state.leads:
        return state, (), ()
    state = state.looked_over()
    sends = tuple(
        _admit(node_id, answer, state, revision, rules, now)
        for node_id, answers in sorted(state.attention.unanswered.items())
        for answer in answers
    )
    return state, sends, ()


def _admit(node_id: str, answer: Answer, state: State, revision: Revision, rules: Rules, now: datetime) -> Admit:
    reason = why_refused(node_id, answer.public_key, state.fleet, revision)
    return Admit(command(node_id, answer, reason, rules.fleet_id, state.term or 0, now, rules.version), answer)


def after(state: State, outcomes: Iterable[Outcome], rules: Rules) -> Noted:
    """What is known once it is known what became of all that one step sent."""
    known, sent = state.published.by_node, dict[str, Sent]()
    answered: dict[str, tuple[Answer, ...]] = {}
    failed: dict[str, str] = {}
    notes: list[Note] = []
    unacknowledged = []
    for outcome in outcomes:
        match outcome:
            case Acknowledged(send=Publish(config=config, before=before), packed=packed):
                node_id, new = str(config.node_id), Sent(config, packed, config.issued_at, on_topic=True)
                sent[node_id] = acknowledged(known.get(node_id), before, new)
            case Acknowledged(send=PublishAgain(sent=again, before=before)):
                node_id = str(again.config.node_id)
                sent[node_id] = acknowledged(known.get(node_id), before, again)
            case Acknowledged(send=Admit(command=said, answer=answer)):
                node_id = str(said.node_id)
                given = answered.get(node_id) or state.answered.get(node_id, ())
                answered[node_id] = with_answer(given, answer)
            case Acknowledged(send=AskAgents()) if state.loss is not None:
                state = replace(state, loss=replace(state.loss, are_agents_asked=True))
            case TooLarge(send=Publish(config=config, node_name=name), message=message):
                failed[str(config.node_id)] = config.digest
                notes.append(Tell(EventType.WARNING, "NotPublishable", message, ObjectRef("Node", name)))
            case Unacknowledged(message=message):
                unacknowledged.append(message)
    if unacknowledged:
        text = f"{unacknowledged[0]}; it is tried again every {rules.timings.tick_seconds:g} s"
        notes.append(Tell(EventType.WARNING, "PublishFailed", text))
    state = replace(
        state,
        published=state.published.with_changes(sent),
        answered=_with(state.answered, answered),
        failed=_with(state.failed, failed),
    )
    return state, tuple(notes)


def _with(before: Mapping[str, V], changes: Mapping[str, V]) -> Mapping[str, V]:
    """The same object when nothing changes."""
    return {**before, **changes} if changes else before
