"""The folders of instances on the disk of this machine: what stands where.

    root/<instance>/configs/       what the app reads; bind-mounted as a folder, so it stays the same inode
    root/<instance>/configs/.secrets/   values of variables that name secrets, for apps that read `<VARIABLE>_FILE`
    root/<instance>/build/         working directory of a process, so that `../configs` is right as it is in an image
    root/<instance>/engines/KEY/   TensorRT engines of one image, kind of GPU and set of models
    root/<instance>/incoming/      files that are not complete yet
    root/<instance>/applied.json   what the instance was started with last; holds placeholders, never secrets
    root/<instance>/started.json   the digests of that, for when it cannot be read

Everything here blocks on the disk: call it in a thread.
"""

import contextlib
import logging
import os
import shutil
import threading
from collections.abc import Collection, Iterator
from pathlib import Path

from pydantic_core import from_json

from crds.document import Message, unknown_format
from crds.instance_config import InstanceConfig, PartDigests
from crds.masking import masked
from nodeagent.folders import folder_tree
from nodeagent.folders.content import HeldFile, checked_name, in_short, is_name, known_words, state_of, tree_of
from nodeagent.folders.remembered_words import RememberedWords
from nodeagent.folders.secret_files import SecretFiles
from nodeagent.model import Applied, FilesState, Permanent, Started, Transient

_log = logging.getLogger(__name__)

_NOTE = "applied.json"
_SHORT_NOTE = "started.json"
_LARGEST_FILE = 4 * 1024 * 1024
"""In bytes; rendered files are far smaller."""
_OLD_ENGINES = 2
"""Engine folders that are kept beside the one in use: the way back from an image or a model that was no good."""


class _Note(Message):
    generation: int
    runtime_id: str
    config: InstanceConfig


class _ShortNote(Message):
    generation: int
    runtime_id: str
    instance_name: str
    digest: str
    digests: PartDigests


