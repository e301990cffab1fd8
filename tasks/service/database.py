"""Opens the database: SQLite in a file, or PostgreSQL by its URL; and says what is wrong with it without showing the URL."""

import fcntl
import re
import sqlite3
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from pipeline.files.json_reader import ConfigError
from tasks.service.earlier_tables import make_tables

# Two services on one machine may share the file; each waits so long for the other's write to end.
_SQLITE_WAIT_S: Final = 15
_CONNECT_S: Final = 5
# Each call of a client takes one for a moment; there are at most so many at once.
_CONNECTIONS: Final = 20
# Two services that start together would both make the tables; the number means nothing.
_CREATE_LOCK: Final = 2_003_003

# An "@" or "/" in a password that is not percent-encoded pushes its rest into the names behind it.
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9_.-]+")
_NO_URL: Final = (
    "--database-url is no URL such as postgresql://user:password@host/name; "
    "the characters @ : / ? # % of a password must be percent-encoded"
)

# All of what psycopg says that is passed on: it quotes hosts, users and options, which hold the password if the URL is mistaken.
_KNOWN_REASONS: Final = (
    "password authentication failed",
    "no password supplied",
    "no pg_hba.conf entry",
    "too many clients",
    "Connection refused",
    "failed to resolve host",
    "invalid port number",
    "invalid connection option",
    "timeout expired",
    "connection timeout",
    "No such file or directory",
    "certificate verify failed",
    "server closed the connection unexpectedly",
    "the database system is starting up",
    "the database system is shutting down",
    "read-only transaction",
    "permission denied",
    "does not exist",
)


def read_password(file: Path) -> str:
    """Returns the password in a file, without the line's end.

    Raises:
        ConfigError: If it cannot be read, or holds none.
    """
    try:
        password = file.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read: {getattr(error, 'strerror', None) or 'not UTF-8'}") from None
    if not password:
        raise ConfigError(f"{file}: it holds no password")
    return password


def open_database(url: str | None, data: Path, password: str | None = None) -> Engine:
    """Opens the database, makes the tables that are missing, and brings those of earlier releases to what they are now.

    Args:
        url: As SQLAlchemy has it, ``postgresql://user:password@host/name``; None for SQLite in the data folder.
        data: The folder of the service.
        password: For a URL without one.

    Raises:
        ConfigError: If it cannot be opened. Of the URL, the message shows the name of the database at most.
    """
    engine = _engine(url, data, password)
    try:
        if engine.dialect.name == "postgresql":
            with engine.begin() as connection:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _CREATE_LOCK})
                make_tables(connection)
        else:
            _prepare_sqlite(engine, data)
    except (SQLAlchemyError, OSError, ValueError) as error:
        engine.dispose()
        raise ConfigError(f"database {_shown(engine.url)}: {reason_without_secrets(error)}") from None
    return engine


def reason_without_secrets(error: Exception) -> str:
    """Returns a line on why the database failed, in which nothing of its URL can be."""
    original = getattr(error, "orig", None) or error
    said = str(original).strip()
    if isinstance(original, sqlite3.Error) and said:
        return said.splitlines()[0]  # of SQLite's own texts; there is no password
    kind, state = type(original).__name__, getattr(original, "sqlstate", None)
    if state:
        kind = f"{kind}, SQLSTATE {state}"
    reason = next((known for known in _KNOWN_REASONS if known in said), None)
    return f"{reason} ({kind})" if reason else kind


def _engine(url: str | None, data: Path, password: str | None) -> Engine:
    if url is None:
        if password is not None:
            raise ConfigError("--database-password-file needs --database-url")
        return _sqlite(data / "tasks.sqlite")
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() != "postgresql":
            raise ConfigError("--database-url must begin with postgresql://; without it, SQLite is used")
        if "@" in (parsed.host or ""):
            raise ConfigError(_NO_URL)
        if password is not None:
            if parsed.password is not None:
                raise ConfigError("--database-url holds a password already: leave out --database-password-file")
            parsed = parsed.set(password=password)
        return create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            hide_parameters=True,
            pool_size=_CONNECTIONS,
            connect_args={"connect_timeout": _CONNECT_S},
        )
    except (ArgumentError, ValueError):
        # What it says shows what it could not parse, and a port that is no number may be the end of a password.
        raise ConfigError(_NO_URL) from None
    except ModuleNotFoundError:
        raise ConfigError("PostgreSQL needs psycopg: pip install 'dsfleet[postgres]'") from None


def _sqlite(file: Path) -> Engine:
    engine = create_engine(
        f"sqlite:///{file}",
        hide_parameters=True,
        connect_args={"timeout": _SQLITE_WAIT_S},
        pool_size=_CONNECTIONS,
        max_overflow=0,
    )

    @event.listens_for(engine, "connect")
    def _settle(connection: Any, _record: object) -> None:
        # A task that was accepted is not lost when the power is; WAL's usual NORMAL could lose the last ones.
        connection.execute("PRAGMA synchronous=FULL")
        # What was answered goes with its task; SQLite looks after that only when it is told to.
        connection.execute("PRAGMA foreign_keys=ON")

    return engine


def _prepare_sqlite(engine: Engine, data: Path) -> None:
    """Makes what is missing, one service after the other.

    SQLite's own locks do not do: who finds the file busy when it asks for the write-ahead log, which the file then keeps, is not made
    to wait but refused.
    """
    with (data / "tasks.sqlite-making").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with engine.begin() as connection:
            connection.execute(text("PRAGMA journal_mode=WAL"))
            # Python's driver begins none for changes of tables: a crash could leave half of them.
            connection.execute(text("BEGIN IMMEDIATE"))
            make_tables(connection)


def _shown(url: URL) -> str:
    name, backend = url.database or "", url.get_backend_name()
    return f"{backend} {name}" if backend == "sqlite" or _PLAIN_NAME.fullmatch(name) else backend
