"""Secrets that stand in a manifest, whatever its kind: found by their names and their looks, and never shown.

docs/secrets.md lists what is found. What is certain is an error; a word that only looks random is a warning.
"""

import itertools
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from controller.checks.violation import Path, Violation, error, warning
from crds.document import Manifest
from crds.env_secrets import SUFFIX, has_broken_reference, names_a_secret, without_references
from crds.random_words import looks_random
from crds.secret import PLACEHOLDER, has_broken_placeholder
from crds.secret_forms import is_plain_address, is_short_and_plain, secrets_in, secrets_in_line
from crds.secret_names import is_in_clear, is_secret_name, is_secret_variable
from deepstream.findings import Severity

_ENV: Final = ("spec", "container", "env")
_COMMAND: Final = ("spec", "container", "command")
_FILES: Final = ("spec", "files")
_IMAGE: Final = ("spec", "image")
_ADDRESS: Final = ("spec", "address")
_FILLED: Final = (
    "deepstreamApp",
    "inferConfigs",
    "preprocessConfigs",
    "messageBrokers",
    "files",
    "inference",
    "address",
)
"""Fields of a spec that end in files, where the node fills secrets in."""
_SILENT: Final = frozenset({"image", "nodeId", "publicKey"})
"""Fields that hold digests, ids and public keys."""
_READ_BY_MANY: Final = "manifests, topics and files of the controller are read by many"
_IN_FILE: Final = f"{_READ_BY_MANY}: put it into a secret of the node and write ${{secret:NAME:password}} here, which is filled in on the node"
_SECRET_FLAGS: Final = frozenset({"-p", "-P", "-a", "-w"})
_LOGIN_FLAGS: Final = frozenset({"-u", "--user", "--login", "--credentials", "--creds"})
"""What stands behind these, a user and a password with a colon between them, is a login as a whole."""
_LOGIN_NAMES: Final = re.compile(r"(?:.*_)?(?:LOGIN|USERPASS|USERPWD|LOGINS)[0-9]*", re.IGNORECASE)
_ATTACHED: Final = re.compile(r"-(?P<flag>[up])(?P<value>[^=\s-]\S*)")
_WITH_ATTACHED: Final = frozenset({"mysql", "mysqldump", "mysqladmin", "mariadb", "mariadb-dump", "sshpass", "curl"})
"""Programs that take a password, or a login, in one word with its flag."""
_MAKES_FOLDERS: Final = frozenset({"mkdir", "cp", "install"})
"""Programs whose -p is another one."""
_LONGEST_NOTE: Final = 3
"""Words of an annotation that are a name and its value, and no sentence."""
_USER_FLAGS: Final = frozenset({"-u", "-U", "--user", "--username", "--login", "-l"})
_NO_PASSWORD: Final = re.compile(r"[0-9]{1,5}(?:[:-][0-9]{1,5}){0,2}(?:/(?:tcp|udp))?|[./~].*|-.*|[A-Za-z_]\w*=.*")
"""What stands behind -p when it is a port, a path, another flag or a setting."""


def check_secrets(manifest: Manifest) -> Iterator[Violation]:
    """The secrets that a manifest holds in clear."""
    yield from _in_value((), manifest.document())


def tells_a_secret(manifest: Manifest) -> bool:
    """True when `check_secrets` finds one for certain. Nearly all manifests hold nothing that needs a look, which is told at once."""
    document = manifest.document()
    return not _is_plain(document) and any(one.severity is Severity.ERROR for one in _in_value((), document))


def _is_plain(members: dict[str, Any], *, of_spec: bool = False) -> bool:
    """True when no text in it can hold a secret, whatever is looked for, and no key is called like one."""
    for key, one in members.items():
        if isinstance(one, str):
            if is_secret_name(key):
                return False
            if not (is_short_and_plain(one) or (of_spec and _is_plain_value_of_spec(key, one))):
                return False
        elif isinstance(one, dict):
            if one and (key == _ENV[-1] or not _is_plain(one, of_spec=key == _ENV[0])):
                return False
        elif isinstance(one, list) and (key == _COMMAND[-1] or not all(map(_is_plain_member, one))):
            return False
    return True


def _is_plain_member(value: Any) -> bool:
    if isinstance(value, str):
        return is_short_and_plain(value)
    return _is_plain(value) if isinstance(value, dict) else not isinstance(value, list)


def _is_plain_value_of_spec(key: str, text: str) -> bool:
    if key == _ADDRESS[-1]:
        return is_plain_address(text)
    return key == _IMAGE[-1] and _is_plain_image(text)


