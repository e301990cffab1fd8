"""TLS of the command line: loaded when an address says https, since it takes longer than a command on this machine does."""

import sys
from ipaddress import ip_address
from typing import TYPE_CHECKING

from cli.failure import Failure
from cli.server import Server

if TYPE_CHECKING:
    import ssl


def client_context(server: Server) -> "ssl.SSLContext":
    """Whom to believe, and what to show.

    Raises:
        Failure: a file that is named cannot be used.
    """
    import ssl

    try:
        context = ssl.create_default_context(cafile=str(server.ca) if server.ca else None)
    except (OSError, ValueError) as error:
        raise Failure(f"--ca {server.ca} holds no certificate of an authority: {_reason(error)}") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if server.client_certificate:
        try:
            context.load_cert_chain(server.client_certificate, server.client_key)
        except (OSError, ValueError) as error:
            which = server.client_certificate
            raise Failure(f"--client-cert {which} is no certificate with its key: {_reason(error)}") from None
    return context


def ssl_error() -> type[BaseException] | tuple[()]:
    """What TLS fails with; nothing, where there was none."""
    loaded = sys.modules.get("ssl")
    return loaded.SSLError if loaded else ()


def is_loopback(host: str) -> bool:
    """True when what is sent there stays on this machine."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
