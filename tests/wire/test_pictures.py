"""Pictures between versions: golden files, what lies behind a message, and what does not belong to it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus.attached import check_attached, digest_of, split, with_attached
from bus.codec import Undecodable, decode_signed, encode_signed
from crds.answers import LARGEST_PICTURE, MOST_OBJECTS, AgentAnswer, PictureTold
from crds.asking import PICTURES
from crds.messages import AgentCommand
from tests.wire.golden import (
    AGENT_KEY,
    CONTROLLER_KEY,
    V1,
    golden,
    payload_of,
    sealed,
    with_unknown_fields,
    without_added_fields,
)
from tests.wire.write_pictures import JPEG

PICTURE = (V1 / "AgentAnswer.picture.bin").read_bytes()
AGENT = [AGENT_KEY.public_key_hex]


def test_what_the_golden_files_say_is_understood() -> None:
    command = decode_signed(AgentCommand, golden("AgentCommand.pictures"), [CONTROLLER_KEY.public_key_hex])
    assert command.lease is not None
    assert (command.lease.what, command.lease.number) == (PICTURES, 9)
    asked = command.lease.pictures
    assert asked is not None
    assert (asked.cameras, asked.width, asked.every_seconds) == (("dock", "gate"), 320, 10.0)
    message, jpeg = split(PICTURE)
    assert jpeg == JPEG
    told = decode_signed(AgentAnswer, message, AGENT).picture
    assert told is not None
    assert (told.camera, told.frame, told.age_ms, told.width, told.height) == ("dock", 1234, 40, 320, 180)
    assert told.objects == ((10, -2, 30, 40, 7, "person"),)
    check_attached(jpeg, told.jpeg_sha256)
    none = decode_signed(AgentAnswer, golden("AgentAnswer.no-picture"), AGENT).picture
    assert none is not None
    assert (none.camera, none.none, none.jpeg_sha256) == ("gate", "instance hall does not run", "")


@pytest.mark.parametrize("value", [split(PICTURE)[0], golden("AgentAnswer.no-picture")], ids=["one", "none"])
def test_every_field_is_kept_and_those_of_a_newer_version_change_nothing(value: bytes) -> None:
    payload = payload_of(value)
    found = decode_signed(AgentAnswer, value, AGENT)
    assert without_added_fields(json.loads(found.model_dump_json()), payload) == payload
    newer = sealed("AgentAnswer", with_unknown_fields(payload), AGENT_KEY)
    assert decode_signed(AgentAnswer, newer, AGENT) == found


def test_an_answer_of_before_has_nothing_behind_it_and_says_nothing_of_pictures() -> None:
    for name in ("AgentAnswer.logs", "AgentAnswer.usage"):
        assert split(golden(name)) == (golden(name), b"")
        found = decode_signed(AgentAnswer, golden(name), AGENT)
        assert found.picture is None
        assert "picture" not in found.model_dump_json()
    command = decode_signed(AgentCommand, golden("AgentCommand.logs"), [CONTROLLER_KEY.public_key_hex])
    assert "pictures" not in command.model_dump_json()


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_what_lies_behind_a_message_is_that_and_nothing_else(attached: bytes, other: bytes) -> None:
    message = golden("AgentAnswer.logs")
    assert split(with_attached(message, attached)) == (message, attached)
    check_attached(attached, digest_of(attached))
    if other != attached:
        with pytest.raises(Undecodable):
            check_attached(other, digest_of(attached))


def test_the_largest_picture_with_the_most_objects_fits_into_a_record() -> None:
    box = (-(2**31), 2**31 - 1, 12345, 12345, 123456, "人" * 2)
    jpeg = b"x" * LARGEST_PICTURE
    told = PictureTold(
        camera="c" * 63,
        frame=2**60,
        age_ms=2**50,
        clock_ms=2**60,
        width=1280,
        height=720,
        objects=(box,) * MOST_OBJECTS,
        jpeg_sha256=digest_of(jpeg),
    )
    answer = decode_signed(AgentAnswer, split(PICTURE)[0], AGENT).model_copy(update={"picture": told})
    assert len(with_attached(encode_signed(answer, AGENT_KEY), jpeg)) <= 60 * 1024
