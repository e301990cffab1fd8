"""What the folder of an instance should hold, how that compares with what it holds, and what people may see: pure."""

import contextlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias

from crds.env_secrets import SECRETS_FOLDER, filled_value, keys_named_in, names_a_secret
from crds.instance_config import InstanceConfig
from crds.masking import secret_words
from crds.secret import Secret, UnusableSecretError, fill, fill_address, secrets_named_in
from nodeagent.folders.camera_logins import CameraLogin, logins_by_text, pieces_of
from nodeagent.model import Applied, FilesState, LoginProblem, Permanent, SecretProblem, Started

Tree: TypeAlias = "Mapping[str, bytes | Tree]"
"""Content by name: bytes for a file, a tree for a folder."""


class Secrets(Protocol):
    """The secrets of this node. Both raise SecretProblem for what is missing or cannot be used."""

    def login(self, name: str) -> Secret:
        """The user name and the password of a secret."""
        ...

    def value(self, name: str, key: str) -> str:
        """What one file of a secret holds."""
        ...


HeldFile: TypeAlias = Callable[[str], bytes | None]
"""What the configuration folder holds at a path of a rendered file; None when that is nothing, or no file."""

# What both a folder and a container may be called.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")

_USER_NAME: Final = "username"


def is_name(name: str) -> bool:
    """True for what may be the name of an instance, and so of its folder."""
    return _NAME.fullmatch(name) is not None


def checked_name(name: str) -> str:
    """The name itself.

    Raises:
        Permanent: no instance can have it.
    """
    if not is_name(name):
        raise Permanent(f"{name!r} cannot be the name of an instance: it cannot be the name of a folder")
    return name


def in_short(applied: Applied) -> Started:
    """The note about an instance in short."""
    config = applied.config
    return Started(applied.generation, config.digest, config.digests, applied.runtime_id)


def tree_of(config: InstanceConfig, secrets: Secrets, held: HeldFile) -> Tree:
    """The configuration files of an instance with the secrets filled in.

    A camera whose login cannot be filled in keeps the one that its file holds already, or gets none.

    Raises:
        Permanent: a path leaves the folder, or two files need the same name.
        Waiting: a secret that is not the login of a camera is missing or cannot be used.
    """
    content = _content_of(config, secrets, held)
    for problem in content.problems.values():
        raise problem
    return _tree(config, content)


def state_of(config: InstanceConfig, secrets: Secrets, held: HeldFile, holds: Callable[[Tree], bool]) -> FilesState:
    """How the configuration folder of an instance compares with what it should hold.

    Args:
        config: the instance.
        secrets: those of this node.
        held: the files that the folder holds.
        holds: whether the folder holds a tree and nothing else.
    """
    if not is_name(config.instance_name):
        return FilesState(current=False)
    try:
        content = _content_of(config, secrets, held)
    except Permanent:
        return FilesState(current=False)
    return FilesState(
        # Without a secret nobody can tell: what runs goes on with the one that it has.
        current=not content.problems and holds(_tree(config, content)),
        secrets_missing=tuple(sorted(content.problems)),
        dark=content.dark,
        kept=content.kept,
    )


def known_words(config: InstanceConfig | None, secrets: Secrets) -> list[str]:
    """What nobody may read of the secrets that a form of an instance names, as far as they are there."""
    if config is None:
        return []
    words = []
    for secret_name in sorted({name for file in config.files for name in secrets_named_in(file.content)}):
        with contextlib.suppress(SecretProblem):
            words += secret_words(secrets.login(secret_name))
    for value in config.container.env.values():
        for secret_name, key in keys_named_in(value):
            with contextlib.suppress(SecretProblem):
                words += [secrets.value(secret_name, key)] if key != _USER_NAME else []
    return words


@dataclass
class _Content:
    """The texts of the files of an instance by their paths, and what could not be filled in."""

    texts: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    """Values of variables that have secrets in them."""
    problems: dict[str, SecretProblem] = field(default_factory=dict)
    """By name of the secret: what nothing can be written without."""
    dark: dict[str, LoginProblem] = field(default_factory=dict)
    kept: dict[str, LoginProblem] = field(default_factory=dict)


def _content_of(config: InstanceConfig, secrets: Secrets, held: HeldFile) -> _Content:
    # Nothing is read at a path that leaves the folder.
    _tree(config, _Content({file.path: "" for file in config.files}))
    content, filling, logins = _Content(), _Filling(secrets), logins_by_text(config)
    addresses = {text: filling.filled(login.address, fill_address) for text, login in logins.items()}
    known = {logins[text].write(one) for text, one in addresses.items() if isinstance(one, str)}

    def address_of(login: CameraLogin, path: str) -> str:
        filled = addresses[login.text]
        if isinstance(filled, str):
            return login.write(filled)
        before = held(path)
        kept = login.held_in(before.decode(errors="replace")) if before is not None else None
        # Two cameras with one address and different secrets: neither takes the login of the other.
        kept = None if kept in known else kept
        cameras = content.dark if kept is None else content.kept
        cameras |= dict.fromkeys(login.cameras, filled[0].of_login)
        return login.without_login if kept is None else kept

    for file in config.files:
        pieces = []
        for piece in pieces_of(file.content, logins):
            if isinstance(piece, CameraLogin):
                pieces.append(address_of(piece, file.path))
                continue
            filled = filling.filled(piece, fill)
            if isinstance(filled, str):
                pieces.append(filled)
            else:
                content.problems |= {problem.secret_name: problem for problem in filled}
        content.texts[file.path] = "".join(pieces)
    for name, value in config.container.env.items():
        if names_a_secret(value):
            try:
                content.variables[name] = filled_value(value, secrets.value)
            except SecretProblem as problem:
                content.problems[problem.secret_name] = problem
    return content


class _Filling:
    """Fills placeholders in, and reads each secret once."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._known: dict[str, Secret | SecretProblem] = {}

    def filled(self, text: str, fill_in: Callable[[str, Mapping[str, Secret]], str]) -> str | tuple[SecretProblem, ...]:
        """The text, or why it cannot be filled in: at least one problem."""
        found = {name: self._secret(name) for name in secrets_named_in(text)}
        problems = tuple(one for one in found.values() if isinstance(one, SecretProblem))
        if problems:
            return problems
        try:
            return fill_in(text, {name: one for name, one in found.items() if isinstance(one, Secret)})
        except UnusableSecretError as error:
            return (SecretProblem(error.secret_name, str(error), is_missing=error.is_missing),)

    def _secret(self, name: str) -> Secret | SecretProblem:
        if name not in self._known:
            try:
                self._known[name] = self._secrets.login(name)
            except SecretProblem as problem:
                self._known[name] = problem
        return self._known[name]


def _tree(config: InstanceConfig, content: _Content) -> Tree:
    root: dict[str, bytes | Tree] = {}
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
        place[name] = content.texts[file.path].encode()
    if content.variables:
        if SECRETS_FOLDER in root:
            raise Permanent(f"instance {config.instance_name}: file {SECRETS_FOLDER!r} is where its secrets are")
        root[SECRETS_FOLDER] = {name: value.encode() for name, value in content.variables.items()}
    return root
