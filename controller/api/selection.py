"""Which objects a request is about: label and field selectors, and the namespace."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from controller.api.core_resources import PODS
from controller.api.errors import bad_request
from controller.api.resources import EVENTS, Resource
from controller.api.served import SERVED
from controller.picture.conditions import Document
from controller.picture.event_log import EVENT_NAMESPACE
from controller.picture.store import Stored
from crds.alike import value_of
from crds.selector import Requirement, parse_selector

_KINDS_OF_OURS: Final = {one.kind: one.stands_for for some in SERVED.values() for one in some if one.stands_for}
_IN_NAMESPACES: Final = PODS.kind
_KIND, _NAME, _NAMESPACE, _UID = (("involvedObject", field) for field in ("kind", "name", "namespace", "uid"))
_FIELD_TERM = re.compile(r"^\s*(?P<field>[A-Za-z0-9_.]+)\s*(?P<op>==|=|!=)(?P<value>.*)$")


@dataclass(frozen=True)
class _FieldTerm:
    path: tuple[str, ...]
    value: str
    negated: bool

    def holds(self, document: Mapping[str, Any]) -> bool:
        found: Any = document
        for name in self.path:
            found = found.get(name) if isinstance(found, Mapping) else None
        return (("" if found is None else str(found)) == self.value) != self.negated


@dataclass(frozen=True)
class Selection:
    """What an object must be like to be in the answer."""

    labels: tuple[Requirement, ...] = ()
    fields: tuple[_FieldTerm, ...] = ()
    sight: Callable[[Stored], bool] | None = None
    """What the client may see at all; None for everything."""

    @cached_property
    def _said(self) -> tuple[tuple[bytes, ...], ...]:
        """Of each of these parts of JSON one is in the text of an object that is selected."""
        return tuple(parts for term in self.labels if (parts := term.one_of_these_is_said))

    def __bool__(self) -> bool:
        return bool(self.labels or self.fields or self.sight)

    def matches(self, stored: Stored, read: Callable[[Stored], Document] | None = None) -> bool:
        """True when the object meets every term, and the client may see it.

        Args:
            stored: the object.
            read: gives what it says; others may have read it before. None: it is read here.
        """
        if self.sight and not self.sight(stored):
            return False
        if not self.labels and not self.fields:
            return True
        text = stored.encoded
        if not all(any(part in text for part in parts) for parts in self._said):
            return False
        document = read(stored) if read else value_of(text)
        labels = document["metadata"].get("labels") or {}
        return all(term.holds(labels) for term in self.labels) and all(term.holds(document) for term in self.fields)


def parse_selection(
    resource: Resource,
    *,
    label_selector: str = "",
    field_selector: str = "",
    namespace: str | None = None,
    in_parts: bool = False,
) -> Selection:
    """Reads the selectors of a request.

    Args:
        resource: of what.
        label_selector: of the query.
        field_selector: of the query.
        namespace: of the path.
        in_parts: whether the client takes its list in parts (`limit`).

    Raises:
        ApiError: BadRequest, when a selector cannot be read or names a field that objects are not selected by.
    """
    try:
        labels = parse_selector(label_selector)
    except ValueError as error:
        raise bad_request(str(error)) from None
    terms = [_field_term(resource, text) for text in field_selector.split(",") if text.strip()]
    if resource is EVENTS:
        terms = _about_ours(terms, in_parts=in_parts)
    if namespace is not None:
        terms.append(_FieldTerm(("metadata", "namespace"), namespace, negated=False))
    return Selection(labels, tuple(terms))


def _about_ours(terms: list[_FieldTerm], *, in_parts: bool) -> list[_FieldTerm]:
    """Events are told of our objects: whoever asks for those of another form of one is given them.

    That form has ids of its own, and may be in a namespace, which ours never are; kubectl names no kind then. And it asks for events
    of a node by its name for an id: kubectl 1.20 for these alone, all that ask in parts for those by the right id as well, and they
    would show each event twice.
    """
    given = {term.path: term.value for term in terms if not term.negated}
    kind = given.get(_KIND, _IN_NAMESPACES if given.get(_NAMESPACE) == EVENT_NAMESPACE else "")
    ours = _KINDS_OF_OURS.get(kind)
    if ours is None or (ours == kind and (in_parts or given.get(_UID) != given.get(_NAME))):
        return terms
    kept = [term for term in terms if term.path not in (_KIND, _UID, _NAMESPACE, ("involvedObject", "apiVersion"))]
    return [*kept, _FieldTerm(_KIND, ours, negated=False)]


def equal_label(label_selector: str, key: str) -> str:
    """The one value that a selector wants of a label; empty when it wants none, or leaves several.

    Raises:
        ApiError: BadRequest, it cannot be read.
    """
    try:
        terms = parse_selector(label_selector)
    except ValueError as error:
        raise bad_request(str(error)) from None
    wanted = (one.values for one in terms if one.key == key and not one.negated and one.values)
    return next((next(iter(values)) for values in wanted if len(values) == 1), "")


def _field_term(resource: Resource, text: str) -> _FieldTerm:
    match = _FIELD_TERM.match(text)
    if not match:
        raise bad_request(f"{text!r} is no field selector: write field=value or field!=value")
    if match["field"] not in resource.fields:
        known = ", ".join(sorted(resource.fields))
        raise bad_request(f"field label not supported: {match['field']}; {resource.plural} have {known}")
    return _FieldTerm(resource.fields[match["field"]], match["value"].strip(), match["op"] == "!=")
