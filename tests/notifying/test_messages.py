"""Messages as they are posted, their signatures, and what answers mean."""

import json
from datetime import UTC, datetime

import pytest

from controller.notifying.answers_of_endpoints import Verdict, seconds_to_wait, verdict_on
from controller.notifying.backlog import Batch
from controller.notifying.messages import message_of
from controller.notifying.signing import BadSecret, secrets_in, signed
from tests.notifying.happenings import happening

NOW = "2026-01-01T00:01:00Z"


def test_one_event_is_a_cloud_event_in_structured_form() -> None:
    message = message_of(Batch((happening(1),)), "cloudevents", "hq", "ops", NOW)
    assert message.content_type == "application/cloudevents+json; charset=UTF-8"
    assert json.loads(message.body) == {
        "specversion": "1.0",
        "id": "dock.abc.1",
        "source": "/fleets/hq",
        "type": "io.dsfleet.camera.CameraNotReady",
        "subject": "camera/dock",
        "time": "2026-01-01T00:00:01Z",
        "severity": "warning",
        "datacontenttype": "application/json",
        "data": {
            "kind": "Camera",
            "name": "dock",
            "type": "Warning",
            "reason": "CameraNotReady",
            "message": "No frames, 1",
            "count": 1,
            "firstTimestamp": "2026-01-01T00:00:01Z",
            "lastTimestamp": "2026-01-01T00:00:01Z",
        },
    }


def test_several_events_are_a_batch_and_what_was_lost_is_said_first() -> None:
    message = message_of(Batch((happening(1), happening(2, "gate")), lost=7), "cloudevents", "hq", "ops", NOW)
    assert message.content_type == "application/cloudevents-batch+json; charset=UTF-8"
    lost, *told = json.loads(message.body)
    assert (lost["type"], lost["data"]["count"], lost["subject"]) == ("io.dsfleet.webhook.EventsLost", 7, "webhook/ops")
    assert [one["subject"] for one in told] == ["camera/dock", "camera/gate"]
    assert len({one["id"] for one in (lost, *told)}) == 3


def test_the_same_content_has_the_same_id_and_other_content_another_one() -> None:
    ids = [
        message_of(Batch(some), "cloudevents", "hq", "ops", now).message_id
        for some, now in (((happening(1),), NOW), ((happening(1),), "later"), ((happening(2),), NOW))
    ]
    assert ids[0] == ids[1] != ids[2]


def test_apprise_gets_a_title_a_body_and_a_type() -> None:
    one = message_of(Batch((happening(1, count=3),)), "apprise", "hq", "ops", NOW)
    assert one.content_type == "application/json"
    assert json.loads(one.body) == {
        "title": "Fleet hq: camera/dock: CameraNotReady",
        "body": "2026-01-01T00:00:01Z camera/dock: CameraNotReady: No frames, 1 (3 times since 2026-01-01T00:00:01Z)",
        "type": "warning",
    }
    many = json.loads(message_of(Batch(tuple(map(happening, range(30))), 2), "apprise", "hq", "ops", NOW).body)
    assert many["title"] == "Fleet hq: 30 events"
    assert many["body"].splitlines()[-2:] == [
        "… and 10 more",
        "2 events had no room while this endpoint did not take them: look at fleet status",
    ]


def test_signatures_are_those_of_standard_webhooks() -> None:
    # The example of its libraries, https://github.com/standard-webhooks/standard-webhooks/tree/main/libraries
    (secret,) = secrets_in("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
    headers = signed([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    two = signed([secret, secret[::-1]], "msg_1", 1, b"")["webhook-signature"]
    assert len(two.split(" ")) == 2
    assert "webhook-signature" not in signed([], "msg_1", 1, b"")


@pytest.mark.parametrize("content", ["", "hush-hush", "whsec_hush!", "whsec_aHVzaA==", "whsec_aHVzaA\n" * 6])
def test_what_is_no_secret_is_refused_and_not_shown(content: str) -> None:
    with pytest.raises(BadSecret) as refused:
        secrets_in(content)
    assert "aHVzaA" not in str(refused.value)
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.TOLD), (204, Verdict.TOLD), (301, Verdict.LATER), (400, Verdict.REFUSED), (401, Verdict.LATER),
        (404, Verdict.LATER), (410, Verdict.GONE), (413, Verdict.REFUSED), (429, Verdict.LATER), (503, Verdict.LATER),
    ],
)  # fmt: skip
def test_what_an_answer_means(status: int, verdict: Verdict) -> None:
    assert verdict_on(status) is verdict


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0), (" 7 ", 7.0), ("99999999999999", 3600.0), ("", None), ("soon", None), ("-1", None), ("٣", None),
        ("Thu, 01 Jan 2026 00:00:30 GMT", 30.0), ("Thu, 01 Jan 2025 00:00:30 GMT", 0.0),
        ("Thu, 01 Jan 2027 00:00:30 GMT", 3600.0), ("Thu, 99 Jan 2027 00:00:30 GMT", None),
        ("Thu, 01 Jan 2026 00:00:30 +99999999999999999999", None),
    ],
)  # fmt: skip
def test_how_long_an_endpoint_wants_to_be_left_alone(header: str, seconds: float | None) -> None:
    assert seconds_to_wait(header, datetime(2026, 1, 1, tzinfo=UTC)) == seconds
