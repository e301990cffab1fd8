"""Diffs: exact to the last byte, in time that follows what changed, and without secrets."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from controller.edits import unified
from controller.edits.unified import unified_diff, unified_diffs

BEFORE = b"# cameras\nkind: Camera\nname: a\nspec: 1 # old\nend\n"


def camera(name: str, width: int) -> str:
    return f"---\nkind: Camera\nmetadata: {{name: {name}}}\nspec:\n  width: {width}\n"


def test_a_line_that_changes_with_what_stands_around_it() -> None:
    assert unified_diff(b"site/a.yaml", BEFORE, BEFORE.replace(b"1 # old", b"2")) == (
        "--- a/site/a.yaml\n+++ b/site/a.yaml\n@@ -1,5 +1,5 @@\n # cameras\n kind: Camera\n name: a\n-spec: 1 # old\n+spec: 2\n end\n"
    )


def test_files_that_come_and_go_and_ends_without_a_line_feed() -> None:
    assert unified_diff(b"a.yaml", None, b"a\nb") == (
        "--- /dev/null\n+++ b/a.yaml\n@@ -0,0 +1,2 @@\n+a\n+b\n\\ No newline at end of file\n"
    )
    assert unified_diff(b"a.yaml", b"a\n", None) == "--- a/a.yaml\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"
    assert unified_diff(b"a.yaml", b"a\n", b"a\n") == ""
    assert unified_diff(b"\xff\x1b.yaml", None, b"\xfe\n").splitlines()[1:] == [
        "+++ b/\\xff\\x1b.yaml", "@@ -0,0 +1 @@", "+\\xfe",
    ]  # fmt: skip


def test_what_each_object_says_otherwise_stands_beside_it() -> None:
    """Of a thousand objects of which a line each changed, no line goes that comes again."""
    before = "".join(camera(f"c{number}", 1) for number in range(1000))
    diff = unified_diff(b"a.yaml", before.encode(), before.replace("width: 1", "width: 2").encode())
    assert (diff.count("\n-  "), diff.count("\n+  ")) == (1000, 1000)
    moved = unified_diff(
        b"a.yaml", b"".join(b"%d\n" % n for n in range(9)), b"8\n" + b"".join(b"%d\n" % n for n in range(8))
    )
    assert [line for line in moved.splitlines()[2:] if line[0] in "+-"] == ["+8", "-8"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("address: rtsp://admin:hunter22@10.0.0.1/1", "address: rtsp://***@10.0.0.1/1"),
        ("address: rtsp://${secret:dock:username}:${secret:dock:password}@10.0.0.1/1",) * 2,
        ("cmd: x ${secret:dock:password} password=hunter22", "cmd: x ${secret:dock:password} password=***"),
        ("mqttPassword: hunter22", "mqttPassword: ***"),
        ("address: rtsp://10.0.0.1/1",) * 2,
    ],
)
def test_secrets_are_masked(line: str, told: str) -> None:
    assert unified_diff(b"a.yaml", None, f"{line}\n".encode()).endswith(f"\n+{told}\n")


def test_nothing_of_a_private_key_is_shown() -> None:
    key = (
        "key: |\n  -----BEGIN RSA PRIVATE KEY-----\n  TUlJRXBBSUJB\n  Zm9v\n  -----END RSA PRIVATE KEY-----\nrest: 1\n"
    )
    diff = unified_diff(b"a.yaml", None, key.encode())
    assert "TUlJ" not in diff
    assert "Zm9v" not in diff
    assert diff.endswith("+rest: 1\n")


def test_what_is_too_long_is_cut_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unified, "MOST_CHARACTERS", 100)
    diff = unified_diff(b"a.yaml", None, b"line\n" * 1000)
    assert diff.endswith("… and more: the diff is longer than is shown\n")
    assert len(diff) < 250
    found = unified_diffs({b"b.yaml": (None, b"x\n"), b"a.yaml": (None, b"line\n" * 1000)})
    assert [(path, bool(one)) for path, one in found] == [("a.yaml", True), ("b.yaml", False)]


LINES = st.lists(st.sampled_from(["a", "b", "  c: 1", "---", "d", "", "\r", "e\r"]), max_size=30).map("\n".join)


@example("a\n" * 5 + "b", "b\n" + "a\n" * 4)
@given(LINES, LINES)
@settings(max_examples=20)
def test_a_reader_makes_of_the_old_text_just_the_new_one(before: str, after: str) -> None:
    diff = unified_diff(b"a.yaml", before.encode(), after.encode())
    assert applied(before, diff) == after


def applied(before: str, diff: str) -> str:
    """What a reader of unified diffs makes of them."""
    lines, made, at = _lines(before), list[str](), 0
    told = _lines(diff)[2:]
    for number, line in enumerate(told):
        body = line[1:]
        if number + 1 < len(told) and told[number + 1].startswith("\\"):
            body = body.removesuffix("\n")
        if line.startswith("@@"):
            start, _, count = line.split()[1][1:].partition(",")
            begin = int(start) - (count != "0")
            made += lines[at:begin]
            at = begin
        elif line[0] in " -":
            assert lines[at] == body
            at += 1
        if line[0] in " +" and not line.startswith("@@"):
            made.append(body)
    return "".join([*made, *lines[at:]])


def _lines(text: str) -> list[str]:
    parts = text.split("\n")
    return [f"{one}\n" for one in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def test_git_takes_it(tmp_path: Path) -> None:
    before = "".join(camera(f"c{number}", 1) for number in range(50)) + "end"
    after = (
        before.replace("{name: c7}", "{name: seven}").replace("end", "the end\n").replace("width: 1", "width: 3", 30)
    )
    (tmp_path / "a.yaml").write_text(before)
    diff = unified_diff(b"a.yaml", before.encode(), after.encode())
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=diff.encode(), check=True)
    assert (tmp_path / "a.yaml").read_text() == after


@pytest.mark.parametrize(
    "text",
    [
        "password: |\n  hunter2\n\n  hunter2\n",
        "- password: >- # old\n    hunter2\n",
        "password:\n  hunter2\n",
        "spec:\n  'password': &one !!str |2-\n    hunter2\n",
        'password: "\\\n  hunter2"\n',
        "token: first\n  hunter2\n",
        "url: >-\n  rtsp://admin:\n  hunter2@10.0.0.1/main\n",
        'url: "rtsp://admin:\\\n  hunter2@10.0.0.1/main"\n',
    ],
)
def test_a_secret_on_the_lines_behind_its_name_is_hidden_too(text: str) -> None:
    after = f"{text}next: one\nsecrets:\n  dock: here\ncommand: |\n  run it\n"
    diff = unified_diff(b"a.yaml", None, after.encode())
    assert "hunter2" not in diff
    assert diff.endswith("+next: one\n+secrets:\n+  dock: here\n+command: |\n+  run it\n")
    assert diff.count("\n") == after.count("\n") + 3
