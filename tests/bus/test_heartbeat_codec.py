"""Heartbeats as bytes, and the chain that they are verified with."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.codec import Undecodable, UnknownFormat, decode_heartbeat, encode_heartbeat
from bus.signature import SigningKey
from crds.heartbeat import (
    HEARTBEAT_BYTES,
    MOST_HEARTBEATS,
    Chain,
    Heartbeat,
    first_link,
    follows,
    heartbeat_key,
    node_of,
)

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def heartbeats(secret: bytes = b"a secret of 32 bytes, as all are") -> tuple[str, list[Heartbeat]]:
    """The anchor of a chain, and all its heartbeats."""
    chain, found = Chain(secret), []
    while (link := chain.next()) is not None:
        found.append(Heartbeat(fleet_id="f", report="0" * 32, number=link[0], link=link[1], sent_at=NOW))
    return chain.anchor, found


def test_one_is_read_as_it_was_written_and_shorter_than_the_limit() -> None:
    _, (*_, last) = heartbeats()
    value = encode_heartbeat(last)
    assert decode_heartbeat(value) == last
    assert len(value) < HEARTBEAT_BYTES
    assert len(encode_heartbeat(last.model_copy(update={"fleet_id": "f" * 64}))) < HEARTBEAT_BYTES


def test_one_that_would_be_too_large_is_not_written_nor_read() -> None:
    _, (first, *_) = heartbeats()
    large = first.model_copy(update={"fleet_id": "f" * HEARTBEAT_BYTES})
    with pytest.raises(ValueError):
        encode_heartbeat(large)
    with pytest.raises(Undecodable):
        decode_heartbeat(large.model_dump_json().encode())


@pytest.mark.parametrize("number", [1, 2, MOST_HEARTBEATS])
def test_each_follows_all_that_came_before_it_and_none_that_came_after(number: int) -> None:
    anchor, all_of_them = heartbeats()
    one = all_of_them[number - 1]
    known = [(0, first_link(anchor)), *((other.number, bytes.fromhex(other.link)) for other in all_of_them)]
    assert [follows(one, *newest) for newest in known] == [place < number for place in range(MOST_HEARTBEATS + 1)]


def test_nobody_else_can_say_what_comes_next() -> None:
    anchor, (first, second, third, *_) = heartbeats()
    _, (stranger, *_) = heartbeats(b"another one of as many bytes is.")
    for forged in (stranger, first.model_copy(update={"number": 2}), third.model_copy(update={"number": 2})):
        assert not follows(forged, 0, first_link(anchor))
    assert not follows(first.model_copy(update={"number": 2}), 1, bytes.fromhex(first.link))
    assert not follows(second, 0, first_link("what a newer version calls an anchor"))


@pytest.mark.parametrize(
    "change",
    [
        {"number": 0},
        {"number": MOST_HEARTBEATS + 1},
        {"link": "AB" * 32},
        {"link": "ab" * 31},
        {"report": "0" * 31},
        {"sent_at": "yesterday"},
        {"fleet_id": None},
    ],
)
def test_what_is_no_heartbeat_is_refused(change: dict[str, Any]) -> None:
    _, (first, *_) = heartbeats()
    with pytest.raises(Undecodable):
        decode_heartbeat(json.dumps({**first.model_dump(mode="json"), **change}).encode())


def test_one_of_another_format_is_told_as_that() -> None:
    with pytest.raises(UnknownFormat):
        decode_heartbeat(b'{"format":2}')


@given(st.binary(max_size=400))
def test_any_bytes_decode_or_are_undecodable(value: bytes) -> None:
    try:
        decode_heartbeat(value)
    except Undecodable as refusal:
        assert str(refusal).isprintable()  # noqa: PT017


def test_their_key_tells_whose_they_are() -> None:
    assert node_of(heartbeat_key("node")) == "node"
    assert node_of("node") is None


def test_a_key_has_a_secret_of_its_own_for_each_purpose() -> None:
    one, other = SigningKey.generate(), SigningKey.generate()
    secrets = {key.secret_for(purpose) for key in (one, other) for purpose in ("a", "b")}
    assert len(secrets) == 4
    assert one.secret_for("a") in secrets
