"""`fleet cordon`, `fleet uncordon` and `fleet diff`."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import fleet
from tests.writing.conftest import NODE
from tests.writing.served import NODES, Served

Run = Callable[..., Result]


def test_nodes_take_nothing_new(run: Run, api: Served, directory: Path) -> None:
    assert run("cordon", "edge-1", "--dry-run=server").stdout == "node/edge-1 cordoned (server dry run)\n"
    assert run("cordon", "edge-1").stdout == "node/edge-1 cordoned\n"
    assert api.get(f"{NODES}/edge-1")["spec"]["unschedulable"] is True
    assert run("cordon", "node/edge-1").stdout == "node/edge-1 already cordoned\n"
    assert run("uncordon", "no/edge-1").stdout == "node/edge-1 uncordoned\n"
    assert (directory / "nodes.yaml").read_text() == NODE
    assert run("uncordon", "edge-1").stdout == "node/edge-1 already uncordoned\n"


def test_nodes_by_labels(run: Run) -> None:
    assert run("label", "no/edge-1", "site=hq").exit_code == 0
    assert run("cordon", "-l", "site=hq").stdout == "node/edge-1 cordoned\n"
    assert run("cordon", "-l", "site=x").stderr == "No nodes found.\n"
    assert run("cordon", "nobody").exit_code == 1
    assert run("cordon", "cam/lobby").exit_code == 1
    for words in ([], ["edge-1", "-l", "site=hq"]):
        assert run("cordon", *words).exit_code == 2


def test_no_differences(run: Run, directory: Path) -> None:
    file = directory / "cameras.yaml"
    assert run("patch", "cam/gate", "-p", "spec: {limits: {minimumFps: 2.0}}").exit_code == 0
    assert "minimumFps: 2" in file.read_text()
    file.write_text(file.read_text().replace("minimumFps: 2.0", "minimumFps: 2"))
    done = run("diff", "-f", str(directory))
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")


def test_differences(run: Run, directory: Path, tmp_path: Path) -> None:
    file, manifest = tmp_path / "new.yaml", directory / "cameras.yaml"
    text = manifest.read_text()
    file.write_text(
        text.replace("10.0.0.1", "10.0.0.7") + text.rpartition("\n---")[2].replace("gate", "attic").join(["---", ""])
    )
    done = run("diff", "-f", str(file))
    assert done.exit_code == 1, done.stderr
    lines = done.stdout.splitlines()
    assert lines[:2] == ["--- camera/lobby", f"+++ camera/lobby in {file}"]
    assert "-  address: rtsp://10.0.0.1/1" in lines
    assert "+  address: rtsp://10.0.0.7/1" in lines
    assert "+  name: attic" in lines
    assert "yard" not in done.stdout
    assert "interrupts 2 cameras: lobby, yard" in done.stderr
    assert manifest.read_text() == text


def test_what_cannot_be_compared(run: Run, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("apiVersion: dsfleet.io/v1\nkind: Camera\nmetadata: {name: lobby}\nspec: {width: -1}\n")
    refused = run("diff", "-f", str(wrong))
    assert refused.exit_code == 255
    assert f"error: {wrong}:4:8: camera/lobby is refused (Invalid):" in refused.stderr
    assert run("diff", "-f", str(tmp_path / "none.yaml")).exit_code == 255


@pytest.mark.parametrize("words", [["diff", "-f"], ["apply", "-f"]])
def test_nobody_answers(words: list[str], tmp_path: Path) -> None:
    file = tmp_path / "one.yaml"
    file.write_text(NODE)
    done = CliRunner().invoke(fleet, ["--server", "http://127.0.0.1:9", *words, str(file)])
    assert done.exit_code == (255 if words[0] == "diff" else 1)
    assert done.stderr.count("no controller answers") == 1
