"""The folders of instances without a disk: for the fake engine, and for simulations in one thread."""

from collections.abc import Collection, Mapping

from crds.instance_config import InstanceConfig
from crds.masking import masked
from crds.secret import Secret
from nodeagent.folders.content import HeldFile, Tree, checked_name, in_short, known_words, state_of, tree_of
from nodeagent.folders.remembered_words import RememberedWords
from nodeagent.model import Applied, FilesState, SecretProblem, Started, Transient


class MemoryFolders:
    """Does what folders do, in tables. The object is the disk: an agent that comes after a crash is given the same one.

    Args:
        secrets: the secrets of this node, by name.

    Attributes:
        secrets: the secrets.
        keys: other files of secrets, by the names of both.
        trees: what the configuration folders hold, by name of the instance; tests edit it by hand.
        away: why the disk does not answer now; empty when it does.
    """

    def __init__(self, secrets: Mapping[str, Secret] | None = None) -> None:
        self.secrets = dict(secrets or {})
        self.keys: dict[tuple[str, str], str] = {}
        self.trees: dict[str, Tree] = {}
        self.away = ""
        self._words = RememberedWords()
        self._notes: dict[str, Applied] = {}
        self._short_notes: dict[str, Started] = {}

    def write(self, config: InstanceConfig) -> None:
        """See `InstanceFolders`."""
        name = checked_name(config.instance_name)
        self._words_of(name, config)
        tree = tree_of(config, self, self._held(name))
        self._reach(f"write the files of instance {name}")
        self.trees[name] = tree

    def files_state(self, config: InstanceConfig) -> FilesState:
        """See `InstanceFolders`."""
        self._reach(f"read the configuration folder of {config.instance_name}")
        name = config.instance_name
        self._words_of(name, config)
        return state_of(config, self, self._held(name), lambda tree: self.trees.get(name) == tree)

    def note_applied(self, applied: Applied) -> None:
        """See `InstanceFolders`."""
        name = checked_name(applied.config.instance_name)
        self._reach(f"write the note about instance {name}")
        self._notes[name] = applied
        self._short_notes[name] = in_short(applied)

    def read_applied(self, name: str) -> Applied | None:
        """See `InstanceFolders`."""
        return self._notes.get(name)

    def read_started(self, name: str) -> Started | None:
        """See `InstanceFolders`."""
        return self._short_notes.get(name)

    def lose_note(self, name: str) -> None:
        """The file with the whole note cannot be read any more."""
        self._notes.pop(name, None)

    def redacted(self, name: str, text: str) -> str:
        """See `InstanceFolders`."""
        applied = self.read_applied(name)
        return masked(text, self._words_of(name, None if applied is None else applied.config))

    def _words_of(self, name: str, config: InstanceConfig | None) -> tuple[str, ...]:
        return self._words.with_those_of_today(name, known_words(config, self))

    def remove(self, name: str) -> None:
        """See `InstanceFolders`."""
        self._reach(f"remove the folder of instance {checked_name(name)}")
        self.trees.pop(name, None)
        self._notes.pop(name, None)
        self._short_notes.pop(name, None)
        self._words.forget(name)

    def orphans(self, wanted: Collection[str]) -> tuple[str, ...]:
        """See `InstanceFolders`."""
        self._reach("list the folders of instances")
        return tuple(sorted((self.trees.keys() | self._notes.keys()) - set(wanted)))

    def login(self, name: str) -> Secret:
        """See `Secrets`."""
        if name not in self.secrets:
            raise SecretProblem(name, f"secret {name!r} is missing", is_missing=True)
        return self.secrets[name]

    def value(self, name: str, key: str) -> str:
        """See `Secrets`."""
        login = self.secrets.get(name)
        known = {"username": login.username, "password": login.password} if login else {}
        found = self.keys.get((name, key), known.get(key))
        if found is None:
            raise SecretProblem(name, f"secret {name!r}: {key} is missing", is_missing=True)
        return found

    def _reach(self, what: str) -> None:
        if self.away:
            raise Transient(f"cannot {what}: {self.away}")

    def _held(self, name: str) -> HeldFile:
        def held(path: str) -> bytes | None:
            place: bytes | Tree | None = self.trees.get(name)
            for part in path.split("/"):
                place = None if place is None or isinstance(place, bytes) else place.get(part)
            return place if isinstance(place, bytes) else None

        return held
