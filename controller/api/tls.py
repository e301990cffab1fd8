"""TLS of the API: the certificate that is shown, and whose certificates of clients count; read again when the files change."""

import asyncio
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

LOOK_SECONDS: Final = 10.0
"""Between two looks at the files."""
HANDSHAKE_SECONDS: Final = 10.0
"""Until a client has said all that TLS begins with."""
_log = logging.getLogger("controller.api.tls")


class CannotUseTls(Exception):  # noqa: N818 - says what is the matter
    """The files are none that TLS can be done with."""


@dataclass(frozen=True)
class TlsFiles:
    """Where certificate and keys are, as PEM."""

    certificate: Path
    """With the certificates up to its authority."""
    key: Path
    client_ca: Path | None = None
    """Whose certificates of clients are believed; None: nobody's."""
    renew: Callable[[], object] = lambda: None
    """Called before each look: makes the certificate anew when it ends soon. It may raise OSError."""


class Tls:
    """The settings of TLS for one server. Connections keep what they began with."""

    def __init__(self, files: TlsFiles) -> None:
        """Reads the files.

        Raises:
            CannotUseTls: they are none.
        """
        self._files = files
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.set_alpn_protocols(["http/1.1"])
        self.context.options |= ssl.OP_NO_RENEGOTIATION
        if files.client_ca:
            self.context.verify_mode = ssl.CERT_OPTIONAL
        self._seen = self._state()
        self._load()

    def _load(self) -> None:
        try:
            self.context.load_cert_chain(self._files.certificate, self._files.key, password=_no_password)
        except (OSError, ValueError) as error:
            which = f"{self._files.certificate} with {self._files.key}"
            raise CannotUseTls(f"{which} is no certificate with its key: {_reason(error)}") from None
        if self._files.client_ca:
            try:
                self.context.load_verify_locations(self._files.client_ca)
            except (OSError, ValueError) as error:
                raise CannotUseTls(f"{self._files.client_ca} holds no authority: {_reason(error)}") from None

    async def keep_looking(self) -> None:
        """Reads the files again when they change. What cannot be used is told, and the last good ones stay."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self.look()

    def look(self) -> None:
        """Reads the files again, if they are others than before."""
        try:
            self._files.renew()
        except (OSError, ValueError) as error:
            _log.error("the certificate cannot be made anew: %s", _reason(error))
        if (state := self._state()) == self._seen:
            return
        self._seen = state
        try:
            self._load()
        except CannotUseTls as error:
            _log.error("%s; the one before is shown on", error)
        else:
            _log.info("the certificate %s was read again", self._files.certificate)

    def _state(self) -> tuple[tuple[int, int, int] | None, ...]:
        found: list[tuple[int, int, int] | None] = []
        for path in filter(None, (self._files.certificate, self._files.key, self._files.client_ca)):
            try:
                stat = path.stat()
                found.append((stat.st_ino, stat.st_mtime_ns, stat.st_size))
            except OSError:
                found.append(None)
        return tuple(found)


def _no_password() -> str:
    """Otherwise OpenSSL would ask the terminal."""
    raise ValueError("the key is encrypted")


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