class DiskFolders:
    """The folders of all instances of this node; see `FoldersWithPaths`.

    Args:
        root: where they are; made when it is not there.
        secrets_directory: holds a folder for each secret, with the files `username` and `password`.
    """

    def __init__(self, root: Path, secrets_directory: Path) -> None:
        self._root = root.absolute()
        self._secrets = SecretFiles(secrets_directory.absolute())
        # A cancelled write goes on in its thread; the next one must not meet it.
        self._locks: dict[str, threading.Lock] = {}
        self._notes: dict[str, tuple[tuple[int, int, int], Applied | None]] = {}
        self._words = RememberedWords()
        self._words_lock = threading.Lock()

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

    def engines(self, name: str, key: str) -> Path:
        """See `FoldersWithPaths`."""
        folders = self._part(name, "engines")
        with self._lock(name), _disk(f"make the engine folder of instance {name}"):
            chosen = folder_tree.ensure_folder(folders / key)
            os.utime(chosen)
            others = sorted(
                (one for one in folders.iterdir() if one != chosen), key=lambda one: -one.lstat().st_mtime_ns
            )
            for old in others[_OLD_ENGINES:]:
                shutil.rmtree(old, ignore_errors=True)
            return chosen

    def write(self, config: InstanceConfig) -> None:
        """See `InstanceFolders`."""
        name = config.instance_name
        self._words_of(name, config)
        with self._lock(name):
            tree = tree_of(config, self._secrets, self._held(checked_name(name)))
            folder, incoming = self.configs(name), self._part(name, "incoming")
            with _disk(f"write the files of instance {name}"):
                # What a killed agent left half-written.
                folder_tree.write(incoming, {}, incoming)
                folder_tree.write(folder, tree, incoming)

    def files_state(self, config: InstanceConfig) -> FilesState:
        """See `InstanceFolders`."""
        name = config.instance_name
        self._words_of(name, config)
        try:
            return state_of(
                config,
                self._secrets,
                self._held(name),
                lambda tree: folder_tree.matches(self._path(name) / "configs", tree),
            )
        except OSError as error:
            raise Transient(f"the configuration folder of {name} cannot be read: {error}") from error

    def note_applied(self, applied: Applied) -> None:
        """See `InstanceFolders`."""
        name = applied.config.instance_name
        note = _Note(generation=applied.generation, runtime_id=applied.runtime_id, config=applied.config)
        short = _ShortNote(instance_name=name, **vars(in_short(applied)))
        with self._lock(name):
            folder, incoming = self.directory(name), self._part(name, "incoming")
            with _disk(f"write the note about instance {name}"):
                folder_tree.write_file(folder, _SHORT_NOTE, short.model_dump_json().encode(), incoming)
                folder_tree.write_file(folder, _NOTE, note.model_dump_json().encode(), incoming)
                # The very instance that the generation holds, and not an equal one that is read back.
                self._notes[name] = (_version_of(folder / _NOTE), applied)

    def read_applied(self, name: str) -> Applied | None:
        """See `InstanceFolders`."""
        try:
            path = self._path(name) / _NOTE
            version = _version_of(path)
            # Every look at the node asks for every note, and to check the digest of a large one takes milliseconds.
            known = self._notes.get(name)
            if known is None or known[0] != version:
                known = self._notes[name] = (version, _read_note(path, name))
        except (OSError, ValueError, Permanent):
            self._notes.pop(name, None)
            return None
        return known[1]

    def read_started(self, name: str) -> Started | None:
        """See `InstanceFolders`."""
        try:
            content = folder_tree.read_file(self._path(name) / _SHORT_NOTE)
            if unknown_format("the short note", from_json(content)):
                return None
            note = _ShortNote.model_validate_json(content)
        except (OSError, ValueError, Permanent):
            return None
        found = Started(note.generation, note.digest, note.digests, note.runtime_id)
        return found if note.instance_name == name else None

    def redacted(self, name: str, text: str) -> str:
        """See `InstanceFolders`."""
        applied = self.read_applied(name)
        return masked(text, self._words_of(name, None if applied is None else applied.config))

    def _words_of(self, name: str, config: InstanceConfig | None) -> tuple[str, ...]:
        words = known_words(config, self._secrets)
        with self._words_lock:  # who looks at a log may not lose what is written just now
            return self._words.with_those_of_today(name, words)

    def remove(self, name: str) -> None:
        """See `InstanceFolders`."""
        path = self._path(name)
        with self._lock(name), _disk(f"remove the folder of instance {name}"):
            if path.is_symlink():
                path.unlink()
            elif path.exists():
                shutil.rmtree(path)
        self._notes.pop(name, None)
        with self._words_lock:
            self._words.forget(name)

    def orphans(self, wanted: Collection[str]) -> tuple[str, ...]:
        """See `InstanceFolders`."""
        with _disk("list the folders of instances"):
            if not self._root.exists():
                return ()
            names = {entry.name for entry in self._root.iterdir() if is_name(entry.name)}
        return tuple(sorted(names - set(wanted)))

    def _path(self, name: str) -> Path:
        return self._root / checked_name(name)

    def _lock(self, name: str) -> threading.Lock:
        return self._locks.setdefault(name, threading.Lock())

    def _part(self, name: str, part: str) -> Path:
        path = self.directory(name) / part
        with _disk(f"make {path}"):
            return folder_tree.ensure_folder(path)

    def _held(self, name: str) -> HeldFile:
        def held(path: str) -> bytes | None:
            with _disk(f"read the configuration folder of {name}"):
                return folder_tree.read_inside(self._path(name) / "configs", path, _LARGEST_FILE)

        return held


def _version_of(path: Path) -> tuple[int, int, int]:
    found = path.lstat()
    return found.st_ino, found.st_mtime_ns, found.st_size


def _read_note(path: Path, name: str) -> Applied | None:
    content = folder_tree.read_file(path)
    if why := unknown_format(f"the note {path}", from_json(content)):
        _log.warning("%s: going on without it", why)
        return None
    note = _Note.model_validate_json(content)
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