@lru_cache(maxsize=1024)
def _is_plain_image(image: str) -> bool:
    """Few are used by many."""
    return not secrets_in(image)


def _in_value(path: Path, value: Any) -> Iterator[Violation]:
    if isinstance(value, str):
        if path and path[-1] not in _SILENT:
            yield from _in_text(path, value)
        elif path == _IMAGE:
            for found in secrets_in(value):
                yield error(path, f"a secret stands in the manifest, {found.what}: {_advice(path)}")
    elif isinstance(value, dict):
        # Names of variables that hold secrets are others.
        is_harmless = _is_no_text if path == _ENV else _is_harmless
        yield from _in_members(path, {key: one for key, one in value.items() if not is_harmless(key, one)})
    elif isinstance(value, list):
        if path == _COMMAND:
            yield from _in_command([str(one) for one in value])
            return
        for number, one in enumerate(value):
            yield from _in_value((*path, number), one)


def _in_members(path: Path, members: dict[str, Any]) -> Iterator[Violation]:
    for key, one in members.items():
        yield from _in_value((*path, key), one)


def _is_harmless(key: str, value: Any) -> bool:
    """True for nearly all that stands in manifests: too short and plain for all that is looked for, and under no secret name."""
    if isinstance(value, str):
        return is_short_and_plain(value) and not is_secret_name(key)
    return _is_no_text(key, value)


def _is_no_text(_key: str, value: Any) -> bool:
    """True for a number or a switch."""
    return not isinstance(value, str | dict | list)


def _in_text(path: Path, text: str) -> Iterator[Violation]:
    if path[:-1] == _ENV:
        yield from _in_variable(path, text)
        return
    if has_broken_placeholder(text) and path[1:2] != ("messageBrokers",):
        yield error(path, "this begins as a placeholder for a secret and is none: write ${secret:NAME:password}")
        return
    if PLACEHOLDER.search(text) and path[1:2] not in {(one,) for one in _FILLED}:
        yield error(path, f"no secret is filled in here; {_BY_VARIABLE}")
        return
    if path != _ADDRESS and is_secret_name(str(path[-1])) and path[0] != "kind" and is_in_clear(str(path[-1]), text):
        yield error(path, f"by its name a secret stands in the manifest: {_advice(path)}")
        return
    if path[:-1] == _FILES or "\n" in text:
        yield from _in_lines(path, text)
        return
    # An address of a camera was refused already. In a sentence a colon says nothing.
    is_note = path[0] == "metadata" and len(text.split()) <= _LONGEST_NOTE
    for found in (secrets_in_line if is_note else secrets_in)(text) if path != _ADDRESS else ():
        yield error(path, f"a secret stands in the manifest, {found.what}: {_advice(path)}")
        return
    yield from _random(path, text)


_BY_VARIABLE: Final = "give it to the app as a file, by a variable of container.env with the value ${secret:NAME:KEY}: <VARIABLE>_FILE names the file"


def _advice(path: Path) -> str:
    if path[:1] == ("metadata",):
        return f"{_READ_BY_MANY}: take it out"
    if path[:3] == _ENV:
        return (
            "`docker inspect` shows it: put it into a secret of the node and write ${secret:NAME:KEY}, which the app is given as "
            f"the file that {path[-1]}{SUFFIX} names"
        )
    if path[:3] == _COMMAND:
        return f"`docker inspect` shows it: {_BY_VARIABLE}"
    return _IN_FILE if path[1:2] in {(one,) for one in _FILLED} else f"{_READ_BY_MANY}: take it out"


def _in_lines(path: Path, text: str) -> Iterator[Violation]:
    """A file with its text; each secret with the line that it stands in."""
    randoms = 0
    for number, line in enumerate(text.split("\n"), start=1):
        for found in secrets_in_line(line):
            yield error(path, f"a secret stands in line {number} of the text, {found.what}: {_advice(path)}")
            return
        if what := _behind_a_flag(line.split()):
            yield error(path, f"a secret stands in line {number} of the text, {what}: {_advice(path)}")
            return
        randoms = randoms or (number if looks_random(_without_placeholders(line)) else 0)
    if randoms:
        yield _looks_random(path, f"a word in line {randoms} of the text")


