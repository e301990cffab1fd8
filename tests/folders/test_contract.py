"""What folders of instances do, wherever they are."""

from collections.abc import Callable

import pytest

from nodeagent.folders.content import in_short
from nodeagent.model import Applied, FilesState, Permanent, Transient, Waiting
from tests.engines.stands import make_config
from tests.folders.stands import FoldersStand

ADDRESS = "rtsp://${secret:cam-1:userinfo}10.0.0.1/live"


def test_files_are_written_and_are_then_current(stand: FoldersStand) -> None:
    folders, config = stand.folders(), make_config(files={"models/deep/labels.txt": "a;b\n", "empty": ""})
    assert folders.files_state(config) == FilesState(current=False)
    folders.write(config)
    assert stand.texts("lobby") == {
        "models/deep/labels.txt": "a;b\n",
        "empty": "",
        "source_list.json": config.files[0].content,
    }
    assert folders.files_state(config) == FilesState(current=True)
    assert stand.folders().files_state(config) == FilesState(current=True)
    assert folders.files_state(make_config("dock")) == FilesState(current=False)


def test_what_is_no_longer_wanted_goes(stand: FoldersStand) -> None:
    folders = stand.folders()
    folders.write(make_config(script="s", files={"same": "x", "old": "x", "turns/file": "x", "turned": "x"}))
    newer = make_config(script="s", files={"same": "x", "turns": "a file now", "turned/folder": "a folder now"})
    assert folders.files_state(newer) == FilesState(current=False)
    folders.write(newer)
    assert stand.texts("lobby") == {
        "same": "x",
        "source_list.json": "s",
        "turns": "a file now",
        "turned/folder": "a folder now",
    }


@pytest.mark.parametrize(("path", "text"), [("source_list.json", "edited"), ("source_list.json", None), ("extra", "x")])
def test_drift_is_seen_and_repaired(stand: FoldersStand, path: str, text: str | None) -> None:
    folders, config = stand.folders(), make_config()
    folders.write(config)
    stand.put("lobby", path, text)
    assert folders.files_state(config) == FilesState(current=False)
    folders.write(config)
    assert folders.files_state(config) == FilesState(current=True)


@pytest.mark.parametrize(
    "path",
    ["../escaped", "/etc/escaped", "a/../../escaped", "a//b", "", ".", "..", "a/.", "nul\0", "a/"],
)
def test_a_path_that_leaves_the_folder_is_refused(stand: FoldersStand, path: str) -> None:
    folders, config = stand.folders(), make_config(files={path: "x"})
    with pytest.raises(Permanent, match="is not a path inside the configuration folder"):
        folders.write(config)
    assert folders.files_state(config) == FilesState(current=False)
    assert stand.is_empty()


@pytest.mark.parametrize("files", [{"a": "x", "a/b": "y"}, {"a/b": "y", "a": "x"}])
def test_a_file_cannot_be_a_folder_too(stand: FoldersStand, files: dict[str, str]) -> None:
    with pytest.raises(Permanent, match="folder"):
        stand.folders().write(make_config(files=files))


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "/a", "-a", "a\0", "a" * 129, ".hidden"])
def test_a_name_that_is_no_folder_is_refused(stand: FoldersStand, name: str) -> None:
    folders, config = stand.folders(), make_config(name)
    calls: tuple[Callable[[], object], ...] = (
        lambda: folders.write(config),
        lambda: folders.remove(name),
        lambda: folders.note_applied(Applied(config, 1, "runtime")),
    )
    for call in calls:
        with pytest.raises(Permanent, match="cannot be the name of an instance"):
            call()
    assert folders.files_state(config) == FilesState(current=False)
    assert folders.read_applied(name) is None
    assert stand.is_empty()


def test_secrets_are_filled_in_and_a_new_password_is_drift(stand: FoldersStand) -> None:
    folders, config = stand.folders(), make_config(script=ADDRESS)
    stand.give_secret("cam-1", "admin", "p@ss/w:rd")
    folders.write(config)
    assert stand.texts("lobby") == {"source_list.json": "rtsp://admin:p%40ss%2Fw%3Ard@10.0.0.1/live"}
    assert folders.files_state(config) == FilesState(current=True)
    stand.give_secret("cam-1", "admin", "other")
    assert folders.files_state(config) == FilesState(current=False)
    folders.write(config)
    assert stand.texts("lobby") == {"source_list.json": "rtsp://admin:other@10.0.0.1/live"}


