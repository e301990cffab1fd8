"""A compact model is the same object, says the same, and takes less memory."""

import copy
import pickle
import sys
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crds.camera import Camera
from crds.camera_status import CameraStatus
from crds.compact import compact, with_shared_names


def camera() -> Camera:
    return Camera.model_validate(
        {
            "apiVersion": "dsfleet.io/v1",
            "kind": "Camera",
            "metadata": {"name": "dock", "labels": {"site": "north"}},
            "spec": {"address": "rtsp://10.0.0.1/dock", "limits": {"minimumFps": 3}},
        }
    )


@pytest.mark.parametrize(
    "look",
    [
        repr,
        lambda one: one.document(),
        lambda one: one.model_dump_json(),
        lambda one: one.spec.limits,
        lambda one: one.model_fields_set,
        lambda one: one.spec.model_copy(update={"visual": False}),
        copy.deepcopy,
        lambda one: pickle.loads(pickle.dumps(one)),
    ],
)
def test_nobody_can_tell(look: Callable[[Camera], object]) -> None:
    small, plain = camera(), camera()
    for _ in range(2):
        compact(small)
        assert small == plain
        assert look(small) == look(plain)


def test_a_copy_changes_nothing_of_the_other() -> None:
    one, other = camera(), camera()
    compact(one)
    compact(other)
    changed = one.spec.model_copy(update={"visual": False})
    assert "visual" in changed.model_fields_set
    assert "visual" not in other.spec.model_fields_set
    assert other.spec.visual


def test_it_takes_less_memory_whatever_was_made_before() -> None:
    plain = [
        CameraStatus(name=f"c{number}", ready=True, reason="FramesFlow", since=datetime.now(UTC))
        for number in range(100)
    ]
    before = sum(sys.getsizeof(one.__dict__) for one in plain)
    for one in plain:
        compact(one)
    assert sum(sys.getsizeof(one.__dict__) for one in plain) < 0.7 * before
    assert plain[0].model_fields_set is plain[1].model_fields_set


def test_equal_texts_are_one() -> None:
    one, other = (Camera.model_validate_json(camera().model_dump_json(by_alias=True), by_alias=True) for _ in range(2))
    compact(one)
    compact(other)
    assert one.spec.address is other.spec.address


_NAMES = st.text(max_size=3)


@given(st.dictionaries(_NAMES, st.integers(), max_size=35), st.dictionaries(_NAMES, st.integers(), max_size=35))
def test_what_is_written_into_one_stands_in_no_other(values: dict[str, int], more: dict[str, int]) -> None:
    given_values = list(values.items())
    one, other = with_shared_names(dict(values)), with_shared_names(dict(values))
    one |= more
    for name in list(values)[::2]:
        one.pop(name)
    assert list(other.items()) == given_values
    assert list(with_shared_names(values).items()) == given_values
