import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import fleet
from tasks.service.users import Users
from tests.patience import patient


def run(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(fleet, ["tasks", *arguments], input=typed)


def test_the_first_user_is_made_and_gets_another_password(tmp_path: Path) -> None:
    data = tmp_path / "data"
    first = run("add-user", "alice", "--data", str(data), typed="correct horse\n")
    assert (first.exit_code, first.output) == (0, f"{data / 'users'}: added alice\n")
    again = run("add-user", "alice", "--data", str(data), typed="battery staple\n")
    assert again.output == f"{data / 'users'}: new password for alice\n"
    users = Users(data / "users")
    assert users.check("alice", "battery staple")
    assert not users.check("alice", "correct horse")


@pytest.mark.parametrize(
    ("name", "password", "says"), [("alice", "short", "a password must"), ("a b", "long enough", "a user's name")]
)
def test_a_user_that_will_not_do_is_refused_with_a_sentence(
    tmp_path: Path, name: str, password: str, says: str
) -> None:
    refused = run("add-user", name, "--users-file", str(tmp_path / "users"), typed=f"{password}\n")
    assert refused.exit_code == 1
    assert says in refused.output
    assert password not in refused.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("missing", "arguments"),
    [
        ("sqlalchemy", ["serve", "--bootstrap-servers", "127.0.0.1:1"]),
        ("fastapi", ["serve", "--bootstrap-servers", "127.0.0.1:1"]),
        ("cv2", ["work", "--bootstrap-servers", "127.0.0.1:1", "--detector", "people"]),
    ],
)
def test_a_package_that_is_not_installed_is_named_with_what_to_install(missing: str, arguments: list[str]) -> None:
    program = f"import sys; sys.modules[{missing!r}] = None; sys.argv = ['fleet', 'tasks', *{arguments!r}]; from cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=patient(60)
    )
    assert done.returncode == 1, done.stderr
    assert f"needs {missing}, which is not installed: pip install 'dsfleet[pipeline,tasks]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_heavy_is_loaded_for_the_help() -> None:
    program = (
        "import sys\nfrom cli.main import fleet\n"
        "fleet.main(['tasks', 'serve', '--help'], standalone_mode=False)\n"
        "print(sorted({'sqlalchemy', 'fastapi', 'cv2', 'confluent_kafka', 'numpy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=patient(60)
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_worker_tells_its_options() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cli", "tasks", "work", "--help"],
        capture_output=True,
        text=True,
        check=True,
        timeout=patient(60),
    )
    assert done.stdout.startswith("usage: fleet tasks work")
    assert "--classifier" in done.stdout