def test_a_missing_secret_is_waited_for(stand: FoldersStand) -> None:
    folders = stand.folders()
    config = make_config(script=f"{ADDRESS} rtsp://${{secret:cam-2:userinfo}}10.0.0.2/")
    stand.give_secret("cam-2", "admin", "p")
    with pytest.raises(Waiting, match=r"secret 'cam-1'.* is missing") as waiting:
        folders.write(config)
    assert waiting.value.on == "secret cam-1"
    assert folders.files_state(config) == FilesState(current=False, secrets_missing=("cam-1",))
    assert stand.is_empty()


def test_a_password_that_a_file_cannot_hold_is_waited_for_and_what_runs_goes_on(stand: FoldersStand) -> None:
    folders = stand.folders()
    config = make_config(script='[message-broker]\nproto-cfg="sasl.password=${secret:kafka:password}"\n')
    stand.give_secret("kafka", "u", "semi;colon")
    with pytest.raises(Waiting) as waiting:
        folders.write(config)
    assert waiting.value.on == "secret kafka"
    assert "semi" not in str(waiting.value)
    assert waiting.value.__cause__ is None
    assert folders.files_state(config) == FilesState(current=False, secrets_missing=("kafka",))
    stand.give_secret("kafka", "u", "back\\slash")
    folders.write(config)
    assert '"sasl.password=back\\\\slash"' in stand.texts("lobby")["source_list.json"]


def test_a_disk_that_does_not_answer_is_transient_and_no_drift(stand: FoldersStand) -> None:
    """Taken for drift it would stop every instance of the node, to write files that cannot be written (S4)."""
    folders, config = stand.folders(), make_config()
    folders.write(config)
    applied = Applied(config, 1, "runtime")
    folders.note_applied(applied)
    calls: tuple[Callable[[], object], ...] = (
        lambda: folders.files_state(config),
        lambda: folders.write(make_config(script="new")),
        lambda: folders.note_applied(Applied(config, 2, "runtime")),
        lambda: folders.remove("lobby"),
        lambda: folders.orphans(()),
    )
    with stand.broken():
        for call in calls:
            with pytest.raises(Transient, match="Input/output error"):
                call()
    assert folders.files_state(config) == FilesState(current=True)
    assert folders.read_applied("lobby") == applied
    assert folders.orphans(()) == ("lobby",)


def test_notes_outlive_the_agent(stand: FoldersStand) -> None:
    first, newer = Applied(make_config(script=ADDRESS), 7, "runtime"), Applied(make_config(), 8, "runtime")
    folders = stand.folders()
    assert folders.read_applied("lobby") is None
    folders.note_applied(first)
    assert folders.read_applied("lobby") == first
    assert stand.folders().read_applied("lobby") == first
    assert stand.folders().read_started("lobby") == in_short(first)
    folders.note_applied(newer)
    assert folders.read_applied("lobby") == newer
    assert folders.read_started("lobby") == in_short(newer)
    assert folders.orphans(()) == ("lobby",)


def test_folders_that_nobody_wants_are_found_and_removed(stand: FoldersStand) -> None:
    folders = stand.folders()
    assert folders.orphans(["lobby"]) == ()
    for name in ("lobby", "dock", "attic"):
        folders.write(make_config(name))
        folders.note_applied(Applied(make_config(name), 1, "runtime"))
    assert folders.orphans(["lobby"]) == ("attic", "dock")
    folders.remove("dock")
    folders.remove("dock")
    assert folders.orphans(["lobby"]) == ("attic",)
    assert folders.files_state(make_config("dock")) == FilesState(current=False)
    assert folders.read_applied("dock") is None
    assert folders.read_started("dock") is None
    assert folders.read_applied("attic") is not None


def test_a_text_is_shown_without_secrets(stand: FoldersStand) -> None:
    folders = stand.folders()
    stand.give_secret("cam-1", "admin", "p@ss/word")
    text = "RTSP://u:p@x@h/1 and more@home\nplain p@ss/word, coded p%40ss%2Fword, mail me@home"
    assert folders.redacted("lobby", text).splitlines()[0] == "RTSP://***@home"
    folders.note_applied(Applied(make_config(script=ADDRESS), 1, "runtime"))
    assert folders.redacted("lobby", text).splitlines()[1] == "plain ***, coded ***, mail me@home"


def test_a_password_that_was_replaced_or_taken_away_is_no_more_readable_than_the_new_one(stand: FoldersStand) -> None:
    folders = stand.folders()
    config = make_config(script=ADDRESS)
    stand.give_secret("cam-1", "admin", "the-old-one")
    folders.write(config)
    stand.give_secret("cam-1", "admin", "the-new-one")
    folders.write(config)
    folders.note_applied(Applied(config, 1, "runtime"))
    assert folders.redacted("lobby", "the-old-one, the-new-one") == "***, ***"
    folders.remove("lobby")
    assert folders.redacted("lobby", "the-old-one") == "the-old-one", "with the instance all of its logs are gone"
