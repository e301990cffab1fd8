"""Placeholders for secrets: what stands in rendered files, topics and ledgers instead of a password.

They are filled in on the node, when the file is written:

- `${secret:NAME:userinfo}` stands for `user:password@`, percent-encoded. Percent-encoding leaves nothing that JSON, key
  files or URLs would have to escape.
- `${secret:NAME:password}` stands for the password itself in the value of a key file, escaped as GLib reads it back.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

_PLACEHOLDER: Final = re.compile(r"\$\{secret:(?P<name>[a-z0-9][-a-z0-9.]*):(?P<part>userinfo|password)\}")
_BEGIN: Final = "${secret:"
_ESCAPES: Final = str.maketrans({"\\": "\\\\", " ": "\\s", "\t": "\\t"})
_UNFIT: Final[Mapping[str, str]] = {
    # GLib trims them, and knows no escape for them.
    **{chr(code): "a control character" for code in range(0x20) if chr(code) != "\t"},
    "\n": "a line end",
    "\r": "a line end",
    ";": "a ';'",
    '"': "a quotation mark",
}
"""What would end or change the value of a key file, or one setting of the several that DeepStream packs into a value."""

SECRET_NAME: Final = re.compile(
    r"password|passwd|passphrase|(?:^|[^a-z])pwd|pass$|secret|token|sasl\.oauthbearer\.config|ssl\.key\.pem|"
    r"(?:api|access|shared|account)[-_.]?key",
    re.IGNORECASE,
)
"""Names of settings that hold secrets."""
SECRET_PARAMETER: Final = re.compile(
    r"(?P<head>(?:^|(?<=[?&/;_]))(?:password|passwd|passwort|pwd|pass|psw|token|access_?token|auth|secret|api_?key)=)"
    r"(?!\$\{secret:)(?P<value>[^&#]+?)(?=_(?:channel|stream|subtype)=|[&#]|$)",
    re.IGNORECASE,
)
"""A secret in clear among the parameters of an address."""


@dataclass(frozen=True, repr=False)
class Secret:
    """A user name and a password. Its `repr` shows neither."""

    username: str
    password: str


class UnusableSecretError(ValueError):
    """A secret cannot stand where it is asked for; the message shows nothing of it.

    Attributes:
        secret_name: which one.
    """

    def __init__(self, secret_name: str, message: str) -> None:
        super().__init__(message)
        self.secret_name = secret_name


def userinfo_placeholder(secret_name: str) -> str:
    """The text that stands for the user info of a URL, with its final `@`."""
    return f"{_BEGIN}{secret_name}:userinfo}}"


def password_placeholder(secret_name: str) -> str:
    """The text that stands for a password in the value of a key file."""
    return f"{_BEGIN}{secret_name}:password}}"


def is_password_placeholder(text: str) -> bool:
    """True for a text that is one placeholder for a password, and nothing else."""
    found = _PLACEHOLDER.fullmatch(text)
    return found is not None and found["part"] == "password"


def has_broken_placeholder(text: str) -> bool:
    """True when something begins as a placeholder and is none: it would be left as it is, and taken for a password."""
    return _BEGIN in _PLACEHOLDER.sub("", text)


def secrets_named_in(text: str) -> tuple[str, ...]:
    """The names of the secrets that a text has placeholders for, sorted."""
    return tuple(sorted({match["name"] for match in _PLACEHOLDER.finditer(text)}))


def fill(text: str, secrets: Mapping[str, Secret]) -> str:
    """The text with every placeholder filled in.

    Raises:
        KeyError: a secret that the text names is not given; the key is its name.
        UnusableSecretError: a password cannot stand in the value of a key file.
    """

    def filled(match: re.Match[str]) -> str:
        secret = secrets[match["name"]]
        if match["part"] == "password":
            return _in_key_file(match["name"], secret.password)
        return f"{quote(secret.username, safe='')}:{quote(secret.password, safe='')}@"

    return _PLACEHOLDER.sub(filled, text)


def _in_key_file(name: str, password: str) -> str:
    for character, words in _UNFIT.items():
        if character in password:
            message = (
                f"the password of secret {name!r} holds {words}, which cannot stand in a key file of DeepStream: "
                "choose another password"
            )
            raise UnusableSecretError(name, message)
    return password.translate(_ESCAPES)
