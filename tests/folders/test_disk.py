import os
import stat
import threading
from pathlib import Path

import pytest

from nodeagent.folders.disk import DiskFolders
from nodeagent.model import Applied, FilesState, Permanent, Started, Transient, Waiting
from tests.engines.stands import make_config, write_secret

ADDRESS = "rtsp://${secret:cam-1:userinfo}10.0.0.1/live"


def modes(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): stat.S_IMODE(path.lstat().st_mode) for path in [folder, *folder.rglob("*")]}


def test_files_are_written_with_their_modes_whatever_the_umask(directories: DiskFolders) -> None:
    config = make_config(files={"models/deep/labels.txt": "a;b\n", "empty": ""})
    before = os.umask(0)
    try:
        directories.write(config)
    finally:
        os.umask(before)
    folder = directories.configs("lobby")
    assert (folder / "models/deep/labels.txt").read_text() == "a;b\n"
    assert modes(folder) == {
        ".": 0o700,
        "empty": 0o600,
        "models": 0o700,
        "models/deep": 0o700,
        "models/deep/labels.txt": 0o600,
        "source_list.json": 0o600,
    }
    assert directories.files_state(config) == FilesState(current=True)
    assert list((folder.parent / "incoming").iterdir()) == []


def test_the_folder_stays_the_same_and_right_files_are_not_touched(directories: DiskFolders) -> None:
    directories.write(make_config(files={"same": "x", "old": "x", "turns/file": "x", "turned": "x"}))
    folder = directories.configs("lobby")
    inode, untouched = folder.stat().st_ino, (folder / "same").stat().st_ctime_ns
    directories.write(make_config(files={"same": "x", "turns": "a file now", "turned/folder": "a folder now"}))
    assert folder.stat().st_ino == inode
    assert (folder / "same").stat().st_ctime_ns == untouched, "nobody wrote it: when it was read is another question"
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*")) == [
        "same",
        "source_list.json",
        "turned",
        "turned/folder",
        "turns",
    ]


def same_length(folder: Path) -> None:
    content = (folder / "source_list.json").read_text()
    (folder / "source_list.json").write_text("#" * len(content))


def add(folder: Path) -> None:
    (folder / "extra").mkdir()
    (folder / "extra" / "file").write_text("x")


def open_to_all(folder: Path) -> None:
    (folder / "source_list.json").chmod(0o644)


def open_folder_to_all(folder: Path) -> None:
    folder.chmod(0o755)


def link_elsewhere(folder: Path) -> None:
    content = (folder / "source_list.json").read_text()
    (folder / "source_list.json").unlink()
    (folder.parent / "elsewhere").write_text(content)
    (folder / "source_list.json").symlink_to(folder.parent / "elsewhere")


def hard_link(folder: Path) -> None:
    (folder.parent / "second-name").hardlink_to(folder / "source_list.json")


def fifo(folder: Path) -> None:
    (folder / "source_list.json").unlink()
    os.mkfifo(folder / "source_list.json")


def folder_in_its_place(folder: Path) -> None:
    (folder / "source_list.json").unlink()
    (folder / "source_list.json").mkdir()


def replaced_by_link(folder: Path) -> None:
    folder.rename(folder.parent / "moved")
    folder.symlink_to(folder.parent / "moved")


def gone(folder: Path) -> None:
    folder.rename(folder.parent / "moved")


@pytest.mark.parametrize(
    "damage",
    [
        same_length,
        add,
        open_to_all,
        open_folder_to_all,
        link_elsewhere,
        hard_link,
        fifo,
        folder_in_its_place,
        replaced_by_link,
        gone,
    ],
    ids=lambda damage: damage.__name__,
)
def test_drift_is_seen_and_repaired(directories: DiskFolders, damage: object) -> None:
    config = make_config()
    directories.write(config)
    assert callable(damage)
    damage(directories.configs("lobby"))
    assert directories.files_state(config) == FilesState(current=False)
    directories.write(config)
    assert directories.files_state(config) == FilesState(current=True)
    elsewhere = directories.directory("lobby") / "elsewhere"
    assert not elsewhere.exists() or elsewhere.read_text() == config.files[0].content


