"""What no diff of lines shows: line ends, the byte order mark, the last line; and files beside the edited one."""

from collections.abc import Callable, Mapping

import pytest

from controller.edits.files import edit_files
from controller.edits.object_edit import ObjectEdit
from controller.model import ObjectRef
from controller.source.files import SourceFile
from controller.source.read.file_reading import read_file

Patched = Callable[..., Mapping[str, str | None]]

CAMERA = "apiVersion: dsfleet.io/v1\nkind: Camera\nmetadata:\n  name: c\nspec:\n  address: rtsp://h/1 # here"


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["", "\n", "\n\n# the end\n"])
def test_the_line_ends_of_the_file_stay(patched: Patched, mark: str, line_end: str, last: str) -> None:
    def written(text: str) -> str:
        return mark + text.replace("\n", line_end)

    files = {"cameras.yaml": written(CAMERA + last)}
    patch = {"metadata": {"labels": {"a": "b"}}, "spec": {"files": {"f": "one\ntwo"}}}
    after = patched(files, {"Camera/c": patch})
    edited = CAMERA.replace("name: c", "name: c\n  labels:\n    a: b") + "\n  files:\n    f: |-\n      one\n      two"
    assert after == {"cameras.yaml": written(edited + last)}
    after = patched(files, {"Camera/d": {"spec": {}}})
    text = (CAMERA + last).removesuffix(
        "\n"
    ) + "\n---\napiVersion: dsfleet.io/v1\nkind: Camera\nmetadata:\n  name: d\nspec: {}\n"
    assert after == {"cameras.yaml": written(text)}


def test_a_text_that_ends_the_file_gets_its_line_end(patched: Patched) -> None:
    after = patched({"cameras.yaml": CAMERA}, {"Camera/c": {"spec": {"note": "one\ntwo\n"}}})
    assert after == {"cameras.yaml": CAMERA + "\n  note: |\n    one\n    two\n"}


def test_what_says_the_same_is_no_edit(patched: Patched) -> None:
    assert patched({"cameras.yaml": CAMERA}, {"Camera/c": {}}) == {}


def test_defaults_and_other_forms_of_a_value_stay_as_they_were_written() -> None:
    text = """\
apiVersion: dsfleet.io/v1
kind: Camera
metadata: {name: c}
spec:
  address: "rtsp://h/1"
  credentialsRef: {name: s, withoutPassword: false} # the default, and said all the same
  limits: {minimumFps: 0x2, notReachableAfterSeconds: 10}
"""
    spec = {
        "address": "rtsp://h/1",
        "credentialsRef": {"name": "s"},
        "limits": {"minimumFps": 2.0, "notReachableAfterSeconds": 10.5},
    }
    ref = ObjectRef("Camera", "c")
    wanted = {"apiVersion": "dsfleet.io/v1", "kind": "Camera", "metadata": {"name": "c"}, "spec": spec}
    after = edit_files({b"c.yaml": text.encode()}, {ref: b"c.yaml"}, [ObjectEdit(ref, wanted)])
    assert after == {b"c.yaml": text.replace("10}", "10.5}").encode()}


def test_what_belongs_to_the_controller_reaches_no_file() -> None:
    ref = ObjectRef("Camera", "c")
    metadata = {
        "name": "c",
        "uid": "u",
        "resourceVersion": "7",
        "generation": 1,
        "creationTimestamp": "2026-01-01T00:00:00Z",
    }
    wanted = {
        "apiVersion": "dsfleet.io/v1",
        "kind": "Camera",
        "metadata": {**metadata, "managedFields": [{}], "labels": {"a": "b"}},
        "spec": {"address": "rtsp://h/1"},
        "status": {"ready": True},
    }
    after = edit_files({b"c.yaml": CAMERA.encode()}, {ref: b"c.yaml"}, [ObjectEdit(ref, wanted)])
    assert after == {b"c.yaml": CAMERA.replace("name: c", "name: c\n  labels:\n    a: b").encode()}
    assert wanted["status"] == {"ready": True}


def test_many_edits_of_one_file_are_one(patched: Patched) -> None:
    documents = [
        f"apiVersion: dsfleet.io/v1\nkind: Camera\nmetadata: {{name: c{number}}} # {number}\n" for number in range(30)
    ]
    after = patched(
        {"a.yaml": "---\n".join(documents), "b.yaml": "# nothing yet\n"},
        {f"Camera/c{number}": {"metadata": {"labels": {"a": "b"}}} for number in range(0, 30, 2)},
    )
    edited = [
        one.replace("} #", ", labels: {a: b}} #") if number % 2 == 0 else one for number, one in enumerate(documents)
    ]
    assert after == {"a.yaml": "---\n".join(edited)}


def test_carriage_returns_alone_end_lines_too() -> None:
    text = CAMERA.replace("\n", "\r").encode() + b"\r"
    ref, other = ObjectRef("Camera", "c"), ObjectRef("Camera", "d")
    wanted = {
        "apiVersion": "dsfleet.io/v1",
        "kind": "Camera",
        "metadata": {"name": "c"},
        "spec": {"address": "rtsp://h/2"},
    }
    new = {**wanted, "metadata": {"name": "d"}}
    files, places = {b"cameras.yaml": text}, {ref: b"cameras.yaml"}
    assert edit_files(files, places, [ObjectEdit(ref, wanted)]) == {b"cameras.yaml": text.replace(b"h/1", b"h/2")}
    assert edit_files(files, places, [ObjectEdit(ref, None)]) == {b"cameras.yaml": None}
    both = edit_files(files, places, [ObjectEdit(other, new)])[b"cameras.yaml"]
    assert both is not None
    assert both.startswith(text)
    found = read_file("", SourceFile(b"cameras.yaml", both))
    assert not found.problems
    assert [one.name for one in found.manifests] == ["c", "d"]
