"""Payloads, against the sample of the seed and the formats of DeepStream and the seed app."""

import json
import math
from dataclasses import replace

import pytest

from pipeline.damage.judge import Damage, DamageReason
from pipeline.messages import payloads
from pipeline.model import Alert, AlertNews, FrameCounts
from tests.pipeline.messages.results import SEEN_AT_S, frame_of, lines, person

SAMPLE = """{
  "messageid" : "b99617a2-226d-49fa-9f38-a23bf5de91cd",
  "@timestamp" : "2022-08-12T06:50:59.006Z",
  "deviceId" : "device_test",
  "analyticsModule" : {
    "stream_source_id" : 0,
    "lc_curr_straight" : 0,
    "lc_cum_straight" : 38
  }
}"""
ID = "b99617a2-226d-49fa-9f38-a23bf5de91cd"


def read_back(payload: payloads.Payload) -> object:
    return json.loads(payloads.encode(payload))


def typed(value: object) -> object:
    """The value with the type of every leaf, so that 38 and 38.0 and true differ."""
    if isinstance(value, dict):
        return [(key, typed(inner)) for key, inner in value.items()]
    return type(value), value


def test_counts_are_the_sample_of_the_seed_to_the_key_and_type() -> None:
    payload = payloads.analytics(frame_of(counts=lines({"straight": 0}, {"straight": 38})), "device_test", ID)
    assert typed(read_back(payload)) == typed(json.loads(SAMPLE))


def test_every_line_of_the_stream_is_told_crossed_or_not() -> None:
    counts = lines({"in": 2}, {"in": 5, "out": 0})
    module = payloads.analytics(frame_of(source_id=3, counts=counts), "d", ID)["analyticsModule"]
    assert module == {"stream_source_id": 3, "lc_curr_in": 2, "lc_cum_in": 5, "lc_curr_out": 0, "lc_cum_out": 0}


def test_regions_have_keys_of_their_own() -> None:
    counts = FrameCounts(regions={"yard": 4}, crowded={"yard": True, "door": False})
    module = payloads.analytics(frame_of(counts=counts), "d", ID)["analyticsModule"]
    assert typed(module) == typed({"stream_source_id": 0, "roi_yard": 4, "oc_yard": 1, "oc_door": 0})


def test_objects_are_the_minimal_payload_of_nvmsgconv() -> None:
    found = (person(957, "Vehicle", (1834, 150, 84, 65)), person(2, "a|b", (0.5, 1 / 3, 10, 1000)))
    assert read_back(payloads.objects(frame_of("gate", *found, number=42), "CAM-0")) == {
        "version": "4.0",
        "id": "42",
        "@timestamp": "2022-08-12T06:50:59.006Z",
        "sensorId": "CAM-0",
        "objects": ["957|1834|150|1918|215|Vehicle", "2|0.5|0.333333|10.5|1000.33|a/b"],
    }


OF_FRAME = {"srctime": "2022-08-12T06:50:59.006Z", "camera_id": "gate", "frame_id": 7, "session_id": "run"}


def test_tracked_objects_are_told_as_the_seed_app_does() -> None:
    found = (person(9, box=(320, 180, 64, 72)), person(10, box=(-10, 700, 2000, 40)))
    assert read_back(payloads.mot(frame_of(), found, "run")) == {
        **OF_FRAME,
        "MOT": [
            {"bbox": {"x": 0.25, "y": 0.25, "w": 0.05, "h": 0.1}, "object_id": 9, "embedding": None},
            {"bbox": {"x": 0.0, "y": 0.9722, "w": 1.0, "h": 0.0556}, "object_id": 10, "embedding": None},
        ],
    }


@pytest.mark.parametrize("image", ["/9j/", None])
def test_a_face_is_told_as_the_seed_app_does(image: str | None) -> None:
    assert read_back(payloads.face(frame_of(), person(1, "face", (640, 360, 128, 72)), "run", image)) == {
        **OF_FRAME,
        "face": {
            "bbox": {"x": 0.5, "y": 0.5, "w": 0.1, "h": 0.1},
            "score": None,
            "name": None,
            "staff_id": None,
            "feature": None,
            "image": image,
        },
    }


