"""What each role may do, as tables."""

from collections.abc import Mapping
from enum import Enum, IntEnum, StrEnum
from typing import Final


class Role(IntEnum):
    """What somebody is allowed; a higher one may all that a lower one may."""

    VIEWER = 1
    OPERATOR = 2
    ADMIN = 3

    @property
    def word(self) -> str:
        """As people write it."""
        return self.name.lower()


ROLES: Final[Mapping[str, Role]] = {role.word: role for role in Role}


class Verb(StrEnum):
    """What a request does."""

    GET = "get"
    LIST = "list"
    WATCH = "watch"
    CREATE = "create"
    UPDATE = "update"
    PATCH = "patch"
    DELETE = "delete"
    LOGS = "logs"
    EVICT = "evict"
    HOLD = "hold"
    RELEASE = "release"
    ADOPT = "adopt"
    CLEAN = "clean"
    TRUST = "trust"
    EVENTS = "events"
    RECONCILE = "reconcile"
    LOOK = "look"
    INSPECT = "inspect"
    APPROVE = "approve"
    RESTORE = "restore"
    CONTROL = "control"
    TOKENS = "tokens"


class Reach(Enum):
    """What a role must be bound to for a verb."""

    OBJECT = "an object that its selector finds, before and after"
    KIND = "the kind: what its selector does not find is left out of the answer"
    ANYTHING = "anything at all"
    FLEET = "the whole fleet: neither to labels nor to kinds"


LEAST_ROLE: Final[Mapping[Verb, tuple[Role, Reach]]] = {
    Verb.GET: (Role.VIEWER, Reach.OBJECT),
    Verb.LIST: (Role.VIEWER, Reach.KIND),
    Verb.WATCH: (Role.VIEWER, Reach.KIND),
    Verb.EVENTS: (Role.VIEWER, Reach.ANYTHING),
    # What he does not see is left out.
    Verb.LOOK: (Role.VIEWER, Reach.ANYTHING),
    # The status and rendered files tell of cameras, nodes and instances alike.
    Verb.INSPECT: (Role.VIEWER, Reach.FLEET),
    Verb.UPDATE: (Role.OPERATOR, Reach.OBJECT),
    Verb.PATCH: (Role.OPERATOR, Reach.OBJECT),
    # What an instance prints, with its secrets masked. As in the role `view` of Kubernetes.
    Verb.LOGS: (Role.VIEWER, Reach.OBJECT),
    # Its manifest stays as it is, and so do the cameras that are watched.
    Verb.EVICT: (Role.OPERATOR, Reach.OBJECT),
    Verb.HOLD: (Role.OPERATOR, Reach.OBJECT),
    Verb.RELEASE: (Role.OPERATOR, Reach.OBJECT),
    Verb.ADOPT: (Role.OPERATOR, Reach.OBJECT),
    Verb.CLEAN: (Role.OPERATOR, Reach.OBJECT),
    # It changes nothing: everybody is asked to look at what is there.
    Verb.RECONCILE: (Role.OPERATOR, Reach.ANYTHING),
    Verb.CREATE: (Role.ADMIN, Reach.OBJECT),
    Verb.DELETE: (Role.ADMIN, Reach.OBJECT),
    Verb.TRUST: (Role.ADMIN, Reach.OBJECT),
    # What a revision takes away may be anything; a token may be for anything.
    Verb.APPROVE: (Role.ADMIN, Reach.FLEET),
    # It may make, change and take away anything.
    Verb.RESTORE: (Role.ADMIN, Reach.FLEET),
    Verb.CONTROL: (Role.ADMIN, Reach.FLEET),
    Verb.TOKENS: (Role.ADMIN, Reach.FLEET),
}
"""The least role for each verb, and what it must be bound to."""
