"""Variables of an instance that name secrets.

A variable whose value has `${secret:NAME:KEY}` in it never reaches the container with the secret, for `docker inspect` and
`/proc` show the environment to others. The agent writes the value into a file beside the configuration files, and the
container is given its path as `<VARIABLE>_FILE`, as the images of databases and Docker's own secrets do it:
https://docs.docker.com/compose/how-tos/use-secrets/
"""

import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import quote

SECRETS_FOLDER: Final = ".secrets"
"""Inside of the configuration folder; no file of a manifest can have this name."""
SUFFIX: Final = "_FILE"

_BEGIN: Final = "${secret:"
_PLACEHOLDER: Final = re.compile(
    r"\$\{secret:(?P<name>[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?):(?P<key>[A-Za-z0-9_][A-Za-z0-9._-]*)\}"
)
_LOGIN: Final = "userinfo"
"""The one key that is no file: both parts of a login, percent-encoded for a URL, with the final `@`."""

ReadKey = Callable[[str, str], str]
"""The content of a file of a secret, by the names of both."""


def names_a_secret(value: str) -> bool:
    """True for a value that goes into a file."""
    return _PLACEHOLDER.search(value) is not None


def has_broken_reference(value: str) -> bool:
    """True when something begins as a placeholder and is none: it would be left as it is, and taken for a password."""
    return _BEGIN in _PLACEHOLDER.sub("", value)


def without_references(value: str) -> str:
    """What of a value stands in the manifest itself."""
    return _PLACEHOLDER.sub("${secret}", value)


def keys_named_in(value: str) -> tuple[tuple[str, str], ...]:
    """Secrets and the files of them that a value needs, sorted."""
    found = {(match["name"], match["key"]) for match in _PLACEHOLDER.finditer(value)}
    logins = {(name, part) for name, key in found if key == _LOGIN for part in ("username", "password")}
    return tuple(sorted({one for one in found if one[1] != _LOGIN} | logins))


def filled_value(value: str, read_key: ReadKey) -> str:
    """The value with every placeholder filled in, as it is: only a whole login is percent-encoded."""

    def filled(match: re.Match[str]) -> str:
        if match["key"] != _LOGIN:
            return read_key(match["name"], match["key"])
        user, password = (quote(read_key(match["name"], part), safe="") for part in ("username", "password"))
        return f"{user}:{password}@"

    return _PLACEHOLDER.sub(filled, value)


def environment(env: Mapping[str, str], configs: str) -> dict[str, str]:
    """The environment that a container or process is given.

    Args:
        env: of the instance.
        configs: the folder with the configuration files, as the app sees it.
    """
    return dict(
        (f"{name}{SUFFIX}", f"{configs.rstrip('/')}/{SECRETS_FOLDER}/{name}")
        if names_a_secret(value)
        else (name, value)
        for name, value in env.items()
    )
