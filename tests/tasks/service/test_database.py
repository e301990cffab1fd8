"""What is said when the database cannot be opened: enough to help, and nothing of a password, wherever it stands in the URL."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.files.json_reader import ConfigError
from tasks.service.database import _engine, open_database, read_password


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://127.0.0.1:1/db?password=s3cr3t&user=u", "database postgresql db: Connection refused"),
        ("postgresql://u:s3cr3t@127.0.0.1:1/db", "database postgresql db: Connection refused"),
        ("postgresql://u:begin@s3cr3t@127.0.0.1:1/db", "percent-encoded"),
        ("postgresql://u:begin@s3cr3t", "database postgresql: failed to resolve host"),
        ("postgresql://u:begin@127.0.0.1:1/s3cr3t@host/db", "database postgresql: Connection refused"),
        ("postgresql://u:begin@127.0.0.1:s3cr3t/db", "percent-encoded"),
        ("postgresql://u:s3cr3t:s3cr3t/db", "percent-encoded"),
        ("postgresql://u:p@127.0.0.1:1/db?s3cr3t=s3cr3t", "database postgresql db: invalid connection option"),
        ("postgresql://u:p@/db?host=127.0.0.1&port=s3cr3t", "percent-encoded"),
        (f"postgresql://u:p@s3cr3t{'x' * 70}/db", "database postgresql db: "),
        ("s3cr3t", "percent-encoded"),
    ],
)
def test_a_mistaken_url_is_refused_without_being_shown(tmp_path: Path, url: str, says: str) -> None:
    with pytest.raises(ConfigError) as refused:
        open_database(url, tmp_path)
    assert says in str(refused.value)
    assert "s3cr3t" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_postgresql_without_that_database_is_said(postgres: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"database postgresql missing: does not exist \(OperationalError"):
        open_database(postgres.replace("/postgres?", "/missing?"), tmp_path)


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "tasks.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(ConfigError, match=r"database sqlite .*/tasks\.sqlite: file is not a database"):
        open_database(None, tmp_path)


def test_services_that_start_together_do_not_find_the_file_locked(tmp_path: Path) -> None:
    with ThreadPoolExecutor(6) as services:
        for number in range(12):
            folder = tmp_path / str(number)
            folder.mkdir()
            for engine in services.map(open_database, [None] * 6, [folder] * 6):
                engine.dispose()


def test_a_password_in_a_file_needs_no_encoding(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("s@:/?#%c\n")
    assert _engine("postgresql://fleet@host/name", tmp_path, read_password(file)).url.password == "s@:/?#%c"


@pytest.mark.parametrize(
    ("url", "content", "says"),
    [
        ("postgresql://u:s3cr3t@host/db", b"s3cr3t", "--database-url holds a password already"),
        (None, b"s3cr3t", "--database-password-file needs --database-url"),
        ("postgresql://u@host/db", b"\n", "password: it holds no password"),
        ("postgresql://u@host/db", b"s3cr3t\xff", "password: cannot be read: not UTF-8"),
        ("postgresql://u@host/db", None, "password: cannot be read: No such file"),
    ],
)
def test_a_password_that_does_not_fit_is_refused_without_being_shown(
    tmp_path: Path, url: str | None, content: bytes | None, says: str
) -> None:
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError) as refused:
        open_database(url, tmp_path, read_password(file))
    assert says in str(refused.value)
    assert "s3cr3t" not in str(refused.value)
