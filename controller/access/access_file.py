"""The access file: who was given what. Whole in, whole out; the shell keeps it on disk."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final

from controller.access.identity import Binding
from controller.access.roles import ROLES, Role
from controller.access.tokens import Token
from crds.kinds import KINDS, kind_named
from crds.selector import parse_selector

MOST_TOKENS: Final = 1000
_FORMAT = 1
_FORGOTTEN_AFTER: Final = timedelta(days=30)
"""An expired token is told as such for so long."""
_NAME = re.compile(r"[^\x00-\x1f\x7f<>]{1,100}")
_MOST_SELECTOR_CHARACTERS = 1000


class BadAccess(ValueError):  # noqa: N818 - says what is the matter
    """What was asked for, or stands in the file, gives no access: why, and where."""


@dataclass(frozen=True)
class CertificateBinding:
    """A role for those who show a certificate: of one name, or of a group (an organization in the certificate)."""

    binding: Binding
    user: str | None = None
    group: str | None = None


@dataclass(frozen=True)
class AccessFile:
    """Everything in the file."""

    tokens: tuple[Token, ...] = ()
    certificates: tuple[CertificateBinding, ...] = ()

    @cached_property
    def _by_id(self) -> Mapping[str, Token]:
        return {token.id: token for token in self.tokens}

    def token(self, token_id: str) -> Token | None:
        """What is kept of a token, by its id."""
        return self._by_id.get(token_id)

    def adding(self, token: Token, now: datetime) -> "AccessFile":
        """With one token more, and without those that expired long ago.

        Raises:
            BadAccess: there are too many, or nobody could make another one from then on.
        """
        kept = [one for one in self.tokens if one.expires is None or now - one.expires < _FORGOTTEN_AFTER]
        if len(kept) >= MOST_TOKENS:
            raise BadAccess(f"there are {MOST_TOKENS} tokens already: revoke some")
        if not self.tokens and not self.certificates and not _is_admin(token.binding):
            raise BadAccess(
                "the first token must be an admin's, without selector and kinds: from then on nobody does anything "
                "without a credential"
            )
        return replace(self, tokens=(*kept, token))

    def revoking(self, token_id: str) -> "AccessFile | None":
        """Without a token; None when there is none of that id."""
        if token_id not in self._by_id:
            return None
        return replace(self, tokens=tuple(one for one in self.tokens if one.id != token_id))


def _is_admin(binding: Binding) -> bool:
    return binding.role is Role.ADMIN and binding.is_whole


def binding_of(role: str, selector: str = "", kinds: tuple[str, ...] = ()) -> Binding:
    """A binding, from the words of people.

    Raises:
        BadAccess: one of them is none.
    """
    if role not in ROLES:
        raise BadAccess(f"role is {role!r}, expected one of {', '.join(ROLES)}")
    if len(selector) > _MOST_SELECTOR_CHARACTERS:
        raise BadAccess(f"the selector has more than {_MOST_SELECTOR_CHARACTERS} characters")
    try:
        parse_selector(selector)
    except ValueError as error:
        raise BadAccess(str(error)) from None
    found = set()
    for word in kinds:
        kind = kind_named(word)
        if kind is None:
            raise BadAccess(f"kind is {word!r}, expected one of {', '.join(KINDS)}")
        found.add(kind.__name__)
    return Binding(ROLES[role], selector.strip(), frozenset(found))


def checked_name(name: str) -> str:
    """The name of a person or program, as it stands in commits and the audit log.

    Raises:
        BadAccess: it is none.
    """
    if not _NAME.fullmatch(name) or name != name.strip():
        raise BadAccess("a name has 1 to 100 characters, none of them a control character, < or >")
    return name


def parse_access(content: bytes) -> AccessFile:
    """Reads the file.

    Raises:
        BadAccess: it is not of its form; the message names the entry, and nothing of what is in it.
    """
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        where = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else "it"
        raise BadAccess(f"{where} is no JSON") from None
    if not isinstance(found, dict) or found.get("format") != _FORMAT:
        raise BadAccess(f"format is not {_FORMAT}: the file is of another version of fleet")
    tokens = tuple(_entry(f"tokens[{i}]", _token, one) for i, one in enumerate(_list(found, "tokens")))
    certificates = tuple(
        _entry(f"certificates[{i}]", _certificate, one) for i, one in enumerate(_list(found, "certificates"))
    )
    if len({token.id for token in tokens}) != len(tokens):
        raise BadAccess("two tokens have one id")
    return AccessFile(tokens, certificates)


def written(access: AccessFile) -> bytes:
    """The content of the file."""
    document = {
        "format": _FORMAT,
        "tokens": [token_document(token) | {"sha256": token.digest} for token in access.tokens],
        "certificates": [
            ({"user": one.user} if one.user is not None else {})
            | ({"group": one.group} if one.group is not None else {})
            | _binding_document(one.binding)
            for one in access.certificates
        ],
    }
    return json.dumps(document, indent=1).encode() + b"\n"


def token_document(token: Token) -> dict[str, Any]:
    """What people are shown of a token."""
    return {
        "id": token.id,
        "name": token.name,
        **_binding_document(token.binding),
        "created": token.created.isoformat(timespec="seconds"),
        "expires": token.expires.isoformat(timespec="seconds") if token.expires else None,
    }


def _binding_document(binding: Binding) -> dict[str, Any]:
    return {"role": binding.role.word, "selector": binding.selector, "kinds": sorted(binding.kinds)}


def _list(found: Mapping[str, Any], name: str) -> list[Any]:
    value = found.get(name, [])
    if not isinstance(value, list):
        raise BadAccess(f"{name} is no list")
    return value


def _entry(where: str, read: Any, one: Any) -> Any:
    try:
        return read(one)
    except BadAccess as error:
        raise BadAccess(f"{where}: {error}") from None
    except (KeyError, TypeError, ValueError, AttributeError):
        raise BadAccess(f"{where} is not of the form that `fleet token create` writes") from None


def _token(one: Mapping[str, Any]) -> Token:
    if not re.fullmatch("[0-9a-f]{8}", one["id"]) or not re.fullmatch("[0-9a-f]{64}", one["sha256"]):
        raise BadAccess("id or sha256 is none")
    expires = datetime.fromisoformat(one["expires"]) if one.get("expires") is not None else None
    created = datetime.fromisoformat(one["created"])
    if created.tzinfo is None or (expires is not None and expires.tzinfo is None):
        raise BadAccess("its times have no time zone")
    return Token(one["id"], checked_name(one["name"]), one["sha256"], _binding(one), created, expires)


def _certificate(one: Mapping[str, Any]) -> CertificateBinding:
    user, group = one.get("user"), one.get("group")
    if (user is None) == (group is None) or not isinstance(user or group, str) or not (user or group):
        raise BadAccess("names neither a user nor a group, or both")
    return CertificateBinding(_binding(one), user, group)


def _binding(one: Mapping[str, Any]) -> Binding:
    kinds, selector = one.get("kinds", []), one.get("selector", "")
    if not isinstance(kinds, list) or not isinstance(selector, str):
        raise BadAccess("kinds is no list, or selector no text")
    return binding_of(one["role"], selector, tuple(kinds))
