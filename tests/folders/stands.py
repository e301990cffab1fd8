"""A stand for each kind of folders, so that one suite holds all of them to the same contract."""

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from crds.secret import Secret
from nodeagent.folders.base import InstanceFolders
from nodeagent.folders.content import Tree
from nodeagent.folders.disk import DiskFolders
from nodeagent.folders.memory import MemoryFolders
from tests.engines.stands import write_secret


class FoldersStand(Protocol):
    """One kind of folders, and what people do behind its back."""

    def folders(self) -> InstanceFolders:
        """The folders of this stand, as an agent finds them that has just started."""
        ...

    def give_secret(self, name: str, username: str, password: str) -> None: ...

    def take_secret(self, name: str) -> None: ...

    def texts(self, name: str) -> dict[str, str]:
        """What the configuration folder of an instance holds, by path."""
        ...

    def put(self, name: str, path: str, text: str | None) -> None:
        """Writes or deletes a file of the configuration folder by hand."""
        ...

    def is_empty(self) -> bool:
        """True while nothing was ever written here, nor beside it."""
        ...

    def broken(self) -> contextlib.AbstractContextManager[None]:
        """While the disk does not answer."""
        ...


class DiskStand:
    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._root, self._instances, self._secrets = root, root / "instances", root / "secrets"
        self._monkeypatch = monkeypatch

    def folders(self) -> DiskFolders:
        return DiskFolders(self._instances, self._secrets)

    def give_secret(self, name: str, username: str, password: str) -> None:
        # With the line ends that editors add.
        write_secret(self._secrets, name, f"{username}\n", f"{password}\r\n")

    def take_secret(self, name: str) -> None:
        shutil.rmtree(self._secrets / name)

    def texts(self, name: str) -> dict[str, str]:
        folder = self._instances / name / "configs"
        return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}

    def put(self, name: str, path: str, text: str | None) -> None:
        place = self._instances / name / "configs" / path
        if text is None:
            place.unlink()
        else:
            place.write_text(text)

    def is_empty(self) -> bool:
        return {path.name for path in self._root.iterdir()} <= {"secrets"}

    @contextlib.contextmanager
    def broken(self) -> Iterator[None]:
        def fail(*_: object, **__: object) -> None:
            raise OSError(errno.EIO, "Input/output error")

        with self._monkeypatch.context() as patch:
            for place, name in ((os, "open"), (os, "listdir"), (os, "scandir"), (shutil, "rmtree"), (Path, "iterdir")):
                patch.setattr(place, name, fail)
            yield


class MemoryStand:
    def __init__(self) -> None:
        self._folders = MemoryFolders()

    def folders(self) -> MemoryFolders:
        return self._folders

    def give_secret(self, name: str, username: str, password: str) -> None:
        self._folders.secrets[name] = Secret(username, password)

    def take_secret(self, name: str) -> None:
        del self._folders.secrets[name]

    def texts(self, name: str) -> dict[str, str]:
        return dict(_files("", self._folders.trees.get(name, {})))

    def put(self, name: str, path: str, text: str | None) -> None:
        tree = {**self._folders.trees[name]}
        if text is None:
            del tree[path]
        else:
            tree[path] = text.encode()
        self._folders.trees[name] = tree

    def is_empty(self) -> bool:
        return not self._folders.trees and self._folders.orphans(()) == ()

    @contextlib.contextmanager
    def broken(self) -> Iterator[None]:
        self._folders.away = "Input/output error"
        yield
        self._folders.away = ""


def _files(above: str, tree: Tree) -> Iterator[tuple[str, str]]:
    for name, content in tree.items():
        if isinstance(content, bytes):
            yield above + name, content.decode()
        else:
            yield from _files(f"{above}{name}/", content)
