"""What people are told of records, genuine ones and others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.attached import with_attached
from bus.base import Topic
from bus.codec import encode_signed
from bus.decoded import Trusted, Verdict, after, decoded
from crds.answers import AgentAnswer, PictureTold
from tests.bus.records_of_a_fleet import (
    AGENT,
    CONFIG,
    CONTROLLER,
    HEARTBEAT_KEY,
    KEY,
    NODE,
    NOW,
    REFRESH,
    REPORT,
    STRANGER,
    config,
    greeting,
    heartbeat,
)

KNOWN = Trusted((CONTROLLER.public_key_hex,), {KEY: AGENT.public_key_hex})
NOBODY = Trusted()


def verdict(topic: Topic, value: bytes | None, trusted: Trusted = KNOWN, key: str = KEY) -> str:
    return decoded(topic, key, value, trusted).verdict


def test_genuine_records_are_good_and_nothing_is_where_no_key_is_known() -> None:
    for topic, value in ((Topic.AGENT_CONFIG, CONFIG), (Topic.AGENT_RESPONSE, REPORT)):
        found = decoded(topic, KEY, value, KNOWN)
        assert (found.kind, found.verdict) == (topic, Verdict.GOOD)
        assert found.message is not None
        without = decoded(topic, KEY, value, NOBODY)
        assert (without.message, without.verdict) == (found.message, Verdict.NOT_CHECKED)
    assert verdict(Topic.REFRESH, REFRESH) == Verdict.UNSIGNED
    assert verdict(Topic.AGENT_CONFIG, None) == Verdict.TOMBSTONE


def test_what_somebody_else_signed_is_shown_and_said_to_be_wrong() -> None:
    forged = encode_signed(config(generation=8), STRANGER)
    found = decoded(Topic.AGENT_CONFIG, KEY, forged, KNOWN)
    assert (found.verdict, found.message) == (Verdict.WRONG, config(generation=8))
    assert found.why == "signed by none of the trusted keys; the controller has another one"
    # A right record of one node says nothing under the key of another.
    other = "a76e87bd-0f12-401c-90fb-c2df1e24e0ca"
    assert verdict(Topic.AGENT_CONFIG, CONFIG, key=other) == Verdict.WRONG
    assert verdict(Topic.AGENT_RESPONSE, REPORT, Trusted((), {KEY: STRANGER.public_key_hex})) == Verdict.WRONG


def test_a_greeting_is_good_when_it_is_of_the_agent_that_is_known() -> None:
    assert verdict(Topic.AGENT_INFO, greeting()) == Verdict.GOOD
    assert verdict(Topic.AGENT_INFO, greeting(STRANGER)) == Verdict.WRONG
    found = decoded(Topic.AGENT_INFO, KEY, greeting(STRANGER), NOBODY)
    assert (found.verdict, "cannot be told" in found.why) == (Verdict.GOOD, True)


def test_agents_are_known_from_genuine_generations_alone_and_heartbeats_from_genuine_reports() -> None:
    trusted = Trusted((CONTROLLER.public_key_hex,))
    forged = encode_signed(config(agent_key=STRANGER.public_key_hex), STRANGER)
    assert after(trusted, KEY, forged, decoded(Topic.AGENT_CONFIG, KEY, forged, trusted)) == trusted
    trusted = after(trusted, KEY, CONFIG, decoded(Topic.AGENT_CONFIG, KEY, CONFIG, trusted))
    assert trusted.agents == {KEY: AGENT.public_key_hex}

    def beat(value: bytes) -> str:
        return verdict(Topic.AGENT_RESPONSE, value, trusted, HEARTBEAT_KEY)

    assert beat(heartbeat(1)) == Verdict.NOT_CHECKED
    trusted = after(trusted, KEY, REPORT, decoded(Topic.AGENT_RESPONSE, KEY, REPORT, trusted))
    assert [beat(heartbeat(place)) for place in range(3)] == [Verdict.GOOD] * 3
    assert beat(heartbeat(1, link="0" * 64)) == Verdict.WRONG
    assert beat(heartbeat(1, report=b"another")) == Verdict.NOT_CHECKED
    assert beat(b"{}") == Verdict.UNREADABLE


def test_what_lies_behind_an_answer_has_to_be_what_it_names() -> None:
    answer = AgentAnswer(
        fleet_id="f", node_id=NODE, boot_id="b", lease=1, sequence=1, sent_at=NOW, picture=PictureTold(camera="dock")
    )
    value = encode_signed(answer, AGENT)
    assert verdict(Topic.AGENT_ANSWER, value) == Verdict.GOOD
    found = decoded(Topic.AGENT_ANSWER, KEY, with_attached(value, b"jpeg"), KNOWN)
    assert (found.verdict, found.attached_bytes) == (Verdict.WRONG, 4)


@pytest.mark.parametrize("topic", list(Topic))
@given(
    value=st.one_of(st.none(), st.binary(max_size=200), st.sampled_from([CONFIG, REPORT, REFRESH, greeting()])),
    key=st.text(),
)
def test_whatever_lies_on_a_topic_something_is_said_of_it(topic: Topic, value: bytes | None, key: str) -> None:
    found = decoded(topic, key, value, KNOWN)
    assert after(KNOWN, key, value, found).controllers == KNOWN.controllers
    if found.verdict in (Verdict.UNREADABLE, Verdict.TOMBSTONE):
        assert found.message is None
        assert found.why