def _in_variable(path: Path, text: str) -> Iterator[Violation]:
    name = str(path[-1])
    if has_broken_reference(text):
        message = (
            "this begins as a placeholder for a secret and is none: write ${secret:NAME:KEY}, with the name of a secret and of a "
            "file in it"
        )
        yield error(path, message)
        return
    rest = without_references(text)
    if is_secret_variable(name) and not names_a_secret(text) and is_in_clear(name, text):
        yield error(path, f"by its name a secret stands in the environment: {_advice(path)}")
        return
    lines = rest.split("\n")
    found = next((one.what for line in lines for one in secrets_in_line(line)), "")
    found = found or next(filter(None, (_behind_a_flag(line.split()) for line in lines)), "")
    if not found and _LOGIN_NAMES.fullmatch(name) and _is_login(rest.strip()):
        found = "a user and a password"
    if found:
        yield error(path, f"a secret stands in the environment, {found}: {_advice(path)}")
        return
    yield from _random(path, rest)


def check_variables(env: Mapping[str, str]) -> Iterator[Violation]:
    """Variables that get in the way of those that name secrets."""
    for name, value in env.items():
        if names_a_secret(value) and f"{name}{SUFFIX}" in env:
            yield error((*_ENV, f"{name}{SUFFIX}"), f"{name} names a secret, and this variable is its file: remove one")


def _in_command(words: list[str]) -> Iterator[Violation]:
    has_user = any(word.split("=")[0] in _USER_FLAGS for word in words)
    for number, word in enumerate(words):
        path: Path = (*_COMMAND, number)
        if PLACEHOLDER.search(word) or has_broken_reference(word):
            yield error(path, f"no secret is filled in here; {_BY_VARIABLE}")
            continue
        # A whole line for a shell has words of its own.
        inner = word.split()
        parts = inner if len(inner) > 1 else [*words[max(number - 1, 0) : number], word]
        found = next((one for line in word.split("\n") for one in secrets_in_line(line)), None)
        what = found.what if found else _behind_a_flag(parts) or _attached(inner if len(inner) > 1 else words, word)
        if what:
            yield error(path, f"a secret stands in an argument, {what}: {_advice(path)}")
            continue
        user = has_user or any(one.split("=")[0] in _USER_FLAGS for one in inner)
        short = next((flag for flag, one in itertools.pairwise(parts) if _is_short(flag, one)), "")
        if _MAKES_FOLDERS.intersection(inner if len(inner) > 1 else words):
            short = ""
        if short:
            message = f"this stands behind {short}, and may be a password: {_advice(path)}"
            yield error(path, message) if user else warning(path, message)
            continue
        yield from _random(path, word)


def _behind_a_flag(words: list[str]) -> str:
    """What a command line holds behind a flag that is called like a secret; empty when that is none."""
    return next(filter(None, map(_flag, words, [*words[1:], ""])), "")


def _attached(words: list[str], word: str) -> str:
    """What stands in one word with its flag, as MySQL's clients take it."""
    if not any(one.rpartition("/")[2] in _WITH_ATTACHED for one in words):
        return ""
    for match in filter(None, map(_ATTACHED.fullmatch, word.split())):
        is_one = _is_login(match["value"]) if match["flag"] == "u" else not _NO_PASSWORD.fullmatch(match["value"])
        if is_one and is_in_clear("password", match["value"]):
            return f"the rest of the word that begins with -{match['flag']}"
    return ""


def _is_login(value: str) -> bool:
    """True for a user and a password with a colon between them, and not for two numbers."""
    found = re.fullmatch(r"[^\s:/]+:[^\s:/]+", value)
    return (
        found is not None and is_in_clear("password", value.partition(":")[2]) and not value.replace(":", "").isdigit()
    )


def _flag(flag: str, value: str) -> str:
    """What a flag says of the word behind it; empty when that is no secret."""
    flag, sign, own = flag.partition("=")
    if flag in _LOGIN_FLAGS and _is_login(own if sign else value):
        return f"a user and a password behind {flag}"
    if sign or not value:
        return ""
    name = flag.lstrip("-")
    is_flag = flag.startswith("-") and is_secret_name(name)
    return f"the word behind {flag}" if is_flag and not value.startswith("-") and is_in_clear(name, value) else ""


def _is_short(flag: str, value: str) -> bool:
    is_value = not _NO_PASSWORD.fullmatch(value) and is_in_clear("password", value)
    return flag in _SECRET_FLAGS and is_value


def _random(path: Path, text: str) -> Iterator[Violation]:
    if looks_random(_without_placeholders(text)):
        yield _looks_random(path, "a word in it")


def _looks_random(path: Path, what: str) -> Violation:
    return warning(path, f"{what} looks as if nobody had thought of it; should it be a secret: {_advice(path)}")


def _without_placeholders(text: str) -> str:
    return text if "${" not in text else re.sub(r"\$\{secret[^}]*\}", " ", text)
