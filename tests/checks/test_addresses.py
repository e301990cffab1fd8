"""What stands in the address of a camera, and nobody fills in."""

import pytest

from tests.checks.sound_instances import STATIC, WARNING, camera, check


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("rtsp://${CAM_IP}:554/live", True),
        ("rtsp://<camera-ip>/live", True),
        ("rtsp://{FRIGATE_CAM_HOST}/live", True),
        ("rtsp://10.0.0.7/$STREAM", True),
        ("rtsp://10.0.0.7/live?password=${secret:dock:password}", False),
        ("rtsp://[fe80::1]/live", False),
        ("rtsp://10.0.0.7/live?channel=1&subtype=0", False),
    ],
)
def test_a_placeholder_of_another_program_is_told(address: str, *, told: bool) -> None:
    found = check(STATIC, camera("dock", address=address))
    assert [(one.severity, one.camera, one.path) for one in found] == (
        [(WARNING, "dock", ("spec", "address"))] if told else []
    )
