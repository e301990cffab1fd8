import errno
import os
import stat
import threading
from pathlib import Path

import pytest

from nodeagent.folders import folder_tree
from nodeagent.folders.instance_files import InstanceDirectories
from nodeagent.model import Applied, FilesState, Permanent, Transient, Waiting
from tests.engines.stands import make_config, write_secret

ADDRESS = "rtsp://${secret:cam-1:userinfo}10.0.0.1/live"


def modes(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): stat.S_IMODE(path.lstat().st_mode) for path in [folder, *folder.rglob("*")]}


def test_files_are_written_with_their_modes_whatever_the_umask(directories: InstanceDirectories) -> None:
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


def test_the_folder_stays_the_same_and_right_files_are_not_touched(directories: InstanceDirectories) -> None:
    directories.write(make_config(files={"same": "x", "old": "x", "turns/file": "x", "turned": "x"}))
    folder = directories.configs("lobby")
    inode, untouched = folder.stat().st_ino, (folder / "same").stat()
    directories.write(make_config(files={"same": "x", "turns": "a file now", "turned/folder": "a folder now"}))
    assert folder.stat().st_ino == inode
    assert (folder / "same").stat() == untouched
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*")) == [
        "same",
        "source_list.json",
        "turned",
        "turned/folder",
        "turns",
    ]


def edit_by_hand(folder: Path) -> None:
    (folder / "source_list.json").write_text("edited")


def same_length(folder: Path) -> None:
    content = (folder / "source_list.json").read_text()
    (folder / "source_list.json").write_text("#" * len(content))


def delete(folder: Path) -> None:
    (folder / "source_list.json").unlink()


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
        edit_by_hand,
        same_length,
        delete,
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
def test_drift_is_seen_and_repaired(directories: InstanceDirectories, damage: object) -> None:
    config = make_config()
    directories.write(config)
    assert callable(damage)
    damage(directories.configs("lobby"))
    assert directories.files_state(config) == FilesState(current=False)
    directories.write(config)
    assert directories.files_state(config) == FilesState(current=True)
    elsewhere = directories.directory("lobby") / "elsewhere"
    assert not elsewhere.exists() or elsewhere.read_text() == config.files[0].content


def test_a_reader_never_sees_half_a_file(directories: InstanceDirectories) -> None:
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


@pytest.mark.parametrize(
    "path",
    ["../escaped", "/etc/escaped", "a/../../escaped", "a//b", "", ".", "..", "a/.", "nul\0", "a/"],
)
def test_a_path_that_leaves_the_folder_is_refused(directories: InstanceDirectories, tmp_path: Path, path: str) -> None:
    config = make_config(files={path: "x"})
    with pytest.raises(Permanent, match="is not a path inside the configuration folder"):
        directories.write(config)
    assert directories.files_state(config) == FilesState(current=False)
    assert [found for found in tmp_path.rglob("*") if "escaped" in found.name] == []


@pytest.mark.parametrize("files", [{"a": "x", "a/b": "y"}, {"a/b": "y", "a": "x"}])
def test_a_file_cannot_be_a_folder_too(directories: InstanceDirectories, files: dict[str, str]) -> None:
    with pytest.raises(Permanent, match="folder"):
        directories.write(make_config(files=files))


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "/a", "-a", "a\0", "a" * 129, ".hidden"])
def test_a_name_that_is_no_folder_is_refused(directories: InstanceDirectories, tmp_path: Path, name: str) -> None:
    config = make_config(name)
    for refused in (directories.write, lambda _: directories.remove(name), lambda _: directories.configs(name)):
        with pytest.raises(Permanent, match="cannot be the name of an instance"):
            refused(config)
    assert directories.files_state(config) == FilesState(current=False)
    assert directories.read_applied(name) is None
    assert list(tmp_path.iterdir()) == []


def test_a_link_in_the_place_of_an_instance_is_not_followed(directories: InstanceDirectories, tmp_path: Path) -> None:
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


def test_secrets_are_filled_in_and_a_new_password_is_drift(directories: InstanceDirectories, tmp_path: Path) -> None:
    config = make_config(script=ADDRESS)
    write_secret(tmp_path / "secrets", "cam-1", "admin\n", "p@ss/w:rd\r\n")
    directories.write(config)
    path = directories.configs("lobby") / "source_list.json"
    assert path.read_text() == "rtsp://admin:p%40ss%2Fw%3Ard@10.0.0.1/live"
    assert directories.files_state(config) == FilesState(current=True)
    write_secret(tmp_path / "secrets", "cam-1", "admin", "other")
    assert directories.files_state(config) == FilesState(current=False)
    directories.write(config)
    assert path.read_text() == "rtsp://admin:other@10.0.0.1/live"


