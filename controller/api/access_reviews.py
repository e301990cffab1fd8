"""Answers beforehand what somebody may not: the same question as requests are asked, for those who review their access."""

from collections.abc import Mapping
from typing import Final

from fastapi import Request

from controller.access.roles import Verb
from controller.api.asked import Asked, what_is_asked
from controller.api.caller import caller_of
from controller.api.errors import ApiError
from controller.api.resources import FLEET_RESOURCES, Resource
from controller.api.reviews import Attempt
from controller.api.served import SERVED
from crds.document import API_GROUP

_VERBS: Final[Mapping[str, Verb]] = {
    **{verb.value: verb for verb in (Verb.GET, Verb.LIST, Verb.WATCH, Verb.CREATE, Verb.UPDATE, Verb.PATCH)},
    "delete": Verb.DELETE,
    "deletecollection": Verb.DELETE,
    # Whoever may delete may all the rest.
    "*": Verb.DELETE,
}

_METHODS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("get", "list", "watch"), "GET"),
    "update": "PUT",
    "patch": "PATCH",
    "delete": "DELETE",
}


def why_not(request: Request, attempt: Attempt) -> str:
    """Why whoever sent the request may not do something; empty when he may.

    Without a name it is asked whether he may with any object at all: which ones, is a question of their labels.
    """
    asked = _asked(attempt)
    if asked is not None:
        try:
            caller_of(request).require_asked(asked)
        except ApiError as error:
            return str(error)
    return ""


def _asked(attempt: Attempt) -> Asked | None:
    reading = attempt.verb in ("get", "list", "watch")
    if attempt.path:
        return what_is_asked("GET" if reading else "POST", attempt.path, b"")
    if attempt.group in (API_GROUP, "*") and attempt.resource in FLEET_RESOURCES:
        kind = FLEET_RESOURCES[attempt.resource].kind
        whole = attempt.verb == "deletecollection"
        return Asked(_VERBS.get(attempt.verb, Verb.CONTROL), kind, attempt.name, whole_kind=whole)
    for one in SERVED.get(attempt.group, ()):
        if one.plural == attempt.resource and one.stands_for:
            return _of_facade(one, attempt)
    if attempt.resource == "events" and reading:
        return Asked(Verb.EVENTS)
    if attempt.resource == "namespaces" or attempt.group in ("policy", "authentication.k8s.io", "authorization.k8s.io"):
        return None
    return Asked(Verb.INSPECT if reading else Verb.CONTROL)


def _of_facade(resource: Resource, attempt: Attempt) -> Asked:
    """Asked of what the object stands for, as its path would be."""
    method = _METHODS.get(attempt.verb, "POST")
    verb = resource.asks.get((method, attempt.subresource))
    name = resource.shows(attempt.name) if attempt.name and resource.shows else attempt.name
    return Asked(verb or _VERBS.get(attempt.verb, Verb.CONTROL), resource.stands_for, name)
