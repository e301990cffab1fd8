"""JSON as the app reads it: RapidJSON with its default flags and unchecked accessors.

Findings name paths such as `sources[3].address`, and never a value: addresses of cameras hold passwords.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, NoReturn

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deepstream.findings import ConfigTextError, Finding, Severity
from deepstream.json_layout import indented_json

Int32 = Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]
"""What RapidJSON's GetInt takes; it ends the process on anything else."""

MOST_LEVELS: Final = 32
"""A limit of ours: what is nested deeper is refused before anything recurses over it."""

_TOO_DEEP = f"nested deeper than {MOST_LEVELS} levels"
_ENDS_THE_APP = "the app does not check this, and ends at its start"
_PLAIN_WORD = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)
_LONE_SURROGATE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(\\u[dD][89a-fA-F][0-9a-fA-F]{2}|[\ud800-\udfff])|\\."
)


class JsonModel(BaseModel):
    """The base of what stands in the files: exact JSON types, and no values in the texts of errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, hide_input_in_errors=True)


class JsonObject(dict[str, Any]):
    """An object of a text. Of a key that is repeated it holds the first value, as RapidJSON finds that one."""

    repeated: tuple[str, ...] = ()


def load_object(text: str) -> JsonObject:
    """Reads a text that is one JSON object.

    Raises:
        ConfigTextError: it is none, and the app ends at its start; `line` says where.
    """
    value = _load(text)
    level = 0
    for token in _TOKEN.finditer(text):
        level += (token[0] in "[{") - (token[0] in "]}")
        if level > MOST_LEVELS:
            _refuse(text, token.start(), _TOO_DEEP)
    lone = next((found for found in _LONE_SURROGATE.finditer(text) if found[1]), None)
    if lone:
        _refuse(text, lone.start(), "half of a surrogate pair stands alone: this is no text")
    if not isinstance(value, JsonObject):
        _refuse(text, len(text) - len(text.lstrip()), "an object in braces is expected here")
    return value


def _load(text: str) -> Any:
    def number(literal: str) -> float:
        value = float(literal)
        if math.isinf(value):
            _refuse(text, text.find(literal), "a number is too large")
        return value

    def constant(literal: str) -> NoReturn:
        _refuse(text, text.find(literal), f"{literal} is no JSON")

    if text.startswith("\ufeff"):
        _refuse(text, 0, "the text begins with a byte order mark, which the app takes for an error: save it without")
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=constant,
            parse_float=number,
            # Python turns no more than 4300 digits into an int; RapidJSON makes a double of more than 20.
            parse_int=lambda literal: int(literal) if len(literal) <= 40 else number(literal),
        )
    except json.JSONDecodeError as error:
        message = f"{error.msg[:1].lower()}{error.msg[1:]} at column {error.colno}: this is no JSON"
        raise ConfigTextError(error.lineno, message) from None
    except RecursionError:
        _refuse(text, 0, _TOO_DEEP)


def _refuse(text: str, at: int, message: str) -> NoReturn:
    raise ConfigTextError(text.count("\n", 0, at) + 1, message)


def dump_json(value: object) -> str:
    """The text of a file: indented, with a final newline."""
    return indented_json(value) + "\n"


def raw(value: object) -> str:
    """The JSON text of a value that is kept as it is."""
    return json.dumps(value, ensure_ascii=False)


def with_extra_keys(known: Mapping[str, Any], extra_keys: Mapping[str, str]) -> dict[str, Any]:
    """An object with its known keys first, and then those that were kept as raw JSON.

    Raises:
        ValueError: what was kept is no JSON.
    """
    return {**known, **{name: json.loads(text) for name, text in extra_keys.items() if name not in known}}


def shown(name: str) -> str:
    """The name of a key, unless it is no name at all: then it may hold anything, such as an address."""
    return name if _PLAIN_WORD.fullmatch(name) else "(a key that is no plain word)"


def repeated_keys(found: Any, path: str = "") -> Iterator[Finding]:
    """Keys that an object holds twice."""
    for name in found.repeated if isinstance(found, JsonObject) else ():
        yield Finding(Severity.WARNING, "the key is repeated; the app takes the first one", key=path + shown(name))


def missing(path: str) -> Finding:
    """A key that the app needs."""
    return Finding(Severity.ERROR, f"the key is missing; {_ENDS_THE_APP}", key=path)


def refused(error: ValidationError, path: str = "") -> Iterator[Finding]:
    """What a model refuses, without the values."""
    for one in error.errors(include_url=False, include_context=False, include_input=False):
        where = ".".join(shown(str(part)) for part in one["loc"])
        message = f"{one['msg'][:1].lower()}{one['msg'][1:]}; {_ENDS_THE_APP}"
        yield Finding(Severity.ERROR, message, key=path + where)


def strictly(what: str, findings: tuple[Finding, ...]) -> None:
    """Refuses a text that was read with warnings or errors.

    Raises:
        ValueError: it was; the message holds all of them.
    """
    bad = [str(one) for one in findings if one.severity is not Severity.NOTE]
    if bad:
        raise ValueError(f"{what}: " + "; ".join(bad))


def _object(pairs: list[tuple[str, Any]]) -> JsonObject:
    found = JsonObject()
    repeated = []
    for name, value in pairs:
        if name in found:
            repeated.append(name)
        else:
            found[name] = value
    found.repeated = tuple(repeated)
    return found
