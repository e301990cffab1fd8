"""Whatever is wanted, the files hold it afterwards, or the refusal says where, what, and what to do; nothing else is raised."""

import math
from collections.abc import Mapping
from typing import Any

import pytest

from controller.edits.files import edit_files
from controller.edits.object_edit import CannotEdit, ObjectEdit
from controller.model import ObjectRef

CAMERA = b"apiVersion: dsfleet.io/v1\nkind: Camera\nmetadata: {name: c}\nspec:\n  address: rtsp://h/1\n"
REF = ObjectRef("Camera", "c")
PLACES = {REF: b"d/c.yaml"}


def wanted(**spec: Any) -> dict[str, Any]:
    return {"apiVersion": "dsfleet.io/v1", "kind": "Camera", "metadata": {"name": "c"}, "spec": spec}


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def refusal(content: bytes, edit: ObjectEdit, places: Mapping[ObjectRef, bytes] = PLACES) -> str:
    with pytest.raises(CannotEdit) as refused:
        edit_files({b"d/c.yaml": content}, places, [edit])
    assert refused.value.position.line >= 1
    return str(refused.value)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"a": {1: 2}}, "spec.a: a key must be text, not int"),
        ({"a": {None: 2}}, "spec.a: a key must be text, not NoneType"),
        ({"a": math.nan}, "spec.a: not-a-number and infinity are not allowed: give a number"),
        ({"a": -math.inf}, "spec.a: not-a-number and infinity are not allowed: give a number"),
        ({"a": "x\0"}, "spec.a: the text holds a character that is none (NUL or half of a surrogate pair)"),
        ({"a\ud800": 1}, "spec: the text holds a character that is none (NUL or half of a surrogate pair)"),
        ({"a": 10**5000}, "spec.a: the number is too large: write it in quotes if it is text"),
        ({"a": b"x"}, "spec.a: a JSON value is expected, not bytes"),
        ({"a": {1, 2}}, "spec.a: a JSON value is expected, not set"),
        ({"a": nested(100_000)}, "spec.a[0]: nested deeper than 64 levels"),
        ({"a": [1] * 20_001}, "spec.a[19994]: the object has more than 20,000 values: split it"),
        ({"k" * 1100: 1}, "this document is written in a way that cannot be edited here: change it in the file"),
    ],
    ids=range(12),
)
def test_what_no_file_can_hold(spec: dict[str, Any], message: str) -> None:
    assert refusal(CAMERA, ObjectEdit(REF, wanted(**spec))).endswith(message)


def test_what_no_reader_would_take_for_its_size() -> None:
    said = refusal(CAMERA, ObjectEdit(REF, wanted(address="x" * 70_000)))
    assert said == "d/c.yaml:5:1: the line has 70,011 characters; at most 65,536 are read"
    text = "".join(f"{'y' * 60_000}{number}\n" for number in range(20))
    said = refusal(CAMERA, ObjectEdit(REF, wanted(files={"a": text})))
    assert said.endswith("at most 1,048,576 are read: split it")


def test_what_is_no_object_of_the_edit() -> None:
    edit = ObjectEdit(REF, {**wanted(), "kind": "Node"})
    assert refusal(CAMERA, edit) == (
        "d/c.yaml:1:1: kind: the object is camera/c, so 'Camera' must stand here: an edit gives no object another kind or name"
    )
    assert "metadata.name: the object is camera/c" in refusal(CAMERA, ObjectEdit(REF, {**wanted(), "metadata": []}))
    pod = ObjectEdit(ObjectRef("Pod", "c"), {"kind": "Pod", "metadata": {"name": "c"}})
    assert "there is no kind 'Pod'" in refusal(CAMERA, pod)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "d/c.yaml:1:1: the file is empty: delete it if nothing belongs into it"),
        (b"\xff", "d/c.yaml:1:1: the byte 0xFF (number 0 of the file) is not UTF-8: save the file as UTF-8"),
        (b"a: [", "d/c.yaml:1:1: camera/c does not stand in this file any more: read the source again"),
        (
            CAMERA + b"  other: *gone\n",
            "d/c.yaml:6:10: spec.other: nothing can be edited before this is mended: the alias *gone has no anchor &gone before it in this document",
        ),
    ],
)
def test_files_that_cannot_be_read(content: bytes, message: str) -> None:
    assert refusal(content, ObjectEdit(REF, wanted(address="rtsp://h/2"))) == message


def test_a_mistake_in_another_document_stands_in_no_edits_way() -> None:
    content = b"a: [\n---\n" + CAMERA
    after = edit_files({b"d/c.yaml": content}, PLACES, [ObjectEdit(REF, wanted(address="rtsp://h/2"))])
    assert after == {b"d/c.yaml": content.replace(b"h/1", b"h/2")}
    assert edit_files({b"d/c.yaml": content}, PLACES, [ObjectEdit(REF, None)]) == {b"d/c.yaml": b"a: [\n"}


def test_an_object_that_is_no_valid_manifest_can_be_mended_and_made() -> None:
    broken = CAMERA + b"  exclusive: 7 # often\n"
    mended = wanted(address="rtsp://h/1", exclusive=True)
    after = edit_files({b"d/c.yaml": broken}, PLACES, [ObjectEdit(REF, mended)])
    assert after == {b"d/c.yaml": broken.replace(b"7", b"true")}
    after = edit_files({b"d/c.yaml": CAMERA}, PLACES, [ObjectEdit(REF, wanted(address="rtsp://h/1", exclusive=7))])
    assert after == {b"d/c.yaml": CAMERA + b"  exclusive: 7\n"}


@pytest.mark.parametrize(
    "file",
    ["../a.yaml", "/a.yaml", "a/../b.yaml", "a//b.yaml", ".git/a.yaml", "a/.b.yaml", "a.txt", "a.yaml/", "a\n.yaml", "\ud800.yaml",
     "d/c.yaml/x.yaml", "x" * 300 + ".yaml", "./a.yaml", "a\0.yaml"],
)  # fmt: skip
def test_files_that_no_object_may_go_into(file: str) -> None:
    ref = ObjectRef("Camera", "n")
    new = {**wanted(), "metadata": {"name": "n"}}
    assert "cannot go into the file" in refusal(CAMERA, ObjectEdit(ref, new, file))


def test_a_name_that_makes_no_file() -> None:
    ref = ObjectRef("Camera", "../../etc/passwd")
    new = {**wanted(), "metadata": {"name": ref.name}}
    assert refusal(CAMERA, ObjectEdit(ref, new)).startswith(".:1:1: metadata.name: the name makes no name of a file")


def test_objects_that_are_not_there() -> None:
    other = ObjectRef("Camera", "other")
    assert "there is no camera/other that could be deleted" in refusal(CAMERA, ObjectEdit(other, None))
    assert "does not stand in this file any more" in refusal(CAMERA, ObjectEdit(other, None), {other: b"d/c.yaml"})
    assert "stands in a file that is not there" in refusal(CAMERA, ObjectEdit(other, None), {other: b"gone.yaml"})
    with pytest.raises(CannotEdit, match="is to be edited twice at once"):
        edit_files({b"d/c.yaml": CAMERA}, PLACES, [ObjectEdit(REF, None), ObjectEdit(REF, None)])
