"""Placeholders for secrets: what stands in rendered files, topics and ledgers instead of a password.

The placeholder `${secret:NAME:userinfo}` stands for `user:password@`, percent-encoded, and is filled in on the node,
when the file is written. Percent-encoding leaves nothing that JSON, key files or URLs would have to escape.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

_PLACEHOLDER = re.compile(r"\$\{secret:(?P<name>[a-z0-9][-a-z0-9.]*):userinfo\}")


@dataclass(frozen=True, repr=False)
class Secret:
    """A user name and a password. Its `repr` shows neither."""

    username: str
    password: str


def userinfo_placeholder(secret_name: str) -> str:
    """The text that stands for the user info of a URL, with its final `@`."""
    return "${secret:" + secret_name + ":userinfo}"


def secrets_named_in(text: str) -> tuple[str, ...]:
    """The names of the secrets that a text has placeholders for, sorted."""
    return tuple(sorted({match["name"] for match in _PLACEHOLDER.finditer(text)}))


def fill(text: str, secrets: Mapping[str, Secret]) -> str:
    """The text with every placeholder filled in.

    Raises:
        KeyError: a secret that the text names is not given; the key is its name.
    """

    def user_info(match: re.Match[str]) -> str:
        secret = secrets[match["name"]]
        return f"{quote(secret.username, safe='')}:{quote(secret.password, safe='')}@"

    return _PLACEHOLDER.sub(user_info, text)
