"""Whoever sent a request: what he may, what he sees, and what the audit log tells of it."""

from collections.abc import Callable
from typing import Final

from fastapi import Request

from controller.access.decision import Labels, missing, missing_for_change, missing_role, sees_whole, sight, words
from controller.access.identity import Identity
from controller.access.roles import Verb
from controller.api.asked import Asked, plural_of
from controller.api.errors import ApiError
from controller.api.resources import Resource
from controller.picture.store import ObjectStore, Stored

Sight = Callable[[Stored], bool]

_REMEMBERED: Final = 1024
"""Versions of objects: as many as there are events about others."""

_FOR_EVERYBODY: Final = "Namespace"

_PHRASES: Final = {
    Verb.EVENTS: "see events",
    Verb.LOOK: "look at the fleet",
    Verb.INSPECT: "look at the controller, or at a path that tells of everything",
    Verb.RECONCILE: "have everybody look at everything",
    Verb.APPROVE: "approve a revision",
    Verb.RESTORE: "go back to a revision",
    Verb.CONTROL: "control the fleet",
    Verb.TOKENS: "manage tokens",
}


class Caller:
    """Whoever sent a request. One is made for each request."""

    def __init__(self, identity: Identity, objects: "LabelledObjects") -> None:
        self.identity: Final = identity
        self.objects: tuple[str, ...] = ()
        """What the request changed, as `Kind/name`; told in the audit log instead of the path."""
        self.revision = ""
        """The revision that it made, for the audit log."""
        self.is_dry = False
        """True once it is known that nothing is to become another: a body may say so, too. For the audit log."""
        self._objects = objects

    def made(self, revision: str, *objects: str) -> None:
        """Notes for the audit log what became of the request.

        Args:
            revision: that it made.
            objects: what it changed, as `Kind/name`.
        """
        self.revision, self.objects = revision, objects

    def require(self, verb: Verb, kind: str = "", name: str = "", said: str = "") -> None:
        """Lets him do that to an object as it is.

        Args:
            verb: what he does.
            kind: of the object; empty for none.
            name: of the object; empty for none in particular.
            said: how he named it, where that is not its name: a refusal must not tell what that is.

        Raises:
            ApiError: Forbidden, and what is missing; the same whether or not there is such an object.
        """
        self._refuse_if(missing(self.identity, verb, kind, self._labels(kind, name)), verb, kind, said or name)

    def require_change(self, verb: Verb, kind: str, name: str, before: Labels | None, after: Labels | None) -> None:
        """Lets him make an object another: asked by whatever writes manifests, with the labels of both.

        Args:
            verb: create, update, patch or delete.
            kind: of the object.
            name: of the object.
            before: its labels in the manifests; None when it is not there.
            after: its labels as they would be; None when it goes.

        Raises:
            ApiError: Forbidden, and what is missing.
        """
        self._refuse_if(missing_for_change(self.identity, verb, kind, before, after), verb, kind, name)

    def require_asked(self, asked: Asked) -> None:
        """Lets him ask for that, as far as method and path tell.

        Raises:
            ApiError: Forbidden, and what is missing.
        """
        if asked.kind == "Event":
            return  # which events he sees is asked where they are found
        if asked.name or asked.whole_kind or not asked.kind:
            self.require(asked.verb, asked.kind, asked.name)
        else:
            self._refuse_if(missing_role(self.identity, asked.verb, asked.kind), asked.verb, asked.kind, "")

    def sight(self, kind: str) -> Sight | None:
        """Which objects of a kind he sees; None for all. An event is seen by who sees what it is about."""
        if kind == _FOR_EVERYBODY or sees_whole(self.identity):
            return None
        if kind == "Event":
            return self._sees_event
        seen = sight(self.identity, kind)
        if seen is None:
            return None
        labels_of = self._objects.labels_of
        return lambda stored: seen(labels_of(stored))

    def sight_of(self, resource: Resource) -> Sight | None:
        """Which objects of a resource he sees; None for all. Of another form of ours he sees what he sees of ours."""
        if not resource.stands_for:
            return self.sight(resource.kind)
        if sees_whole(self.identity) or (seen := sight(self.identity, resource.stands_for)) is None:
            return None
        labels_of, added = self._objects.labels_of, resource.added_labels
        return lambda stored: seen({name: one for name, one in labels_of(stored).items() if name not in added})

    def require_event(self, name: str, event: Stored | None) -> None:
        """Lets him see an event, or read that there is none.

        Raises:
            ApiError: Forbidden: he would not see it, if there were one.
        """
        seen = self.sight("Event")
        if seen and (event is None or not seen(event)):
            why = f"that needs the role viewer of what it is about, and {words(self.identity)}"
            raise forbidden(self.identity, why, Verb.GET, "Event", name)

    def _sees_event(self, stored: Stored) -> bool:
        involved = stored.document["involvedObject"]
        seen = sight(self.identity, involved["kind"])
        return seen is None or seen(self._labels(involved["kind"], involved["name"]))

    def _labels(self, kind: str, name: str) -> Labels | None:
        return self._objects.labels(kind, name) if name else None

    def _refuse_if(self, why: str, verb: Verb, kind: str, name: str) -> None:
        if why:
            raise forbidden(self.identity, why, verb, kind, name)


class LabelledObjects:
    """The labels of objects. Those that were asked for last are remembered: many who watch ask for the same ones."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects
        self._read: dict[Stored, Labels] = {}

    def labels(self, kind: str, name: str) -> Labels | None:
        """Of an object as it is; None when it is not there."""
        found = self._objects.get(kind, name)
        return None if found is None else self.labels_of(found)

    def labels_of(self, stored: Stored) -> Labels:
        """Of one version of an object."""
        labels = self._read.get(stored)
        if labels is None:
            if len(self._read) >= _REMEMBERED:
                self._read.clear()
            self._read[stored] = labels = stored.document["metadata"].get("labels") or {}
        return labels


def caller_of(request: Request) -> Caller:
    """Whoever sent the request; somebody who may nothing, where nobody was asked who he is."""
    found = request.scope.get("state", {}).get("caller")
    return found if isinstance(found, Caller) else Caller(Identity("nobody"), LabelledObjects(ObjectStore(0)))


def forbidden(identity: Identity, why: str, verb: Verb, kind: str, name: str) -> ApiError:
    """He may not, and why."""
    if not kind:
        return ApiError(403, "Forbidden", f'forbidden: User "{identity.name}" cannot {_PHRASES.get(verb, verb)}: {why}')
    plural, group = plural_of(kind)
    resource = f"{plural}.{group}" if group else plural
    details = {"name": name, "group": group, "kind": plural} if name else {"group": group, "kind": plural}
    subject = f'{resource} "{name}" is' if name else f"{resource} is"
    message = f'{subject} forbidden: User "{identity.name}" cannot {verb} resource "{plural}": {why}'
    return ApiError(403, "Forbidden", message, details)
