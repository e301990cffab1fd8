"""User names, passwords and keys, which go into secrets; manifests hold placeholders or references."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from crds.foreign_placeholders import holds_placeholder, is_placeholder
from crds.masking import masked
from crds.secret import (
    Secret,
    password_placeholder,
    secrets_named_in,
    userinfo_placeholder,
)
from crds.secret_forms import end_of_login, parameters_in, secrets_in_line, values_named_in
from crds.secret_names import PUBLISHED_KEYS, is_in_clear, is_secret_name
from deepstream.groups import Key, KeyGroup
from deepstream.message_broker import parse_connection_string, proto_settings, proto_text
from importer.names import with_suffix

_CONNECTIONS: Final = frozenset({"msg-broker-conn-str", "conn-str", "connection_str"})
_ADDRESSES: Final = frozenset({"uri", "list"})
_PROTO: Final = ("proto_cfg", "producer_proto_cfg", "consumer_proto_cfg")
_SETTING: Final = re.compile(r"[A-Za-z0-9_.-]+")
_USER_PARAMETER: Final = re.compile(r"(?:^|[?&/;])(?:user|username|usr|login)=([^&/#;_]+)", re.IGNORECASE)
_AZURE_KEY: Final = re.compile(r"(?P<head>Key=)(?!\$\{secret:)(?P<value>[^;]+)", re.IGNORECASE)
# A password may hold what should have been encoded: ? # ; and even @. Only a slash ends it, as for GStreamer.
_USER_INFO: Final = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)(?P<userinfo>(?!\$\{secret:)[^/]*)@")
_USER_INFO_IN_FILE: Final = re.compile(_USER_INFO.pattern.replace("[^/]*", r"[^/\s]*"))
"""In whole files a blank ends it: what is behind may be a sentence."""
_CONNECTION_WITHOUT_LOGIN: Final = 3


@dataclass(frozen=True)
class CleanKeys:
    """Keys as they stand in a manifest."""

    data: dict[str, Any]
    taken: tuple[str, ...] = ()
    """The keys whose values became placeholders of secrets, by their names in the file."""
    dropped: tuple[str, ...] = ()
    """The keys that are left out, since another program was to fill a secret in."""


class SecretsTaken:
    """The secrets of one import. Equal pairs share one."""

    def __init__(self, instance_name: str) -> None:
        self._instance = instance_name
        self._by_name: dict[str, Secret] = {}

    @property
    def by_name(self) -> Mapping[str, Secret]:
        """All secrets that were taken out so far."""
        return dict(self._by_name)

    def of_camera(self, username: str, password: str | None) -> str:
        """The name of the secret for a camera's user; one without a password has None, and an empty one is a password."""
        return self._name("cameras", Secret(username, password))

    def placeholder(self, purpose: str, username: str, password: str) -> str:
        """What stands for a password in the value of a key."""
        return password_placeholder(self._name(purpose, Secret(username, password)))

    def _name(self, purpose: str, secret: Secret) -> str:
        number = 1
        while True:
            name = with_suffix(self._instance, f"-{purpose}" if number == 1 else f"-{purpose}-{number}")
            if self._by_name.setdefault(name, secret) == secret:
                return name
            number += 1

    def without_parameters(self, address: str) -> str:
        """The address with placeholders for passwords in its path or query, as some cameras want them.

        What another program was to fill in is left out: no address holds a password, and that would be taken for one.
        """
        user = _USER_PARAMETER.search(address)

        pieces, at = [], 0
        for found in sorted(parameters_in(address), key=lambda one: one.start):
            value = address[found.start : found.end]
            if is_placeholder(decoded(value)):
                instead = ""
            elif is_in_clear(found.name, value) and "${secret:" not in value:
                instead = self.placeholder("cameras", user[1] if user else "password", value.replace('"', "%22"))
            else:
                continue
            pieces += [address[at : found.start], instead]
            at = found.end
        return "".join([*pieces, address[at:]])

    def without_user_info(self, value: Any) -> Any:
        """Plain data with placeholders in all texts for the logins of addresses, wherever they stand."""
        if isinstance(value, Mapping):
            return {key: self.without_user_info(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [self.without_user_info(one) for one in value]
        if not isinstance(value, str) or "://" not in value:
            return value
        if "\n" in value:
            return _USER_INFO_IN_FILE.sub(self._placeholder_for, value)
        return self.without_parameters(_USER_INFO.sub(self._placeholder_for, value))

    def _placeholder_for(self, match: re.Match[str]) -> str:
        username, password = _login(match["userinfo"])
        if not username and not password:
            return match[0]
        if is_placeholder(username) or is_placeholder(password or ""):
            return match[0]
        name = self.of_camera(username, password)
        return match["scheme"] + userinfo_placeholder(name, without_password=password is None)

    def without_secrets_in_text(self, text: str) -> tuple[str, Mapping[int, tuple[str, ...]], tuple[int, ...]]:
        """A whole file with placeholders; by line the names of the secrets that were taken out, and the lines of others.

        What is taken: user info of addresses, comments included, and values of keys that are called like a password. Other
        lines have, in such a place, what another program was to fill in.
        """
        result, taken, foreign = [], {}, []
        for number, line in enumerate(text.split("\n"), start=1):
            clean = _USER_INFO_IN_FILE.sub(self._placeholder_for, line) if "://" in line else line
            clean = self._without_named(clean)
            if clean != line:
                taken[number] = tuple(name for name in secrets_named_in(clean) if name in self._by_name)
            elif holds_placeholder(line) and (_USER_INFO_IN_FILE.search(line) or any(values_named_in(line))):
                foreign.append(number)
            result.append(clean)
        return "\n".join(result), taken, tuple(foreign)

    def _without_named(self, line: str) -> str:
        pieces, at = [], 0
        for found in secrets_in_line(line):
            value = line[found.start : found.end]
            # Brackets at its end may be those of the text around it, or its own.
            whole = value + line[found.end :].partition(" ")[0]
            if "${secret:" in value or is_placeholder(value) or is_placeholder(whole):
                continue
            pieces += [line[at : found.start], self.placeholder("files", found.name or "token", value)]
            at = found.end
        return "".join([*pieces, line[at:]])

    def quoted_now(self, group: KeyGroup, data: Mapping[str, Any]) -> tuple[str, ...]:
        """The keys of settings of librdkafka that stood without their quotes, and have them in the manifest."""
        return tuple(
            declared.name
            for name, declared in group.keys().items()
            if name in _PROTO
            and str(data.get(type(group).model_fields[name].alias or name, "")).startswith('"')
            and not str(getattr(group, name)).startswith('"')
        )

    def without_secrets(self, group: KeyGroup, purpose: str) -> CleanKeys:
        """A group as it stands in a manifest."""
        data = group.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        aliases = {name: field.alias or name for name, field in type(group).model_fields.items()}
        user = str(getattr(group, "username", None) or "")
        taken, dropped = [], []
        for name, declared in group.keys().items():
            value = getattr(group, name)
            if not isinstance(value, str) or not value or declared.name in _ADDRESSES:
                continue
            clean = self._without_secret(name, declared, value, purpose, user)
            if clean == value:
                continue
            data[aliases[name]] = clean
            if not clean:
                del data[aliases[name]]
            if not clean or clean.count(";") < value.count(";"):
                dropped.append(declared.name)
            if secrets_named_in(clean):
                taken.append(declared.name)
        extra = self.without_secret_keys(group.extra_keys, purpose, _secret_keys(group))
        if extra.data:
            data["extraKeys"] = extra.data
        elif group.extra_keys:
            del data["extraKeys"]
        return CleanKeys(data, (*taken, *extra.taken), (*dropped, *extra.dropped))

    def _without_secret(self, name: str, declared: Key, value: str, purpose: str, user: str) -> str:
        """The value of a key as it stands in a manifest: empty, or with a setting less, where another program was to fill it in."""
        if name in _PROTO:
            return self._settings(value, purpose)
        if not declared.secret:
            return value
        if declared.name in _CONNECTIONS:
            return self._connection(value, purpose)
        if is_placeholder(value):
            return ""
        return value if value in PUBLISHED_KEYS else self.placeholder(purpose, user or declared.name, value)

    def model_key(self, key: str) -> str:
        """What stands for the key of a model; the keys of NVIDIA's public models stay."""
        return key if key in PUBLISHED_KEYS else self.placeholder("models", "tlt-model-key", key)

    def without_secret_keys(
        self, keys: Mapping[str, str], purpose: str, secret: frozenset[str] = frozenset()
    ) -> CleanKeys:
        """Keys with raw values as they stand in a manifest."""
        called_so = [
            name
            for name, raw in keys.items()
            if raw and raw.strip() not in PUBLISHED_KEYS and (name in secret or is_secret_name(name))
        ]
        dropped = tuple(name for name in called_so if is_placeholder(keys[name].strip()))
        taken = tuple(name for name in called_so if name not in dropped)
        data = {
            name: self.placeholder(purpose, name, raw) if name in taken else raw
            for name, raw in keys.items()
            if name not in dropped
        }
        return CleanKeys(data, taken, dropped)

    def _settings(self, text: str, purpose: str) -> str:
        """Settings of librdkafka without passwords."""
        try:
            settings = proto_settings(text if not text or '"' in text else f'"{text}"')
        except ValueError:
            return self.placeholder(purpose, "proto-cfg", text) if is_secret_name(text) else text
        if not any(is_secret_name(name) and value for name, value in settings):
            unquoted = settings and '"' not in text and all(_SETTING.fullmatch(name.strip()) for name, _ in settings)
            return f'"{text}"' if unquoted else text
        users = [value for name, value in settings if name.strip() == "sasl.username"]
        if not all(_SETTING.fullmatch(name.strip()) for name, _ in settings):
            # What cannot be a name may be the rest of a password that holds a separator.
            return self.placeholder(purpose, "proto-cfg", text)
        return proto_text(
            tuple(
                (name, self.placeholder(purpose, users[0] if users else name.strip(), value))
                if is_secret_name(name) and value
                else (name, value)
                for name, value in settings
                if not (is_secret_name(name) and is_placeholder(value.strip()))
            )
        )

    def _connection(self, text: str, purpose: str) -> str:
        """A connection string without what is behind host, port and topic, and without keys."""
        try:
            parse_connection_string(text)
        except ValueError:
            pass
        else:
            return text
        if "=" in text:
            return _AZURE_KEY.sub(
                lambda match: (
                    match[0]
                    if is_placeholder(match["value"])
                    else match["head"] + self.placeholder(purpose, "SharedAccessKey", match["value"])
                ),
                text,
            )
        parts = text.split(";")
        login = parts[_CONNECTION_WITHOUT_LOGIN:]
        user = parts[_CONNECTION_WITHOUT_LOGIN - 1] if login else ""
        return ";".join(
            [*parts[:_CONNECTION_WITHOUT_LOGIN]]
            + [
                one if not one or is_placeholder(one) else self.placeholder(purpose, user or "password", one)
                for one in login
            ]
        )


def without_logins(text: str) -> str:
    """A sentence without the secrets that it quotes."""
    return masked(text)


def split_user_info(address: str) -> tuple[str, tuple[str, str | None] | None]:
    """The address without user name and password, and these two; the password is None where no `:` stands.

    Passwords that somebody did not encode hold anything. A slash ends them, as for GStreamer; but where it leaves no
    address, what stands before the last `@` is the password all the same.
    """
    scheme, mark, behind = address.partition("://")
    if not mark:
        return address, None
    at = end_of_login(behind)
    if at < 0:
        return address, None
    return f"{scheme}://{behind[at + 1 :]}", _login(behind[:at])


def _login(user_info: str) -> tuple[str, str | None]:
    username, colon, password = user_info.partition(":")
    return decoded(username), decoded(password) if colon else None


def decoded(text: str) -> str:
    """Percent-encoded text in clear; what is no UTF-8 stays as it is."""
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        return text


def _secret_keys(group: KeyGroup) -> frozenset[str]:
    return frozenset(one.name for one in group.keys().values() if one.secret)
