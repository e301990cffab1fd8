"""What stands in the access file, and what gets into it."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.access.access_file import (
    MOST_TOKENS,
    AccessFile,
    BadAccess,
    CertificateBinding,
    binding_of,
    checked_name,
    parse_access,
    written,
)
from controller.access.identity import Binding
from controller.access.roles import Role
from controller.access.tokens import Token, digest_of, id_in, token_text

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def token(number: int, binding: Binding = Binding(Role.ADMIN), expires: datetime | None = None) -> Token:  # noqa: B008 - frozen
    return Token(f"{number:08x}", "ci", digest_of(str(number)), binding, NOW, expires)


_bindings = st.builds(
    binding_of,
    st.sampled_from(["viewer", "operator", "admin"]),
    st.sampled_from(["", "site=hq", "site in (a,b),!x"]),
    st.sets(st.sampled_from(["Camera", "ds", "nodes"])).map(tuple),
)
_files = st.builds(
    AccessFile,
    st.lists(st.builds(token, st.integers(0, 99), _bindings, st.sampled_from([None, NOW])), unique_by=lambda one: one.id).map(tuple),
    st.lists(
        st.builds(CertificateBinding, _bindings, user=st.just("alice"))
        | st.builds(CertificateBinding, _bindings, group=st.just("ops"))
    ).map(tuple),
)  # fmt: skip


@given(_files)
def test_what_was_written_is_read(access: AccessFile) -> None:
    assert parse_access(written(access)) == access


@given(st.binary(max_size=200) | st.recursive(st.none() | st.integers() | st.text(max_size=9), lambda some: st.lists(some, max_size=3) | st.dictionaries(st.sampled_from(["id", "sha256", "name", "role", "created"]), some, max_size=4), max_leaves=8).map(lambda one: json.dumps({"format": 1, "tokens": one, "certificates": [one]}).encode()))  # fmt: skip
def test_anything_else_is_refused_and_breaks_nothing(content: bytes) -> None:
    try:
        found = parse_access(content)
    except BadAccess:
        return
    assert parse_access(written(found)) == found


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": 2}, "another version"),
        ({"tokens": {}}, "tokens is no list"),
        ({"tokens": [{}]}, r"tokens\[0\]"),
        ({"tokens": [{"id": "0" * 8, "sha256": "0" * 64, "name": "x\n", "role": "viewer", "created": "2026-01-01T00:00:00+00:00"}]}, r"tokens\[0\]: a name"),
        ({"tokens": [{"id": "0" * 8, "sha256": "0" * 64, "name": "x", "role": "root", "created": "2026-01-01T00:00:00+00:00"}]}, "role is 'root'"),
        ({"tokens": [{"id": "0" * 8, "sha256": "0" * 64, "name": "x", "role": "viewer", "created": "2026-01-01T00:00:00"}]}, "time zone"),
        ({"certificates": [{"role": "viewer"}]}, r"certificates\[0\]: names neither"),
    ],
)  # fmt: skip
def test_the_entry_at_fault_is_named(change: dict[str, object], words: str) -> None:
    with pytest.raises(BadAccess, match=words):
        parse_access(json.dumps({"format": 1} | change).encode())


@pytest.mark.parametrize(
    ("role", "selector", "kinds", "words"),
    [
        ("root", "", (), "expected one of viewer, operator, admin"),
        ("viewer", "a==b==c", (), "no label selector"),
        ("viewer", "x" * 1001, (), "more than 1000"),
        ("viewer", "", ("Pod",), "expected one of Camera, DsInstance, Node"),
    ],
)
def test_words_that_give_nothing(role: str, selector: str, kinds: tuple[str, ...], words: str) -> None:
    with pytest.raises(BadAccess, match=words):
        binding_of(role, selector, kinds)


@pytest.mark.parametrize("name", ["", " x", "a\nb", "a<b@c>", "x" * 101, "\x7f"])
def test_names_that_would_break_a_commit_are_none(name: str) -> None:
    with pytest.raises(BadAccess, match="a name has"):
        checked_name(name)


@pytest.mark.parametrize("first", [Binding(Role.OPERATOR), Binding(Role.ADMIN, "a=b"), Binding(Role.ADMIN, "", frozenset({"Node"}))])  # fmt: skip
def test_the_first_token_locks_nobody_out(first: Binding) -> None:
    with pytest.raises(BadAccess, match="the first token must be an admin's"):
        AccessFile().adding(token(1, first), NOW)
    after = AccessFile().adding(token(1), NOW).adding(token(2, first), NOW)
    assert [one.id for one in after.tokens] == ["00000001", "00000002"]


def test_tokens_are_bounded_and_those_that_expired_long_ago_are_forgotten() -> None:
    many = AccessFile(tuple(token(number, expires=NOW) for number in range(MOST_TOKENS)))
    with pytest.raises(BadAccess, match="revoke some"):
        many.adding(token(MOST_TOKENS), NOW + timedelta(days=29))
    assert len(many.adding(token(MOST_TOKENS), NOW + timedelta(days=30)).tokens) == 1


def test_revoking() -> None:
    access = AccessFile((token(1), token(2)))
    left = access.revoking("00000001")
    assert left is not None
    assert left.token("00000001") is None
    assert left.token("00000002") is not None
    assert left.revoking("00000001") is None


def test_the_form_of_a_token() -> None:
    text = token_text(b"\x01\x02\x03\x04", bytes(32))
    assert text == f"fleet_01020304_{'0' * 64}"
    assert id_in(text) == "01020304"
    assert id_in(f"{text}\n") is None
    assert id_in("fleet_0102030g_") is None
