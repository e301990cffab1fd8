import base64
import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from bus.base import Topic
from bus.codec import Undecodable, decode_plain, decode_self_signed, decode_signed, encode_plain, encode_signed
from bus.signature import SigningKey, key_id
from bus.topics import SETTINGS
from crds.messages import AgentCommand, AgentInfo, CommandKind, Refresh, UpdateConfig

KEY = SigningKey.generate()
STRANGER = SigningKey.generate()
NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
COMMAND = AgentCommand(
    fleet_id="f",
    node_id=uuid.UUID(int=0, version=4),
    command=CommandKind.REFUSED,
    reason="größer",
    epoch=3,
    sent_at=NOW,
)
INFO = AgentInfo(
    fleet_id="f",
    node_id=uuid.UUID(int=0, version=4),
    hostname="h",
    ip_address="192.0.2.1",
    agent_version="1",
    driver="fake",
    public_key=KEY.public_key_hex,
    sent_at=NOW,
)


def signed_by(
    key: SigningKey, payload: bytes, payload_type: str = "application/vnd.dsfleet.AgentCommand+json"
) -> bytes:
    """An envelope made by hand, from the text of the specification alone."""
    pae = b"DSSEv1 %d %b %d %b" % (len(payload_type), payload_type.encode(), len(payload), payload)
    signature = bytes.fromhex(key.signer.sign(pae).signature)
    return json.dumps(
        {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": payload_type,
            "signatures": [{"keyid": key_id(key.public_key_hex), "sig": base64.b64encode(signature).decode()}],
        }
    ).encode()


def decode(value: bytes | None) -> AgentCommand:
    return decode_signed(AgentCommand, value, [KEY.public_key_hex])


def why_not(value: bytes | None, function: Callable[[bytes | None], Any] = decode) -> str:
    with pytest.raises(Undecodable) as refusal:
        function(value)
    reason = str(refusal.value)
    assert reason.isprintable()
    assert len(reason) < 200
    return reason


def test_a_signed_message_comes_back() -> None:
    value = encode_signed(COMMAND, KEY)
    assert decode(value) == COMMAND
    assert decode_signed(AgentCommand, value, {STRANGER.public_key_hex, KEY.public_key_hex}) == COMMAND
    envelope = json.loads(value)
    assert envelope["payloadType"] == "application/vnd.dsfleet.AgentCommand+json"
    assert json.loads(base64.b64decode(envelope["payload"]))["reason"] == "größer"
    assert [signature["keyid"] for signature in envelope["signatures"]] == [key_id(KEY.public_key_hex)]


def test_an_envelope_is_written_as_json_writes_it() -> None:
    for message in (COMMAND, INFO, INFO.model_copy(update={"hostname": '"payload":"'})):
        value = encode_signed(message, KEY)
        assert value == json.dumps(json.loads(value), separators=(",", ":")).encode()


def test_an_envelope_that_follows_the_specification_is_understood() -> None:
    assert decode(signed_by(KEY, COMMAND.model_dump_json(indent=3).encode())) == COMMAND


def test_a_greeting_is_checked_with_the_key_in_it() -> None:
    assert decode_self_signed(encode_signed(INFO, KEY)) == INFO
    assert "none of the trusted keys" in why_not(encode_signed(INFO, STRANGER), decode_self_signed)
    forged = INFO.model_copy(update={"public_key": "no key"})
    assert "64" in why_not(encode_signed(forged, KEY), decode_self_signed)


def test_plain_messages_come_back() -> None:
    assert decode_plain(Refresh, encode_plain(Refresh(desc="why"))) == Refresh(desc="why")
    assert decode_plain(UpdateConfig, b"{}") == UpdateConfig()


def test_a_message_of_another_kind_is_not_taken_for_this_one() -> None:
    assert "not AgentCommand but application/vnd.dsfleet.AgentInfo+json" in why_not(encode_signed(INFO, KEY))


def test_only_trusted_keys_and_right_signatures_count() -> None:
    value = encode_signed(COMMAND, KEY)
    assert "none of the trusted keys" in why_not(encode_signed(COMMAND, STRANGER))
    assert "none of the trusted keys" in why_not(value, lambda v: decode_signed(AgentCommand, v, []))
    envelope = json.loads(value)
    envelope["payload"] = base64.b64encode(COMMAND.model_copy(update={"epoch": 4}).model_dump_json().encode()).decode()
    assert "signature is wrong" in why_not(json.dumps(envelope).encode())
    borrowed = json.loads(encode_signed(COMMAND, STRANGER))
    borrowed["signatures"][0]["keyid"] = key_id(KEY.public_key_hex)
    assert "signature is wrong" in why_not(json.dumps(borrowed).encode())
    for signature in ("", "AAAA", base64.b64encode(bytes(63)).decode()):
        borrowed["signatures"][0]["sig"] = signature
        assert "signature is wrong" in why_not(json.dumps(borrowed).encode())


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b'"text"',
        b"[" * 40_000,
        b'{"a":' * 10_000,
        b'{"payload":' + b"[" * 40_000,
        b"9" * 40_000,
        b'{"desc":NaN}',
        b'{"desc":' + b"9" * 5_000 + b"}",
        b'{"desc":"\\ud800"}',
        b'{"payload":"e30=","payloadType":"x","signatures":5}',
        b'{"payload":"e30=","payloadType":"x","signatures":[5]}',
        b'{"payload":"e30=","payloadType":"x","signatures":[{"keyid":[],"sig":"e30="}]}',
        b'{"payload":5,"payloadType":"x","signatures":[]}',
        b'{"payload":"e30=","payloadType":["x"],"signatures":[]}',
        b" " * 2_000_000,
    ],
)
def test_anything_else_is_undecodable(value: bytes | None) -> None:
    why_not(value)
    why_not(value, decode_self_signed)


