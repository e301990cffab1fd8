"""Where an object stands in its files."""

from collections.abc import Callable, Mapping

import pytest

from controller.model import ObjectRef
from controller.source.read.reader import Loaded, Reading, Rejected
from controller.source.read.where import where_stands
from tests.source.conftest import CAMERA, INSTANCE, NODE

ReadFiles = Callable[[Mapping[str, str | bytes]], Reading]


@pytest.mark.parametrize(
    ("kind", "name", "place"),
    [
        ("Camera", "lobby", "a/cameras.yaml:2:1"),
        ("Camera", "gate", "a/cameras.yaml:11:1"),
        ("Node", "edge-1", "b.yml:1:1"),
        ("Node", "lobby", "None"),
        ("Secret", "lobby", "None"),
        ("Camera", "none", "None"),
    ],
)
def test_an_object_stands_where_its_document_begins(read_files: ReadFiles, kind: str, name: str, place: str) -> None:
    gate = CAMERA.replace("lobby", "gate")
    reading = read_files(
        {"a/cameras.yaml": f"# ours\n{CAMERA}---\n# its gate\n{gate}", "b.yml": f"{NODE}---\n{INSTANCE}"}
    )
    assert isinstance(reading, Loaded)
    assert str(where_stands(reading.files, ObjectRef(kind, name))) == place


def test_what_is_wrong_stands_nowhere_and_the_others_do(read_files: ReadFiles) -> None:
    reading = read_files({"a.yaml": f"{CAMERA}---\n{NODE}---\n{INSTANCE}  typo: 1\n", "b.yaml": "a: [\n"})
    assert isinstance(reading, Rejected)
    places = [where_stands(reading.files, ObjectRef(*one)) for one in (("Camera", "lobby"), ("DsInstance", "faces"))]
    assert [str(one) for one in places] == ["a.yaml:1:1", "None"]
