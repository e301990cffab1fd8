"""The tables of a page of documentation: the fields of a kind, and of each group of DeepStream that it holds."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from crds.change import ChangeClass
from tools.kinds.json_schema import NUMBER_KEY

_HEAD: Final = ("Field", "DeepStream's key", "Type", "Default", "Constraint", "Versions", "Change class", "Meaning")
_WORDS: Final = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "mapping",
    "array": "list",
}
_BOUNDS: Final = {
    "minimum": "≥ {:,}",
    "exclusiveMinimum": "> {:,}",
    "maximum": "≤ {:,}",
    "exclusiveMaximum": "< {:,}",
    "maxLength": "at most {:,} characters",
    "maxProperties": "at most {:,}",
}
_OF_SECTIONS: Final = frozenset({"extraKeys", "extraGroups"})
"""What groups and files of DeepStream have, and parts of the kinds have not: each of them gets a table of its own, and so do
the values of mappings, whose fields have no one path."""


@dataclass(frozen=True)
class Row:
    """One field."""

    path: str
    deepstream_key: str
    type: str
    default: str
    constraint: str
    versions: str
    change_class: str
    meaning: str

    @property
    def cells(self) -> tuple[str, ...]:
        """In the order of the head."""
        return (
            f"`{self.path}`",
            self.deepstream_key and f"`{self.deepstream_key}`",
            self.type,
            self.default,
            self.constraint,
            self.versions,
            self.change_class,
            self.meaning,
        )


@dataclass(frozen=True)
class Section:
    """A group or file of DeepStream, or a part of one."""

    name: str
    meaning: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Tables:
    """All tables of a kind."""

    fields: tuple[Row, ...]
    sections: tuple[Section, ...]
    """In the order in which fields lead to them."""


def tables(schema: Mapping[str, Any]) -> Tables:
    """The tables of a kind.

    Args:
        schema: its JSON Schema.
    """
    definitions = schema.get("$defs", {})
    classes = _change_classes(schema, definitions)
    writer = _Writer(definitions, _anchors(classes))
    order = [one.value for one in ChangeClass]
    sections = []
    for name, of_holders in classes.items():
        inherited = " or ".join(sorted(of_holders - {""}, key=order.index))
        rows = tuple(writer.rows(definitions[name], "", inherited, flat=False))
        sections.append(Section(name, definitions[name]["description"], rows))
    return Tables(tuple(writer.rows(schema, "", "", flat=True)), tuple(sections))


def _change_classes(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, set[str]]:
    """The definitions that get tables of their own, with the classes of the fields that lead to them."""
    writer = _Writer(definitions, {})
    list(writer.rows(schema, "", "", flat=True))
    done: set[tuple[str, str]] = set()
    while todo := {(name, one) for name, classes in writer.reached.items() for one in classes} - done:
        for name, change_class in sorted(todo):
            list(writer.rows(definitions[name], "", change_class, flat=False))
        done |= todo
    return writer.reached


def _anchors(names: Iterable[str]) -> dict[str, str]:
    """What GitHub makes of headings: small letters, and a number where that has been before."""
    anchors: dict[str, str] = {}
    seen: dict[str, int] = {}
    for name in names:
        small = name.lower()
        anchors[name] = f"{small}-{seen[small]}" if small in seen else small
        seen[small] = seen.get(small, 0) + 1
    return anchors


def table(rows: Iterable[Row]) -> str:
    """Rows as a table in Markdown, without columns in which nothing stands."""
    cells = [row.cells for row in rows]
    used = [
        index for index, title in enumerate(_HEAD) if title in ("Field", "Type") or any(row[index] for row in cells)
    ]
    lines = [_HEAD, ["---"] * len(_HEAD), *cells]
    return "\n".join("| " + " | ".join(_cell(line[index]) for index in used) + " |" for line in lines)


def text(words: str) -> str:
    """Words for Markdown: what stands in angle brackets is no tag."""
    parts = re.split(r"(`[^`]*`)", " ".join(words.split()))
    return "".join(part if part.startswith("`") else part.replace("<", "&lt;") for part in parts)


def _cell(words: str) -> str:
    return text(words).replace("|", "\\|")


class _Writer:
    """Makes rows, and notes which definitions they lead to, with the change classes that hold there."""

    def __init__(self, definitions: Mapping[str, Any], anchors: Mapping[str, str]) -> None:
        self.reached: dict[str, set[str]] = {}
        self._definitions = definitions
        self._anchors = anchors

    def rows(self, model: Mapping[str, Any], above: str, change_class: str, *, flat: bool) -> Iterator[Row]:
        required = model.get("required", ())
        # The keys that nobody knows come last.
        for name, written in sorted(model["properties"].items(), key=lambda one: one[0] in _OF_SECTIONS):
            field = self._resolved(written)
            path = f"{above}.{name}" if above else name
            inherited = field.get("x-change-class", change_class)
            target = self._target(written, flat=flat)
            if target:
                self.reached.setdefault(target, set()).add(inherited)
            inner = self._resolved(field["items"]) if "items" in field else field
            opened = "properties" in inner and not target
            yield Row(
                path,
                field.get("x-deepstream-key", ""),
                self._type(written, flat=flat),
                "required" if name in required else _default(field),
                _constraint(field)
                or ("each: " + found if inner is not field and (found := _constraint(inner)) else ""),
                _versions(field),
                "" if opened and "x-change-class" not in field else inherited,
                field.get("description", ""),
            )
            if opened:
                yield from self.rows(inner, path + ("[]" if inner is not field else ""), inherited, flat=flat)

    def _target(self, schema: Mapping[str, Any], *, flat: bool) -> str:
        """The definition behind a field that gets a table of its own, through lists and mappings; empty for none."""
        if "$ref" in schema:
            name: str = schema["$ref"].rpartition("/")[2]
            properties = self._definitions[name].get("properties", {})
            return name if properties and (not flat or not _OF_SECTIONS.isdisjoint(properties)) else ""
        for inner in (*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else ())):
            if found := self._target(inner, flat=flat):
                return found
        for value in _values(schema):
            if found := self._target(value, flat=False):
                return found
        return ""

    def _resolved(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """The schema without `$ref` and `anyOf`: what stands beside them goes before what they name."""
        found: dict[str, Any] = {}
        for variant in schema.get("anyOf", ()):
            if variant != {"type": "null"}:
                found |= self._resolved(variant)
        if "$ref" in schema:
            found |= self._resolved(self._definitions[schema["$ref"].rpartition("/")[2]])
        return {**found, **{key: value for key, value in schema.items() if key not in ("anyOf", "$ref")}}

    def _type(self, written: Mapping[str, Any], *, flat: bool) -> str:
        field = self._resolved(written)
        values = [*field.get("patternProperties", {}).values(), field.get("additionalProperties")]
        if isinstance(field["type"], list):
            return " or ".join(_WORDS[one] for one in field["type"])
        if field["type"] == "array":
            if "prefixItems" in field:
                inner = self._type(field["prefixItems"][0], flat=flat)
                return f"list of {len(field['prefixItems'])} {_plural(inner)}"
            return f"list of {_plural(self._type(field['items'], flat=flat))}"
        if "properties" in field:
            target = self._target(written, flat=flat)
            return f"[{target}](#{self._anchors.get(target)})" if target else "mapping"
        if isinstance(values[0], Mapping):
            return f"mapping of {_plural(self._type(values[0], flat=False))}"
        return _WORDS[field["type"]]


def _values(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Of a mapping."""
    other = schema.get("additionalProperties")
    return [*schema.get("patternProperties", {}).values(), *([other] if isinstance(other, Mapping) else ())]


