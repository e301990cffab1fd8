"""The port to the folders of instances; `tests/folders` holds all of its implementations to the same contract."""

from collections.abc import Collection
from pathlib import Path
from typing import Protocol

from crds.instance_config import InstanceConfig
from nodeagent.model import Applied, FilesState, Started


class InstanceFolders(Protocol):
    """The folders of all instances of this node: configuration files, with the secrets filled in, and notes.

    They outlive the agent. Methods block, may be called in threads, and raise Transient when the disk fails them.
    """

    def write(self, config: InstanceConfig) -> None:
        """Makes the configuration folder hold the rendered files, secrets filled in, and nothing else.

        Raises:
            Permanent: the name or a path leaves the folder, or two files need the same name.
            Waiting: a secret is missing or cannot be used.
        """
        ...

    def files_state(self, config: InstanceConfig) -> FilesState:
        """Compares the configuration folder with what it should hold: edits by hand and new passwords show.

        Files that cannot be written at all are not current: `write` says why.

        Raises:
            Transient: the disk does not answer. That is no reason to touch what runs.
        """
        ...

    def note_applied(self, applied: Applied) -> None:
        """Writes down what an instance is started with, whole and in short; durable when it returns."""
        ...

    def read_applied(self, name: str) -> Applied | None:
        """The note about an instance; None when there is none that can be read."""
        ...

    def read_started(self, name: str) -> Started | None:
        """The note about an instance in short, which stands in a file of its own; None when there is none to be read."""
        ...

    def redacted(self, name: str, text: str) -> str:
        """The text without the secrets that the instance was started with, and without user info of addresses."""
        ...

    def remove(self, name: str) -> None:
        """Takes away the folder of an instance with all that is in it; "not there" is success."""
        ...

    def orphans(self, wanted: Collection[str]) -> tuple[str, ...]:
        """Names of the instances that have a folder here and are not wanted, sorted."""
        ...


class FoldersWithPaths(InstanceFolders, Protocol):
    """Folders that an engine can give to its programs. They are made when they are asked for."""

    def directory(self, name: str) -> Path:
        """The folder of an instance."""
        ...

    def configs(self, name: str) -> Path:
        """The folder with the configuration files of an instance; it stays the same inode."""
        ...

    def build(self, name: str) -> Path:
        """The working directory of an instance that runs as a process."""
        ...

    def engines(self, name: str, key: str) -> Path:
        """The folder of an instance for TensorRT engines of one key; it outlives containers.

        Of other keys, the few that were asked for last are kept, for a way back. To be called before a container is
        made, when there is no other of this instance: nobody uses what is taken away.
        """
        ...