def test_a_missing_secret_is_waited_for(directories: InstanceDirectories, tmp_path: Path) -> None:
    config = make_config(script=f"{ADDRESS} rtsp://${{secret:cam-2:userinfo}}10.0.0.2/")
    write_secret(tmp_path / "secrets", "cam-2")
    with pytest.raises(Waiting) as waiting:
        directories.write(config)
    assert waiting.value.on == "secret cam-1"
    assert str(waiting.value) == f"secret 'cam-1': {tmp_path}/secrets/cam-1/username is missing"
    assert directories.files_state(config) == FilesState(current=False, secrets_missing=("cam-1",))
    assert not (tmp_path / "instances").exists()


def test_a_password_that_a_file_cannot_hold_is_waited_for_and_what_runs_goes_on(
    directories: InstanceDirectories, tmp_path: Path
) -> None:
    config = make_config(script='[message-broker]\nproto-cfg="sasl.password=${secret:kafka:password}"\n')
    write_secret(tmp_path / "secrets", "kafka", "u", "semi;colon")
    with pytest.raises(Waiting) as waiting:
        directories.write(config)
    assert waiting.value.on == "secret kafka"
    assert "semi" not in str(waiting.value)
    assert directories.files_state(config) == FilesState(current=False, secrets_missing=("kafka",))
    write_secret(tmp_path / "secrets", "kafka", "u", "back\\slash")
    directories.write(config)
    assert '"sasl.password=back\\\\slash"' in (directories.configs("lobby") / "source_list.json").read_text()


@pytest.mark.parametrize(
    ("password", "what"),
    [
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"top-secret\xff", "is not UTF-8"),
        (b"top-secret" * 10_000, "is longer than 65536 bytes"),
        ("fifo", "is not a file"),
        ("folder", "cannot be read: Is a directory"),
    ],
)
def test_a_useless_secret_says_why_and_nothing_of_itself(
    directories: InstanceDirectories, tmp_path: Path, password: bytes | str, what: str
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
    directories = InstanceDirectories(tmp_path / "instances", tmp_path / "secrets")
    for call in (lambda: directories.write(make_config()), lambda: directories.configs("lobby")):
        with pytest.raises(Transient, match=f"cannot make the folder of instance lobby: .*{tmp_path}/instances"):
            call()
    assert directories.files_state(make_config()) == FilesState(current=False)
    assert directories.read_applied("lobby") is None


def test_a_full_disk_leaves_the_old_file_and_no_rubbish(
    directories: InstanceDirectories, monkeypatch: pytest.MonkeyPatch
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


def test_the_note_is_kept_and_a_damaged_one_is_none(directories: InstanceDirectories, tmp_path: Path) -> None:
    write_secret(tmp_path / "secrets", "cam-1", "admin", "Geheim-4711")
    applied = Applied(make_config(script=ADDRESS), 7, "runtime")
    assert directories.read_applied("lobby") is None
    directories.note_applied(applied)
    assert InstanceDirectories(tmp_path / "instances", tmp_path / "secrets").read_applied("lobby") == applied
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


def test_a_note_about_another_instance_does_not_count(directories: InstanceDirectories) -> None:
    directories.note_applied(Applied(make_config("dock"), 7, "runtime"))
    directories.directory("lobby")
    note = directories.directory("dock") / "applied.json"
    note.rename(directories.directory("lobby") / "applied.json")
    assert directories.read_applied("lobby") is None


def test_folders_that_nobody_wants_are_found_and_removed(directories: InstanceDirectories) -> None:
    assert directories.orphans(["lobby"]) == ()
    for name in ("lobby", "dock", "attic"):
        directories.write(make_config(name))
        directories.note_applied(Applied(make_config(name), 1, "runtime"))
    assert directories.orphans(["lobby"]) == ("attic", "dock")
    directories.remove("dock")
    directories.remove("dock")
    assert directories.orphans(["lobby"]) == ("attic",)
    assert directories.read_applied("dock") is None
    assert directories.read_applied("attic") is not None


def test_a_text_is_shown_without_secrets(directories: InstanceDirectories, tmp_path: Path) -> None:
    write_secret(tmp_path / "secrets", "cam-1", "admin", "p@ss/word")
    text = "RTSP://u:p@x@h/1 and more@home\nplain p@ss/word, coded p%40ss%2Fword, mail me@home"
    assert directories.redacted("lobby", text).splitlines()[0] == "RTSP://***@home"
    directories.note_applied(Applied(make_config(script=ADDRESS), 1, "runtime"))
    assert directories.redacted("lobby", text).splitlines()[1] == "plain ***, coded ***, mail me@home"


def test_a_disk_that_does_not_answer_is_no_drift(
    directories: InstanceDirectories, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Taken for drift it would stop every instance of the node, to write files that cannot be written (S4)."""
    config = make_config()
    directories.write(config)

    def broken(*_: object) -> bool:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(folder_tree, "matches", broken)
    with pytest.raises(Transient, match="Input/output error"):
        directories.files_state(config)
