"""`fleet revisions`: a list, what one changed, and back to it."""

from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from tests.patience import wait_until
from tests.writing.conftest import CAMERAS as TEXT
from tests.writing.conftest import INSTANCE
from tests.writing.served import INSTANCES, Served

Run = Callable[..., Result]


def done(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.output


def ids(run: Run) -> list[str]:
    return [line.split()[0] for line in done(run("revisions")).splitlines()[1:]]


def test_a_list_and_what_one_changed(run: Run) -> None:
    done(run("patch", "cam", "lobby", "-p", "spec: {width: 640}", "--reason", "a new lens"))
    head, newest, first = done(run("revisions", "list")).splitlines()
    assert head.split("   ")[0] == "REVISION"
    assert newest.endswith("anonymous   *          Patch camera/lobby (a new lens)")
    assert first.endswith("<none>                 found in the directory")
    told = done(run("revisions", "show", newest.split()[0]))
    assert told.startswith("revision sha256:")
    assert "\nAuthor: anonymous\n" in told
    assert "\n   address: rtsp://10.0.0.1/1 # do not change\n+  width: 640\n ---\n" in told
    assert len(done(run("revisions", "list", "--limit", "1")).splitlines()) == 2
    assert '"next": null' in done(run("revisions", "list", "-o", "json"))
    before = done(run("revisions", "list", "--before", newest.split()[0])).splitlines()
    assert [line.split()[0] for line in before[1:]] == [first.split()[0]]
    nobody = run("revisions", "show", "nobody")
    assert (nobody.exit_code, "there is no revision 'nobody'" in nobody.output) == (1, True)


def test_back_to_one(run: Run, directory: Path) -> None:
    done(run("patch", "cam", "lobby", "-p", "spec: {address: 'rtsp://10.0.0.8/1'}"))
    first = ids(run)[-1]
    dry = done(run("revisions", "restore", first, "--dry-run=server"))
    assert dry.startswith(f"the manifests would be those of {first} (server dry run)\n")
    assert "interrupts 2 cameras: lobby, yard" in dry
    assert "10.0.0.8" in (directory / "cameras.yaml").read_text()
    told = done(run("revisions", "restore", first, "--reason", "it was dark"))
    assert told.startswith(f"the manifests are those of {first} again\n")
    assert (directory / "cameras.yaml").read_text() == TEXT
    assert "(it was dark)" in done(run("revisions"))
    assert done(run("revisions", "restore", first)) == f"the manifests are those of {first} already\n"


def test_the_guard_is_asked(run: Run, api: Served, directory: Path) -> None:
    first, faces = ids(run)[0], api.get(f"{INSTANCES}/faces")
    for name in ("second", "third"):
        made = {**faces, "metadata": {"name": name}, "spec": {**faces["spec"], "cameras": ["gate"]}}
        assert api("POST", INSTANCES, json=made).status_code == 201
    wait_until(lambda: _count(api) == 3, "all are published")
    refused = run("revisions", "restore", first)
    assert refused.exit_code == 1
    assert f"revision {first} is refused (Conflict):" in refused.output
    assert "it removes 2 of 3 instances (second, third)" in refused.output
    approve = refused.output.split("to say yes: --approve ")[1].split()[0]
    done(run("revisions", "restore", first, "--approve", approve))
    assert (directory / "faces.yaml").read_text() == INSTANCE


def _count(api: Served) -> int:
    configs = api.controller.answers._knowledge.state.published.configs.values()
    return sum(len(config.node_config_list) for config in configs)
