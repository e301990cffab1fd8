import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.owned_process import OwnedProcess, StartError
from tests.patience import patient

SLEEPER = ["sleep", "60"]


@pytest.fixture
def owned(tmp_path: Path) -> Iterator[OwnedProcess]:
    process = OwnedProcess(tmp_path / "pid", tmp_path / "log")
    yield process
    process.stop(grace_s=1)


def test_a_started_process_is_known_until_it_is_stopped(owned: OwnedProcess) -> None:
    owned.start(SLEEPER, ready=lambda: True, timeout_s=patient(5))
    assert owned.pid() is not None
    assert owned.stop()
    assert owned.pid() is None
    assert not owned.stop()


def test_another_program_may_stop_it(owned: OwnedProcess) -> None:
    owned.start(SLEEPER, ready=lambda: True, timeout_s=patient(5))
    assert OwnedProcess(owned.pid_file, owned.log_file).stop()
    assert owned.pid() is None


def test_a_process_that_got_the_old_id_is_not_touched(owned: OwnedProcess) -> None:
    with subprocess.Popen(SLEEPER) as stranger:
        owned.pid_file.write_text(f"{stranger.pid} 1\n", encoding="utf-8")
        assert owned.pid() is None
        assert not owned.stop()
        assert stranger.poll() is None
        stranger.kill()


@pytest.mark.parametrize("content", ["", "17", "seven eight", "99999999 5"])
def test_a_damaged_or_stale_file_names_no_process(owned: OwnedProcess, content: str) -> None:
    owned.pid_file.write_text(content, encoding="utf-8")
    assert owned.pid() is None


def test_a_process_that_ends_early_is_reported_with_its_log(owned: OwnedProcess) -> None:
    with pytest.raises(StartError) as failure:
        owned.start(["sh", "-c", "echo no such disk >&2; exit 3"], ready=lambda: False, timeout_s=patient(5))
    assert "status 3" in str(failure.value)
    assert "no such disk" in str(failure.value)
    assert owned.pid() is None


def test_a_process_that_is_never_ready_is_stopped(owned: OwnedProcess) -> None:
    started: list[int | None] = []

    def ready() -> bool:
        started.append(owned.pid())
        return False

    with pytest.raises(StartError, match="not ready after"):
        owned.start(SLEEPER, ready=ready, timeout_s=0.1)
    assert started[0] is not None
    assert owned.pid() is None


def test_a_process_that_ignores_the_request_is_killed(owned: OwnedProcess) -> None:
    ignore = "trap '' TERM; echo ready; while :; do sleep 0.01; done"
    owned.start(["sh", "-c", ignore], ready=lambda: owned.log_file.read_bytes() != b"", timeout_s=patient(5))
    assert owned.stop(grace_s=0.1)
    assert owned.pid() is None
