"""What a camera went through, as the API tells it."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

import pytest

from controller.api.server import create_app
from controller.asking.wanted import Series
from controller.history.camera_changes import Condition, Rollout, ms_of
from controller.history.camera_file import CameraPast
from controller.picture.store import ObjectStore
from crds.change import ChangeClass
from tests.api.asked_agents import AskedAgents
from tests.api.serving import REVISION, FakeControl, Http, fleet_documents
from tests.picture.fleets import NOW, healthy

NOW_MS = ms_of(NOW)
PATH = "/fleet/v1/history/cameras"
COUNTED = Series(
    NOW - timedelta(seconds=190),
    60,
    (25.0, None, 24.5),
    (1, None, 3),
    {"in": (2, None, 0)},
    {"yard": (0, None, 3)},
    True,
    0,
)


class FakeHistory:
    """Remembers of hq-1 that it was blind, and cannot read what it remembers of hq-2."""

    async def of(self, camera: str, instances: Collection[str]) -> CameraPast:
        if camera == "hq-2":
            raise OSError(5, "Input/output error")
        if camera != "hq-1":
            return CameraPast()
        said = [
            (7200, "True", "FramesProcessed"),
            (100, "False", "InstanceNotRunning"),
            (96.5, "True", "FramesProcessed"),
            (9, "Unknown", "NodeLost"),
        ]
        conditions = [Condition(NOW_MS - int(1000 * ago), status, reason, "") for ago, status, reason in said]
        rollout = Rollout("door", "n1", 2, 41, ChangeClass.RESTART, NOW_MS - 101_000, NOW_MS - 97_000)
        return CameraPast({camera: conditions}, {name: [rollout] for name in instances})


def http(series: Series | None = COUNTED) -> Http:
    store = ObjectStore(1)
    store.replace(fleet_documents(healthy(REVISION)), NOW)
    agents = AskedAgents(series_of={("n1", "door", "hq-1"): series} if series else {})
    return Http(
        create_app(
            store,
            ObjectStore(1),
            FakeControl(),
            history=FakeHistory(),
            asking=agents,
            clock=lambda: NOW,
            monotonic=float,
        )
    )


def test_series_and_conditions_are_joined() -> None:
    assert http().json(f"{PATH}/hq-1") == {
        "stepSeconds": 60,
        "from": NOW_MS - 190_000,
        "fps": [25.0, None, 24.5],
        "objects": [1, None, 3],
        "counts": {"in": [2, None, 0]},
        "regions": {"yard": [0, None, 3]},
        "countsNone": None,
        "leftOut": 0,
        "none": None,
        "conditions": [
            {"at": NOW_MS - 7_200_000, "status": "True", "reason": "FramesProcessed", "message": ""},
            {"at": NOW_MS - 100_000, "status": "False", "reason": "InstanceNotRunning", "message": ""},
            {"at": NOW_MS - 96_500, "status": "True", "reason": "FramesProcessed", "message": ""},
            {"at": NOW_MS - 9_000, "status": "Unknown", "reason": "NodeLost", "message": ""},
        ],
        "blind": [
            {"from": NOW_MS - 100_000, "to": NOW_MS - 96_500, "seconds": 3.5, "cause": "generation 41 of n1 (restart)"},
            {"from": NOW_MS - 9_000, "to": None, "seconds": 9.0, "cause": "NodeLost"},
        ],
    }


def test_a_shorter_time_is_told_with_what_was_so_when_it_began() -> None:
    found = http().json(f"{PATH}/hq-1?seconds=60")
    assert (found["fps"], found["counts"], found["from"]) == ([24.5], {"in": [0]}, NOW_MS - 70_000)
    assert [one["reason"] for one in found["conditions"]] == ["FramesProcessed", "NodeLost"]
    assert [one["cause"] for one in found["blind"]] == ["NodeLost"]


@pytest.mark.parametrize(
    ("path", "none"),
    [
        ("hq-1", "the agent of node n1 is away"),
        ("hq-1?series=false", "nobody asked for series"),
        ("yard-1", "no instance watches it"),
    ],
)
def test_without_series_it_says_why_and_all_else(path: str, none: str) -> None:
    found = http(series=None).json(f"{PATH}/{path}")
    assert (found["none"], found["fps"], found["counts"]) == (none, [], {})
    assert found["conditions"]
    assert bool(found["blind"]) is path.startswith("hq-1")


def test_an_app_without_counts_and_an_agent_that_says_too_little() -> None:
    odd = Series(NOW, 60, (25.0, 25.0), (), {"in": (4,)}, {}, False, 2)
    found = http(odd).json(f"{PATH}/hq-1")
    assert "frames alone" in found["countsNone"]
    assert (found["objects"], found["counts"], found["leftOut"]) == ([None, None], {"in": [None, 4]}, 2)


@pytest.mark.parametrize(
    ("path", "code", "words"),
    [
        ("nobody", 404, "not found"),
        ("hq-2", 503, "Input/output error"),
        ("hq-1?seconds=59", 400, "expected 60 to"),
        ("hq-1?seconds=99999999999", 400, "expected 60 to"),
        ("hq-1?seconds=-1", 400, "expected a decimal number"),
        ("hq-1?seconds=an+hour", 400, "expected a decimal number"),
        ("hq-1?series=maybe", 400, "expected true or false"),
    ],
)
def test_what_cannot_be_answered_says_why(path: str, code: int, words: str) -> None:
    answer = http().get(f"{PATH}/{path}")
    body: Any = answer.json()
    assert (answer.status_code, body["kind"]) == (code, "Status")
    assert words in body["message"]
