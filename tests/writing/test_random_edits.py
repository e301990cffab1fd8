"""Edits through the API, one after another: of all that stands in the files nothing changes but what was asked for.

Thirty of a directory, and eight commits; with the profile `thorough` a thousand of each.
"""

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import settings

from controller.source.fetch.directory import DirectorySource
from controller.source.fetch.git import GitSource
from controller.source.read.reader import Loaded
from tests.writing.conftest import NODE
from tests.writing.served import CAMERAS, Served, served

THOROUGH = 1000
FILES = ("cameras.yaml", "site/hall.yaml", "site/yard.yml")
TYPES = {"merge": "merge-patch+json", "json": "json-patch+json", "strategic": "strategic-merge-patch+json"}


@dataclass
class Written:
    """A camera, and the very text of it."""

    name: str
    number: int
    address: str
    width: int = 640
    site: str = "hanoi"
    note: str = "first"

    def text(self) -> str:
        """Each in a style of its own, and comments in every place."""
        if self.number % 3 == 0:
            return f"""\
# Above {self.name}.
apiVersion: dsfleet.io/v1
kind: Camera
metadata:
  labels: {{ 'site': "{self.site}",  floor: '1' }}   # where
  name: {self.name}   # by the door
  annotations:
      # Why it is there
      example.com/note: '{self.note}'
spec:

  address: "{self.address}" # do not change
  width:   {self.width}    # wide
# The end of {self.name}.
"""
        if self.number % 3 == 1:
            return f"""\
kind: Camera
apiVersion: "dsfleet.io/v1"
spec: {{address: '{self.address}', # inside
  width: {self.width},
  encodeType: h265}}
metadata: {{name: {self.name}, labels: {{site: {self.site}, "floor": "1"}}, annotations: {{example.com/note: {self.note}}}}} # tail

"""
        return f"""\
metadata: &here
    name:    {self.name}
    annotations: {{example.com/note: "{self.note}"}}
    labels:
        site: {self.site} # é 😀
        floor: "1"
apiVersion: dsfleet.io/v1
kind:   Camera
spec:
    width: {self.width}
    # between
    address: {self.address}
"""

    def document(self) -> dict[str, Any]:
        labels, notes = {"site": self.site, "floor": "1"}, {"example.com/note": self.note}
        spec: dict[str, Any] = {"address": self.address, "width": self.width}
        return {
            "apiVersion": "dsfleet.io/v1",
            "kind": "Camera",
            "metadata": {"name": self.name, "labels": labels, "annotations": notes},
            "spec": spec | ({"encodeType": "h265"} if self.number % 3 == 1 else {}),
        }


@dataclass
class Model:
    """What stands in the files."""

    cameras: list[Written] = field(
        default_factory=lambda: [Written(f"c{number}", number, f"rtsp://10.0.0.{number}/1") for number in range(9)]
    )

    def files(self) -> dict[str, str]:
        texts = {
            file: "---\n".join(one.text() for one in self.cameras[at::3]).replace("\n", "\r\n" if at == 2 else "\n")
            for at, file in enumerate(FILES)
        }
        return {**texts, "nodes.yaml": NODE}

    def write(self, top: Path) -> None:
        for name, text in self.files().items():
            (top / name).parent.mkdir(parents=True, exist_ok=True)
            (top / name).write_bytes(text.encode())


def edit(fleet: Served, dice: Random, one: Written) -> None:
    """Changes a few values of a camera, in one of the ways that there are."""
    fields = dice.sample(["address", "width", "site", "note"], dice.randint(1, 3))
    new: dict[str, Any] = {
        "address": f"rtsp://10.0.{dice.randint(1, 99)}.1/{dice.randint(1, 9)}",
        "width": dice.randint(16, 4000),
        "site": dice.choice(["hue", "da-nang", "saigon"]),
        "note": dice.choice(["moved", "lens", "cable"]),
    }
    for name in fields:
        setattr(one, name, new[name])
    path, how = f"{CAMERAS}/{one.name}", dice.choice([*TYPES, "put", "apply"])
    if how == "put":
        answer = fleet("PUT", path, json=one.document())
    elif how == "apply":
        query, headers = {"fieldManager": "me", "force": "true"}, {"content-type": "application/apply-patch+yaml"}
        answer = fleet("PATCH", path, content=json.dumps(one.document()), params=query, headers=headers)
    else:
        pointers = {
            "address": ("spec", "address"),
            "width": ("spec", "width"),
            "site": ("metadata", "labels", "site"),
            "note": ("metadata", "annotations", "example.com/note"),
        }
        patch: Any = {}
        for name in fields:
            *parents, last = pointers[name]
            inner = patch
            for parent in parents:
                inner = inner.setdefault(parent, {})
            inner[last] = new[name]
        if how == "json":
            patch = [
                {
                    "op": "replace",
                    "path": "".join("/" + part.replace("/", "~1") for part in pointers[name]),
                    "value": new[name],
                }
                for name in fields
            ]
        headers = {"content-type": f"application/{TYPES[how]}"}
        answer = fleet("PATCH", path, content=json.dumps(patch), headers=headers)
    assert answer.status_code == 200, f"{how}: {answer.text}"


def come_and_go(fleet: Served, dice: Random) -> None:
    """A camera that was there for a moment leaves nothing behind."""
    new = Written("new", 0, "rtsp://10.0.0.200/1").document()
    new["metadata"]["annotations"] = {"dsfleet.io/file": dice.choice([*FILES, "site/new.yaml"])}
    made = fleet("POST", CAMERAS, json=new)
    assert made.status_code == 201, made.text
    assert fleet("DELETE", f"{CAMERAS}/new").status_code == 200


def found_in(top: Path) -> dict[str, str]:
    some = (one for one in top.rglob("*") if one.suffix in (".yaml", ".yml"))
    return {str(one.relative_to(top)): one.read_bytes().decode() for one in some}


def do(fleet: Served, top: Path, model: Model, count: int, source: Callable[[], Any]) -> None:
    dice = Random(12)
    for number in range(count):
        if number % 10 == 9:
            come_and_go(fleet, dice)
        else:
            edit(fleet, dice, dice.choice(model.cameras))
        assert found_in(top) == model.files(), f"edit {number}"
    reading = source()
    assert isinstance(reading, Loaded)
    for one in model.cameras:
        manifest = reading.revision.manifest("Camera", one.name)
        assert manifest is not None
        assert manifest.document() == one.document()


def many(of_a_few: int) -> int:
    return THOROUGH if settings().max_examples >= THOROUGH else of_a_few


def test_a_directory_holds_what_was_asked_for_and_else_what_it_held(tmp_path: Path) -> None:
    model, top = Model(), tmp_path / "manifests"
    model.write(top)
    with served(DirectorySource(top)) as fleet:
        do(fleet, top, model, many(30), DirectorySource(top).read_now)


def test_each_edit_is_one_commit_that_changes_nothing_else(tmp_path: Path) -> None:
    model, top = Model(), tmp_path / "manifests"
    model.write(top)
    names = {f"GIT_{role}_{what}": "tester" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {**os.environ, **names, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(top), *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()

    for command in (("init", "-q", "-b", "main", "."), ("add", "."), ("commit", "-q", "-m", "The fleet")):
        git(*command)
    with served(GitSource(top, "main")) as fleet:
        do(fleet, top, model, many(8), DirectorySource(top).read_now)
    assert git("status", "--porcelain") == ""
    assert int(git("rev-list", "--count", "main")) > many(8) // 2
