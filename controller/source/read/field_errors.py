"""What pydantic finds in a manifest, in sentences for the person who wrote it.

No value of an address, an environment, an annotation or a file stands in a sentence, nor what looks like a secret elsewhere.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from controller.source.read.model_paths import Spot, spot_at
from controller.source.read.trials import REMOVED, Accepts, anything
from controller.source.read.value_hints import (
    NO_HINT,
    UNTRIED,
    Hint,
    entries_hint,
    list_hint,
    members_of,
    points_hint,
)
from crds.camera import CameraId
from crds.container import AbsolutePath, EnvironmentName
from crds.document import KafkaTopic, LabelKey, LabelValue, ObjectName
from crds.masking import masked
from crds.node import Hostname, PublicKeyHex
from crds.secret_forms import secrets_in_line
from deepstream.near_miss import nearest

_KEY_MARK: Final = "[key]"
_LONGEST_SHOWN: Final = 60
_SILENT_FIELDS: Final = frozenset({"address", "env", "annotations", "files"})
_LETTERS: Final = "letters, digits, '-', '_' and '.'"
_ANNOTATED: Final[tuple[tuple[Any, str], ...]] = (
    (ObjectName, "lower-case letters, digits, '-' and '.', a letter or digit at both ends of each part"),
    (LabelKey, f"a label key: {_LETTERS}, a letter or digit at both ends, at most 63, after an optional 'prefix/'"),
    (LabelValue, f"a label value: {_LETTERS}, a letter or digit at both ends"),
    (CameraId, f"{_LETTERS}, beginning with a letter or digit"),
    (KafkaTopic, f"the name of a Kafka topic: {_LETTERS}"),
    (EnvironmentName, "the name of a variable: letters, digits and '_', not beginning with a digit"),
    (AbsolutePath, "an absolute path, beginning with '/', without ':'"),
    (Hostname, "a host name: letters, digits, '-' and '.'"),
    (PublicKeyHex, "64 lower-case hexadecimal digits"),
)
_PATTERNS: Final[Mapping[str, str]] = {
    constraint.pattern: words for annotation, words in _ANNOTATED for constraint in annotation.__metadata__
}
_TYPES: Final[Mapping[str, str]] = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "tuple_type": "a list",
    "list_type": "a list",
    "uuid_type": "a UUID in quotes",
    "uuid_parsing": "a UUID of version 4, such as 9f1c2d3e-4b5a-4c6d-8e7f-0a1b2c3d4e5f",
    "uuid_version": "a UUID of version 4",
    "finite_number": "a finite number",
}
_WITHOUT_QUOTES: Final = ": remove the quotes"
_BARE: Final = re.compile(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?|true|false")
_GIVE_ONE: Final = Hint(": give it a value, or remove the key", REMOVED)
_MUST_GIVE_ONE: Final = ": give it a value"
_BOUNDS: Final[Mapping[str, tuple[str, str]]] = {
    "greater_than": ("a number above {}", "gt"),
    "greater_than_equal": ("a number of at least {}", "ge"),
    "less_than": ("a number below {}", "lt"),
    "less_than_equal": ("a number of at most {}", "le"),
}
_LENGTHS: Final[Mapping[str, str]] = {
    "string_too_short": "text of at least {min_length} characters",
    "string_too_long": "text of at most {max_length} characters",
    "too_short": "at least {min_length} entries",
    "too_long": "at most {max_length} entries",
}


def path_text(path: Iterable[str | int]) -> str:
    """A path as people write it: `spec.container.volumes[0].hostPath`, `metadata.labels["a b"]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", part):
            text += f".{part}" if text else part
        else:
            text += f"[{json.dumps(shortened(part), ensure_ascii=False)}]"
    return text


def shortened(text: str) -> str:
    """The text without anything before an `@` that may be a password, cut to what fits a line."""
    text = masked(re.sub(r"\S*@", "***@", text))
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"


def given(value: Any) -> str:
    """A value of a manifest as it may be shown."""
    if value is None:
        return "nothing"
    if isinstance(value, dict | list | tuple):
        return "a mapping" if isinstance(value, dict) else "a list"
    if isinstance(value, str) and "@" in value:
        return "text with an '@'"
    if isinstance(value, str) and any(map(secrets_in_line, value.split("\n"))):
        return "text with a secret"
    return shortened(json.dumps(value, ensure_ascii=False))


def sentence(error: ErrorDetails, kind: type[BaseModel], accepts: Accepts = anything) -> str:
    """What was expected and what was given, for any error but an unknown field; what to write instead, if that would be taken.

    Args:
        error: as pydantic describes it, its path in the words of the manifest.
        kind: the kind of the manifest.
        accepts: tells whether a value would be taken there.
    """
    path = tuple(part for part in error["loc"] if part != _KEY_MARK)
    context: Mapping[str, Any] = error.get("ctx", {})
    name = error["type"]
    value = error.get("input")
    spot = spot_at(kind, path)
    described = (spot.field.description or "") if spot.field else ""
    if name == "missing":
        return ": ".join(filter(None, ("is missing", described)))
    if name == "value_error":
        return str(context["error"])
    if name in _LENGTHS:
        length = len(value) if isinstance(value, str | list | tuple | dict) else 0
        of_points = _taken(points_hint(spot.annotation, value), accepts)
        return f"expected {_LENGTHS[name].format(**context)}, got {length:,}{of_points}"
    is_silent = error["loc"][-1] != _KEY_MARK and bool(_SILENT_FIELDS.intersection(path))
    shown = "" if is_silent and isinstance(value, str | int | float) else f", got {given(value)}"
    if name == "string_pattern_mismatch" and context["pattern"] not in _PATTERNS:
        return f"does not fit{shown}; expected: {described}"
    expected, hint = _expectation(name, value, context, spot)
    return f"expected {expected}{shown}{_taken(hint, accepts)}" if expected else error["msg"]


def _taken(hint: Hint, accepts: Accepts) -> str:
    """The hint, unless what it tells to write would be refused in its turn."""
    if hint.instead is UNTRIED or accepts(hint.instead):
        return hint.words
    return _MUST_GIVE_ONE if hint is _GIVE_ONE else ""


def _expectation(name: str, value: Any, context: Mapping[str, Any], spot: Spot) -> tuple[str, Hint]:
    """What was expected, and what to do about it where that is known."""
    if name in _TYPES:
        return _TYPES[name], _type_hint(name, value, spot)
    if name in _BOUNDS:
        words, key = _BOUNDS[name]
        bound = context[key]
        return words.format(f"{int(bound):,}" if bound == int(bound) else bound), NO_HINT
    if name == "string_pattern_mismatch":
        return _PATTERNS[context["pattern"]], NO_HINT
    if name == "enum" and (members := members_of(spot.annotation)):
        return _numbered_members(members), _member_hint(members, value)
    if name in ("literal_error", "enum"):
        # A number that is near to another one, such as a release, is not meant for it.
        has_letters = isinstance(value, str) and any(map(str.isalpha, value))
        near = nearest(value, re.findall(r"'([^']*)'", context["expected"])) if has_letters else None
        return context["expected"], Hint(f"; did you mean {near}?", near) if near else NO_HINT
    return "", NO_HINT


def _numbered_members(members: Mapping[str, int]) -> str:
    *first, last = (f"{number} ({name})" for name, number in members.items())
    return f"{', '.join(first)} or {last}" if first else last


def _member_hint(members: Mapping[str, int], value: Any) -> Hint:
    if not isinstance(value, str):
        return _GIVE_ONE if value is None else NO_HINT
    if value in map(str, members.values()):
        return Hint(_WITHOUT_QUOTES, int(value))
    name = value.upper().replace("-", "_").replace(" ", "_")
    if name in members:
        return Hint(f": write {members[name]}", members[name])
    near = nearest(name, members)
    return Hint(f"; did you mean {members[near]} ({near})?", members[near]) if near else NO_HINT


def _type_hint(name: str, value: Any, spot: Spot) -> Hint:
    if value is None:
        return _GIVE_ONE
    if name in ("tuple_type", "list_type"):
        return list_hint(spot.annotation, value)
    if name == "dict_type":
        return entries_hint(spot.annotation, value)
    if name == "string_type" and isinstance(value, bool | int | float):
        return Hint(": write it in quotes", json.dumps(value))
    is_bare = name.startswith(("int_", "float_", "bool_")) and isinstance(value, str)
    if is_bare and _BARE.fullmatch(value):
        return Hint(_WITHOUT_QUOTES, json.loads(value))
    return NO_HINT
