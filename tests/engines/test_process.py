import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from nodeagent.apps.probe import probe
from nodeagent.engines.process import output, table
from nodeagent.engines.process.driver import ProcessDriver
from nodeagent.engines.process.table import ProcessId, id_of
from nodeagent.model import Permanent, Transient
from nodeagent.operations import OpKind
from tests.differ.operations import operation
from tests.engines.stands import SLEEPS, ProcessStand, Session, write_secret
from tests.patience import in_time, patient

PROJECT = Path(__file__).resolve().parents[2]
APP_CONF = {
    "app_type": "NORMAL",
    "face_raw_meta_topic": "a",
    "mot_raw_meta_topic": "b",
    "visual_topic": "c",
    "kafka_connection_str": "localhost:9092",
    "streammux_output_width": 640,
    "streammux_output_height": 360,
    "streammux_batch_size": 4,
    "streammux_buffer_pool": 4,
    "streammux_nvbuf_memory_type": 0,
    "face_confidence_threshold": 0.5,
    "mot_confidence_threshold": 0.5,
    "gpu_id": 0,
}


def proc(runtime_id: str, name: str) -> str:
    return Path("/proc", runtime_id.partition(":")[0], name).read_bytes().replace(b"\0", b"\n").decode()


def links(pid: int, *names: str) -> list[str]:
    return [str(Path("/proc", str(pid), name).readlink()) for name in names]


def open_files(pid: int) -> set[str]:
    found = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        # The one that reads the folder is in the list, and gone.
        with contextlib.suppress(FileNotFoundError):
            found.add(str(descriptor.readlink()))
    return found


def count_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_only_the_reference_app_is_run(process_stand: ProcessStand) -> None:
    async def test(session: Session) -> None:
        for kind in (OpKind.PULL_IMAGE, OpKind.CREATE, OpKind.START):
            with pytest.raises(Permanent) as refusal:
                await session.do(kind, process_stand.config(app_kind="retinaface"))
            assert str(refusal.value) == "the process driver runs the reference app only"

    process_stand.run(test)


def test_a_process_inherits_little(process_stand: ProcessStand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENT_SECRET", "hidden")
    write_secret(process_stand.secrets, "cam", "admin", "Geheim-4711")
    config = process_stand.config(
        script=f"# ${{secret:cam:userinfo}}\ncat ../configs/source_list.json | wc -l\nwc -c < $KEY_FILE\n{SLEEPS}",
        container={"env": {"GIVEN": "yes", "DSFLEET_IO_NODE": "stolen", "KEY": "${secret:cam:password}"}},
        rest_port=9123,
    )
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)

    async def test(session: Session) -> None:
        there = await session.begin(config)
        environment = proc(there.runtime_id, "environ").split("\n")
        assert "GIVEN=yes" in environment
        assert f"DSFLEET_IO_NODE={process_stand.node_id}" in environment
        assert f"DSFLEET_IO_PART_DIGESTS={config.digests.model_dump_json()}" in environment
        assert "AGENT_SECRET=hidden" not in environment
        folder = process_stand.directories.directory("lobby")
        assert f"KEY_FILE={folder}/configs/.secrets/KEY" in environment
        command = proc(there.runtime_id, "cmdline").split()
        assert command == ["/bin/sh", f"{folder}/configs/source_list.json", "--port", "9123"]
        for name in ("environ", "cmdline"):
            assert "Geheim" not in proc(there.runtime_id, name)
        await session.until_says("sleeping")
        pid = int(there.runtime_id.partition(":")[0])
        assert links(pid, "cwd") == [str(folder / "build")]
        log = str(folder / "output.log")
        assert links(pid, "fd/0", "fd/1", "fd/2") == [str(folder / "lock"), log, log]
        assert links(os.getpid(), f"fd/{writer}")[0] not in open_files(pid)
        assert os.getsid(pid) == pid
        assert (await session.driver.output("lobby", 5)).split() == ["3", "11", "sleeping"]

    process_stand.run(test)
    os.close(reader)
    os.close(writer)


