"""`fleet tasks`: the service for detection tasks, its users, and its workers."""

import contextlib
import sys
from collections.abc import Generator
from pathlib import Path

import click

from cli.failure import Failure

_DATA = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("fleet-tasks"),
    show_default=True,
    envvar="FLEET_TASKS_DATA",
    help="Folder of pictures, users and, without --database-url, the database.",
)
_USERS_FILE = click.option(
    "--users-file",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="FLEET_TASKS_USERS_FILE",
    help="Who may use the service.  [default: users in the data folder]",
)


@click.group(short_help="Detection tasks: pictures in, boxes out.")
def tasks() -> None:
    """Takes pictures over HTTP, hands them to workers over Kafka, and keeps the answers."""


@tasks.command(short_help="Run the service.")
@click.option(
    "--bootstrap-servers", required=True, metavar="HOST:PORT[,...]", envvar="FLEET_BOOTSTRAP_SERVERS", help="Kafka."
)
@click.option("--topic-prefix", default="", metavar="TEXT", help="What all names of topics and groups begin with.")
@click.option(
    "--kafka-config",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Settings of librdkafka for TLS and SASL, one name=value a line.",
)
@click.option("--listen", default="127.0.0.1:8430", show_default=True, metavar="HOST:PORT", help="Where the API is.")
@_DATA
@_USERS_FILE
@click.option(
    "--database-url",
    envvar="FLEET_TASKS_DATABASE_URL",
    metavar="URL",
    help="postgresql://user:password@host/name instead of SQLite; best given as variable FLEET_TASKS_DATABASE_URL.",
)
@click.option(
    "--database-password-file",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="FLEET_TASKS_DATABASE_PASSWORD_FILE",
    metavar="FILE",
    help="Holds the password of --database-url, as it is.",
)
@click.option("--partitions", default=8, show_default=True, type=click.IntRange(1), help="Of topics it has to make.")
@click.option("--task-id-bytes", default=8, show_default=True, type=click.IntRange(1, 8), help="In messages.")
@click.option("--max-image-bytes", default=20 * 1024 * 1024, show_default=True, type=click.IntRange(1))
@click.option("--max-image-pixels", default=40_000_000, show_default=True, type=click.IntRange(1))
@click.option("--max-unanswered", default=10_000, show_default=True, type=click.IntRange(1), help="Tasks in the queue.")
@click.option("--max-unanswered-per-user", default=5_000, show_default=True, type=click.IntRange(1))
def serve(
    *,
    bootstrap_servers: str,
    topic_prefix: str,
    kafka_config: Path | None,
    listen: str,
    data: Path,
    users_file: Path | None,
    database_url: str | None,
    database_password_file: Path | None,
    partitions: int,
    task_id_bytes: int,
    max_image_bytes: int,
    max_image_pixels: int,
    max_unanswered: int,
    max_unanswered_per_user: int,
) -> None:
    """Runs the service until SIGTERM. Its endpoints are described at /openapi.json.

    The first user: fleet tasks add-user NAME
    """
    from cli.parts_options import split_listen
    from cli.until_signal import until_signal

    host, port = split_listen(listen)
    with _extra_installed("fleet tasks serve"):
        from pipeline.event_log import start_event_log
        from pipeline.files.json_reader import ConfigError
        from tasks.kafka_settings import KafkaAddress, read_security
        from tasks.limits import ImageLimits
        from tasks.service.app import ServiceBroke, ServiceOptions
        from tasks.service.app import serve as serve_tasks
        from tasks.service.database import read_password
        from tasks.service.intake import IntakeLimits
    start_event_log("tasks")
    try:
        options = ServiceOptions(
            address=KafkaAddress(bootstrap_servers, topic_prefix, read_security(kafka_config) if kafka_config else {}),
            data=data,
            users_file=users_file or data / "users",
            database_url=database_url,
            database_password=read_password(database_password_file) if database_password_file else None,
            host=host,
            port=port,
            id_bytes=task_id_bytes,
            partitions=partitions,
            limits=IntakeLimits(
                ImageLimits(max_image_bytes, max_image_pixels), max_unanswered, max_unanswered_per_user
            ),
        )
        until_signal(serve_tasks(options, lambda bound: click.echo(f"serving on http://{host}:{bound}", err=True)))
    except (ConfigError, ServiceBroke) as error:
        raise Failure(str(error)) from None
    except OSError as error:
        raise Failure(f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)) from None


@tasks.command("add-user", short_help="Add a user, or change a password.")
@click.argument("name")
@_DATA
@_USERS_FILE
def add_user(*, name: str, data: Path, users_file: Path | None) -> None:
    """Adds a user of the service, or gives one another password; a running service notices.

    The password is asked for, or read from standard input when that is no terminal. Only its hash is kept.
    """
    with _extra_installed("fleet tasks add-user"):
        from pipeline.files.json_reader import ConfigError
        from tasks.service.users import write_user
    file = users_file or data / "users"
    if sys.stdin.isatty():
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    try:
        is_new = write_user(file, name, password)
    except (ValueError, ConfigError) as error:
        raise Failure(str(error)) from None
    except OSError as error:
        raise Failure(f"{file}: cannot be written: {error.strerror}") from None
    click.echo(f"{file}: {'added' if is_new else 'new password for'} {name}")


@tasks.command(
    short_help="Run a worker.",
    add_help_option=False,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def work(*, arguments: tuple[str, ...]) -> None:
    """Runs a worker, as `python -m tasks.worker` does; `fleet tasks work --help` tells its options."""
    with _extra_installed("fleet tasks work"):
        from tasks.worker.__main__ import main

        main(arguments, program="fleet tasks work")


@contextlib.contextmanager
def _extra_installed(command: str) -> Generator[None, None, None]:
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in {"pipeline", "tasks", "cli"}:
            raise
        raise Failure(
            f"`{command}` needs {error.name}, which is not installed: pip install 'dsfleet[pipeline,tasks]'"
        ) from None