def _plural(words: str) -> str:
    first, _, rest = words.partition(" of ")
    if rest:
        return f"{first}s of {rest}"
    return f"{words}s" if words in ("whole number", "number", "mapping", "list") else words


def _default(field: Mapping[str, Any]) -> str:
    default = field.get("default")
    if default in (None, []):
        return ""
    return f"`{default if isinstance(default, str) else json.dumps(default)}`"


def _constraint(field: Mapping[str, Any]) -> str:
    said = [f"`{field['const']}`"] if "const" in field else []
    if "enum" in field:
        # A number beside a text that says the same is for YAML's sake.
        texts = [one for one in field["enum"] if isinstance(one, str)]
        said.append(" or ".join(f"`{one}`" for one in texts or field["enum"]))
    counts = {} if "prefixItems" in field else {"minItems": "at least {:,}", "maxItems": "at most {:,}"}
    said += [form.format(field[key]) for key, form in {**_BOUNDS, **counts}.items() if key in field]
    if "pattern" in field:
        said.append(f"`{field['pattern']}`")
    said += ["keys: numbers" if one == NUMBER_KEY else f"keys: `{one}`" for one in field.get("patternProperties", ())]
    if field.get("format") == "uuid":
        said.append("UUID version 4")
    return ", ".join(said)


def _versions(field: Mapping[str, Any]) -> str:
    since, until = field.get("x-deepstream-since"), field.get("x-deepstream-until")
    if since and until:
        return f"{since} to {until}"
    return f"from {since}" if since else f"to {until}" if until else ""
