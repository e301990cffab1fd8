"""Who asks: tokens, certificates, sockets, and nobody in particular."""

from datetime import UTC, datetime, timedelta

import pytest

from controller.access.access_file import AccessFile, CertificateBinding
from controller.access.authentication import Openness, Peer, Unauthenticated, identified, peer_at
from controller.access.identity import LOCAL, Binding
from controller.access.roles import Role
from controller.access.tokens import Token, digest_of, token_text

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECRET = token_text(bytes(4), bytes(range(32)))
OTHER = token_text(bytes(4), bytes(32))
TOKEN = Token("00000000", "ci", digest_of(SECRET), Binding(Role.OPERATOR, "site=hq"), NOW, NOW + timedelta(days=1))
ACCESS = AccessFile(
    (TOKEN,),
    (
        CertificateBinding(Binding(Role.VIEWER), group="guards"),
        CertificateBinding(Binding(Role.ADMIN), user="alice"),
    ),
)
CLOSED = Openness()
LOOPBACK, REMOTE = peer_at("127.0.0.1"), peer_at("192.0.2.7")


def refusal(access: AccessFile | None, peer: Peer, header: str | None, now: datetime = NOW) -> Unauthenticated:
    with pytest.raises(Unauthenticated) as raised:
        identified(access, peer, header, Openness(everybody=True, loopback=True) if header else CLOSED, now)
    return raised.value


@pytest.mark.parametrize("header", [f"Bearer {SECRET}", f"bearer  {SECRET} "])
def test_a_token_says_who_asks(header: str) -> None:
    identity = identified(ACCESS, REMOTE, header, CLOSED, NOW)
    assert (identity.name, identity.bindings, identity.credential) == ("ci", (TOKEN.binding,), "token/00000000")


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (f"Bearer {OTHER}", "not known"),
        (f"Bearer {SECRET[:-1]}", "this is no token"),
        (f"Bearer {SECRET}0", "this is no token"),
        ("Bearer", "this is no token"),
        ("Bearer " + "x" * 1000, "none that is understood"),
        (f"Basic {SECRET}", "none that is understood"),
        (SECRET, "none that is understood"),
        ("", "none that is understood"),
    ],
)
@pytest.mark.parametrize("peer", [REMOTE, LOOPBACK, Peer(unix_user="root")])
def test_a_bad_token_is_refused_wherever_it_comes_from(peer: Peer, header: str, words: str) -> None:
    error = refusal(ACCESS, peer, header) if header else refusal(ACCESS, REMOTE, None)
    if header:
        assert words in str(error)
    assert SECRET[:-1] not in str(error)
    assert error.error == ("" if not header else "invalid_request" if "understood" in words else "invalid_token")


def test_an_expired_token_is_told_as_such() -> None:
    assert identified(ACCESS, REMOTE, f"Bearer {SECRET}", CLOSED, NOW + timedelta(hours=23))
    error = refusal(ACCESS, REMOTE, f"Bearer {SECRET}", NOW + timedelta(days=1))
    assert str(error) == "token 00000000 expired at 2026-03-02 12:00 UTC: ask an admin for another one"


def certificate(*names: tuple[str, str]) -> dict[str, object]:
    return {"subject": tuple((name,) for name in names)}


@pytest.mark.parametrize(
    ("names", "name", "roles"),
    [
        ([("commonName", "alice")], "alice", [Role.ADMIN]),
        ([("commonName", "bob"), ("organizationName", "guards"), ("organizationName", "x")], "bob", [Role.VIEWER]),
        ([("commonName", "alice"), ("organizationName", "guards")], "alice", [Role.VIEWER, Role.ADMIN]),
        ([("commonName", "bob")], "bob", []),
        ([("commonName", "guards")], "guards", []),
    ],
)
def test_a_certificate_says_who_asks(names: list[tuple[str, str]], name: str, roles: list[Role]) -> None:
    identity = identified(ACCESS, peer_at("192.0.2.7", certificate(*names)), None, CLOSED, NOW)
    assert (identity.name, [one.role for one in identity.bindings]) == (name, roles)
    assert identity.credential == "certificate"


@pytest.mark.parametrize("names", [[("commonName", "alice"), ("commonName", "bob")], [("organizationName", "guards")]])
def test_a_certificate_without_one_name_is_none(names: list[tuple[str, str]]) -> None:
    peer = peer_at("192.0.2.7", certificate(*names))
    with pytest.raises(Unauthenticated, match="no credential was shown"):
        identified(ACCESS, peer, None, CLOSED, NOW)


@pytest.mark.parametrize(
    ("access", "peer", "openness", "role"),
    [
        (None, LOOPBACK, CLOSED, Role.ADMIN),
        (None, REMOTE, CLOSED, Role.VIEWER),
        (None, REMOTE, Openness(everybody=True), Role.ADMIN),
        (None, REMOTE, Openness(loopback=True), Role.VIEWER),
        (ACCESS, LOOPBACK, CLOSED, None),
        (AccessFile(), LOOPBACK, CLOSED, None),
        (ACCESS, LOOPBACK, Openness(loopback=True), Role.ADMIN),
        (ACCESS, REMOTE, Openness(loopback=True), None),
        (ACCESS, REMOTE, Openness(everybody=True), Role.ADMIN),
        (ACCESS, Peer(unix_user="root"), CLOSED, Role.ADMIN),
    ],
)
def test_who_shows_nothing(access: AccessFile | None, peer: Peer, openness: Openness, role: Role | None) -> None:
    if role is None:
        with pytest.raises(Unauthenticated, match="no credential was shown"):
            identified(access, peer, None, openness, NOW)
    else:
        identity = identified(access, peer, None, openness, NOW)
        assert [one.role for one in identity.bindings] == [role]
        assert identity.name == ("root" if peer.unix_user else LOCAL.name)


@pytest.mark.parametrize(
    ("address", "local"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("::ffff:127.0.0.1", True), ("::ffff:192.0.2.1", False), ("192.0.2.1", False), ("", False), ("testclient", False)],
)  # fmt: skip
def test_what_is_on_this_machine(address: str, *, local: bool) -> None:
    assert peer_at(address).is_local == local


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8::ffff:0:0:2", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.7", "::ffff:192.0.2.7"),
        ("", ""),
    ],
)
def test_who_may_take_any_address_is_one_client(address: str, network: str) -> None:
    assert Peer(address).network == network
