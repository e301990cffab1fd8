"""What people are told to write is tried first."""

from typing import Any

import pytest
from pydantic import BaseModel, Field

from controller.source.read.manifests import read_manifests
from controller.source.read.trials import REMOVED, Trials


class Fence(BaseModel):
    posts: tuple[int, ...]
    colours: dict[str, int] = Field(default_factory=dict)


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("posts", 1), 5, True),
        (("posts", 1), "x", False),
        (("posts",), (1,), True),
        (("colours", "red"), 3, True),
        (("colours", "red"), "dark", False),
        (("colours", "blue"), 3, False),
        (("colours", "red"), REMOVED, True),
        (("posts",), REMOVED, False),
    ],
)
def test_a_value_is_taken_when_nothing_at_its_place_is_wrong_any_more(
    path: tuple[Any, ...], value: Any, expected: bool
) -> None:
    # What is wrong elsewhere does not matter.
    trials = Trials(Fence.model_validate, {"posts": [1, "y", 3], "colours": {"red": "z"}})
    assert trials.at(path)(value) is expected


def test_so_many_are_tried_of_one_document_and_no_more() -> None:
    seen: list[Any] = []
    trials = Trials(seen.append, {"a": 1})
    assert [trials.at(("a",))(number) for number in range(60)] == [True] * 50 + [False] * 10
    assert len(seen) == 50


def test_a_document_with_thousands_of_faults_is_told_of_all_of_them() -> None:
    entries = "\n".join(f"    key-{number}: on" for number in range(3000))
    text = f"apiVersion: dsfleet.io/v1\nkind: Camera\nmetadata:\n  name: dock\n  labels:\n{entries}\nspec: {{address: rtsp://h/1}}\n"
    (read,) = read_manifests(text)
    assert len(read.faults) == 3000
