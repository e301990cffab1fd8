"""What the folder of an instance should hold, how that compares with what it holds, and what people may see: pure."""

import contextlib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias
from urllib.parse import quote

from crds.messages import InstanceConfig
from crds.secret import Secret, UnusableSecretError, fill, secrets_named_in
from nodeagent.model import Applied, FilesState, Permanent, Started, Waiting

Tree: TypeAlias = "Mapping[str, bytes | Tree]"
"""Content by name: bytes for a file, a tree for a folder."""

ReadSecret: TypeAlias = Callable[[str], Secret]
"""The secret of a name; raises Waiting when it is missing or cannot be used."""

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


def tree_of(config: InstanceConfig, read_secret: ReadSecret) -> Tree:
    """The configuration files of an instance with the secrets filled in.

    Raises:
        Permanent: a path leaves the folder, or two files need the same name.
        Waiting: a secret is missing or cannot be used.
    """
    secrets = {name: read_secret(name) for name in _secret_names(config)}
    try:
        return _tree(config, secrets)
    except UnusableSecretError as unusable:
        raise Waiting(str(unusable), on=f"secret {unusable.secret_name}") from None


def state_of(config: InstanceConfig, read_secret: ReadSecret, holds: Callable[[Tree], bool]) -> FilesState:
    """How the configuration folder of an instance compares with what it should hold.

    Args:
        config: the instance.
        read_secret: the secrets.
        holds: whether the folder holds a tree and nothing else.
    """
    secrets, missing = {}, []
    for secret_name in _secret_names(config):
        try:
            secrets[secret_name] = read_secret(secret_name)
        except Waiting:
            missing.append(secret_name)
    if missing:
        return FilesState(current=False, secrets_missing=tuple(missing))
    try:
        return FilesState(current=is_name(config.instance_name) and holds(_tree(config, secrets)))
    except Permanent:
        return FilesState(current=False)
    except UnusableSecretError as unusable:
        # As one that is missing: what runs goes on with the one that it has.
        return FilesState(current=False, secrets_missing=(unusable.secret_name,))


def known_secrets(applied: Applied | None, read_secret: ReadSecret) -> list[Secret]:
    """The secrets that an instance was started with, as far as they are there."""
    secrets = []
    for secret_name in () if applied is None else _secret_names(applied.config):
        with contextlib.suppress(Waiting):
            secrets.append(read_secret(secret_name))
    return secrets


def redacted(text: str, secrets: Iterable[Secret] = ()) -> str:
    """The text without the user info of addresses, and without the passwords of the given secrets wherever they stand."""
    for secret in secrets:
        for form in (secret.password, quote(secret.password, safe="")):
            if len(form) >= _SHORTEST_HIDDEN:
                text = text.replace(form, "***")
    return _USER_INFO.sub(r"\1***@", text)


def _secret_names(config: InstanceConfig) -> tuple[str, ...]:
    return tuple(sorted({name for file in config.files for name in secrets_named_in(file.content)}))


def _tree(config: InstanceConfig, secrets: Mapping[str, Secret]) -> Tree:
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
        place[name] = fill(file.content, secrets).encode()
    return root
