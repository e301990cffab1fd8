"""`fleet patch` and `fleet set`."""

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from tests.writing.conftest import CAMERAS as TEXT
from tests.writing.served import CAMERAS, INSTANCES, Served

Run = Callable[..., Result]


def test_each_type_of_patch(run: Run, api: Served, tmp_path: Path) -> None:
    file = tmp_path / "patch.yaml"
    file.write_text("spec: {width: 640}\n")
    for number, words in enumerate(
        (
            ["--type", "merge", "-p", '{"spec":{"width":640}}'],
            ["--type", "json", "-p", '[{"op":"add","path":"/spec/width","value":640}]'],
            ["-p", "spec: {width: 640}"],
            ["--patch-file", str(file)],
        )
    ):
        done = run("patch", "cam", "lobby", *words)
        assert done.exit_code == 0, done.stderr
        assert done.stdout == ("camera/lobby patched\n" if number == 0 else "camera/lobby patched (no change)\n")
    assert api.get(f"{CAMERAS}/lobby")["spec"]["width"] == 640


def test_a_dry_run_and_a_reason(run: Run, directory: Path) -> None:
    words = ["patch", "cam/lobby", "-p", '{"spec":{"width":640}}', "--reason", "new lens"]
    dry = run(*words, "--dry-run", "server", "-o", "json")
    assert json.loads(dry.stdout)["spec"]["width"] == 640
    assert "spec.width: none -> 640" in dry.stderr
    assert (directory / "cameras.yaml").read_text() == TEXT


def test_patches_that_are_refused(run: Run) -> None:
    for words, why in (
        (["cam/lobby", "-p", '{"spec":{"width":-1}}'], "spec.width: expected a number of at least 16"),
        (["cam/nobody", "-p", "{}"], "camera/nobody is refused (NotFound):"),
        (["cam/lobby", "-p", "{"], "-p:1:"),
        (["cam/lobby", "-p", ""], "-p holds 0 patches"),
        (["cam/lobby", "--type", "json", "-p", "{}"], "camera/lobby is refused"),
    ):
        done = run("patch", *words)
        assert (done.exit_code, done.stdout) == (1, "")
        assert why in done.stderr
    for words in (["cam/lobby"], ["cam", "-p", "{}"], ["ev/x", "-p", "{}"]):
        assert run("patch", *words).exit_code == 2


def test_one_of_several_is_refused_and_the_others_are_not(run: Run) -> None:
    done = run("patch", "cam", "nobody", "yard", "-p", "spec: {width: 640}")
    assert (done.exit_code, done.stdout) == (1, "camera/yard patched\n")


def test_another_image(run: Run, api: Served) -> None:
    image = "registry.example.com/faces:2"
    done = run("set", "image", "ds/faces", image)
    assert done.stdout == "dsinstance/faces image updated\n"
    assert "spec.image: registry.example.com/faces:1 -> registry.example.com/faces:2" in done.stderr
    assert api.get(f"{INSTANCES}/faces")["spec"]["image"] == image
    assert run("set", "image", "ds", "--all", image).stdout == "dsinstance/faces image unchanged\n"
    assert run("set", "image", "ds", "-l", "site=x", image).stderr == "No dsinstances found.\n"
    for words in (["cam/lobby", image], [image], ["ds", image], ["ds/faces", "--all", image]):
        assert run("set", "image", *words).exit_code in (1, 2)


def test_other_thresholds(run: Run, api: Served) -> None:
    done = run("set", "threshold", "ds/faces", "face=0.6", "mot=0.4")
    assert done.stdout == "dsinstance/faces threshold updated\n", done.stderr
    assert api.get(f"{INSTANCES}/faces")["spec"]["app"] == {
        "faceConfidenceThreshold": 0.6,
        "motConfidenceThreshold": 0.4,
    }
    refused = run("set", "threshold", "ds/faces", "face=2")
    assert "spec.app.faceConfidenceThreshold" in refused.stderr
    for words in (["ds/faces"], ["face=1"], ["ds/faces", "head=1"], ["ds/faces", "face=x"], ["ds/faces", "face=nan"]):
        assert run("set", "threshold", *words).exit_code == 2
