"""A report that tells what is damaged of what cameras send, and one of an agent that does not know that."""

import json

from bus.codec import decode_signed
from crds.messages import AgentResponse
from tests.wire.golden import AGENT_KEY, golden, payload_of, sealed, with_unknown_fields, without_added_fields


def _read(record: bytes) -> AgentResponse:
    return decode_signed(AgentResponse, record, [AGENT_KEY.public_key_hex])


def test_what_the_golden_file_says_is_understood_and_kept() -> None:
    record = golden("AgentResponse.damage")
    found = _read(record)
    cameras = [camera for one in found.status for camera in one.cameras]
    degraded = [camera for camera in cameras if camera.degraded is not None]
    assert degraded
    assert {(one.degraded.reason, one.sound, one.width) for one in degraded if one.degraded} == {
        ("FrozenPicture", False, 1280)
    }
    assert without_added_fields(json.loads(found.model_dump_json()), payload_of(record)) == payload_of(record)
    assert _read(sealed("AgentResponse", with_unknown_fields(payload_of(record)), AGENT_KEY)) == found


def test_a_report_of_an_agent_that_looks_at_no_pictures_says_nothing_of_them() -> None:
    found = _read(golden("AgentResponse"))
    assert {(one.degraded, one.sound, one.width) for status in found.status for one in status.cameras} == {
        (None, False, 0)
    }
    cameras = [json.loads(camera.model_dump_json()) for status in found.status for camera in status.cameras]
    assert cameras == [camera for one in payload_of(golden("AgentResponse"))["status"] for camera in one["cameras"]]
