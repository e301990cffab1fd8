"""Snapshots between versions: golden files, and what those of before do not say."""

import json

import pytest

from bus.attached import check_attached, digest_of, split, with_attached
from bus.codec import decode_signed, encode_signed
from crds.answers import LARGEST_PICTURE, LARGEST_SNAPSHOT, AgentAnswer, PictureTold
from crds.asking import SNAPSHOT, SnapshotAsked
from crds.messages import AgentCommand
from tests.wire.golden import AGENT_KEY, CONTROLLER_KEY, V1, golden, payload_of, sealed, with_unknown_fields
from tests.wire.write_snapshots import PART

SNAPSHOT_PART = (V1 / "AgentAnswer.snapshot.bin").read_bytes()
AGENT = [AGENT_KEY.public_key_hex]


def test_what_the_golden_files_say_is_understood() -> None:
    command = decode_signed(AgentCommand, golden("AgentCommand.snapshot"), [CONTROLLER_KEY.public_key_hex])
    assert command.lease is not None
    assert command.lease.what == SNAPSHOT
    assert command.lease.snapshot == SnapshotAsked(
        instance="yard", camera="dock", width=640, overlay=True, at="7f3c-1", max_age_ms=60_000
    )
    message, part = split(SNAPSHOT_PART)
    told = decode_signed(AgentAnswer, message, AGENT).picture
    assert told is not None
    assert (part, told.total_bytes, told.alert) == (PART, 60_000, "7f3c-1")
    check_attached(part, told.jpeg_sha256)
    newer = sealed("AgentAnswer", with_unknown_fields(payload_of(message)), AGENT_KEY)
    assert decode_signed(AgentAnswer, newer, AGENT).picture == told


def test_pictures_and_leases_of_before_say_nothing_of_it() -> None:
    picture = split((V1 / "AgentAnswer.picture.bin").read_bytes())[0]
    said = json.loads(decode_signed(AgentAnswer, picture, AGENT).model_dump_json())["picture"]
    assert not {"total_bytes", "alert"} & said.keys()
    command = decode_signed(AgentCommand, golden("AgentCommand.pictures"), [CONTROLLER_KEY.public_key_hex])
    assert "snapshot" not in command.model_dump_json()


def test_the_largest_part_fits_into_a_record() -> None:
    part = b"x" * LARGEST_PICTURE
    answer = decode_signed(AgentAnswer, split(SNAPSHOT_PART)[0], AGENT)
    assert answer.picture is not None
    most = {"camera": "c" * 128, "alert": "a" * 64, "total_bytes": LARGEST_SNAPSHOT, "jpeg_sha256": digest_of(part)}
    largest = answer.model_copy(update={"picture": answer.picture.model_copy(update=most)})
    assert len(with_attached(encode_signed(largest, AGENT_KEY), part)) <= 60 * 1024


@pytest.mark.parametrize("alert", ["a\r\nSet-Cookie: x=1", "a\n", "Mütze"])
def test_what_names_no_alert_is_not_taken_for_one_since_it_goes_into_a_header(alert: str) -> None:
    with pytest.raises(ValueError, match="alert"):
        PictureTold(camera="dock", alert=alert)
