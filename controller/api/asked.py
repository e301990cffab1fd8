"""What a request asks for, by its method and path: the table that permissions are looked up by.

A path that stands in no row needs the whole fleet: who adds one that people with a part of it may use, adds a row.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from controller.access.roles import Verb
from controller.api.resources import FLEET_RESOURCES, Resource
from controller.api.served import facade_at
from crds.document import API_GROUP, API_VERSION
from crds.kinds import KINDS

READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
LOOKING: Final = frozenset({Verb.GET, Verb.LIST})
"""What changes nothing, also when it is asked for by POST, since it takes a body."""
_PUBLIC: Final = frozenset(
    {"/healthz", "/livez", "/readyz", "/", "/favicon.svg", "/fleet/v1/login", "/fleet/v1/logout"}
)
_PUBLIC_FOLDER: Final = "/web/"
_ME: Final = "/fleet/v1/me"
_REVIEWS: Final = ("authentication.k8s.io", "authorization.k8s.io")
_WRITES: Final[Mapping[str, Verb]] = {"PUT": Verb.UPDATE, "PATCH": Verb.PATCH, "DELETE": Verb.DELETE}
_OF_NODES: Final[Mapping[str, Verb]] = {"trust": Verb.TRUST, "adopt": Verb.ADOPT, "clean": Verb.CLEAN}
_OF_INSTANCES: Final[Mapping[str, Verb]] = {"hold": Verb.HOLD, "release": Verb.RELEASE}
_OF_THE_FLEET: Final[Mapping[str, Verb]] = {
    "approve": Verb.APPROVE,
    "update": Verb.RECONCILE,
    "refresh": Verb.RECONCILE,
}

_OF_V1: Final[Mapping[str, tuple[Verb | None, str]]] = {
    "Cameras": (None, "Camera"),
    "Agents": (None, "Node"),
    "Agent": (None, "Node"),
    "DsInstance": (None, "DsInstance"),
    "Camera_Agents": (Verb.UPDATE, "Camera"),
    "Camera_Instance": (Verb.UPDATE, "DsInstance"),
    "Agent_Instance": (Verb.UPDATE, "DsInstance"),
    "Update_config": (Verb.RECONCILE, ""),
    "Refresh": (Verb.RECONCILE, ""),
}
"""The routes of `controller.api.v1`, by their first word: what they do, None for what their method says, and to which kind."""


@dataclass(frozen=True)
class Asked:
    """What a request asks for."""

    verb: Verb
    kind: str = ""
    name: str = ""
    whole_kind: bool = False
    """True when it is about objects that the path does not name, and that are not left out but touched: all of a kind."""


def is_public(path: str) -> bool:
    """True for what is answered to everybody: probes show no credentials, and a page comes before its login."""
    return path in _PUBLIC or path.startswith(_PUBLIC_FOLDER)


def what_is_asked(method: str, path: str, query: bytes) -> Asked | None:
    """What a request asks for; None for what everybody may who is known: the page, discovery, and questions about himself.

    Args:
        method: of HTTP.
        path: decoded, as paths are matched.
        query: as it came.
    """
    if is_public(path) or path == _ME:
        return None
    if (found := facade_at(path)) is not None:
        return _of_facade(method, *found, query)
    return _of_path(method, path.removesuffix("/").split("/")[1:], query)


def _of_path(method: str, parts: list[str], query: bytes) -> Asked | None:
    reading = method in READING
    match parts:
        case ["version"] | ["api"] | ["api", "v1"] | ["apis"] | ["apis", _] | ["apis", _, _] | ["openapi", *_] if (
            reading
        ):
            return None
        # Of namespaces there is one for everybody, of budgets of disruption there is none for anybody.
        case ["api", "v1", "namespaces"] | ["api", "v1", "namespaces", _] | ["apis", "policy", *_] if reading:
            return None
        case ["apis", group, _, _] if group in _REVIEWS:
            return None
        case ["apis", group, version, plural, *rest] if (
            f"{group}/{version}" == API_VERSION and plural in FLEET_RESOURCES
        ):
            return _of_resource(method, FLEET_RESOURCES[plural].kind, rest, query)
        case ["api", "v1", "events"] | ["api", "v1", "namespaces", _, "events"] if reading:
            return Asked(Verb.EVENTS)
        case ["api", "v1", "namespaces", _, "events", name] if reading:
            return Asked(Verb.EVENTS, "Event", name)
        case ["fleet", "v1", *rest]:
            return _of_the_fleet(rest, reading=reading)
        case ["v1", "openapi.json"] if reading:
            return None
        case ["v1", word, *rest] if word in _OF_V1:
            return _of_v1(method, word, rest)
    return Asked(Verb.INSPECT if reading else Verb.CONTROL)


def _of_the_fleet(rest: list[str], *, reading: bool) -> Asked:
    match rest:
        case ["tokens", *_]:
            return Asked(Verb.TOKENS)
        # Which cameras is in the body; those that are not seen are answered as unknown.
        case ["pictures"]:
            return Asked(Verb.LIST, "Camera")
    return _read_of_the_fleet(rest) if reading else _changed_in_the_fleet(rest)


def _read_of_the_fleet(rest: list[str]) -> Asked:
    match rest:
        case ["snapshot" | "stream"]:
            return Asked(Verb.LOOK)
        case ["pictures", name] | ["history", "cameras", name] | ["cameras", name, "snapshot"]:
            return Asked(Verb.GET, "Camera", name)
        case ["where", kind, name] if kind in KINDS:
            return Asked(Verb.GET, kind, name)
    return Asked(Verb.INSPECT)


def _changed_in_the_fleet(rest: list[str]) -> Asked:
    match rest:
        case ["revisions", _, "restore"]:
            return Asked(Verb.RESTORE)
        case ["nodes", name, word] if word in _OF_NODES:
            return Asked(_OF_NODES[word], "Node", name)
        case [word] if word in _OF_INSTANCES:
            return Asked(_OF_INSTANCES[word], "DsInstance")
        case [word] if word in _OF_THE_FLEET:
            return Asked(_OF_THE_FLEET[word])
    return Asked(Verb.CONTROL)


def _of_v1(method: str, word: str, rest: list[str]) -> Asked:
    """Which object it is, is found out where numbers and addresses are known; who sees or changes that is asked there."""
    verb, kind = _OF_V1[word]
    if verb is not None:
        return Asked(Verb.INSPECT) if method in READING else Asked(verb, kind)
    if method in READING:
        return Asked(Verb.LIST if not rest or rest[0].startswith("all_") else Verb.GET, kind)
    return Asked(Verb.CREATE if method == "POST" else _WRITES.get(method, Verb.CONTROL), kind)


def _of_resource(method: str, kind: str, rest: list[str], query: bytes) -> Asked:
    if not rest:
        if method in READING:
            return Asked(Verb.WATCH if b"watch=" in query else Verb.LIST, kind)
        if method == "POST":
            return Asked(Verb.CREATE, kind)
        return Asked(_WRITES.get(method, Verb.CONTROL), kind, whole_kind=True)
    name = rest[0]
    if method in READING:
        return Asked(Verb.GET, kind, name)
    # A POST to a part of an object, such as an eviction, changes the object.
    return Asked(_WRITES.get(method, Verb.UPDATE), kind, name)


def _of_facade(method: str, resource: Resource, rest: list[str], query: bytes) -> Asked:
    """What shows a kind of ours in another form is asked of that kind, as its own table says."""
    if rest and resource.shows is not None:
        rest = [resource.shows(rest[0]), *rest[1:]]
    asked = _of_resource(method, resource.stands_for, rest, query)
    verb = resource.asks.get(("GET" if method in READING else method, rest[1] if len(rest) > 1 else ""))
    return asked if verb is None or not rest else replace(asked, verb=verb)


def plural_of(kind: str) -> tuple[str, str]:
    """Plural and group of a kind, as messages name them."""
    for resource in FLEET_RESOURCES.values():
        if resource.kind == kind:
            return resource.plural, API_GROUP
    return kind.lower() + "s", ""
