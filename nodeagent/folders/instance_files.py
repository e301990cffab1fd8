"""The folders of instances: their configuration files, with the secrets filled in, and the notes about them.

    root/<instance>/configs/       what the app reads; bind-mounted as a folder, so it stays the same inode
    root/<instance>/build/         working directory of a process, so that `../configs` is right as it is in an image
    root/<instance>/incoming/      files that are not complete yet
    root/<instance>/applied.json   what the instance was started with last; holds placeholders, never secrets

Everything here blocks on the disk: call it in a thread.
"""

import contextlib
import re
import shutil
import threading
from collections.abc import Collection, Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from crds.messages import InstanceConfig
from crds.secret import Secret, UnusableSecretError, fill, secrets_named_in
from nodeagent.folders import folder_tree
from nodeagent.folders.secret_files import read_secret, redacted
from nodeagent.model import Applied, FilesState, Permanent, Transient, Waiting

_NOTE = "applied.json"
# What both a folder and a container may be called.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")


class _Note(BaseModel):
    model_config = ConfigDict(frozen=True)

    generation: int
    runtime_id: str
    config: InstanceConfig


class InstanceDirectories:
    """The folders of all instances of this node.

    Args:
        root: where they are; made when it is not there.
        secrets_directory: holds a folder for each secret, with the files `username` and `password`.

    Methods raise Transient when the disk fails them.
    """

    def __init__(self, root: Path, secrets_directory: Path) -> None:
        self._root = root.absolute()
        self._secrets_directory = secrets_directory.absolute()
        # A cancelled write goes on in its thread; the next one must not meet it.
        self._locks: dict[str, threading.Lock] = {}
        self._notes: dict[str, tuple[tuple[int, int, int], Applied | None]] = {}

    def directory(self, name: str) -> Path:
        """The folder of an instance, made if need be."""
        path = self._path(name)
        with _disk(f"make the folder of instance {name}"):
            self._root.mkdir(mode=folder_tree.FOLDER_MODE, parents=True, exist_ok=True)
            return folder_tree.ensure_folder(path)

    def configs(self, name: str) -> Path:
        """The folder with the configuration files of an instance, made if need be."""
        return self._part(name, "configs")

    def build(self, name: str) -> Path:
        """The working directory of an instance that runs as a process, made if need be."""
        return self._part(name, "build")

    def write(self, config: InstanceConfig) -> None:
        """Makes the configuration folder hold the rendered files, secrets filled in, and nothing else.

        Raises:
            Permanent: a path leaves the folder, or two files need the same name.
            Waiting: a secret is missing or cannot be used.
        """
        name = config.instance_name
        try:
            tree = _tree(config, self._secrets(config))
        except UnusableSecretError as unusable:
            raise Waiting(str(unusable), on=f"secret {unusable.secret_name}") from None
        with self._lock(name):
            folder, incoming = self.configs(name), self._part(name, "incoming")
            with _disk(f"write the files of instance {name}"):
                # What a killed agent left half-written.
                folder_tree.write(incoming, {}, incoming)
                folder_tree.write(folder, tree, incoming)

    def files_state(self, config: InstanceConfig) -> FilesState:
        """Compares the configuration folder with what it should hold: edits by hand and new passwords show.

        Files that cannot be written at all are not current: `write` says why.

        Raises:
            Transient: the disk does not answer. That is no reason to touch what runs.
        """
        secrets, missing = {}, []
        for secret_name in _secret_names(config):
            try:
                secrets[secret_name] = read_secret(self._secrets_directory, secret_name)
            except Waiting:
                missing.append(secret_name)
        if missing:
            return FilesState(current=False, secrets_missing=tuple(missing))
        try:
            tree = _tree(config, secrets)
            return FilesState(current=folder_tree.matches(self._path(config.instance_name) / "configs", tree))
        except OSError as error:
            raise Transient(f"the configuration folder of {config.instance_name} cannot be read: {error}") from error
        except Permanent:
            return FilesState(current=False)
        except UnusableSecretError as unusable:
            # As one that is missing: what runs goes on with the one that it has.
            return FilesState(current=False, secrets_missing=(unusable.secret_name,))

    def note_applied(self, applied: Applied) -> None:
        """Writes down what an instance is started with."""
        name = applied.config.instance_name
        note = _Note(generation=applied.generation, runtime_id=applied.runtime_id, config=applied.config)
        content = note.model_dump_json().encode()
        with self._lock(name):
            folder, incoming = self.directory(name), self._part(name, "incoming")
            with _disk(f"write the note about instance {name}"):
                folder_tree.write_file(folder, _NOTE, content, incoming)

    def read_applied(self, name: str) -> Applied | None:
        """The note about an instance; None when there is none that can be read."""
        try:
            path = self._path(name) / _NOTE
            found = path.lstat()
            version = (found.st_ino, found.st_mtime_ns, found.st_size)
            # Every look at the node asks for every note, and to check the digest of a large one takes milliseconds.
            known = self._notes.get(name)
            if known is None or known[0] != version:
                known = self._notes[name] = (version, _read_note(path, name))
        except (OSError, ValueError, Permanent):
            self._notes.pop(name, None)
            return None
        return known[1]

    def redacted(self, name: str, text: str) -> str:
        """The text without the secrets that the instance was started with, and without user info of addresses."""
        applied = self.read_applied(name)
        secrets = []
        for secret_name in () if applied is None else _secret_names(applied.config):
            with contextlib.suppress(Waiting):
                secrets.append(read_secret(self._secrets_directory, secret_name))
        return redacted(text, secrets)

    def remove(self, name: str) -> None:
        """Takes away the folder of an instance; "not there" is success."""
        path = self._path(name)
        with self._lock(name), _disk(f"remove the folder of instance {name}"):
            if path.is_symlink():
                path.unlink()
            elif path.exists():
                shutil.rmtree(path)
        self._notes.pop(name, None)

    def orphans(self, wanted: Collection[str]) -> tuple[str, ...]:
        """Names of the instances that have a folder here and are not wanted, sorted."""
        with _disk("list the folders of instances"):
            if not self._root.exists():
                return ()
            names = {entry.name for entry in self._root.iterdir() if _NAME.fullmatch(entry.name)}
        return tuple(sorted(names - set(wanted)))

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise Permanent(f"{name!r} cannot be the name of an instance: it cannot be the name of a folder")
        return self._root / name

    def _lock(self, name: str) -> threading.Lock:
        return self._locks.setdefault(name, threading.Lock())

    def _part(self, name: str, part: str) -> Path:
        path = self.directory(name) / part
        with _disk(f"make {path}"):
            return folder_tree.ensure_folder(path)

    def _secrets(self, config: InstanceConfig) -> dict[str, Secret]:
        return {name: read_secret(self._secrets_directory, name) for name in _secret_names(config)}


