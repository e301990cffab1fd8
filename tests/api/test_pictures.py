"""Pictures through the API: what is asked, what is told, who sees them, and what is refused."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.api.server import create_app
from controller.asking.wanted import NoPicture, PictureSeen
from tests.api.asked_agents import AskedAgents
from tests.api.serving import Http
from tests.api.two_sites import FleetOfTwoSites
from tests.picture.fleets import NOW

PATH = "/fleet/v1/pictures"
JPEG = b"\xff\xd8\xff\xe0 a picture"
SEEN = PictureSeen("0123456789abcdef", 0.8124, 1234, False, ((1, -2, 3, 4, 5, "person <b>"),), 320, 180)
UNSEEN = {"none": "there is no camera of that name, or you may not see it"}


class Shown:
    """A fleet whose agents show what a test says."""

    def __init__(self) -> None:
        self.agents = AskedAgents()
        self.fleet = FleetOfTwoSites()
        app = create_app(
            self.fleet.objects, self.fleet.events, self.fleet.control, asking=self.agents, clock=lambda: NOW
        )
        self.http = Http(app)

    def post(self, body: Any) -> tuple[int, Any]:
        answer = self.http("POST", PATH, json=body)
        return answer.status_code, answer.json()


@pytest.fixture
def shown() -> Shown:
    return Shown()


def test_what_is_told_of_cameras(shown: Shown) -> None:
    shown.agents.shows = {"hq-1": SEEN, "yard-1": NoPicture("instance yard does not run")}
    code, told = shown.post({"cameras": ["hq-1", "yard-1", "nowhere", "hq-1"], "width": 320})
    assert code == 200
    now_ms = int(NOW.timestamp() * 1000)
    assert told == {
        "pictures": {
            "hq-1": {
                "url": "/fleet/v1/pictures/hq-1?width=320&v=0123456789abcdef",
                "at": now_ms - 812,
                "ageMs": 812,
                "frame": 1234,
                "frozen": False,
                "objects": [[1, -2, 3, 4, 5, "person <b>"]],
                "width": 320,
                "height": 180,
            },
            "yard-1": {"none": "instance yard does not run"},
            "nowhere": UNSEEN,
        }
    }
    shown.agents.shows = {}
    assert shown.post({"cameras": ["hq-1"]})[1] == {"pictures": {"hq-1": {"waiting": True}}}
    assert [width for _, _, width in shown.agents.looks] == [320, 320]
    assert [one.camera for one in shown.agents.looks[0][1]] == ["hq-1", "yard-1"], "of the unknown nobody is asked"


def test_a_long_answer_is_packed_for_who_takes_that(shown: Shown) -> None:
    asked = {"cameras": [f"camera-{number}" for number in range(100)]}
    answers = [
        shown.http("POST", PATH, json=asked, headers={"accept-encoding": coding}) for coding in ("gzip", "identity")
    ]
    assert [one.headers.get("content-encoding") for one in answers] == ["gzip", None]
    assert answers[0].json() == answers[1].json()
    assert int(answers[0].headers["content-length"]) < len(answers[1].content) / 5


def test_a_picture_is_fetched_by_its_address_and_kept_by_nobody_else(shown: Shown) -> None:
    shown.agents.jpegs = {("hq-1", 320, SEEN.version): JPEG, ("hq-1", 1280, ""): JPEG}
    answer = shown.http("GET", f"{PATH}/hq-1?width=320&v={SEEN.version}")
    assert (answer.status_code, answer.content) == (200, JPEG)
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "private, max-age=300, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin", "no page of another site shows it"
    newest = shown.http("GET", f"{PATH}/hq-1?width=1280")
    assert (newest.status_code, newest.headers["cache-control"]) == (200, "no-store")
    for path in (f"{PATH}/hq-1", f"{PATH}/hq-1?v=other", f"{PATH}/none?width=1280", f"{PATH}/%C3%BC%00"):
        assert shown.http("GET", path).status_code == 404
    for query in ("width=0", "width=321", "width=-1", "width=a", "width=99999999999999999999"):
        assert shown.http("GET", f"{PATH}/hq-1?{query}").status_code == 400


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({}, "must name cameras"),
        ({"cameras": "hq-1"}, "must name cameras"),
        ({"cameras": ["hq-1", 7]}, "must name cameras"),
        ({"cameras": ["x" * 254]}, "must name cameras"),
        ({"cameras": ["a"] * 101}, "101"),
        ({"cameras": ["a", "b", "c"], "width": 1280}, "2 are shown at a time"),
        ({"cameras": [], "width": 640}, "expected 320 or 1280"),
        ({"cameras": [], "width": "320"}, "must be a number"),
        ({"cameras": [], "width": True}, "must be a number"),
        ({"cameras": [], "camera": "x"}, "holds camera"),
        ([], "JSON object"),
    ],
    ids=str,
)
def test_what_is_no_question_is_refused_in_words(shown: Shown, body: Any, why: str) -> None:
    code, told = shown.post(body)
    assert code == 400
    assert why in told["message"]
    assert shown.agents.looks == []


def test_nobody_is_told_of_what_he_may_not_see() -> None:
    fleet = FleetOfTwoSites()
    asked = {"cameras": ["hq-1", "yard-1", "none"]}
    whole = {"none": "no agent can be asked here"}
    for who, sees in (("hq-viewer", {"hq-1"}), ("camera-viewer", {"hq-1", "yard-1"}), ("admin", {"hq-1", "yard-1"})):
        answer = fleet("POST", PATH, who, json=asked)
        assert answer.json()["pictures"] == {name: whole if name in sees else UNSEEN for name in asked["cameras"]}
    assert fleet.audit.lines == [], "a look is no change"
    assert fleet("POST", PATH, json=asked).status_code in (401, 403)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["cameras", "width"]), inner),
        max_leaves=8,
    )
)
def test_whatever_is_sent_is_answered_or_refused(body: Any) -> None:
    answer = SHOWN.http("POST", PATH, content=json.dumps(body), headers={"content-type": "application/json"})
    assert answer.status_code in (200, 400)


SHOWN = Shown()
