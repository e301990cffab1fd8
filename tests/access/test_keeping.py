"""The access file on disk, and the audit log when the disk is full."""

import json
import logging
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from controller.access.access_file import BadAccess, binding_of
from controller.access.audit_line import Audited
from controller.access.authentication import Openness, identified, peer_at
from controller.access.identity import LOCAL
from controller.access_keeper import FILE_NAME, AccessKeeper
from controller.audit_log import AuditFile
from ports.appended_file import AppendedFile
from ports.disk import RealDisk
from ports.folder_lock import locked_folder

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ADMIN = binding_of("admin")


def keeper(folder: Path) -> AccessKeeper:
    made = AccessKeeper(folder, RealDisk(), lambda: NOW)
    made.load()
    return made


def test_a_token_is_shown_once_and_kept_as_a_hash(tmp_path: Path) -> None:
    kept = keeper(tmp_path)
    assert kept.current is None
    token, text = kept.create("alice", ADMIN, timedelta(days=30))
    path = tmp_path / FILE_NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert text[15:] not in path.read_text(encoding="utf-8")
    again = keeper(tmp_path)
    identity = identified(again.current, peer_at("192.0.2.7"), f"Bearer {text}", Openness(), NOW)
    assert (identity.name, identity.bindings) == ("alice", (ADMIN,))
    assert token.expires == NOW + timedelta(days=30)
    assert again.revoke(token.id)
    assert not again.revoke(token.id)
    assert keeper(tmp_path).current is not None, "the file stays: nobody is let in because the last token is gone"


def test_two_programs_see_what_the_other_one_did(tmp_path: Path) -> None:
    one, other = keeper(tmp_path), keeper(tmp_path)
    first, _ = one.create("a", ADMIN, None)
    second, _ = other.create("b", ADMIN, None)
    one.load()
    assert one.current is not None
    assert [token.id for token in one.current.tokens] == [first.id, second.id]
    with locked_folder(tmp_path, "access.lock"), pytest.raises(BadAccess, match="changes the access file just now"):
        one.create("c", ADMIN, None)


def test_a_file_that_is_none_stops_a_start_and_changes_nothing_later(tmp_path: Path) -> None:
    running = keeper(tmp_path)
    running.create("a", ADMIN, None)
    before = running.current
    (tmp_path / FILE_NAME).write_text('{"format": 1, "tokens": [{}]}', encoding="utf-8")
    with pytest.raises(BadAccess, match=r"access\.json: tokens\[0\] is not of the form"):
        keeper(tmp_path)
    with pytest.raises(BadAccess):
        running.create("b", ADMIN, None)
    assert running.current is before
    (tmp_path / FILE_NAME).unlink()
    running.load()
    assert running.current is before


@pytest.mark.parametrize("ttl", [timedelta(days=3_000_000)])
def test_nothing_lasts_longer_than_dates_do(tmp_path: Path, ttl: timedelta) -> None:
    with pytest.raises(BadAccess, match="9999"):
        keeper(tmp_path).create("a", ADMIN, ttl)


def audited(number: int) -> Audited:
    return Audited(NOW, LOCAL, "127.0.0.1", "patch", (f"Camera/{number}",), 200)


def test_the_audit_log_loses_no_line_to_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    log = AuditFile(tmp_path / "audit.log")
    log.append(audited(1))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched, caplog.at_level(logging.ERROR):
        patched.setattr(AppendedFile, "append", full)
        log.append(audited(2))
        with pytest.raises(OSError, match="No space"):
            log.require_room()
    assert "cannot be written (No space left on device): nothing is changed until it can" in caplog.text
    log.require_room()
    log.append(audited(3))
    lines = [json.loads(line) for line in (tmp_path / "audit.log").read_text(encoding="utf-8").splitlines()]
    assert [line["objects"] for line in lines] == [["Camera/1"], ["Camera/2"], ["Camera/3"]]
