import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.shell_completion import BashComplete

from cli import kinds
from cli.failure import Failure
from cli.main import _COMMANDS, fleet
from crds.kinds import KINDS, kind_named
from tests.patience import patient


def test_the_kinds_are_those_of_the_manifests() -> None:
    listed = {(kind.name, kind.plural, kind.short) for kind in kinds.OBJECT_KINDS}
    assert listed == {(name, kind.plural, kind.short_name) for name, kind in KINDS.items()}
    for kind in kinds.OBJECT_KINDS:
        assert kind_named(kind.singular) is KINDS[kind.name]


def test_targets_of_the_command_line() -> None:
    assert [str(one) for one in kinds.targets_of(["cam,no"])] == ["cameras", "nodes"]
    assert [str(one) for one in kinds.targets_of(["all,cam"])] == ["nodes", "dsinstances", "cameras"]
    assert [str(one) for one in kinds.targets_of(["ds", "a", "b"])] == ["dsinstance/a", "dsinstance/b"]
    assert [str(one) for one in kinds.targets_of(["ds/a", "cam/b"])] == ["dsinstance/a", "camera/b"]
    for wrong in (["ds/"], ["/a"], ["ds/a/b"], ["ds/a", "b"]):
        with pytest.raises(Failure):
            kinds.targets_of(wrong)


def test_names_cannot_leave_their_path() -> None:
    assert kinds.CAMERA.path_of("../nodes?x") == "/apis/dsfleet.io/v1/cameras/..%2Fnodes%3Fx"


def test_every_command_has_help(run_offline: Callable[..., Any]) -> None:
    context = click.Context(fleet)
    for name in fleet.list_commands(context):
        result = run_offline(name, "--help")
        assert result.exit_code == 0
        assert "\\b" not in result.stdout
        assert name in run_offline("--help").stdout


def test_a_mistyped_command(run_offline: Callable[..., Any]) -> None:
    result = run_offline("staus")
    assert result.exit_code == 2
    assert "there is no command 'staus'. Did you mean `fleet status`?" in result.stderr


@pytest.mark.parametrize("words", [["get", "cam"], ["label", "cam/dock", "a=b"], ["delete", "cam/dock"]])
def test_asking_imports_nothing_heavy(words: list[str]) -> None:
    program = (
        "import sys\nfrom click.testing import CliRunner\nfrom cli.main import fleet\n"
        f"CliRunner().invoke(fleet, ['--server', 'http://127.0.0.1:9', *{words}])\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & "
        "{'pydantic', 'confluent_kafka', 'docker', 'asyncio', 'rich', 'ruamel', 'urllib3', 'fastapi'}))"
    )
    # `click.testing` alone is more than the command imports.
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "[]\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(run_offline: Callable[..., Any], shell: str) -> None:
    assert f"_FLEET_COMPLETE={shell}_complete" in run_offline("completion", shell).stdout


def test_completion_as_the_shell_asks_for_it() -> None:
    asked = {"_FLEET_COMPLETE": "bash_complete", "COMP_WORDS": "fleet get no", "COMP_CWORD": "2"}
    environment = {"PATH": os.environ["PATH"], **asked}
    shown = subprocess.run([sys.executable, "-m", "cli"], env=environment, capture_output=True, text=True, check=True)
    assert (shown.stdout.split(), shown.stderr) == (["plain,nodes"], "")


def _completed(server: str, *words: str) -> set[str]:
    complete = BashComplete(fleet, {}, "fleet", "_FLEET_COMPLETE")
    return {item.value for item in complete.get_completions(["--server", server, *words[:-1]], words[-1])}


def test_completion_of_kinds_and_names(small_fleet: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.completing._PATIENCE_SECONDS", patient(10))  # the shell waits for half a second
    url = small_fleet.url
    assert _completed(url, "get", "") >= {"nodes", "dsinstances", "cameras", "events", "all"}
    assert _completed(url, "get", "no,c") == {"no,cameras"}
    assert _completed(url, "get", "cam", "d") == {"dock"}
    assert _completed(url, "describe", "cam/") == {"cam/dock", "cam/lobby"}
    assert _completed(url, "snapshot", "camera/l") == {"camera/lobby"}
    assert _completed(url, "snapshot", "camera", "d") == {"dock"}
    assert _completed(url, "snapshot", "ds/") == set()
    assert _completed(url, "wait", "ds/") == {"ds/entrance"}
    assert _completed(url, "events", "--for", "no") == {"node/"}
    assert _completed(url, "render", "") == {"dsinstance/"}
    assert _completed(url, "render", "ds/") == {"ds/entrance"}
    assert _completed(url, "render", "ds", "e") == {"entrance"}


def test_completion_is_silent_when_nobody_answers(
    nonsense: Callable[..., str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert _completed("http://127.0.0.1:9", "get", "cam", "") == set()
    assert _completed(nonsense(200, "text/html", b"<html>"), "get", "cam", "") == set()
    assert _completed("no url at all", "get", "cam", "") == set()
    assert capfd.readouterr() == ("", "")


def test_each_module_of_the_commands_holds_one_command() -> None:
    modules = [place.partition(":")[0] for place in _COMMANDS.values()]
    found = {f"cli.commands.{file.stem}" for file in Path(kinds.__file__).with_name("commands").glob("[!_]*.py")}
    assert sorted(modules) == sorted(found)
