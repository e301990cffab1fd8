"""Which release of DeepStream the rules go by, and what is said of that."""

from typing import Any

import pytest

from controller.render.instance import render_instance
from crds.difference import difference
from deepstream.versions import NEWEST, DsVersion, is_newer, nearest_known, release_in_image
from tests.checks.sound_instances import APP, NOTE, WARNING, camera, check, instance, places
from tests.planner.short_manifests import merged

NVIDIA = "nvcr.io/nvidia/deepstream"
VERSION, IMAGE = ("spec", "dsVersion"), ("spec", "image")


@pytest.mark.parametrize(
    ("image", "release"),
    [
        (f"{NVIDIA}:7.1-triton-multiarch", "7.1"),
        (f"{NVIDIA}:6.0.1-devel", "6.0"),
        (f"{NVIDIA}:9.2", "9.2"),
        (f"{NVIDIA}:10.0-samples-multiarch@sha256:" + "0" * 64, "10.0"),
        ("nvcr.io/nvidia/deepstream-l4t:6.0.1-samples", "6.0"),
        ("registry.local:5000/mirror/deepstream:8.0-gc-triton-devel", "8.0"),
        ("deepstream:9.1", "9.1"),
        (f"{NVIDIA}@sha256:" + "0" * 64, None),
        (f"{NVIDIA}:latest", None),
        (f"{NVIDIA}:7", None),
        (f"{NVIDIA}:7.1x", None),
        ("registry.example.com/deepstream-people:9.1", None),
        ("registry.example.com/face-mot:1.4.2", None),
        ("deepstream", None),
    ],
)
def test_the_tag_of_an_image_of_nvidia_names_its_release(image: str, release: str | None) -> None:
    assert release_in_image(image) == release


@pytest.mark.parametrize(
    ("release", "known"),
    [
        ("9.3", NEWEST),
        ("10.0", NEWEST),
        ("9.10", NEWEST),
        ("7.2", DsVersion.V7_1),
        ("5.1", DsVersion.V6_0),
        ("6.4", "6.4"),
    ],
)
def test_a_release_that_is_not_known_is_taken_for_the_one_before(release: str, known: str) -> None:
    assert nearest_known(release) == known
    assert is_newer(release) is (known == NEWEST)


def test_each_known_release_is_itself() -> None:
    assert all(nearest_known(one) is one and not is_newer(one) for one in DsVersion)
    for text in ("", "9", "9.", "9.01", "latest", "0.1"):
        assert not is_newer(text)
        with pytest.raises(ValueError, match="is not the number of a release"):
            nearest_known(text)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"image": f"{NVIDIA}:9.2-samples-multiarch"}, []),
        ({"image": f"{NVIDIA}:7.1-triton-multiarch"}, [(NOTE, IMAGE)]),
        ({"image": f"{NVIDIA}:7.1-triton-multiarch", "dsVersion": "7.1"}, []),
        ({"image": f"{NVIDIA}:7.1-triton-multiarch", "dsVersion": "9.1"}, [(WARNING, VERSION)]),
        ({"image": f"{NVIDIA}:10.0-samples"}, [(WARNING, IMAGE)]),
        ({"image": f"{NVIDIA}:10.0-samples", "dsVersion": "10.0"}, [(WARNING, VERSION)]),
        ({"image": "people:3.0", "dsVersion": "9.3"}, [(WARNING, VERSION)]),
        ({"image": "people:3.0", "dsVersion": "9.2.1"}, []),
        ({"image": "people:3.0", "dsVersion": "10.0.1"}, [(WARNING, VERSION)]),
        ({"image": f"{NVIDIA}:7.1.2-samples", "dsVersion": "7.1.2"}, []),
        ({"image": "people:3.0"}, []),
    ],
)
def test_what_is_said_of_the_release(given: dict[str, Any], told: list[Any]) -> None:
    assert places(check(merged(APP, given))) == told


def test_the_rules_of_the_release_in_the_tag_hold() -> None:
    spec = merged(APP, {"image": f"{NVIDIA}:7.1-triton-multiarch", "deepstreamApp": {"tracker": {"enable": True}}})
    spec["deepstreamApp"]["tracker"]["subBatches"] = "0,1"
    assert instance(spec).spec.deepstream is DsVersion.V7_1
    older = merged(spec, {"image": f"{NVIDIA}:6.0.1-devel", "deepstreamApp": {"streams": "static"}})
    assert any("DeepStream 6.0 goes on without this key" in one.message for one in check(older))


def test_a_newer_default_touches_nothing_and_so_does_saying_what_holds() -> None:
    """The default was 9.1; what was published by then names no release, or 9.1 where somebody gave it."""

    def rendered(**given: str) -> Any:
        return render_instance(instance(merged(APP, given)), (camera("dock"),), 9000)

    unsaid = rendered(image="people:1")
    assert unsaid.digest == rendered(image="people:1", dsVersion="9.1").digest
    assert unsaid.digest == rendered(image="people:1", dsVersion="9.2").digest
    assert unsaid.digest == rendered(image="people:1", dsVersion="9.3").digest
    tagged = rendered(image=f"{NVIDIA}:7.1-samples")
    assert tagged.digest == rendered(image=f"{NVIDIA}:7.1-samples", dsVersion="7.1").digest
    assert difference(unsaid, rendered(image="people:1", dsVersion="8.0")).fields
