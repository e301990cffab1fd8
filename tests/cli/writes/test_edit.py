"""`fleet edit`, with editors that are scripts."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from hypothesis import given
from hypothesis import strategies as st

from cli.merge_patch import merge_patch_between
from controller.api.patches.merge import merge_patch
from tests.writing.conftest import CAMERAS as TEXT
from tests.writing.served import INSTANCES, Served

Run = Callable[..., Result]
Edit = Callable[..., tuple[Result, list[str]]]


@pytest.fixture
def edit(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Edit:
    """Edits by scripts of sed, one for each time that the editor is opened; gives what was opened, too."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    editor, steps, seen = tmp_path / "editor.sh", tmp_path / "steps", tmp_path / "seen"
    editor.write_text(
        f'#!/bin/sh\nn=$(ls {seen} | wc -l)\ncp "$1" {seen}/$n\ntest -e {steps}/$n || exit 3\nsed -i -f {steps}/$n "$1"\n'
    )
    editor.chmod(0o755)

    def go(what: str, *scripts: str, options: tuple[str, ...] = ()) -> tuple[Result, list[str]]:
        steps.mkdir()
        seen.mkdir()
        for number, script in enumerate(scripts):
            (steps / str(number)).write_text(script)
        environment = {"EDITOR": str(editor), "VISUAL": None}
        done = run("edit", what, *options, env=environment)
        return done, [one.read_text() for one in sorted(seen.iterdir())]

    return go


def test_what_is_changed_in_the_editor_is_changed_in_the_manifest(edit: Edit, directory: Path) -> None:
    done, seen = edit("cam/lobby", "s/10.0.0.1/10.0.0.7/")
    assert done.stdout == "camera/lobby edited\n", done.stderr
    assert "interrupts 2 cameras: lobby, yard" in done.stderr
    assert (directory / "cameras.yaml").read_text() == TEXT.replace("10.0.0.1", "10.0.0.7")
    [text] = seen
    assert text.splitlines()[1:] == [
        "#", "apiVersion: dsfleet.io/v1", "kind: Camera", "metadata:", "  name: lobby", "  labels:", "    site: hanoi",
        "spec:", "  address: rtsp://10.0.0.1/1",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("", "Edit cancelled, no changes made."),
        ("d", "saved file was empty"),
        ("s/lobby$/lobby # x/", "no changes made"),
    ],
)
def test_nothing_is_changed(edit: Edit, directory: Path, script: str, said: str) -> None:
    done, _ = edit("cam/lobby", script)
    assert (done.exit_code, done.stdout) == (0, "")
    assert said in done.stderr
    assert (directory / "cameras.yaml").read_text() == TEXT


def test_what_is_refused_opens_again_with_what_is_wrong(edit: Edit, directory: Path) -> None:
    done, seen = edit("cam/lobby", "$a\\  width: -1\\n  height: 0", "s/-1/640/;s/ 0/ 480/", "")
    assert (done.exit_code, done.stdout) == (0, "camera/lobby edited\n"), done.stderr
    assert len(seen) == 2
    comments = [line for line in seen[1].splitlines() if line.startswith("#")]
    [place] = re.findall(r"camera/lobby:(\d+):3: camera/lobby is refused \(Invalid\)", seen[1])
    assert seen[1].splitlines()[int(place) - 1] in ("  width: -1", "  height: 0")
    assert any("spec.width: expected a number of at least 16, got -1" in line for line in comments)
    assert any("spec.height" in line for line in comments)
    assert "width: 640" in (directory / "cameras.yaml").read_text()


def test_what_stays_wrong_is_kept(edit: Edit, directory: Path, tmp_path: Path) -> None:
    done, seen = edit("cam/lobby", "$a\\  width: [", "")
    assert (done.exit_code, done.stdout) == (1, "")
    assert seen[1].splitlines()[1].startswith("# camera/lobby:13:1: ")
    assert "Edit cancelled, no valid changes were saved.\ncamera/lobby:13:1: " in done.stderr
    [kept] = tmp_path.glob("fleet-edit-*.yaml")
    assert str(kept) in done.stderr
    assert kept.read_text() == seen[1], "the line that is named is the line of this file"
    assert kept.read_text().endswith("  width: [\n")
    assert (directory / "cameras.yaml").read_text() == TEXT


def test_an_object_cannot_become_another_one(edit: Edit) -> None:
    done, seen = edit("cam/lobby", "s/name: lobby/name: attic/", "s/name: attic/name: lobby/")
    assert done.exit_code == 0
    assert "kind and name of an object stay" in seen[1]


def test_removals_are_approved_of_in_the_editor(edit: Edit, api: Served, directory: Path) -> None:
    approve = """\
/to say yes/{
  s/.*--approve //
  h
  s/^/# /
}
/^metadata:/{
  G
  s/\\n\\(.*\\)/\\n  annotations: {dsfleet.io\\/approve: "\\1"}/
}
"""
    done, seen = edit("ds/faces", "/^ *cameras:/,$d", approve)
    assert "to say yes: --approve sha256:" in seen[1]
    assert (done.exit_code, done.stdout) == (0, "dsinstance/faces edited\n"), done.stderr
    assert "cameras" not in api.get(f"{INSTANCES}/faces")["spec"]
    assert "approve" not in (directory / "faces.yaml").read_text()


def test_an_editor_that_fails(edit: Edit) -> None:
    done, _ = edit("cam/lobby")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "VISUAL or EDITOR names the editor" in done.stderr


def test_what_cannot_be_edited(run: Run) -> None:
    assert "not found" in run("edit", "cam/nobody").stderr
    for words in (["cam"], ["cam", "a", "b"], ["ev/x"]):
        assert run("edit", *words).exit_code == 2


_VALUES = st.recursive(
    st.integers(0, 2) | st.booleans() | st.text("ab", max_size=1) | st.floats(0, 1).map(lambda one: round(one, 1)),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
_DOCUMENTS = st.dictionaries(st.sampled_from("abc"), _VALUES, max_size=3)


@given(_DOCUMENTS, _DOCUMENTS)
def test_the_patch_makes_one_document_the_other(before: dict[str, Any], after: dict[str, Any]) -> None:
    patch = merge_patch_between(before, after)
    assert json.dumps(merge_patch(before, patch), sort_keys=True) == json.dumps(after, sort_keys=True)
    assert merge_patch_between(before, before) == {}