def _secret_names(config: InstanceConfig) -> tuple[str, ...]:
    return tuple(sorted({name for file in config.files for name in secrets_named_in(file.content)}))


def _tree(config: InstanceConfig, secrets: dict[str, Secret]) -> folder_tree.Tree:
    root: dict[str, bytes | folder_tree.Tree] = {}
    for file in config.files:
        problem = f"instance {config.instance_name}: file {file.path!r}"
        *folders, name = file.path.split("/")
        if "\0" in file.path or any(part in {"", ".", ".."} for part in (*folders, name)):
            raise Permanent(f"{problem} is not a path inside the configuration folder")
        place = root
        for part in folders:
            below = place.setdefault(part, {})
            if not isinstance(below, dict):
                raise Permanent(f"{problem} needs a folder where another file is")
            place = below
        if name in place:
            raise Permanent(f"{problem} is there twice, or is a folder too")
        place[name] = fill(file.content, secrets).encode()
    return root


def _read_note(path: Path, name: str) -> Applied | None:
    note = _Note.model_validate_json(folder_tree.read_file(path))
    if note.config.instance_name != name:
        return None
    return Applied(config=note.config, generation=note.generation, runtime_id=note.runtime_id)


@contextlib.contextmanager
def _disk(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        place = f" ({error.filename})" if isinstance(error.filename, str) else ""
        raise Transient(f"cannot {what}: {error.strerror or error}{place}") from error
