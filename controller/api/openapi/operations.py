"""What can be asked at which path, as both versions of OpenAPI say it in their own forms."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from controller.api.openapi.definitions import DELETE_OPTIONS, STATUS, definition_name
from controller.api.resources import Part, Resource

JSON: Final = "application/json"
TEXT: Final = "text/plain"
JSON_PATCH: Final = "application/json-patch+json"
PATCH_TYPES: Final = (JSON_PATCH, "application/merge-patch+json", "application/apply-patch+yaml")
"""Without the strategic one: where that is listed kubectl makes such patches, for which kinds of one's own have no rules."""
VIEW_PATCH_TYPES: Final = (*PATCH_TYPES[:2], "application/strategic-merge-patch+json")
"""Of forms of our objects that kubectl knows by itself. They have no managed fields."""


@dataclass(frozen=True)
class Query:
    """A parameter of a request."""

    name: str
    type: str
    description: str
    bounds: Mapping[str, Any] = field(default_factory=dict)
    """What may be given, in words of JSON schema that both versions have."""

    @property
    def schema(self) -> dict[str, Any]:
        """What may be given."""
        return {"type": self.type, **self.bounds}


_SELECTION: Final = (
    Query("labelSelector", "string", "Only objects with such labels."),
    Query("fieldSelector", "string", "Only objects with such values in fields."),
)
_INCLUDE_OBJECT: Final = Query(
    "includeObject", "string", "What comes with each row of a Table.", {"enum": ["", "None", "Metadata", "Object"]}
)
_VERSION: Final = {"pattern": "^[0-9]{0,19}$"}
_NUMBER: Final = {"minimum": 0, "maximum": 10**19 - 1}
_LIST: Final = (
    *_SELECTION,
    Query("limit", "integer", "Is ignored: lists are whole.", _NUMBER),
    Query("continue", "string", "Answers 410, unless it is empty: lists are whole."),
    _INCLUDE_OBJECT,
    Query("watch", "boolean", "Changes as JSON lines, from resourceVersion on."),
    Query("resourceVersion", "string", "The version from which a watch tells changes.", _VERSION),
    Query("resourceVersionMatch", "string", "How it is meant: NotOlderThan, with sendInitialEvents."),
    Query("sendInitialEvents", "boolean", "A watch tells of all objects first."),
    Query("allowWatchBookmarks", "boolean", "A watch tells its version now and then."),
    Query("timeoutSeconds", "integer", "When a watch ends.", _NUMBER),
)
_ONE: Final = (_INCLUDE_OBJECT,)
_DRY_RUN: Final = Query("dryRun", "string", "Nothing is written, the answer says what would be.", {"enum": ["All"]})
_SAID: Final = (
    Query("reason", "string", "Why, for the commit."),
    Query("approve", "string", "The revision whose removals are approved."),
)
_WRITE: Final = (
    _DRY_RUN,
    Query("fieldManager", "string", "Who writes.", {"maxLength": 128}),
    Query("fieldValidation", "string", "What becomes of unknown fields.", {"enum": ["", "Ignore", "Warn", "Strict"]}),
    *_SAID,
)
_FORCE: Final = Query("force", "boolean", "Server-side apply takes over fields that others manage.")
_DELETE: Final = (_DRY_RUN, Query("propagationPolicy", "string", "Is ignored: nothing depends on an object."), *_SAID)


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
    body: str = ""
    """The name of the schema of the body; empty for patches, which have none."""

    @property
    def is_body_optional(self) -> bool:
        """True where a request may come without one."""
        return self.body == DELETE_OPTIONS

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters in the path."""
        return tuple(name for name in ("namespace", "name") if f"{{{name}}}" in self.path)

    @property
    def id(self) -> str:
        """A name that no other operation has."""
        scope = "ForAllNamespaces" if self.resource.namespaced and "namespace" not in self.names else ""
        group = "".join(word.capitalize() for word in (self.resource.group or "core").split("."))
        return (
            f"{self.verb}{group}{self.resource.version.capitalize()}{self.resource.kind}{self.part.capitalize()}{scope}"
        )

    @property
    def is_text(self) -> bool:
        """True when it is answered as plain text."""
        return bool(self.part) and self.resource.subresources[self.part].is_text

    @property
    def kind(self) -> Resource | Part:
        """What is asked and answered."""
        part = self.resource.subresources.get(self.part)
        return part if part is not None and part.kind else self.resource


def operations(resources: Iterable[Resource]) -> Iterator[Operation]:
    """What can be done with resources, as far as their verbs allow it, path by path."""
    for resource in resources:
        collection = f"{resource.path}/{resource.plural}"
        if resource.namespaced:
            yield from _allowed(resource, collection, ("list",))
            collection = f"{resource.path}/namespaces/{{namespace}}/{resource.plural}"
        yield from _allowed(resource, collection, ("list", "create", "deletecollection"))
        yield from _allowed(resource, f"{collection}/{{name}}", ("get", "update", "patch", "delete"))
        for name, part in resource.subresources.items():
            yield from _allowed(resource, f"{collection}/{{name}}/{name}", part.verbs, name)


def _allowed(resource: Resource, path: str, verbs: Iterable[str], part: str = "") -> Iterator[Operation]:
    of_part = resource.subresources.get(part)
    known = of_part.verbs if of_part else resource.verbs
    kind = of_part if of_part and of_part.kind else resource
    for verb in verbs:
        if verb in known:
            method, query, takes = _VERBS[verb]
            query = _OF_PARTS.get((part, verb), query)
            schema, some = definition_name(kind), definition_name(resource, "List")
            answers = {"list": some, "delete": STATUS, "deletecollection": some, **({"create": STATUS} if part else {})}
            bodies = {"create": schema, "update": schema, "delete": DELETE_OPTIONS, "deletecollection": DELETE_OPTIONS}
            yield Operation(
                path,
                method,
                verb,
                resource,
                part,
                query,
                answers.get(verb, schema),
                VIEW_PATCH_TYPES if verb == "patch" and (resource.stands_for or kind is of_part) else takes,
                bodies.get(verb, ""),
            )


_OF_PARTS: Final[dict[tuple[str, str], tuple[Query, ...]]] = {
    ("scale", "get"): (),
    ("eviction", "create"): (_DRY_RUN,),
    ("log", "get"): (
        Query("container", "string", "app, or nothing.", {"enum": ["", "app"]}),
        Query("follow", "boolean", "Goes on with what is printed later."),
        Query("previous", "boolean", "Of the run before."),
        Query("timestamps", "boolean", "Each line begins with its time."),
        Query("tailLines", "integer", "The last lines, so many.", _NUMBER),
        Query("limitBytes", "integer", "Ends after so many bytes.", _NUMBER),
        Query("sinceSeconds", "integer", "Of the last seconds, so many.", _NUMBER),
        Query("sinceTime", "string", "From a time on, RFC 3339.", {"format": "date-time"}),
    ),
}
"""The parameters of a verb at a part, where they are others than those of the object."""
_OBJECT_TYPES: Final = (JSON, "application/yaml")
_VERBS: Final[dict[str, tuple[str, tuple[Query, ...], tuple[str, ...]]]] = {
    "list": ("get", _LIST, ()),
    "create": ("post", _WRITE, _OBJECT_TYPES),
    "deletecollection": ("delete", (*_SELECTION, *_DELETE), _OBJECT_TYPES),
    "get": ("get", _ONE, ()),
    "update": ("put", _WRITE, _OBJECT_TYPES),
    "patch": ("patch", (*_WRITE, _FORCE), PATCH_TYPES),
    "delete": ("delete", _DELETE, _OBJECT_TYPES),
}
