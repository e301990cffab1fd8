"""`fleet apply`, against a controller whose manifests lie in a directory."""

import json
from collections.abc import Callable
from http.client import HTTPMessage
from pathlib import Path

import pytest
from click.testing import Result

from cli.writing import tell_consequences
from tests.writing.served import CAMERAS, MERGE, Served

Run = Callable[..., Result]

LOBBY = """\
apiVersion: dsfleet.io/v1
kind: Camera
metadata: {name: lobby, labels: {site: hanoi}}
spec: {address: 'rtsp://10.0.0.1/1'}
"""
ATTIC = LOBBY.replace("lobby", "attic").replace("rtsp://10.0.0.1", "rtsp://10.0.0.9")


def test_what_the_manifests_say_already_changes_nothing(run: Run, directory: Path) -> None:
    before = {path: path.read_bytes() for path in directory.iterdir()}
    for _ in range(2):
        done = run("apply", "-f", str(directory))
        assert done.exit_code == 0, done.stderr
        lines = done.stdout.splitlines()
        assert lines == [
            f"{one} unchanged"
            for one in ("node/edge-1", "camera/lobby", "camera/yard", "camera/gate", "dsinstance/faces")
        ]
        assert done.stderr == ""
    assert {path: path.read_bytes() for path in directory.iterdir()} == before


def test_created_configured_unchanged(run: Run, directory: Path, tmp_path: Path) -> None:
    file = tmp_path / "more.yaml"
    file.write_text(f"{LOBBY.replace('10.0.0.1', '10.0.0.7')}---\n{ATTIC}")
    dry = run("apply", "-f", str(file), "--dry-run", "server")
    assert dry.stdout == "camera/lobby configured (server dry run)\ncamera/attic created (server dry run)\n"
    assert "  ~ update dsinstance/faces on edge-1 (restart)" in dry.stderr
    assert "10.0.0.7" not in (directory / "cameras.yaml").read_text()
    done = run("apply", "-f", str(file), "--reason", "moved")
    assert done.stdout == "camera/lobby configured\ncamera/attic created\n"
    assert "interrupts 2 cameras: lobby, yard" in done.stderr
    text = (directory / "cameras.yaml").read_text()
    assert "rtsp://10.0.0.7/1 # do not change" in text
    assert "attic" in text
    assert run("apply", "-f", str(file), "-o", "name").stdout == "camera/lobby\ncamera/attic\n"
    shown = json.loads(run("apply", "-f", str(file), "-o", "json").stdout)
    assert [one["metadata"]["name"] for one in shown["items"]] == ["lobby", "attic"]
    assert "managedFields" not in shown["items"][0]["metadata"]


def test_a_field_that_is_not_given_any_more_goes(run: Run, api: Served, tmp_path: Path) -> None:
    file = tmp_path / "attic.yaml"
    file.write_text(ATTIC.replace("{address", "{width: 640, address"))
    assert run("apply", "-f", str(file)).exit_code == 0
    assert api.get(f"{CAMERAS}/attic")["spec"]["width"] == 640
    file.write_text(ATTIC)
    assert run("apply", "-f", str(file)).stdout == "camera/attic configured\n"
    assert "width" not in api.get(f"{CAMERAS}/attic")["spec"]


def test_what_get_prints_can_be_applied(run: Run, api: Served, tmp_path: Path) -> None:
    file = tmp_path / "all.yaml"
    file.write_text(run("get", "cam,ds", "-o", "yaml").stdout)
    done = run("apply", "-f", str(file))
    assert done.exit_code == 0, done.stderr
    assert {line.split()[1] for line in done.stdout.splitlines()} == {"unchanged"}
    assert "managedFields" not in run("get", "cam/lobby", "-o", "yaml").stdout
    api.patch(f"{CAMERAS}/lobby", {"spec": {"width": 640}}, headers=MERGE)
    assert run("apply", "-f", "-", input=LOBBY).stdout == "camera/lobby unchanged\n"


