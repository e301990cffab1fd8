"""`fleet scale` and `fleet rollout`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli.main import fleet
from cli.rollouts import NeverEnds, waits_for
from tests.patience import wait_until
from tests.writing.served import INSTANCES, Served

Run = Callable[..., Result]


def history(run: Run) -> list[list[str]]:
    return [line.split(maxsplit=1) for line in run("rollout", "history", "ds/faces").stdout.splitlines()[2:]]


def remembered(run: Run, *expected: tuple[int, str]) -> None:
    wait_until(lambda: history(run) == [[str(number), cause] for number, cause in expected], f"versions {expected}")


def test_it_is_scaled_to_nowhere_and_back(run: Run, api: Served, directory: Path) -> None:
    refused = run("scale", "ds/faces", "--replicas=0")
    assert (refused.exit_code, "to say yes: --approve" in refused.stderr) == (1, True)
    revision = refused.stderr.rpartition("--approve ")[2].strip()
    done = run("scale", "ds/faces", "--replicas=0", "--approve", revision, "--reason", "closed")
    assert (done.exit_code, done.stdout) == (0, "dsinstance/faces scaled\n")
    assert "removes 2 cameras: lobby, yard" in done.stderr
    assert "replicas: 0" in (directory / "faces.yaml").read_text()
    assert "Stopped" in run("get", "ds").stdout
    wrong = run("scale", "ds", "faces", "--replicas=1", "--current-replicas=1")
    assert (wrong.exit_code, wrong.stderr) == (1, "error: dsinstance/faces: expected replicas to be 1, was 0\n")
    assert run("scale", "ds", "faces", "--replicas=1", "--current-replicas=0").exit_code == 0
    assert api.get(f"{INSTANCES}/faces")["spec"]["replicas"] == 1
    assert run("rollout", "status", "ds/faces", "--no-watch").exit_code == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("scale ds/faces --replicas=2", 1, "2 replicas cannot be"),
        ("scale ds/faces", 2, "--replicas"),
        ("scale cam/lobby --replicas=0", 2, "only instances have this"),
        ("scale ds/nobody --replicas=0", 1, "not found"),
        ("scale ds -l site=x --replicas=0", 0, "No dsinstances found"),
        ("rollout status cam/lobby", 1, "not of the form dsinstance/NAME"),
        ("rollout status faces", 1, "'faces' is not of the form dsinstance/NAME"),
        ("rollout status ds/nobody", 1, "not found"),
        ("rollout history ds/nobody", 1, "not found"),
        ("rollout history ds/faces --revision=7", 1, "unable to find specified revision 7 in history: there are 1"),
        ("rollout undo ds/faces", 1, "no rollout history found"),
        ("rollout undo ds/nobody", 1, "not found"),
        ("rollout restart nodes --all", 2, "only instances have this"),
        ("rollout status ds/faces --revision=3", 1, "desired revision (3) is different from the running revision (1)"),
    ],
)
def test_what_cannot_be_done_is_said(many: Served, words: str, code: int, said: str) -> None:
    done = CliRunner().invoke(fleet, ["--server", many.url, *words.split()])
    assert (done.exit_code, said in done.stderr) == (code, True), done.output


def test_a_change_is_followed_and_undone(run: Run, api: Served, directory: Path) -> None:
    before = (directory / "faces.yaml").read_text()
    remembered(run, (1, "<none>"))
    assert run("set", "image", "ds/faces", "registry.example.com/faces:2", "--reason", "a better one").exit_code == 0
    waiting = run("rollout", "status", "ds/faces", "--no-watch")
    assert waiting.stdout.startswith("Waiting for the rollout of dsinstance/faces to finish: it waits for its node")
    late = run("rollout", "status", "ds/faces", "--timeout=0.1s")
    assert (late.exit_code, "timed out" in late.stderr) == (1, True)
    api.report()
    over = run("rollout", "status", "ds", "faces", "--timeout=30s")
    assert (over.exit_code, over.stdout.splitlines()[-1]) == (0, "dsinstance/faces successfully rolled out")
    remembered(run, (1, "<none>"), (2, "a better one"))
    assert "image: registry.example.com/faces:1" in run("rollout", "history", "ds/faces", "--revision=1").stdout

    assert (
        run("rollout", "undo", "ds/faces", "--dry-run=server").stdout
        == "dsinstance/faces rolled back (server dry run)\n"
    )
    done = run("rollout", "undo", "ds/faces", "--reason", "it was none")
    assert (done.exit_code, done.stdout) == (0, "dsinstance/faces rolled back\n")
    assert (directory / "faces.yaml").read_text() == before
    remembered(run, (2, "a better one"), (3, "it was none"))
    assert "skipped rollback" in run("rollout", "undo", "ds/faces", "--to-revision=3").stdout


def test_instances_are_restarted(run: Run, directory: Path) -> None:
    done = run("rollout", "restart", "ds", "--all", "--reason", "it stutters")
    assert (done.exit_code, done.stdout) == (0, "dsinstance/faces restarted\n")
    assert "restartedAt: none -> 2" in done.stderr
    assert "restartedAt: " in (directory / "faces.yaml").read_text()


def deployment(reason: str = "ReplicaSetUpdated", observed: int = 2, **counts: int) -> dict[str, Any]:
    conditions = [{"type": "Progressing", "reason": reason, "message": "no such image"}]
    replicas = {f"{name}Replicas" if name != "replicas" else name: count for name, count in counts.items()}
    return {
        "metadata": {"generation": 2},
        "spec": {"replicas": counts.pop("wanted", 1)},
        "status": {"observedGeneration": observed, "conditions": conditions, **replicas},
    }


def test_what_a_rollout_waits_for() -> None:
    assert "to be seen" in waits_for(deployment(observed=1))
    assert "its node" in waits_for(deployment(replicas=1))
    assert "its app" in waits_for(deployment(replicas=1, updated=1))
    assert waits_for(deployment(replicas=1, updated=1, available=1)) == ""
    assert "to end" in waits_for(deployment(wanted=0, replicas=1))
    with pytest.raises(NeverEnds, match="no such image"):
        waits_for(deployment("ProgressDeadlineExceeded"))
