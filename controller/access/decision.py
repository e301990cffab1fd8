"""May somebody do that?

What is missing is told from what he has and asks for, and never from what there is: who may not see an object reads the same
words whether it exists or not.
"""

from collections.abc import Callable, Mapping

from controller.access.identity import Binding, Identity
from controller.access.roles import LEAST_ROLE, Reach, Role, Verb

Labels = Mapping[str, str]


def missing(identity: Identity, verb: Verb, kind: str = "", labels: Labels | None = None) -> str:
    """What is missing to do that; empty when nothing is.

    Args:
        identity: who asks.
        verb: what for.
        kind: of the object; empty where it is about none.
        labels: of the object; None for one that is not there.
    """
    role, reach = LEAST_ROLE[verb]
    held = [binding for binding in identity.bindings if binding.role >= role]
    if any(_reaches(binding, reach, kind, labels) for binding in held):
        return ""
    return _words(identity, role, reach, kind)


def missing_for_change(identity: Identity, verb: Verb, kind: str, before: Labels | None, after: Labels | None) -> str:
    """What is missing to make one object another; empty when nothing is.

    Nobody moves an object out of what he is bound to, or into it: one binding must find it before and after.

    Args:
        identity: who asks.
        verb: create, update, patch or delete.
        kind: of the object.
        before: its labels as they are; None when there is no such object.
        after: its labels as they would be; None when it goes.
    """
    role, reach = LEAST_ROLE[verb]
    states: list[Labels | None] = [labels for labels in (before, after) if labels is not None] or [None]
    for binding in identity.bindings:
        if binding.role >= role and all(_reaches(binding, reach, kind, labels) for labels in states):
            return ""
    return _words(identity, role, reach, kind)


def sight(identity: Identity, kind: str) -> Callable[[Labels | None], bool] | None:
    """Which objects of a kind somebody sees, by their labels; None for all."""
    viewing = [binding for binding in identity.bindings if binding.covers(kind)]
    if any(not binding.requirements for binding in viewing):
        return None
    return lambda labels: any(binding.matches(labels) for binding in viewing)


def sees_whole(identity: Identity) -> bool:
    """True when somebody sees all objects of all kinds."""
    return any(binding.is_whole for binding in identity.bindings)


def _reaches(binding: Binding, reach: Reach, kind: str, labels: Labels | None) -> bool:
    if reach is Reach.ANYTHING:
        return True
    if reach is Reach.FLEET:
        return binding.is_whole
    return binding.covers(kind) and (reach is Reach.KIND or binding.matches(labels))


def _words(identity: Identity, role: Role, reach: Reach, kind: str) -> str:
    if reach is Reach.FLEET:
        needed = f"the role {role.word} for the whole fleet"
    elif reach is Reach.ANYTHING:
        needed = f"the role {role.word}"
    else:
        needed = f"the role {role.word} of {kind}"
        if reach is Reach.OBJECT and any(one.role >= role and one.covers(kind) for one in identity.bindings):
            needed += " with such labels"
    return f"that needs {needed}, and {words(identity)}"


def words(identity: Identity) -> str:
    """What somebody was given, for people."""
    return f"{identity.name} is {', '.join(map(str, identity.bindings)) or 'given no role'}"


def missing_role(identity: Identity, verb: Verb, kind: str = "") -> str:
    """What is missing to do that with any object of the kind at all; empty when it is a question of its labels."""
    role, reach = LEAST_ROLE[verb]
    reach = Reach.KIND if reach is Reach.OBJECT else reach
    if any(one.role >= role and _reaches(one, reach, kind, None) for one in identity.bindings):
        return ""
    return _words(identity, role, reach, kind)
