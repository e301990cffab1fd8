#!/usr/bin/env python3
"""A thousand pictures through detect → classify: two services, PostgreSQL, Kafka, three workers, and nothing done twice or lost.

First undisturbed, then with a worker killed and the broker stopped and started again half way. What became of them is
counted by SQL. The models are small networks, so that it is the way through the system that is measured. Needs PostgreSQL's
programs and, for Kafka, Java and Maven.
"""

import argparse
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import psycopg

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from deploy.owned_process import free_port
from tasks.kafka_settings import KafkaAddress
from tasks.service.users import write_user
from tests.patience import wait_until
from tests.tasks.service.chain import Chain, worker_arguments
from tests.tasks.service.conftest import PASSWORDS, ServiceProcess
from tests.tasks.service.own_postgres import postgres_programs, running_postgres
from tests.tasks.worker.conftest import OwnKafka, WorkerProcess

_SERVICES, _WORKERS, _PARTITIONS = 2, 3, 6
_PATIENCE_S = 300


def _opened(held: ExitStack, folder: Path, postgres: str) -> Chain:
    """A system of its own, with nothing in it."""
    folder.mkdir()
    kafka = OwnKafka(folder / "kafka")
    kafka.start()
    held.callback(kafka.stop)
    name = f"t_{folder.name}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    url = postgres.replace("/postgres?", f"/{name}?")
    address, users = KafkaAddress(kafka.address), folder / "users"
    write_user(users, "alice", PASSWORDS["alice"])
    models = worker_arguments(folder)
    workers = [WorkerProcess(address, folder / f"worker-{number}.log", *models) for number in range(_WORKERS)]
    options = ("--partitions", str(_PARTITIONS), "--database-url", url)
    services = [
        ServiceProcess(address, folder / "data", users, free_port(), folder / f"service-{number}.log", *options)
        for number in range(_SERVICES)
    ]
    for process in (*workers, *services):
        held.callback(process.kill if isinstance(process, WorkerProcess) else process.stop)
    for service in services:
        wait_until(service.listens, "the service listens", 30)
        service.log_in()
    return Chain(kafka, url, services, workers)


def _run(folder: Path, postgres: str, pictures: int, *, disturbed: bool) -> tuple[float, list[str]]:
    """How many seconds it took from the first picture to the last answer, and what was not done once and rightly."""
    with ExitStack() as held:
        chain = _opened(held, folder, postgres)
        began_s = time.monotonic()
        if disturbed:
            chain.break_half_way(pictures)
        else:
            chain.upload_while(lambda: len(chain.class_of) < pictures)
        chain.wait_for_all(_PATIENCE_S)
        took_s = time.monotonic() - began_s
        said = chain.rows("SELECT status, count(*) FROM tasks GROUP BY 1")
        answers = chain.rows("SELECT kind, count(*) FROM answers GROUP BY 1 ORDER BY 1")
        found = chain.rows("SELECT kind, count(*) FROM predictions GROUP BY 1 ORDER BY 1")
        print(f"  {len(chain.class_of)} pictures in {took_s:.1f} s, {len(chain.class_of) / took_s:.0f} a second")
        print(f"  by SQL: tasks {dict(said)}, answers {dict(answers)}, predictions {dict(found)}")
        return took_s, chain.faults()


def main() -> int:
    """Prints the figures; the exit code says whether each picture was done once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=1000, metavar="N")
    pictures = parser.parse_args().pictures
    programs = postgres_programs()
    if programs is None:
        print("no PostgreSQL: initdb is not installed")
        return 0
    with tempfile.TemporaryDirectory(prefix="fleet-chain-") as folder, running_postgres(programs) as postgres:
        print("undisturbed:")
        baseline_s, faults = _run(Path(folder) / "undisturbed", postgres, pictures, disturbed=False)
        print("a worker killed, the broker restarted:")
        took_s, more = _run(Path(folder) / "disturbed", postgres, pictures, disturbed=True)
    faults += more
    print(f"{took_s / baseline_s:.2f} x the undisturbed run; {'each done once' if not faults else f'WRONG: {faults}'}")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
