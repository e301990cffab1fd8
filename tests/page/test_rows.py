"""What the page is told of an object, place by place."""

from datetime import timedelta
from typing import Any

import pytest

from controller.api.page.rows import ROWS, camera_row, encoded, fleet_row, instance_row, node_row
from controller.picture.brief import Brief
from tests.api.serving import REVISION, fleet_documents
from tests.page.stores import SINCE_MS, camera
from tests.page.stores import camera_row as row_of
from tests.picture import fleets
from tests.picture.fleets import NOW

NOW_MS = int(NOW.timestamp() * 1000)


def shown(kind: str, name: str) -> Any:
    fleet = fleets.lost(fleets.healthy(REVISION), 2, NOW - timedelta(minutes=1))
    return next(one for one in fleet_documents(fleet) if (one["kind"], one["metadata"]["name"]) == (kind, name))


def test_a_camera_that_is_watched() -> None:
    row = camera_row(shown("Camera", "hq-1"))
    assert row[:4] == ["hq-1", 1, "FramesProcessed", ""]
    assert isinstance(row[4], int)
    assert row[5:] == [25.0, ["door"], ["n1"], {"site": "hq"}, 0, None]


def test_a_camera_that_is_degraded_is_ready_and_says_why() -> None:
    document = camera("a")
    condition = {"type": "Degraded", "status": "True", "reason": "BlackPicture", "message": "for 10 s"}
    document["status"]["conditions"].append(condition)
    assert camera_row(document)[:4] == ["a", 1, "FramesProcessed", "BlackPicture: for 10 s"]
    condition["status"] = "False"
    assert camera_row(document)[3] == ""


def test_a_camera_that_nobody_watches() -> None:
    row = camera_row(shown("Camera", "yard-1"))
    assert row[:4] == ["yard-1", 0, "NotWatched", "No running instance names or selects this camera"]
    assert row[4:] == [NOW_MS, None, [], [], {"site": "yard"}, 0, None]


def test_an_instance() -> None:
    row = instance_row(shown("DsInstance", "door"))
    assert row[:3] == ["door", "Running", 1]
    assert row[4:13] == ["n1", 2, 2, row[7], 1, {}, 0, None, 1]
    assert row[14:] == ["reference"]


def test_nodes() -> None:
    row = node_row(shown("Node", "n1"))
    assert (row[0], row[1], row[2]) == ("n1", "Ready", 1)
    assert row[4:8] == [row[5], row[5], row[5], 2]
    assert row[9:11] == [{}, 0]
    lost = node_row(shown("Node", "n2"))
    assert (lost[1], lost[2], lost[10]) == ("Unknown", -1, 1)
    assert lost[12] == NOW_MS - 60_000


def test_what_is_not_known_stands_as_such() -> None:
    """Of an agent that asks to join there are no generations, and of an object without a status nothing but its name."""
    for kind, (_, make) in ROWS.items():
        row = make({"kind": kind, "metadata": {"name": "a"}})
        assert row[0] == "a"
        assert len(row) == len(make(shown(kind, {"Camera": "hq-1", "DsInstance": "door", "Node": "n1"}[kind])))
    assert camera_row(camera("a", ready=None)) == row_of("a", ready=-1, generation=0)


def test_what_is_held_and_stopped_says_so() -> None:
    document = shown("DsInstance", "door")
    document = {
        **document,
        "spec": {**document["spec"], "replicas": 0},
        "status": {**document["status"], "held": "held by request: lens", "upToDate": None},
    }
    assert (row := instance_row(document))[11:13] == ["held by request: lens", 0]
    assert row[8] == 0


def test_long_messages_are_cut() -> None:
    message = camera_row(camera("a", message="x" * 10_000))[3]
    assert len(message) == 500
    assert message.endswith("…")


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "\u2028\n\ndata: x", "\ud800", "</", "\x00", 'a"b\\', "ü"], ids=ascii
)
def test_whatever_a_text_holds_it_is_one_line_without_a_tag(text: str) -> None:
    line = encoded(camera_row(camera("a", message=text)))
    assert b"<" not in line
    assert b"\n" not in line
    assert line.isascii()
    assert camera_row(camera("a", message=text))[3] == text


def test_the_fleet() -> None:
    assert fleet_row(Brief("a", "b", 3, None, "another one leads", leads=False)) == {
        "revision": "a", "pending": "b", "problems": 3, "starting": None, "superseded": "another one leads",
    }  # fmt: skip


def test_times_are_milliseconds_of_utc() -> None:
    assert camera_row(camera("a"))[4] == SINCE_MS
