"""Who asks, by what he shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv6Address, IPv6Network, ip_address

from controller.access.access_file import AccessFile
from controller.access.identity import ALL, LOCAL, Binding, Identity
from controller.access.roles import Role
from controller.access.tokens import id_in

_LONGEST_HEADER = 256
_HOW = "send `Authorization: Bearer TOKEN` (fleet --token or FLEET_TOKEN)"


@dataclass(frozen=True)
class Peer:
    """The other end of a connection."""

    address: str = ""
    """Its IP address; empty on a unix socket."""
    is_local: bool = False
    """True when it is a program on this machine."""
    unix_user: str = ""
    """Whose program it is, on a unix socket: only root and the owner of the controller come that far."""
    common_name: str = ""
    """Of the client certificate, which the handshake has verified; empty without one."""
    organizations: tuple[str, ...] = ()

    @property
    def network(self) -> str:
        """What requests are counted by: its address, or of IPv6 the /64 of which one machine may take any address."""
        if ":" not in self.address or "." in self.address:
            return self.address
        return str(IPv6Network((self.address.partition("%")[0], 64), strict=False))


@dataclass(frozen=True)
class Openness:
    """Who is let in without a credential."""

    everybody: bool = False
    """`--insecure-no-auth`."""
    loopback: bool = False
    """`fleet up`: programs on this machine, also when tokens exist."""


class Unauthenticated(Exception):  # noqa: N818 - the word of HTTP for it
    """Nobody knows who asks."""

    def __init__(self, message: str, error: str = "") -> None:
        """Says why.

        Args:
            message: for people.
            error: for programs, as of RFC 6750; empty when no credential was shown.
        """
        super().__init__(message)
        self.error = error


def identified(
    access: AccessFile | None, peer: Peer, authorization: str | None, openness: Openness, now: datetime
) -> Identity:
    """Who asks.

    Args:
        access: the access file; None while there is none: programs on this machine may all, others may look.
        peer: the other end of the connection.
        authorization: the header of this name; None without one.
        openness: who needs no credential.
        now: UTC.

    Raises:
        Unauthenticated: nothing is shown where something is needed, or something that is not good.
    """
    if authorization is not None:
        # Somebody who shows a token means it: a bad one is refused even where none is needed.
        return _by_token(access or AccessFile(), authorization, now)
    if peer.common_name:
        return _by_certificate(access or AccessFile(), peer)
    if peer.unix_user:
        return Identity(peer.unix_user, (ALL,), credential="unix")
    if openness.everybody or (peer.is_local and (openness.loopback or access is None)):
        return LOCAL
    if access is None:
        return Identity("anonymous", (Binding(Role.VIEWER),))
    raise Unauthenticated(f"no credential was shown: {_HOW}, or use a client certificate")


def _by_token(access: AccessFile, authorization: str, now: datetime) -> Identity:
    scheme, _, token = authorization.strip().partition(" ")
    if scheme.lower() != "bearer" or len(authorization) > _LONGEST_HEADER:
        raise Unauthenticated(f"the Authorization header is none that is understood here: {_HOW}", "invalid_request")
    token = token.strip()
    named = id_in(token)
    if named is None:
        raise Unauthenticated(
            "this is no token, or not all of one: `fleet token create` prints fleet_ID_SECRET", "invalid_token"
        )
    held = access.token(named)
    if held is None or not held.is_of(token):
        raise Unauthenticated("this token is not known: it was revoked, or it is another controller's", "invalid_token")
    if held.has_expired(now):
        when = f"{held.expires:%Y-%m-%d %H:%M} UTC"
        raise Unauthenticated(f"token {held.id} expired at {when}: ask an admin for another one", "invalid_token")
    return held.identity


def _by_certificate(access: AccessFile, peer: Peer) -> Identity:
    bindings = tuple(
        one.binding for one in access.certificates if one.user == peer.common_name or one.group in peer.organizations
    )
    return Identity(peer.common_name, bindings, peer.organizations, "certificate")


def peer_at(address: str, certificate: Mapping[str, object] | None = None) -> Peer:
    """The other end of a TCP connection.

    Args:
        address: its IP address.
        certificate: as `ssl.SSLSocket.getpeercert` tells it.
    """
    names = dict[str, list[str]]()
    subject = (certificate or {}).get("subject", ())
    if isinstance(subject, tuple):
        for distinguished in subject:
            for key, value in distinguished:
                names.setdefault(key, []).append(value)
    # Of two common names nobody knows which one was meant.
    [common_name] = names.get("commonName", []) if len(names.get("commonName", [])) == 1 else [""]
    return Peer(address, _is_loopback(address), "", common_name, tuple(names.get("organizationName", ())))


def _is_loopback(address: str) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped.is_loopback
    return found.is_loopback
