"""Secrets that stand in a manifest, whatever its kind: found by their names and their looks, and never shown.

docs/secrets.md lists what is found. What is certain is an error; a word that only looks random is a warning.
"""

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from controller.checks.violation import Path, Violation, error, warning
from crds.document import Manifest
from crds.env_secrets import SUFFIX, has_broken_reference, names_a_secret, without_references
from crds.secret import PLACEHOLDER, has_broken_placeholder
from crds.secret_forms import looks_random, secrets_in, secrets_in_line
from crds.secret_names import is_in_clear, is_secret_name, is_secret_variable

_ENV: Final = ("spec", "container", "env")
_COMMAND: Final = ("spec", "container", "command")
_FILES: Final = ("spec", "files")
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
_USER_FLAGS: Final = frozenset({"-u", "-U", "--user", "--username", "--login", "-l"})
_NO_PASSWORD: Final = re.compile(r"[0-9]{1,5}(?:[:-][0-9]{1,5}){0,2}(?:/(?:tcp|udp))?|[./~].*|-.*|[A-Za-z_]\w*=.*")
"""What stands behind -p when it is a port, a path, another flag or a setting."""


def check_secrets(manifest: Manifest) -> Iterator[Violation]:
    """The secrets that a manifest holds in clear."""
    yield from _in_value((), manifest.document())


def _in_value(path: Path, value: Any) -> Iterator[Violation]:
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from _in_value((*path, str(key)), one)
    elif path == _COMMAND and isinstance(value, list | tuple):
        yield from _in_command([str(one) for one in value])
    elif isinstance(value, list | tuple):
        for number, one in enumerate(value):
            yield from _in_value((*path, number), one)
    elif isinstance(value, str) and path and path[-1] not in _SILENT:
        yield from _in_text(path, value)


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
    # An address of a camera was refused already.
    for found in secrets_in(text) if path != _ADDRESS else ():
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
    return _IN_FILE


def _in_lines(path: Path, text: str) -> Iterator[Violation]:
    """A file with its text; each secret with the line that it stands in."""
    randoms = 0
    for number, line in enumerate(text.split("\n"), start=1):
        for found in secrets_in_line(line):
            yield error(path, f"a secret stands in line {number} of the text, {found.what}: {_advice(path)}")
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
    for found in (one for line in rest.split("\n") for one in secrets_in_line(line)):
        yield error(path, f"a secret stands in the environment, {found.what}: {_advice(path)}")
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
        what = found.what if found else next(filter(None, map(_flag, parts, parts[1:])), "")
        if what:
            yield error(path, f"a secret stands in an argument, {what}: {_advice(path)}")
            continue
        user = has_user or any(one.split("=")[0] in _USER_FLAGS for one in inner)
        short = next((flag for flag, one in itertools.pairwise(parts) if _is_short(flag, one)), "")
        if short:
            message = f"this stands behind {short}, and may be a password: {_advice(path)}"
            yield error(path, message) if user else warning(path, message)
            continue
        yield from _random(path, word)


def _flag(flag: str, value: str) -> str:
    """What a flag says of the word behind it; empty when that is no secret."""
    if (
        flag in {"-u", "--user"}
        and re.fullmatch(r"[^\s:/]+:[^\s:/]+", value)
        and is_in_clear("password", value.partition(":")[2])
    ):
        return "" if value.replace(":", "").isdigit() else f"a user and a password behind {flag}"
    name = flag.lstrip("-")
    is_flag = flag.startswith("-") and "=" not in flag and is_secret_name(name)
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