AGENT = """
import asyncio, os, signal, sys
from pathlib import Path
from nodeagent.folders.disk import DiskFolders
from nodeagent.engines.process.driver import ProcessDriver
from nodeagent.operations import Start
from tests.engines.stands import make_config, SLEEPS

fleet, node, root = sys.argv[1:]
directories = DiskFolders(Path(root, "instances"), Path(root, "secrets"))
config = make_config(script=SLEEPS)
directories.write(config)
driver = ProcessDriver(fleet, node, directories, command_prefix=("/bin/sh",))
asyncio.run(driver.perform(Start("lobby", "a test", config, 5)))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_agent_leaves_what_the_next_one_adopts(process_stand: ProcessStand) -> None:
    arguments = [process_stand.fleet_id, process_stand.node_id, str(process_stand.root)]
    killed = subprocess.run([sys.executable, "-c", AGENT, *arguments], cwd=PROJECT, check=False, timeout=patient(30))
    assert killed.returncode == -signal.SIGKILL

    async def test(session: Session) -> None:
        events = session.driver.events()
        there = await session.find()
        assert there is not None
        assert (there.running, there.generation) == (True, 5)
        assert there.applied is not None
        await session.do(OpKind.START, process_stand.config(), 5)
        assert await session.find() == there
        first = asyncio.ensure_future(anext(events))
        assert await first == "lobby"  # the START of this very driver
        second = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0)
        process_stand.kill(there)
        async with in_time():
            assert await second == "lobby"
        left = await session.until_left()
        assert (left.runtime_id, left.exit_code) == (there.runtime_id, None)
        assert (await process_stand.driver().observe()) == {}

    process_stand.run(test)


@pytest.mark.parametrize("after_ms", [0, 1, 2, 4, 6, 8, 12, 16])
def test_an_agent_killed_in_the_middle_of_a_start_leaves_one_or_none(
    process_stand: ProcessStand, after_ms: int
) -> None:
    program = AGENT.replace("asyncio.run(", "print('go', flush=True)\nasyncio.run(")
    arguments = [process_stand.fleet_id, process_stand.node_id, str(process_stand.root)]
    agent = subprocess.Popen(
        [sys.executable, "-c", program, *arguments], cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert agent.stdout is not None
    assert agent.stdout.readline() == b"go\n"
    time.sleep(after_ms / 1000)  # the fault, not a state that is waited for
    agent.kill()
    agent.wait()
    agent.stdout.close()

    async def test(session: Session) -> None:
        await session.do(OpKind.START, process_stand.config(), 5)
        assert process_stand.count("lobby") == 1
        there = await session.find()
        assert there is not None
        assert (there.running, there.generation) == (True, 5)
        await session.do(OpKind.REMOVE, process_stand.config())
        assert process_stand.processes() == []

    process_stand.run(test)


def test_a_second_start_waits_for_a_process_that_is_not_seen_yet(
    process_stand: ProcessStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test(session: Session) -> None:
        await session.begin(process_stand.config())
        other = process_stand.driver(lock_wait_seconds=0.2)
        with monkeypatch.context() as patch:
            patch.setattr(table, "find", lambda _: iter(()))
            with pytest.raises(Transient, match="holds the lock"):
                await other.perform(operation(OpKind.START, process_stand.config()))
        assert process_stand.count("lobby") == 1
        await other.aclose()

    process_stand.run(test)


def test_children_that_were_left_behind_are_ended(process_stand: ProcessStand) -> None:
    script = "sleep 1000 <&0 & echo child $!; trap 'exit 0' TERM; while :; do sleep 0.05; done"

    async def test(session: Session) -> None:
        config = process_stand.config(script=script)
        there = await session.begin(config)
        output = await session.until_says("child")
        child = id_of(int(output.split()[1]))
        assert child is not None
        assert child.runs()
        process_stand.kill(there)
        await session.until_left()
        assert child.runs()
        again = await session.begin(config)
        assert again.runtime_id != there.runtime_id
        assert not child.runs()
        assert process_stand.count("lobby") == 1
        # Those of one that runs are left alone.
        other = id_of(int((await session.until_says("child")).split()[1]))
        await session.do(OpKind.START, config)
        assert other is not None
        assert other.runs()
        await session.do(OpKind.STOP, config)
        await session.until(lambda: _is_gone(other), "the child is gone")

    process_stand.run(test)


async def _is_gone(process: ProcessId) -> bool:
    return not process.runs()


def test_an_exit_is_told_without_pidfds_too(process_stand: ProcessStand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "pidfd_open")

    async def test(session: Session) -> None:
        events = session.driver.events()
        there = await session.begin(process_stand.config())
        assert await anext(events) == "lobby"
        following = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0.05)
        process_stand.kill(there)
        async with in_time():
            assert await following == "lobby"

    process_stand.run(test)


def test_no_zombie_and_no_descriptor_is_left(process_stand: ProcessStand) -> None:
    async def test(session: Session) -> None:
        config = process_stand.config(script="exit 0")
        listener = asyncio.ensure_future(_drain(session))
        await session.begin(config)
        left = await session.until_left()
        assert left.exit_code == 0
        assert id_of(int(left.runtime_id.partition(":")[0])) is None
        before = count_descriptors()
        for _ in range(10):
            await session.begin(config)
            await session.until_left()
        await session.do(OpKind.REMOVE, config)
        assert await session.driver.observe() == {}
        await session.until(lambda: _descriptors_at_most(before), "descriptors are closed")
        listener.cancel()

    process_stand.run(test)


async def _drain(session: Session) -> None:
    async for _ in session.driver.events():
        pass


async def _descriptors_at_most(number: int) -> bool:
    return count_descriptors() <= number


def test_a_program_that_cannot_be_started_is_transient(process_stand: ProcessStand) -> None:
    async def test(session: Session) -> None:
        driver = ProcessDriver(
            process_stand.fleet_id, process_stand.node_id, process_stand.directories, python="/no/python"
        )
        config = process_stand.config()
        with pytest.raises(Transient, match="cannot start /no/python: No such file or directory"):
            await driver.perform(operation(OpKind.START, config))
        await session.begin(config)  # the lock is free again

    process_stand.run(test)


def test_an_environment_with_a_nul_is_permanent(process_stand: ProcessStand) -> None:
    async def test(session: Session) -> None:
        with pytest.raises(Permanent):
            await session.do(OpKind.START, process_stand.config(container={"env": {"A": "b\0c"}}))

    process_stand.run(test)


def test_processes_that_cannot_be_looked_at_are_an_error(
    process_stand: ProcessStand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "_PROC", Path("/no/proc"))

    async def test(session: Session) -> None:
        with pytest.raises(Transient, match="cannot look at the processes"):
            await session.driver.observe()

    process_stand.run(test)


def test_damaged_labels_leave_something_that_differs(process_stand: ProcessStand) -> None:
    labels = {
        "DSFLEET_IO_FLEET": process_stand.fleet_id,
        "DSFLEET_IO_NODE": process_stand.node_id,
        "DSFLEET_IO_INSTANCE": "lobby",
        "DSFLEET_IO_GENERATION": "9" * 5000,
        "DSFLEET_IO_PART_DIGESTS": "[" * 1000,
    }
    child = subprocess.Popen(["/bin/sleep", "1000"], env=labels, start_new_session=True)

    async def test(session: Session) -> None:
        there = await session.until(session.find, "the process is found")
        assert there is not None
        assert (there.generation, there.digest, there.digests.container) == (0, "", "")
        await session.do(OpKind.REMOVE, process_stand.config())
        assert await session.driver.observe() == {}

    try:
        process_stand.run(test)
    finally:
        child.kill()
        # The driver has reaped it, as it is a child of this very process.
        child.wait()


def test_the_log_stays_small_and_the_last_run_is_kept(process_stand: ProcessStand) -> None:
    flood = textwrap.dedent("""
        i=0; while [ $i -lt 30000 ]; do echo "$i .............................................."; i=$((i+1)); done
        echo flooded
    """)

    async def test(session: Session) -> None:
        listener = asyncio.ensure_future(_drain(session))
        await session.begin(process_stand.config(script=flood + SLEEPS))
        folder = process_stand.directories.directory("lobby")
        await session.until(lambda: _is_cut(folder), "the log is cut")
        sizes = [(folder / name).stat().st_size for name in ("output.log", "output.cut.log")]
        assert max(sizes) < 2 * 1024 * 1024
        listener.cancel()

    process_stand.run(test)


async def _is_cut(folder: Path) -> bool:
    return (folder / "output.cut.log").exists()


def test_a_program_goes_on_at_the_end_of_a_log_that_was_cut(tmp_path: Path) -> None:
    descriptor = output.open_log(tmp_path)
    os.write(descriptor, b"x" * 80 + b"\n")
    for _ in range(15_000):
        os.write(descriptor, b"y" * 80 + b"\n")
    output.keep_small(tmp_path)
    assert (tmp_path / "output.log").stat().st_size == 0
    assert output.tail(tmp_path, 5) == ""
    os.write(descriptor, b"after\n")
    assert (tmp_path / "output.log").read_bytes() == b"after\n"
    assert (tmp_path / "output.cut.log").stat().st_size <= 65 * 1024
    assert not (tmp_path / "output.old.log").exists(), "what was cut is no run before"
    os.close(descriptor)
    os.close(output.open_log(tmp_path))
    assert (tmp_path / "output.old.log").read_bytes() == b"after\n"
    assert not (tmp_path / "output.cut.log").exists()


def test_the_tail_of_an_output_has_whole_lines_only() -> None:
    assert output.last_lines(b"one\ntwo\nthree", 2) == "two\nthree"
    assert output.last_lines(b"a" * 70_000 + b"\nwhole\n", 5) == "whole"
    assert output.last_lines(b"\xff\n", 5) == "\ufffd"
    assert output.last_lines(b"", 5) == ""


def test_an_id_is_about_one_process_only() -> None:
    child = subprocess.Popen(["/bin/sleep", "1000"])
    found = id_of(child.pid)
    assert found is not None
    assert found.runs()
    assert abs((found.started_at - datetime.now(UTC)).total_seconds()) < 5
    older = ProcessId(found.pid, found.start_ticks - 1)
    assert not older.runs()
    older.send(signal.SIGKILL)
    older.send_to_group(signal.SIGKILL)
    assert older.reap() is None
    assert found.reap() is None
    assert found.runs()
    found.send(signal.SIGTERM)
    deadline = time.monotonic() + patient(5)
    while found.runs():
        assert time.monotonic() < deadline
    assert found.reap() == -signal.SIGTERM
    assert id_of(child.pid) is None
    child.wait()


def test_the_real_pipeline_runs_and_answers(process_stand: ProcessStand, free_port: Callable[[], int]) -> None:
    config = process_stand.config(
        script=json.dumps({"sources": []}),
        files={"app_conf.json": json.dumps(APP_CONF)},
        container={"env": {"PYTHONPATH": str(PROJECT)}},
        rest_port=free_port(),
    )
    driver = ProcessDriver(process_stand.fleet_id, process_stand.node_id, process_stand.directories)

    async def test(_: Session) -> None:
        session = Session(process_stand, driver)
        there = await session.begin(config)

        async def ready() -> bool:
            found = await probe(config, there.runtime_id, datetime.now(UTC))
            return found.answered and found.ready

        await session.until(ready, "the pipeline is ready")
        await session.do(OpKind.STOP, config)
        left = await session.find()
        assert left is not None
        assert (left.running, left.exit_code) == (False, 0)
        assert "stopped by SIGTERM" in await driver.output("lobby", 3)
        again = await session.begin(config)
        assert again.runtime_id != there.runtime_id
        await session.do(OpKind.REMOVE, config)
        await driver.aclose()

    process_stand.run(test)
