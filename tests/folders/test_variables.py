"""Variables that name secrets become files beside the configuration files, and the variables say where they are."""

import stat
from typing import Any

import pytest

from crds.env_secrets import environment, filled_value, has_broken_reference, keys_named_in, names_a_secret
from crds.instance_config import InstanceConfig
from nodeagent.folders.disk import DiskFolders
from nodeagent.model import Applied, FilesState, Permanent, Waiting
from tests.engines.stands import make_config, write_secret
from tests.folders.stands import DiskStand, FoldersStand


def config(files: dict[str, str] | None = None, **env: str) -> InstanceConfig:
    return make_config(script="s", container={"env": env}, files=files)


def test_values_go_into_files_and_a_new_one_is_drift(stand: FoldersStand) -> None:
    folders = stand.folders()
    one = config(
        DB="${secret:db:password}", URL="kafka://${secret:db:userinfo}h:9092/${secret:db:username}", LOG="debug"
    )
    stand.give_secret("db", "me@x", "p:/ w")
    folders.write(one)
    assert stand.texts("lobby") == {
        "source_list.json": "s",
        ".secrets/DB": "p:/ w",
        ".secrets/URL": "kafka://me%40x:p%3A%2F%20w@h:9092/me@x",
    }
    assert folders.files_state(one) == FilesState(current=True)
    stand.give_secret("db", "me@x", "other")
    assert folders.files_state(one) == FilesState(current=False)
    folders.write(config(LOG="debug"))
    assert stand.texts("lobby") == {"source_list.json": "s"}


def test_the_instance_waits_for_a_missing_one(stand: FoldersStand) -> None:
    folders, one = stand.folders(), config(DB="${secret:db:password}", OTHER="${secret:db2:tls.key}")
    stand.give_secret("db", "me", "p")
    assert folders.files_state(one) == FilesState(current=False, secrets_missing=("db2",))
    with pytest.raises(Waiting, match="'db2'"):
        folders.write(one)
    assert stand.is_empty()


def test_its_words_are_masked_in_what_the_app_says(stand: FoldersStand) -> None:
    folders = stand.folders()
    stand.give_secret("db", "admin", "hunter2-hunter2")
    folders.note_applied(Applied(config(DB="${secret:db:password}"), 1, "runtime"))
    assert folders.redacted("lobby", "admin fails with hunter2-hunter2") == "admin fails with ***"


def test_any_file_of_a_secret_may_be_named_and_may_have_lines(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, directories: DiskFolders
) -> None:
    stand = DiskStand(tmp_path, monkeypatch)
    write_secret(tmp_path / "secrets", "db")
    (tmp_path / "secrets" / "db" / "tls.key").write_text("-----BEGIN-----\nabc\n-----END-----\n")
    directories.write(config(KEY="${secret:db:tls.key}"))
    assert stand.texts("lobby")[".secrets/KEY"] == "-----BEGIN-----\nabc\n-----END-----"
    folder = directories.configs("lobby") / ".secrets"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "KEY").stat().st_mode) == 0o600


def test_a_record_cannot_have_a_file_there_too(stand: FoldersStand) -> None:
    stand.give_secret("db", "me", "p")
    with pytest.raises(Permanent, match="where its secrets are"):
        stand.folders().write(config({".secrets/DB": "x"}, DB="${secret:db:password}"))


def test_the_environment_names_files_and_no_values() -> None:
    env = {"DB": "${secret:db:password}", "LOG": "debug", "HOME": "${HOME}"}
    assert environment(env, "/workspace/configs/") == {
        "DB_FILE": "/workspace/configs/.secrets/DB",
        "LOG": "debug",
        "HOME": "${HOME}",
    }


def test_references_are_told_from_what_only_begins_as_one() -> None:
    assert names_a_secret("a ${secret:db.eu-1:tls.key} b")
    assert keys_named_in("${secret:b:x} ${secret:a:userinfo} ${secret:b:x}") == (
        ("a", "password"),
        ("a", "username"),
        ("b", "x"),
    )
    for broken in ("${secret:db}", "${secret:DB:x}", "${secret:db:../x}", "${secret:db:}", "${secret:db-:x}"):
        assert not names_a_secret(broken)
        assert has_broken_reference(broken)
    assert not has_broken_reference("${secret:db:x} ${HOME}")


def test_a_value_that_looks_like_a_placeholder_is_not_filled_again() -> None:
    assert filled_value("${secret:a:x}", lambda _, __: "${secret:b:y}") == "${secret:b:y}"
