"""Every role, verb and label: what somebody may, and what is missing."""

import pytest

from controller.access.decision import missing, missing_for_change, sees_whole, sight
from controller.access.identity import Binding, Identity
from controller.access.roles import LEAST_ROLE, Reach, Role, Verb

HQ, YARD = {"site": "hq"}, {"site": "yard"}

# verb -> what is allowed, one sign for each of the columns: + yes, - no
#   columns:  viewer  operator  admin, each of: whole fleet, site=hq, Camera, Camera where site=hq
TABLE = {
    #                       viewer            operator          admin
    Verb.GET:       ("+ + + +", "+ + + +", "+ + + +"),
    Verb.LIST:      ("+ + + +", "+ + + +", "+ + + +"),
    Verb.WATCH:     ("+ + + +", "+ + + +", "+ + + +"),
    Verb.EVENTS:    ("+ + + +", "+ + + +", "+ + + +"),
    Verb.LOOK:      ("+ + + +", "+ + + +", "+ + + +"),
    Verb.INSPECT:   ("+ - - -", "+ - - -", "+ - - -"),
    Verb.UPDATE:    ("- - - -", "+ + + +", "+ + + +"),
    Verb.PATCH:     ("- - - -", "+ + + +", "+ + + +"),
    Verb.LOGS:      ("+ + + +", "+ + + +", "+ + + +"),
    Verb.EVICT:     ("- - - -", "+ + + +", "+ + + +"),
    Verb.HOLD:      ("- - - -", "+ + + +", "+ + + +"),
    Verb.RELEASE:   ("- - - -", "+ + + +", "+ + + +"),
    Verb.ADOPT:     ("- - - -", "+ + + +", "+ + + +"),
    Verb.CLEAN:     ("- - - -", "+ + + +", "+ + + +"),
    Verb.RECONCILE: ("- - - -", "+ + + +", "+ + + +"),
    Verb.CREATE:    ("- - - -", "- - - -", "+ + + +"),
    Verb.DELETE:    ("- - - -", "- - - -", "+ + + +"),
    Verb.TRUST:     ("- - - -", "- - - -", "+ + + +"),
    Verb.APPROVE:   ("- - - -", "- - - -", "+ - - -"),
    Verb.RESTORE:   ("- - - -", "- - - -", "+ - - -"),
    Verb.CONTROL:   ("- - - -", "- - - -", "+ - - -"),
    Verb.TOKENS:    ("- - - -", "- - - -", "+ - - -"),
}  # fmt: skip
PARTS = (("", ()), ("site=hq", ()), ("", ("Camera",)), ("site=hq", ("Camera",)))
CASES = [
    (verb, role, selector, kinds, sign == "+")
    for verb, columns in TABLE.items()
    for role, signs in zip(Role, columns, strict=True)
    for (selector, kinds), sign in zip(PARTS, signs.split(), strict=True)
]
OF_OBJECTS = [case for case in CASES if LEAST_ROLE[case[0]][1] is Reach.OBJECT]


def somebody(*bindings: Binding) -> Identity:
    return Identity("ci", bindings)


def bound(role: Role, selector: str = "", kinds: tuple[str, ...] = ()) -> Identity:
    return somebody(Binding(role, selector, frozenset(kinds)))


def test_the_table_has_every_verb_and_role() -> None:
    assert set(TABLE) == set(Verb) == set(LEAST_ROLE)


@pytest.mark.parametrize(("verb", "role", "selector", "kinds", "allowed"), CASES)
def test_what_is_within_reach(verb: Verb, role: Role, selector: str, kinds: tuple[str, ...], *, allowed: bool) -> None:
    said = missing(bound(role, selector, kinds), verb, "Camera", HQ)
    assert (said == "") == allowed
    if not allowed:
        assert LEAST_ROLE[verb][0].word in said