def test_a_picture_is_told_as_the_seed_app_does() -> None:
    payload = payloads.visual(frame_of(), "run", "/9j/", 640, 360)
    assert read_back(payload) == {**OF_FRAME, "frame_w": 640, "frame_h": 360, "frame": "/9j/"}


def test_an_alert_is_told_when_it_begins_and_when_it_ends() -> None:
    began = Alert(
        "20220812T065059Z-3f9a1c", "no-helmet", 2, 1, SEEN_AT_S, "1 nohelmet", region="yard", message="Wear a helmet"
    )
    told = payloads.alert(AlertNews(began, (person(957, "nohelmet"),)), frame_of(number=42), "CAM-0", ID)
    assert read_back(told) == {
        "messageid": ID,
        "@timestamp": "2022-08-12T06:50:59.006Z",
        "deviceId": "CAM-0",
        "alert": {
            "id": "20220812T065059Z-3f9a1c",
            "rule": "no-helmet",
            "state": "began",
            "number": 2,
            "began": "2022-08-12T06:50:59.006Z",
            "ended": None,
            "region": "yard",
            "count": 1,
            "seen": "1 nohelmet",
            "message": "Wear a helmet",
        },
        "frame": 42,
        "objects": ["957|10|20|40|60|nohelmet"],
    }

    ended = AlertNews(replace(began, ended_at_s=SEEN_AT_S + 60, region=""))
    alert = read_back(payloads.alert(ended, frame_of(), "CAM-0", ID))
    assert isinstance(alert, dict)
    assert alert["objects"] == []
    assert (alert["alert"]["state"], alert["alert"]["ended"]) == ("ended", "2022-08-12T06:51:59.006Z")
    assert alert["alert"]["region"] is None


def test_an_alert_names_so_many_objects_and_no_more() -> None:
    many = AlertNews(Alert("id", "busy", 1, 256, SEEN_AT_S), tuple(person(number) for number in range(256)))
    told = payloads.alert(many, frame_of(), "CAM-0", ID)
    assert len(told["objects"]) == 64  # type: ignore[arg-type]


def test_the_state_of_a_camera() -> None:
    damage = Damage(DamageReason.FROZEN_PICTURE, "the same for 60 s")
    payload = payloads.camera_state("d", "slow", "few", 14.963, damage, message_id=ID, seen_at_s=SEEN_AT_S)
    assert typed(read_back(payload)) == typed(
        {
            "messageid": ID,
            "@timestamp": "2022-08-12T06:50:59.006Z",
            "deviceId": "d",
            "state": "slow",
            "reason": "few",
            "fps": 15.0,
            "damage": {"reason": "FrozenPicture", "message": "the same for 60 s"},
        }
    )


@pytest.mark.parametrize("unix_s", [0.0, 1.0, 1660287059.0, 4102444799.9999])
def test_moments_have_three_digits_and_are_utc(unix_s: float) -> None:
    text = payloads.timestamp(unix_s)
    assert len(text) == len("2022-08-12T06:50:59.006Z")
    assert text.endswith("Z")


def test_no_text_breaks_a_message_or_a_key() -> None:
    odd = 'ü "\n\ud800'
    assert read_back(payloads.objects(frame_of(), odd)) == read_back(payloads.objects(frame_of(), "x")) | {
        "sensorId": odd
    }  # type: ignore[operator]
    assert payloads.key_of("tür") == "tür".encode()
    assert payloads.key_of("\ud800") != payloads.key_of("\ud801")


def test_what_is_no_number_is_no_message() -> None:
    payload = payloads.camera_state("d", "alive", "", math.nan, None, message_id=ID, seen_at_s=SEEN_AT_S)
    with pytest.raises(ValueError, match="not JSON compliant"):
        payloads.encode(payload)
