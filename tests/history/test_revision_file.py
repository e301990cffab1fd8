"""The last revisions of a directory on disk: each as it was, however the next ones came, as many as fit."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.history.revision_file import CameIntoForce, RevisionFile, TooLarge
from controller.source.files import SourceFile, digest_of
from controller.source.revisions import PastRevision, RevisionsAway

Held = dict[bytes, bytes]
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def sources(held: Held) -> dict[bytes, SourceFile]:
    return {path: SourceFile(path, content) for path, content in held.items()}


def store(file: RevisionFile, before: Held, after: Held, number: int = 0) -> str:
    revision_id = digest_of(sources(after).values())
    changes = {
        path: sources(after).get(path) for path in before.keys() | after.keys() if before.get(path) != after.get(path)
    }
    file.store(CameIntoForce(revision_id, "ann", NOW + timedelta(minutes=number), f"edit {number}"), changes)
    return revision_id


def fill(file: RevisionFile, history: list[Held]) -> list[str]:
    return [
        store(file, before, after, number)
        for number, (before, after) in enumerate(zip([{}, *history], history, strict=False))
    ]


HISTORY: list[Held] = [
    {b"a.yaml": b"one", b"b.yaml": b"two"},
    {b"a.yaml": b"1", b"b.yaml": b"two", b"c/d.yaml": b"new"},
    {b"a.yaml": b"1"},
    {b"a.yaml": b"one", b"b.yaml": b"two"},
]


def one(file: RevisionFile, revision_id: str) -> PastRevision:
    found = file.found(revision_id)
    assert found is not None
    return found


def test_each_is_told_and_held_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "revisions.sqlite3"
    ids = fill(RevisionFile(path), HISTORY)
    assert path.stat().st_mode & 0o777 == 0o600
    file = RevisionFile(path)
    told = file.listed("", 10)
    assert [(past.revision_id, past.subject, past.author) for past in told] == [
        (ids[number], f"edit {number}", "ann") for number in (3, 2, 1, 0)
    ]
    assert told[3].at == NOW
    assert [file.files(past) for past in reversed(told)] == HISTORY
    assert file.changes(told[0]) == {b"a.yaml": (b"1", b"one"), b"b.yaml": (None, b"two")}
    assert file.changes(told[1]) == {b"b.yaml": (b"two", None), b"c/d.yaml": (b"new", None)}
    assert file.changes(told[2]) == {b"a.yaml": (b"one", b"1"), b"c/d.yaml": (None, b"new")}
    assert file.changes(told[3]) == {}, "nobody knows what was before the first one"
    newest, digests = file.load()
    assert (newest, digests.keys()) == (ids[3], HISTORY[3].keys())


def test_places_and_names(tmp_path: Path) -> None:
    file = RevisionFile()
    ids = fill(file, HISTORY)
    assert ids[0] == ids[3]
    assert one(file, ids[0]).subject == "edit 3", "of the same manifests the newest"
    for name in (ids[1], ids[1].removeprefix("sha256:"), ids[1][:14], ids[1][7:14]):
        assert one(file, name).subject == "edit 1"
    for name in ("sha256:", ids[1][:13], ids[1][8:20], "%" * 10, "_" * 64, ""):
        assert file.found(name) is None, name
    newest = file.listed("", 1)[0]
    assert [past.subject for past in file.listed(newest.cursor, 2)] == ["edit 2", "edit 1"]
    assert [past.subject for past in file.listed(ids[1], 9)] == ["edit 0"]
    assert file.listed("nobody", 9) == file.listed("1", 9) == file.listed("9" * 30, 9) == ()


def test_the_oldest_are_forgotten(tmp_path: Path) -> None:
    file = RevisionFile(tmp_path / "revisions.sqlite3", most_revisions=2)
    fill(file, HISTORY)
    told = file.listed("", 10)
    assert [past.subject for past in told] == ["edit 3", "edit 2"]
    assert [file.files(past) for past in told] == HISTORY[:1:-1]
    assert file.changes(told[1]) == {b"b.yaml": (b"two", None), b"c/d.yaml": (b"new", None)}
    with pytest.raises(RevisionsAway, match="not kept any more"):
        file.files(PastRevision("sha256:1", "", NOW, "", "1"))


def test_no_more_is_kept_than_fits(tmp_path: Path) -> None:
    path = tmp_path / "revisions.sqlite3"
    file = RevisionFile(path, most_bytes=3500)
    history: list[Held] = [{b"a.yaml": os.urandom(1000), b"b.yaml": b"same"} for _ in range(6)]
    fill(file, history)
    told = file.listed("", 10)
    assert 1 < len(told) < 4
    assert [file.files(past) for past in told] == history[: -len(told) - 1 : -1]
    with pytest.raises(TooLarge):
        store(file, history[-1], {b"a.yaml": os.urandom(4000)})
    assert file.listed("", 10) == ()
    assert file.load() == ("", {})
    store(file, {}, history[0])
    assert file.files(file.listed("", 1)[0]) == history[0]
    size = path.stat().st_size
    previous = history[0]
    for number in range(30):
        following = {b"a.yaml": os.urandom(1000), b"b.yaml": b"same"}
        store(file, previous, following, number)
        previous = following
    assert path.stat().st_size < size + 20_000


def test_a_damaged_file_begins_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "revisions.sqlite3"
    path.write_bytes(b"no database at all, " * 100)
    file = RevisionFile(path)
    with pytest.raises(RevisionsAway):
        file.listed("", 1)
    assert file.load() == ("", {})
    assert "is damaged" in caplog.text
    fill(file, HISTORY)
    assert len(file.listed("", 10)) == 4


CONTENTS = st.dictionaries(st.sampled_from([b"a.yaml", b"b.yaml", b"c.yaml"]), st.sampled_from([b"1", b"2", b"3"]))


@given(st.lists(CONTENTS, min_size=1, max_size=8), st.integers(1, 8))
@settings(max_examples=30)
def test_whatever_was_edited_each_is_held_as_it_was(history: list[Held], most: int) -> None:
    file = RevisionFile(most_revisions=most)
    fill(file, history)
    told = file.listed("", 10)
    assert [file.files(past) for past in told] == history[::-1][:most]
    for number, past in enumerate(told[:-1]):
        before, after = history[-2 - number], history[-1 - number]
        paths = before.keys() | after.keys()
        wanted = {path: (before.get(path), after.get(path)) for path in paths if before.get(path) != after.get(path)}
        assert file.changes(past) == wanted
