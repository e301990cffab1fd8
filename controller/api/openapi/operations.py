"""What can be asked at which path, as both versions of OpenAPI say it in their own forms."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from controller.api.openapi.definitions import STATUS, definition_name
from controller.api.resources import Resource

PATCH_TYPES: Final = ("application/json-patch+json", "application/merge-patch+json", "application/apply-patch+yaml")
"""Without the strategic one: where that is listed kubectl makes such patches, for which kinds of one's own have no rules."""


@dataclass(frozen=True)
class Query:
    """A parameter of a request."""

    name: str
    type: str
    description: str


_SELECTION: Final = (
    Query("labelSelector", "string", "Only objects with such labels."),
    Query("fieldSelector", "string", "Only objects with such values in fields."),
)
_LIST: Final = (
    *_SELECTION,
    Query("limit", "integer", "Is ignored: lists are whole."),
    Query("continue", "string", "Answers 410: lists are whole."),
    Query("includeObject", "string", "What comes with each row of a Table: None, Metadata or Object."),
    Query("watch", "boolean", "Changes as JSON lines, from resourceVersion on."),
    Query("resourceVersion", "string", "The version from which a watch tells changes."),
    Query("resourceVersionMatch", "string", "How it is meant: NotOlderThan, with sendInitialEvents."),
    Query("sendInitialEvents", "boolean", "A watch tells of all objects first."),
    Query("allowWatchBookmarks", "boolean", "A watch tells its version now and then."),
    Query("timeoutSeconds", "integer", "When a watch ends."),
)
_ONE: Final = (Query("includeObject", "string", "What comes with the row of a Table: None, Metadata or Object."),)
_WRITE: Final = (
    Query("dryRun", "string", "All: nothing is written, the answer says what would be."),
    Query("fieldManager", "string", "Who writes."),
    Query("fieldValidation", "string", "What becomes of unknown fields: Ignore, Warn or Strict."),
)
_FORCE: Final = Query("force", "boolean", "Server-side apply takes over fields that others manage.")
_DELETE: Final = (_WRITE[0], Query("propagationPolicy", "string", "Is ignored: nothing depends on an object."))


@dataclass(frozen=True)
class Operation:
    """One verb of a resource at its path."""

    path: str
    method: str
    """Of HTTP, in small letters."""
    verb: str
    """Of Kubernetes; for several verbs at one method that of the request without parameters."""
    resource: Resource
    part: str
    """The subresource; empty for the object."""
    query: tuple[Query, ...]
    answers: str
    """The name of the schema of what is answered."""
    takes: tuple[str, ...] = ()
    """Media types of the body; none where there is no body."""

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters in the path."""
        return tuple(name for name in ("namespace", "name") if f"{{{name}}}" in self.path)

    @property
    def id(self) -> str:
        """A name that no other operation has."""
        scope = "ForAllNamespaces" if self.resource.namespaced and "namespace" not in self.names else ""
        group = "".join(word.capitalize() for word in (self.resource.group or "core").split("."))
        return f"{self.verb}{group}V1{self.resource.kind}{self.part.capitalize()}{scope}"


def operations(resources: Iterable[Resource]) -> Iterator[Operation]:
    """What can be done with resources, as far as their verbs allow it, path by path."""
    for resource in resources:
        group = f"/apis/{resource.group}/v1" if resource.group else "/api/v1"
        collection = f"{group}/{resource.plural}"
        if resource.namespaced:
            yield from _allowed(resource, collection, ("list",))
            collection = f"{group}/namespaces/{{namespace}}/{resource.plural}"
        yield from _allowed(resource, collection, ("list", "create", "deletecollection"))
        yield from _allowed(resource, f"{collection}/{{name}}", ("get", "update", "patch", "delete"))
        for part, verbs in resource.subresources.items():
            yield from _allowed(resource, f"{collection}/{{name}}/{part}", verbs, part)


def _allowed(resource: Resource, path: str, verbs: Iterable[str], part: str = "") -> Iterator[Operation]:
    known = resource.subresources[part] if part else resource.verbs
    for verb in verbs:
        if verb in known:
            method, query, takes = _VERBS[verb]
            answers = {"list": definition_name(resource, "List"), "delete": STATUS, "deletecollection": STATUS}
            yield Operation(
                path, method, verb, resource, part, query, answers.get(verb, definition_name(resource)), takes
            )


_JSON: Final = ("application/json",)
_VERBS: Final[dict[str, tuple[str, tuple[Query, ...], tuple[str, ...]]]] = {
    "list": ("get", _LIST, ()),
    "create": ("post", _WRITE, _JSON),
    "deletecollection": ("delete", (*_SELECTION, *_DELETE), ()),
    "get": ("get", _ONE, ()),
    "update": ("put", _WRITE, _JSON),
    "patch": ("patch", (*_WRITE, _FORCE), PATCH_TYPES),
    "delete": ("delete", _DELETE, ()),
}