@pytest.mark.parametrize(("verb", "role", "selector", "kinds", "allowed"), OF_OBJECTS)
def test_other_labels_and_other_kinds_are_out_of_reach(
    verb: Verb, role: Role, selector: str, kinds: tuple[str, ...], *, allowed: bool
) -> None:
    identity = bound(role, selector, kinds)
    assert (missing(identity, verb, "Camera", YARD) == "") == (allowed and not selector)
    assert (missing(identity, verb, "Node", HQ) == "") == (allowed and not kinds)
    assert (missing(identity, verb, "Node", YARD) == "") == (allowed and not kinds and not selector)


@pytest.mark.parametrize(("verb", "role", "selector", "kinds", "allowed"), OF_OBJECTS)
def test_nothing_tells_what_there_is(
    verb: Verb, role: Role, selector: str, kinds: tuple[str, ...], *, allowed: bool
) -> None:
    identity = bound(role, selector, kinds)
    assert missing(identity, verb, "Camera", YARD) == missing(identity, verb, "Camera", None)
    assert not allowed or bool(selector) == bool(missing(identity, verb, "Camera", None))


CHANGES = [Verb.CREATE, Verb.UPDATE, Verb.PATCH, Verb.DELETE]


@pytest.mark.parametrize("verb", CHANGES)
@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("before", [HQ, YARD, None])
@pytest.mark.parametrize("after", [HQ, YARD, None])
def test_a_change_is_looked_at_before_and_after(
    verb: Verb, role: Role, before: dict[str, str] | None, after: dict[str, str] | None
) -> None:
    enough = role >= LEAST_ROLE[verb][0]
    inside = YARD not in (before, after) and (before, after) != (None, None)
    assert (missing_for_change(bound(role, "site=hq"), verb, "Camera", before, after) == "") == (enough and inside)
    assert (missing_for_change(bound(role), verb, "Camera", before, after) == "") == enough


def test_two_bindings_do_not_move_an_object_between_them() -> None:
    identity = somebody(Binding(Role.OPERATOR, "site=hq"), Binding(Role.OPERATOR, "site=yard"))
    assert missing_for_change(identity, Verb.PATCH, "Camera", HQ, HQ) == ""
    assert missing_for_change(identity, Verb.PATCH, "Camera", YARD, YARD) == ""
    assert missing_for_change(identity, Verb.PATCH, "Camera", HQ, YARD) != ""


def test_what_is_missing_is_said_in_words() -> None:
    operator = bound(Role.OPERATOR, "site=hq", ("Camera",))
    held = "and ci is operator of Camera where site=hq"
    assert missing(operator, Verb.PATCH, "Camera") == f"that needs the role operator of Camera with such labels, {held}"
    assert missing(operator, Verb.PATCH, "Node") == f"that needs the role operator of Node, {held}"
    assert missing(operator, Verb.DELETE, "Camera", HQ) == f"that needs the role admin of Camera, {held}"
    assert missing(operator, Verb.INSPECT) == f"that needs the role viewer for the whole fleet, {held}"
    assert missing(somebody(), Verb.EVENTS) == "that needs the role viewer, and ci is given no role"


def test_sight() -> None:
    both = somebody(Binding(Role.VIEWER, "site=hq"), Binding(Role.OPERATOR, "floor", frozenset({"Camera"})))
    cameras, nodes = sight(both, "Camera"), sight(both, "Node")
    assert cameras is not None
    assert nodes is not None
    assert [cameras(HQ), cameras(YARD), cameras({"floor": "1"}), cameras(None)] == [True, False, True, False]
    assert [nodes(HQ), nodes({"floor": "1"})] == [True, False]
    assert sight(bound(Role.VIEWER, kinds=("Camera",)), "Camera") is None
    unseen = sight(bound(Role.VIEWER, kinds=("Camera",)), "Node")
    assert unseen is not None
    assert not unseen(HQ)
    assert sees_whole(bound(Role.VIEWER))
    assert not sees_whole(bound(Role.ADMIN, "site=hq"))
