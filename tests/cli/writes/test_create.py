"""`fleet create`."""

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from tests.writing.conftest import CAMERAS as TEXT
from tests.writing.served import CAMERAS, Served

Run = Callable[..., Result]


def test_a_camera_of_the_command_line(run: Run, api: Served, directory: Path) -> None:
    words = ["create", "camera", "attic", "--address", "rtsp://10.0.0.9/1", "--label", "site=hq", "--label", "floor=3"]
    dry = run(*words, "--dry-run=server", "-o", "json")
    assert json.loads(dry.stdout)["spec"] == {"address": "rtsp://10.0.0.9/1"}
    assert (directory / "cameras.yaml").read_text() == TEXT
    done = run(*words, "--secret", "attic-login", "--reason", "new roof")
    assert (done.exit_code, done.stdout) == (0, "camera/attic created\n"), done.stderr
    found = api.get(f"{CAMERAS}/attic")
    assert found["metadata"]["labels"] == {"site": "hq", "floor": "3"}
    assert found["spec"]["credentialsRef"] == {"name": "attic-login"}
    again = run(*words)
    assert again.exit_code == 1
    assert "camera/attic is refused (AlreadyExists):" in again.stderr


def test_the_file_that_it_goes_into(run: Run, directory: Path) -> None:
    words = ["--address", "file:///clips/1.mp4", "--type", "file", "--file", "attic/one.yaml"]
    assert run("create", "camera", "attic", *words).exit_code == 0
    text = (directory / "attic" / "one.yaml").read_text()
    assert "type: file" in text
    assert "dsfleet.io/file" not in text


def test_files(run: Run, api: Served) -> None:
    camera = {
        "apiVersion": "dsfleet.io/v1",
        "kind": "Camera",
        "metadata": {"generateName": "roof-"},
        "spec": {"address": "rtsp://10.0.0.9/1"},
    }
    named = {**camera, "metadata": {"name": "lobby"}}
    done = run("create", "-f", "-", input=json.dumps({"kind": "List", "items": [camera, named, camera]}))
    assert done.exit_code == 1
    first, second = done.stdout.splitlines()
    assert first.startswith("camera/roof-")
    assert second.endswith(" created")
    assert "<stdin>:1:" in done.stderr
    assert 'cameras.dsfleet.io "lobby" already exists' in done.stderr
    assert len(api.get(CAMERAS)["items"]) == 5


def test_what_is_wrong_with_it(run: Run) -> None:
    refused = run("create", "camera", "attic", "--address", "rtsp://u:secret@10.0.0.9/1")
    assert refused.exit_code == 1
    assert "spec.address" in refused.stderr
    assert "secret@" not in refused.stderr
    for words, code in (
        ([], 2),
        (["camera", "attic"], 2),
        (["--dry-run=server", "camera", "attic", "--address", "x"], 2),
        (["pod", "x"], 2),
        (["camera", "attic", "--address", "rtsp://10.0.0.9/1", "--label", "x"], 1),
        (["camera", "attic", "--address", "rtsp://10.0.0.9/1", "--label", "x=1", "--label", "x=2"], 1),
    ):
        assert run("create", *words).exit_code == code, words
