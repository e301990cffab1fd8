"""Placeholders for secrets: what stands in rendered files, topics and ledgers instead of a password.

They are filled in on the node, when the file is written:

- `${secret:NAME:userinfo}` stands for `user:password@`, percent-encoded. Percent-encoding leaves nothing that JSON, key
  files or URLs would have to escape. The password may be empty.
- `${secret:NAME:username}` stands for `user@`: a user without a password, which is not one whose password is empty.
- `${secret:NAME:password}` stands for the password itself in the value of a key file, escaped as GLib reads it back.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

PLACEHOLDER: Final = re.compile(r"\$\{secret:(?P<name>[a-z0-9][-a-z0-9.]*):(?P<part>userinfo|username|password)\}")
"""What stands for a part of a secret: `name` says which, `part` what of it."""
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
_KEPT_IN_PARAMETERS: Final = "!$%&'()*+/:=?@[]~#"
"""Beside letters, digits and `-._~`."""


@dataclass(frozen=True, repr=False)
class Secret:
    """A user name and a password. Its `repr` shows neither."""

    username: str
    password: str | None
    """None for a user without one; an empty text is a password, too."""


class UnusableSecretError(ValueError):
    """A secret cannot stand where it is asked for; the message shows nothing of it.

    Attributes:
        secret_name: which one.
        is_missing: True when the part that is asked for is not there at all.
    """

    def __init__(self, secret_name: str, message: str, *, is_missing: bool = False) -> None:
        super().__init__(message)
        self.secret_name = secret_name
        self.is_missing = is_missing


def userinfo_placeholder(secret_name: str, *, without_password: bool = False) -> str:
    """The text that stands for the user info of a URL, with its final `@`."""
    return f"{_BEGIN}{secret_name}:{'username' if without_password else 'userinfo'}}}"


def password_placeholder(secret_name: str) -> str:
    """The text that stands for a password in the value of a key file."""
    return f"{_BEGIN}{secret_name}:password}}"


def is_password_placeholder(text: str) -> bool:
    """True for a text that is one placeholder for a password, and nothing else."""
    found = PLACEHOLDER.fullmatch(text)
    return found is not None and found["part"] == "password"


def has_broken_placeholder(text: str) -> bool:
    """True when something begins as a placeholder and is none: it would be left as it is, and taken for a password."""
    return _BEGIN in text and _BEGIN in PLACEHOLDER.sub("", text)


def secrets_named_in(text: str) -> tuple[str, ...]:
    """The names of the secrets that a text has placeholders for, sorted."""
    return tuple(sorted({match["name"] for match in PLACEHOLDER.finditer(text)}))


def fill(text: str, secrets: Mapping[str, Secret]) -> str:
    """The text with every placeholder filled in.

    Raises:
        KeyError: a secret that the text names is not given; the key is its name.
        UnusableSecretError: a secret has no password, or one that cannot stand in the value of a key file.
    """

    def filled(match: re.Match[str]) -> str:
        name = match["name"]
        secret = secrets[name]
        if match["part"] == "password":
            return _in_key_file(name, _password_of(name, secret))
        return _user_info(name, secret, without_password=match["part"] == "username")

    return PLACEHOLDER.sub(filled, text)


def fill_address(address: str, secrets: Mapping[str, Secret]) -> str:
    """An address with every placeholder filled in.

    A password among its parameters stands there as it is, for cameras have their own ideas of what has to be encoded;
    what no address can hold, and what would end it in JSON, in a key file or in a list of addresses, is percent-encoded.

    Raises:
        KeyError: a secret that the address names is not given; the key is its name.
        UnusableSecretError: a secret has no password.
    """

    def filled(match: re.Match[str]) -> str:
        name = match["name"]
        secret = secrets[name]
        if match["part"] == "password":
            return quote(_password_of(name, secret), safe=_KEPT_IN_PARAMETERS)
        return _user_info(name, secret, without_password=match["part"] == "username")

    return PLACEHOLDER.sub(filled, address)


def _user_info(name: str, secret: Secret, *, without_password: bool) -> str:
    password = "" if without_password else f":{quote(_password_of(name, secret), safe='')}"
    if not secret.username and password in {"", ":"}:
        raise UnusableSecretError(name, f"the user name of secret {name!r} is empty, and so is its password")
    return f"{quote(secret.username, safe='')}{password}@"


def _password_of(name: str, secret: Secret) -> str:
    if secret.password is None:
        message = f"secret {name!r} has no file 'password'; a user without a password has credentialsRef.withoutPassword: true"
        raise UnusableSecretError(name, message, is_missing=True)
    return secret.password


def _in_key_file(name: str, password: str) -> str:
    for character, words in _UNFIT.items():
        if character in password:
            message = (
                f"the password of secret {name!r} holds {words}, which cannot stand in a key file of DeepStream: "
                "choose another password"
            )
            raise UnusableSecretError(name, message)
    return password.translate(_ESCAPES)
