"""Alerts in reports between versions: a golden file, and what those of before do not say."""

from bus.codec import decode_signed
from crds.messages import AgentResponse
from tests.wire.golden import AGENT_KEY, golden, payload_of, sealed, with_unknown_fields
from tests.wire.write_alerts import ALERTS

AGENT = [AGENT_KEY.public_key_hex]


def test_what_the_golden_file_says_is_understood_also_from_a_newer_version() -> None:
    found = golden("AgentResponse.alerts")
    newer = sealed("AgentResponse", with_unknown_fields(payload_of(found)), AGENT_KEY)
    for record in (found, newer):
        (status,) = decode_signed(AgentResponse, record, AGENT).status
        assert status.cameras[0].alerts == ALERTS


def test_reports_of_before_say_nothing_of_them_and_go_on_doing_so() -> None:
    before = decode_signed(AgentResponse, golden("AgentResponse"), AGENT)
    assert all(camera.alerts == () for one in before.status for camera in one.cameras)
    assert b"alerts" not in before.wire_json()
