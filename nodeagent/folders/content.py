"""What the folder of an instance should hold, how that compares with what it holds, and what people may see: pure."""

import contextlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import quote

from crds.messages import InstanceConfig
from crds.secret import Secret, UnusableSecretError, fill, fill_address, secrets_named_in
from nodeagent.folders.camera_logins import CameraLogin, logins_by_text, pieces_of
from nodeagent.model import Applied, FilesState, LoginProblem, Permanent, SecretProblem, Started

Tree: TypeAlias = "Mapping[str, bytes | Tree]"
"""Content by name: bytes for a file, a tree for a folder."""

ReadSecret: TypeAlias = Callable[[str], Secret]
"""The secret of a name; raises SecretProblem when it is missing or cannot be used."""

HeldFile: TypeAlias = Callable[[str], bytes | None]
"""What the configuration folder holds at a path of a rendered file; None when that is nothing, or no file."""

# What both a folder and a container may be called.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")

# Greedy up to the last "@" of the line: a password may hold "@" or "/" that nobody escaped.
_USER_INFO = re.compile(r"([a-z][a-z0-9+.-]*://).*@", re.IGNORECASE)

# Shorter passwords are hidden in addresses alone: to hide every "a" of a text would leave none.
_SHORTEST_HIDDEN = 4


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


def tree_of(config: InstanceConfig, read_secret: ReadSecret, held: HeldFile) -> Tree:
    """The configuration files of an instance with the secrets filled in.

    A camera whose login cannot be filled in keeps the one that its file holds already, or gets none.

    Raises:
        Permanent: a path leaves the folder, or two files need the same name.
        Waiting: a secret that is not the login of a camera is missing or cannot be used.
    """
    content = _content_of(config, read_secret, held)
    for problem in content.problems.values():
        raise problem
    return _tree(config, content.texts)


def state_of(
    config: InstanceConfig, read_secret: ReadSecret, held: HeldFile, holds: Callable[[Tree], bool]
) -> FilesState:
    """How the configuration folder of an instance compares with what it should hold.

    Args:
        config: the instance.
        read_secret: the secrets.
        held: the files that the folder holds.
        holds: whether the folder holds a tree and nothing else.
    """
    if not is_name(config.instance_name):
        return FilesState(current=False)
    try:
        content = _content_of(config, read_secret, held)
    except Permanent:
        return FilesState(current=False)
    return FilesState(
        # Without a secret nobody can tell: what runs goes on with the one that it has.
        current=not content.problems and holds(_tree(config, content.texts)),
        secrets_missing=tuple(sorted(content.problems)),
        dark=content.dark,
        kept=content.kept,
    )


def known_secrets(applied: Applied | None, read_secret: ReadSecret) -> list[Secret]:
    """The secrets that an instance was started with, as far as they are there."""
    secrets = []
    for secret_name in () if applied is None else _secret_names(applied.config):
        with contextlib.suppress(SecretProblem):
            secrets.append(read_secret(secret_name))
    return secrets


def redacted(text: str, secrets: Iterable[Secret] = ()) -> str:
    """The text without the user info of addresses, and without the passwords of the given secrets wherever they stand."""
    for secret in secrets:
        for form in (secret.password or "", quote(secret.password or "", safe="")):
            if len(form) >= _SHORTEST_HIDDEN:
                text = text.replace(form, "***")
    return _USER_INFO.sub(r"\1***@", text)


def _secret_names(config: InstanceConfig) -> tuple[str, ...]:
    return tuple(sorted({name for file in config.files for name in secrets_named_in(file.content)}))


@dataclass
class _Content:
    """The texts of the files of an instance by their paths, and what could not be filled in."""

    texts: dict[str, str] = field(default_factory=dict)
    problems: dict[str, SecretProblem] = field(default_factory=dict)
    """By name of the secret: what nothing can be written without."""
    dark: dict[str, LoginProblem] = field(default_factory=dict)
    kept: dict[str, LoginProblem] = field(default_factory=dict)


def _content_of(config: InstanceConfig, read_secret: ReadSecret, held: HeldFile) -> _Content:
    # Nothing is read at a path that leaves the folder.
    _tree(config, {file.path: "" for file in config.files})
    content, filling, logins = _Content(), _Filling(read_secret), logins_by_text(config)
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
    return content


class _Filling:
    """Fills placeholders in, and reads each secret once."""

    def __init__(self, read_secret: ReadSecret) -> None:
        self._read_secret = read_secret
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
                self._known[name] = self._read_secret(name)
            except SecretProblem as problem:
                self._known[name] = problem
        return self._known[name]


def _tree(config: InstanceConfig, texts: Mapping[str, str]) -> Tree:
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
        place[name] = texts[file.path].encode()
    return root
