"""Typed groups of keys: one declaration for each key gives reading, checking and writing, in key files and in YAML.

A model of a group has one field for each key that DeepStream knows there. A field that is None stands for a key that is
not written, so that DeepStream's own default holds. Keys that are unknown, or whose values are refused, are kept in
`extra_keys` and reported, never dropped. Rules across fields are functions that give findings: reading never fails.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Annotated, Any, Final, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo

from deepstream.findings import Finding, Severity
from deepstream.keyfile import Entry
from deepstream.keyfile_values import Reader, Value, read, write
from deepstream.near_miss import near_miss
from deepstream.versions import NEWEST, DsVersion

_KEY = "x-deepstream-key"
_TEXTS = (Reader.STRING, Reader.PATH, Reader.STRING_LIST)
# "Camera #2" is a name.
_COMMENT = re.compile(r"[ \t](?P<comment>#(?![0-9]).*)")
QUOTATION_MARKS: Final = '"\u00ab\u00bb\u2018-\u201f\u2039\u203a\uff02'
"""Those of texts; no address has one at its ends. For a class of a regular expression."""
_QUOTED = re.compile(rf"""(?P<quote>["']).*(?P=quote)|[{QUOTATION_MARKS}].*[{QUOTATION_MARKS}]""")
_NO_COMMENTS = "a key file has no comments behind values"

Natural = Annotated[int, Field(ge=0)]
"""A whole number from 0 on."""


@dataclass(frozen=True)
class Key:
    """What DeepStream knows of one key."""

    name: str
    """As files write it; for keys with a free part, such as `roi-<label>`, what stands before that part."""
    reader: Reader
    prefix: bool = False
    """True when the field is a mapping from the free part of the key to the value."""
    since: DsVersion | None = None
    """The first release that reads it; None when 6.0 did."""
    until: DsVersion | None = None
    """The last release that makes use of it; None when the newest does."""
    in_yaml: bool = True
    """False when only the `.txt` form has it."""
    engine: bool = False
    """True when another value needs another TensorRT engine."""
    secret: bool = False
    """True when the value must not be shown to everybody."""
    tolerant: bool = False
    """True when DeepStream goes on with a number that it does not know."""


def key(
    name: str,
    reader: Reader,
    description: str,
    *,
    prefix: bool = False,
    since: DsVersion | None = None,
    until: DsVersion | None = None,
    in_yaml: bool = True,
    engine: bool = False,
    secret: bool = False,
    tolerant: bool = False,
    default: Any = None,
    **constraints: Any,
) -> Any:
    """A pydantic field that stands for a key of a group; see `Key`.

    Args:
        name: the key as files write it.
        reader: how DeepStream reads it.
        description: what it does, with unit and default, for people.
        prefix: the field is a mapping; see `Key`.
        since: see `Key`.
        until: see `Key`.
        in_yaml: see `Key`.
        engine: see `Key`.
        secret: see `Key`.
        tolerant: see `Key`.
        default: the value of a field that is not given; None for a key that is not written.
        constraints: passed to `pydantic.Field`: ge, le and so on.
    """
    declared = Key(name, reader, prefix, since, until, in_yaml, engine, secret, tolerant)
    return Field(
        **({"default_factory": dict} if prefix else {"default": default}),
        description=description,
        json_schema_extra=_SchemaExtra({_KEY: f"{name}*" if prefix else name}, declared),
        **constraints,
    )


txt_key = partial(key, in_yaml=False)
"""A key that DeepStream reads from `.txt` files only."""
engine_key = partial(key, engine=True)
"""A key with another value for which another TensorRT engine is needed."""


class _SchemaExtra(dict[str, Any]):
    """What the schema shows of a key, with the whole declaration beside it."""

    def __init__(self, shown: Mapping[str, Any], declared: Key) -> None:
        super().__init__(shown)
        self.declared = declared


def declared_key(field: FieldInfo) -> Key | None:
    """The key that a field of a model stands for; None for a field of any other kind."""
    extra = field.json_schema_extra
    return extra.declared if isinstance(extra, _SchemaExtra) else None


class KeyGroup(BaseModel):
    """The base of all typed groups: frozen; camelCase in manifests, the names of the keys in files."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True, allow_inf_nan=False
    )

    extra_keys: dict[str, str] = Field(
        default_factory=dict,
        description="Other keys of the group with their raw values, written as they are.",
    )

    @classmethod
    def keys(cls) -> Mapping[str, Key]:
        """The declared keys by the names of their fields."""
        return _keys_of(cls)

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The declared keys as files write them, without those that have a free part."""
        return tuple(declared.name for declared in cls.keys().values() if not declared.prefix)

    def with_paths(self, rewrite: Callable[[str], str]) -> Self:
        """The group with another text for each path that DeepStream resolves against the folder of the file."""
        paths = {
            name: rewrite(value)
            for name, declared in self.keys().items()
            if declared.reader is Reader.PATH and isinstance(value := getattr(self, name), str)
        }
        return self.model_copy(update=paths)


class GroupedFile(BaseModel):
    """The base of models of whole files: known groups are fields, others are kept with their raw values."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True, allow_inf_nan=False
    )

    extra_groups: dict[str, dict[str, str]] = Field(
        default_factory=dict,
        description="Other groups of the file, by name, each with its keys and raw values, written as they are.",
    )


GroupT = TypeVar("GroupT", bound=KeyGroup)


@cache
def _keys_of(model: type[KeyGroup]) -> Mapping[str, Key]:
    return {
        name: field.json_schema_extra.declared
        for name, field in model.model_fields.items()
        if isinstance(field.json_schema_extra, _SchemaExtra)
    }


@cache
def _fields_of(model: type[KeyGroup]) -> tuple[Mapping[str, str], tuple[tuple[str, str], ...]]:
    """Fields by the names of keys, and fields by the prefixes of keys, the longest first."""
    exact = {declared.name: field for field, declared in model.keys().items() if not declared.prefix}
    prefixes = [(declared.name, field) for field, declared in model.keys().items() if declared.prefix]
    return exact, tuple(sorted(prefixes, key=lambda one: -len(one[0])))


def read_group(
    model: type[GroupT],
    name: str,
    entries: Iterable[Entry],
    *,
    version: DsVersion = NEWEST,
    yaml: bool = False,
) -> tuple[GroupT, tuple[Finding, ...]]:
    """Reads one group of a file.

    Args:
        model: what to read it as.
        name: the name of the group, for the findings.
        entries: its keys with their raw values.
        version: the DeepStream that reads the file.
        yaml: the file is YAML: some keys are known in `.txt` only.

    Returns:
        The group, and what is to be said about it. A value that DeepStream refuses is kept in `extra_keys`.
    """
    findings: list[Finding] = []
    values: dict[str, Any] = {}
    origins: dict[tuple[str, str], Entry] = {}
    extra: dict[str, str] = {}

    def report(severity: Severity, entry: Entry, message: str) -> None:
        findings.append(Finding(severity, message, name, entry.key, entry.line))

    for entry in entries:
        field, free_part = _field_for(model, entry.key)
        if field is None:
            message = f"DeepStream {version} does not know this key, and goes on without it{near_miss(entry.key, model.names())}"
            report(Severity.WARNING, entry, message)
            extra[entry.key] = entry.value
            continue
        declared = model.keys()[field]
        for told in _oddities(declared, entry.value, version, yaml=yaml):
            report(Severity.WARNING, entry, told)
        try:
            value = read(declared.reader, entry.value)
        except ValueError as error:
            reason = "the value cannot be read" if declared.secret else str(error)
            report(Severity.ERROR, entry, f"{reason}{_comment_hint(entry, yaml=yaml)}; DeepStream refuses the file")
            extra[entry.key] = entry.value
            continue
        origins[field, free_part] = entry
        if declared.prefix:
            values.setdefault(field, {})[free_part] = value
        else:
            values[field] = value
    while True:
        try:
            return model(**values, extra_keys=extra), tuple(findings)
        except ValidationError as error:
            if not _set_aside(model, error, values, origins, extra, report):
                raise


def _set_aside(
    model: type[KeyGroup],
    error: ValidationError,
    values: dict[str, Any],
    origins: Mapping[tuple[str, str], Entry],
    extra: dict[str, str],
    report: Callable[[Severity, Entry, str], None],
) -> bool:
    """Moves refused values to the extra keys; False when none can be told."""
    moved: set[str] = set()
    fields = {spelling: field for field in values for spelling in (field, to_camel(field))}
    for one in error.errors(include_url=False, include_context=False):
        location = [str(part) for part in one["loc"]]
        field = fields.get(location[0]) if location else None
        if field is None or field not in values:
            continue
        inner = values[field]
        free_part = location[1] if isinstance(inner, dict) and len(location) > 1 else ""
        entry = origins.get((field, free_part))
        if entry is None or entry.key in moved:
            continue
        if isinstance(inner, dict):
            inner.pop(free_part, None)
        else:
            del values[field]
        extra[entry.key] = entry.value
        message = one["msg"].removeprefix("Value error, ")
        shown = "the value" if model.keys()[field].secret else repr(entry.value)
        message = f"{shown}: {message[:1].lower()}{message[1:]}"
        if model.keys()[field].tolerant:
            report(
                Severity.WARNING, entry, f"{message}. DeepStream goes on as if it were not there, or by its own choice"
            )
        else:
            report(Severity.ERROR, entry, message)
        moved.add(entry.key)
    return bool(moved)


def _field_for(model: type[KeyGroup], name: str) -> tuple[str | None, str]:
    exact, prefixes = _fields_of(model)
    if name in exact:
        return exact[name], ""
    for prefix, field in prefixes:
        if name.startswith(prefix) and len(name) > len(prefix):
            return field, name[len(prefix) :]
    return None, ""


def _comment_hint(entry: Entry, *, yaml: bool) -> str:
    return f": {_NO_COMMENTS}" if not yaml and _COMMENT.search(entry.value) else ""


def _oddities(declared: Key, raw: str, version: DsVersion, *, yaml: bool) -> Iterator[str]:
    """What is odd about a key with any readable value."""
    yield from filter(None, (_gate(declared, version, yaml=yaml), _taken_for_value(declared, raw, yaml=yaml)))


def _taken_for_value(declared: Key, raw: str, *, yaml: bool) -> str:
    """What somebody wrote around a text, and GLib takes for a part of it; empty for nothing.

    Of addresses, which are secret, whoever reads them says it: their texts are not shown here.
    """
    if yaml or declared.secret or declared.reader not in _TEXTS:
        return ""
    comment = _COMMENT.search(raw)
    if comment:
        return f"{_NO_COMMENTS}: {comment['comment']!r} is part of the value; write it on a line of its own"
    if declared.reader is Reader.PATH and _QUOTED.fullmatch(raw.strip()):
        return "the quotation marks are part of the value, since key files have none: take them away"
    return ""


def _gate(declared: Key, version: DsVersion, *, yaml: bool) -> str:
    if not version.has(declared.since):
        return f"DeepStream {version} does not know this key yet: it came with {declared.since}"
    if not version.has(None, declared.until):
        return f"DeepStream {version} does not use this key any more: {declared.until} was the last"
    if yaml and not declared.in_yaml:
        return "DeepStream reads this key from a .txt file only, not from YAML"
    return ""


def write_group(group: KeyGroup) -> list[tuple[str, str]]:
    """The keys of a group with their raw values: declared ones in the order of the model, then the extra keys.

    Raises:
        ValueError: a value cannot be written so that GLib reads it back.
    """
    written: list[tuple[str, str]] = []
    for name, declared in group.keys().items():
        value = getattr(group, name)
        if declared.prefix:
            written += [(f"{declared.name}{part}", write(declared.reader, flat(one))) for part, one in value.items()]
        elif value is not None:
            written.append((declared.name, write(declared.reader, flat(value))))
    known = {name for name, _ in written}
    return written + [(name, raw) for name, raw in group.extra_keys.items() if name not in known]


def as_tuples(value: Any) -> Any:
    """Plain data with tuples for its lists, however deep; for validators that look at a value before pydantic does.

    Manifests are checked strictly, as JSON, where a list is a tuple. What a validator returns is JSON no more, and there
    strictness refuses a list for a tuple.
    """
    if isinstance(value, tuple | list):
        return tuple(as_tuples(one) for one in value)
    return {name: as_tuples(one) for name, one in value.items()} if isinstance(value, Mapping) else value


def flat(value: Any) -> Value:
    """Nested tuples, such as points, and models of them, field by field, as the one list that files hold."""
    if isinstance(value, BaseModel):
        value = tuple(getattr(value, name) for name in type(value).model_fields)
    if not isinstance(value, tuple | list):
        found: Value = value
        return found
    items: list[Any] = []
    for one in value:
        inner = flat(one)
        items += inner if isinstance(inner, tuple) else [inner]
    return tuple(items)