def test_a_reader_never_sees_half_a_file(directories: DiskFolders) -> None:
    versions = [make_config(script=letter * 200_000) for letter in "ab"]
    directories.write(versions[0])
    path = directories.configs("lobby") / "source_list.json"
    seen, torn, done = set(), [], threading.Event()

    def read() -> None:
        while not done.is_set():
            text = path.read_text()
            seen.add(text[0])
            if text not in {versions[0].files[0].content, versions[1].files[0].content}:
                torn.append(len(text))

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(40):
        directories.write(versions[turn % 2])
    done.set()
    reader.join()
    assert torn == []
    assert seen == {"a", "b"}


def test_a_name_that_is_no_folder_has_none(directories: DiskFolders, tmp_path: Path) -> None:
    for folder_of in (directories.directory, directories.configs, directories.build):
        with pytest.raises(Permanent, match="cannot be the name of an instance"):
            folder_of("../escaped")
    assert list(tmp_path.iterdir()) == []


def test_a_link_in_the_place_of_an_instance_is_not_followed(directories: DiskFolders, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    (victim / "configs").mkdir(parents=True)
    (victim / "configs" / "precious").write_text("x")
    directories.directory("lobby").rmdir()
    (tmp_path / "instances" / "lobby").symlink_to(victim)
    directories.write(make_config())
    assert (victim / "configs" / "precious").exists()
    assert not (tmp_path / "instances" / "lobby").is_symlink()
    directories.remove("lobby")
    (tmp_path / "instances" / "lobby").symlink_to(victim)
    directories.remove("lobby")
    assert (victim / "configs" / "precious").exists()
    assert directories.orphans([]) == ()


def test_a_missing_secret_names_the_file_that_would_hold_it(directories: DiskFolders, tmp_path: Path) -> None:
    with pytest.raises(Waiting) as waiting:
        directories.write(make_config(script=ADDRESS))
    assert str(waiting.value) == f"secret 'cam-1': {tmp_path}/secrets/cam-1/username is missing"
    assert not (tmp_path / "instances").exists()


@pytest.mark.parametrize(
    ("password", "what"),
    [
        (b"top\nsecret", "holds more than one line"),
        (b"top\0secret", "holds more than one line"),
        (b"top-secret\xff", "is not UTF-8"),
        (b"top-secret" * 10_000, "is longer than 65536 bytes"),
        ("fifo", "is not a file"),
        ("folder", "cannot be read: Is a directory"),
    ],
)
def test_a_useless_secret_says_why_and_nothing_of_itself(
    directories: DiskFolders, tmp_path: Path, password: bytes | str, what: str
) -> None:
    write_secret(tmp_path / "secrets", "cam-1", "top-user", password if isinstance(password, bytes) else b"x")
    path = tmp_path / "secrets" / "cam-1" / "password"
    if password == "fifo":
        path.unlink()
        os.mkfifo(path)
    if password == "folder":
        path.unlink()
        path.mkdir()
    with pytest.raises(Waiting) as waiting:
        directories.write(make_config(script=ADDRESS))
    assert str(waiting.value) == f"secret 'cam-1': {path} {what}"
    assert "top" not in repr(waiting.value)
    assert waiting.value.__cause__ is None


def test_a_disk_that_fails_is_transient_and_names_the_place(tmp_path: Path) -> None:
    (tmp_path / "instances").write_text("a file where the folder should be")
    directories = DiskFolders(tmp_path / "instances", tmp_path / "secrets")
    for call in (lambda: directories.write(make_config()), lambda: directories.configs("lobby")):
        with pytest.raises(Transient, match=f"cannot make the folder of instance lobby: .*{tmp_path}/instances"):
            call()
    assert directories.files_state(make_config()) == FilesState(current=False)
    assert directories.read_applied("lobby") is None


def test_a_full_disk_leaves_the_old_file_and_no_rubbish(
    directories: DiskFolders, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = make_config(script="old")
    directories.write(old)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(Transient, match="cannot write the files of instance lobby: No space left on device"):
            directories.write(make_config(script="new"))
    assert directories.files_state(old) == FilesState(current=True)
    assert list((directories.directory("lobby") / "incoming").iterdir()) == []


def test_the_note_is_kept_and_a_damaged_one_is_none(directories: DiskFolders, tmp_path: Path) -> None:
    write_secret(tmp_path / "secrets", "cam-1", "admin", "Geheim-4711")
    applied = Applied(make_config(script=ADDRESS), 7, "runtime")
    assert directories.read_applied("lobby") is None
    directories.note_applied(applied)
    assert directories.read_applied("lobby") is applied
    assert DiskFolders(tmp_path / "instances", tmp_path / "secrets").read_applied("lobby") == applied
    note = tmp_path / "instances" / "lobby" / "applied.json"
    assert stat.S_IMODE(note.stat().st_mode) == 0o600
    assert "Geheim" not in note.read_text()
    whole = note.read_bytes()
    for damaged in (
        whole[:-20],
        b"",
        b"null",
        b"[" * 100_000,
        whole.replace(b'"image":"dsfleet', b'"image":"evil'),
        b"\xff",
    ):
        note.write_bytes(damaged)
        assert directories.read_applied("lobby") is None
    note.unlink()
    note.symlink_to("/etc/passwd")
    assert directories.read_applied("lobby") is None
    newer = Applied(make_config(), 8, "runtime")
    directories.note_applied(newer)
    assert directories.read_applied("lobby") == newer


def test_a_note_about_another_instance_does_not_count(directories: DiskFolders) -> None:
    directories.note_applied(Applied(make_config("dock"), 7, "runtime"))
    directories.directory("lobby")
    note = directories.directory("dock") / "applied.json"
    note.rename(directories.directory("lobby") / "applied.json")
    assert directories.read_applied("lobby") is None


def test_engine_folders_stay_and_of_old_ones_a_few(directories: DiskFolders) -> None:
    def ask(key: str, at: int) -> Path:
        folder = directories.engines("lobby", key)
        os.utime(folder, (at, at))
        return folder

    directories.write(make_config())
    first = ask("image-1", 1)
    (first / "model.engine").write_text("x")
    ask("image-2", 2)
    ask("image-3", 3)
    assert ask("image-1", 4) == first
    directories.write(make_config())
    assert (first / "model.engine").read_text() == "x"
    ask("image-4", 5)
    assert sorted(one.name for one in first.parent.iterdir()) == ["image-1", "image-3", "image-4"]
    directories.remove("lobby")
    assert not first.exists()


def test_each_note_tells_what_was_started_when_the_other_is_damaged(directories: DiskFolders, tmp_path: Path) -> None:
    applied = Applied(make_config(script=ADDRESS), 7, "runtime")
    started = Started(7, applied.config.digest, applied.config.digests, "runtime")
    folder = tmp_path / "instances" / "lobby"
    for damaged in (b"", b"null", b"[" * 100_000, b"\xff", b"{}", None):
        for name in ("applied.json", "started.json"):
            directories.note_applied(applied)
            if damaged is None:
                (folder / name).unlink()
            else:
                (folder / name).write_bytes(damaged)
            found = DiskFolders(tmp_path / "instances", tmp_path / "secrets")
            told = found.read_applied("lobby"), found.read_started("lobby")
            assert told == ((None, started) if name == "applied.json" else (applied, None))
    directories.note_applied(applied)
    (folder / "started.json").rename(directories.directory("dock") / "started.json")
    assert directories.read_started("dock") is None, "it is about another instance"