def test_what_others_changed_is_theirs(run: Run, api: Served) -> None:
    assert run("apply", "-f", "-", input=ATTIC).exit_code == 0
    api.patch(f"{CAMERAS}/attic?fieldManager=form", {"spec": {"address": "rtsp://10.0.0.8/1"}})
    refused = run("apply", "-f", "-", input=ATTIC)
    assert refused.exit_code == 1
    assert 'conflict with "form" using dsfleet.io/v1: .spec.address' in refused.stderr
    assert "--force-conflicts" in refused.stderr
    assert run("apply", "-f", "-", "--force-conflicts", input=ATTIC).stdout == "camera/attic configured\n"


def test_what_is_wrong_is_told_with_its_place_and_hinders_nothing_else(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    wrong = LOBBY.replace("{address: 'rtsp://10.0.0.1/1'}", "\n  address: rtsp://10.0.0.1/1\n  width: -3\n  height: 0")
    file.write_text(f"{ATTIC}---\n{wrong}")
    done = run("apply", "-f", str(file))
    assert (done.exit_code, done.stdout) == (1, "camera/attic created\n")
    assert f"error: {file}:" in done.stderr
    assert "camera/lobby is refused (Invalid):" in done.stderr
    assert "cameras.yaml:" in done.stderr
    assert "spec.width" in done.stderr
    assert "spec.height" in done.stderr
    unknown = run("apply", "-f", "-", input=LOBBY.replace("{address", "{adress: x, address"))
    assert unknown.exit_code == 1
    assert "<stdin>:4:8: camera/lobby is refused (BadRequest)" in unknown.stderr
    assert "spec.adress" in unknown.stderr
    assert (
        run("apply", "--validate", "warn", "-f", "-", input=LOBBY.replace("{addr", "{adress: x, addr")).exit_code == 0
    )


def test_files_that_are_none(run: Run, tmp_path: Path) -> None:
    for text, why in (
        ("a: [1", "<stdin>:1:"),
        ("apiVersion: v1\nkind: Pod\n", "<stdin>:2:1: this is no object of dsfleet.io/v1"),
        (LOBBY.replace("dsfleet.io/v1", "v2"), "<stdin>:1:1: this is no object of dsfleet.io/v1"),
        ("- 1\n", "<stdin>:1:1: this is no object"),
        ("", "there are no objects in -"),
        (LOBBY.replace("name: lobby, ", ""), "<stdin>:3:1: the object has no name"),
        (f"{LOBBY}---\n{LOBBY}", "<stdin>:6:1: camera/lobby stands at <stdin>:1:1, too"),
    ):
        done = run("apply", "-f", "-", input=text)
        assert (done.exit_code, done.stdout) == (1, ""), text
        assert why in done.stderr
    missing = run("apply", "-f", str(tmp_path / "nothing.yaml"))
    assert "nothing.yaml cannot be read: No such file" in missing.stderr


def test_folders_in_folders_are_read_when_asked_for(run: Run, tmp_path: Path) -> None:
    top = tmp_path / "top"
    (top / "inner").mkdir(parents=True)
    (top / "inner" / "attic.yaml").write_text(ATTIC)
    (top / "lobby.yml").write_text(LOBBY)
    (top / "notes.txt").write_text("no manifest")
    flat = run("apply", "-f", str(top), "--dry-run=server")
    assert flat.stdout == "camera/lobby unchanged (server dry run)\n"
    assert "inner is not read: -R" in flat.stderr
    deep = run("apply", "-R", "-f", str(top), "--dry-run=server")
    assert deep.stdout.endswith("camera/attic created (server dry run)\n")


def test_what_an_answer_says_besides_the_object(capsys: pytest.CaptureFixture[str]) -> None:
    headers = HTTPMessage()
    headers["Warning"] = r'299 - "- remove dsinstance/a \"x\" \\ y"'
    headers["Warning"] = '299 - "    one", 299 - "two"'
    headers["Fleet-Branch"] = "fleet/edits"
    headers["Fleet-Pull-Request"] = "https://example.org/compare/main...fleet/edits"
    tell_consequences(headers)
    assert capsys.readouterr().err.splitlines() == [
        '  - remove dsinstance/a "x" \\ y',
        "      one",
        "  two",
        "  it waits on branch fleet/edits; open a pull request: https://example.org/compare/main...fleet/edits",
    ]
