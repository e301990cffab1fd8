"""Files that were not written to their end, and files with two sides of a merge in them, are told as what they are."""

from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.source.read.reader import Reading, Rejected
from tests.source.conftest import CAMERA, INSTANCE, NODE

Read = Callable[[Mapping[str, str | bytes]], Reading]

REST = {"instances.yaml": INSTANCE, "nodes.yaml": NODE}


def problems(read_files: Read, cameras: str | bytes) -> list[str]:
    reading = read_files({**REST, "cameras.yaml": cameras})
    assert isinstance(reading, Rejected), reading
    return [str(problem) for problem in reading.problems]


def conflict(*marks: str) -> str:
    """The camera with marks between its lines, from the third one on."""
    lines = CAMERA.splitlines()
    for number, mark in enumerate(marks):
        lines.insert(2 + 2 * number, mark)
    return "\n".join(lines) + "\n"


KEEP = "keep one side, and remove the marks"


@pytest.mark.parametrize(
    ("marks", "said"),
    [
        (
            ("<<<<<<< HEAD", "=======", ">>>>>>> theirs"),
            f"'<<<<<<< HEAD' is a mark of a merge conflict; others stand in line 5, 7: {KEEP}",
        ),
        (
            ("<<<<<<< HEAD", "||||||| 1a2b3c", "=======", ">>>>>>> theirs"),
            f"'<<<<<<< HEAD' is a mark of a merge conflict; others stand in line 5, 7, 9: {KEEP}",
        ),
        (
            ("<<<<<<< HEAD\r", "=======\r"),
            f"'<<<<<<< HEAD' is a mark of a merge conflict; others stand in line 5: {KEEP}",
        ),
        (("=======",), f"'=======' is a mark of a merge conflict: {KEEP}"),
        ((">>>>>>> 1a2b3c (the dock)",), f"'>>>>>>> 1a2b3c (the dock)' is a mark of a merge conflict: {KEEP}"),
        (("<<<<<<<",), f"'<<<<<<<' is a mark of a merge conflict: {KEEP}"),
    ],
)
def test_marks_of_a_merge_conflict_are_named_as_such_and_alone(
    read_files: Read, marks: tuple[str, ...], said: str
) -> None:
    assert problems(read_files, conflict(*marks)) == [f"cameras.yaml:3:1: {said}"]


@pytest.mark.parametrize("line", ["# =======", "  # <<<<<<< HEAD", "#======="])
def test_what_stands_in_comments_is_no_mark(read_files: Read, line: str) -> None:
    assert not isinstance(read_files({**REST, "cameras.yaml": conflict(line)}), Rejected)


@pytest.mark.parametrize("content", ["", "\n", " \n\t\n", "\ufeff\n"])
def test_a_file_without_anything_is_no_deletion(read_files: Read, content: str) -> None:
    assert problems(read_files, content)[0].startswith("cameras.yaml:1:1: the file is empty: delete it if")


def test_nul_bytes_at_the_end_are_what_a_power_cut_leaves(read_files: Read) -> None:
    assert problems(read_files, CAMERA.encode()[:60] + bytes(40))[0] == (
        "cameras.yaml:4:12: the text goes on with NUL bytes: it was not written to its end, restore the file"
    )


@given(end=st.integers(1, len(CAMERA) - 2))
def test_a_file_that_ends_in_the_middle_of_a_line_and_is_wrong_is_told_as_such(read_files: Read, end: int) -> None:
    reading = read_files({**REST, "cameras.yaml": CAMERA[:end]})
    if not isinstance(reading, Rejected) or not any(one.position.file == "cameras.yaml" for one in reading.problems):
        return
    cut = [one for one in reading.problems if one.message.startswith("the file ends here, in the middle of a line")]
    assert len(cut) == (not CAMERA[:end].endswith("\n"))
