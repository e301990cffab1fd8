"""Opens the database: SQLite in a file, or PostgreSQL by its URL."""

from pathlib import Path
from typing import Any, Final

from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from pipeline.files.json_reader import ConfigError
from pipeline.task_service.tables import Base

# Two services on one machine may share the file; each waits so long for the other's write to end.
_SQLITE_WAIT_S: Final = 15
_CONNECT_S: Final = 5
# Each call of a client takes one for a moment; there are at most so many at once.
_CONNECTIONS: Final = 20
# Two services that start together would both make the tables; the number means nothing.
_CREATE_LOCK: Final = 2_003_003


def open_database(url: str | None, data: Path) -> Engine:
    """Opens the database and makes the tables that are missing.

    Args:
        url: As SQLAlchemy has it, ``postgresql://user:password@host/name``; None for SQLite in the data folder.
        data: The folder of the service.

    Raises:
        ConfigError: If it cannot be opened; the message does not show the password.
    """
    engine = _engine(url, data)
    try:
        with engine.begin() as connection:
            if engine.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _CREATE_LOCK})
            else:
                # Taken before looking whether the tables are there: else two services could both find that they are not.
                connection.execute(text("BEGIN IMMEDIATE"))
            Base.metadata.create_all(connection)
    except SQLAlchemyError as error:
        engine.dispose()
        shown = engine.url.render_as_string(hide_password=True)
        raise ConfigError(f"database {shown}: {_first_line(error)}") from None
    return engine


def _engine(url: str | None, data: Path) -> Engine:
    if url is None:
        return _sqlite(data / "tasks.sqlite")
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() != "postgresql":
            raise ConfigError("--database-url must begin with postgresql://; without it, SQLite is used")
        return create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            hide_parameters=True,
            pool_size=_CONNECTIONS,
            connect_args={"connect_timeout": _CONNECT_S},
        )
    except ArgumentError:
        # What it says shows the whole of what it could not parse.
        raise ConfigError("--database-url is no URL such as postgresql://user:password@host/name") from None
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
        connection.execute("PRAGMA journal_mode=WAL")
        # A task that was accepted is not lost when the power is; WAL's usual NORMAL could lose the last ones.
        connection.execute("PRAGMA synchronous=FULL")

    return engine


def _first_line(error: SQLAlchemyError) -> str:
    original = getattr(error, "orig", None)
    return str(original or error).strip().splitlines()[0]