@pytest.mark.parametrize("value", [None, b"", b"\xff", b"[" * 40_000, b'{"desc":NaN}', b'{"later":NaN}', b'{"desc":9}'])
def test_anything_else_is_no_plain_message(value: bytes | None) -> None:
    why_not(value, lambda v: decode_plain(Refresh, v))


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 40_000,
        b"NaN",
        COMMAND.model_dump_json().replace('"epoch":3', '"epoch":-1').encode(),
        COMMAND.model_dump_json().replace('"epoch":3', '"epoch":NaN').encode(),
        COMMAND.model_dump_json().replace('"epoch":3', f'"epoch":{"9" * 5_000}').encode(),
        COMMAND.model_dump_json().replace('"epoch":3', '"epoch":3,"later":NaN').encode(),
    ],
)
def test_a_right_signature_does_not_make_a_wrong_message_right(payload: bytes) -> None:
    why_not(signed_by(KEY, payload))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ('"format":2', "AgentCommand is of format 2, and this version reads format 1"),
        ('"later":-Infinity', "not JSON"),
        ('"format":2,"later":Infinity', "not JSON"),
        ('"format":2,"epoch":"?"', "AgentCommand is of format 2, and this version reads format 1"),
        ('"format":1,"format":2', "AgentCommand is of format 2, and this version reads format 1"),
        ('"format":10000', "not a valid AgentCommand: format: Input should be 1"),
        ('"epoch":"?"', "not a valid AgentCommand: epoch: Input should be a valid integer"),
    ],
)
def test_why_a_message_is_refused(said: str, expected: str) -> None:
    payload = COMMAND.model_dump_json()[:-1] + f",{said}}}"
    assert why_not(signed_by(KEY, payload.encode())).startswith(expected)
    assert decode(signed_by(KEY, payload.replace(said, '"format":2,"format":1,"word":"NaN"').encode())) == COMMAND


def test_the_reason_quotes_little_and_nothing_that_a_terminal_obeys() -> None:
    class Wide(BaseModel):
        fields: dict[str, int]

    Wide.__name__ = "Refresh"
    evil = "\x1b[2J\n" + "x" * 10_000
    reason = why_not(json.dumps({"fields": {evil: "?"}}).encode(), lambda value: decode_plain(Wide, value))
    assert reason.count("x") <= 80
    why_not(signed_by(KEY, b"{}", payload_type=evil[:100]))


def test_what_is_too_large_is_refused_on_both_sides() -> None:
    large = COMMAND.model_copy(update={"reason": "x" * SETTINGS[Topic.AGENT_COMMAND].max_value_bytes})
    with pytest.raises(ValueError) as refusal:
        encode_signed(large, KEY)
    assert "too large for AgentCommand" in str(refusal.value)
    assert "too large for AgentCommand" in why_not(signed_by(KEY, large.model_dump_json().encode()))
    with pytest.raises(ValueError):
        encode_plain(Refresh(desc=large.reason))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["e30=", "e30"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
SIGNATURE = st.fixed_dictionaries({}, optional={"keyid": JSON | st.just(key_id(KEY.public_key_hex)), "sig": JSON})
ENVELOPE = st.fixed_dictionaries(
    {},
    optional={
        "payload": JSON,
        "payloadType": JSON | st.just("application/vnd.dsfleet.AgentCommand+json"),
        "signatures": JSON | st.lists(SIGNATURE, max_size=3),
    },
)


@given(
    st.binary() | ENVELOPE.map(lambda value: json.dumps(value).encode()) | JSON.map(lambda v: json.dumps(v).encode())
)
def test_any_bytes_decode_or_are_undecodable(value: bytes | None) -> None:
    for function in (decode, decode_self_signed, lambda v: decode_plain(Refresh, v)):
        try:
            function(value)
        except Undecodable as refusal:
            assert str(refusal).isprintable()  # noqa: PT017


@given(st.binary(max_size=300) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_signed_bytes_decode_or_are_undecodable(payload: bytes) -> None:
    try:
        decode(signed_by(KEY, payload))
    except Undecodable as refusal:
        assert str(refusal).isprintable()  # noqa: PT017
