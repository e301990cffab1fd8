"""TLS, client certificates and the unix socket, with real connections."""

import contextlib
import datetime as dt
import os
import socket
import ssl
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from controller.access.access_file import AccessFile, CertificateBinding, binding_of
from controller.access.authentication import Openness
from controller.api.access_control import AccessControl, NoAccess
from controller.api.listeners import BoundedListener, PortInUse, unix_listener
from controller.api.server import create_app
from controller.api.tls import CannotUseTls, Tls, TlsFiles
from controller.certificates import OwnCertificate
from controller.picture.store import ObjectStore
from ports.disk import RealDisk
from tests.api.serving import FakeControl, LiveServer, running
from tests.patience import patient, wait_until

NOW = dt.datetime.now(dt.UTC)
STATUS, VERSION = "/fleet/v1/status", "/version"


class Folder:
    """A server's certificate, and an authority that signs certificates of clients."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.own = OwnCertificate(root / "server", RealDisk(), ("127.0.0.1", "localhost"))
        self.own.renew(NOW)
        self.guards = OwnCertificate(root / "guards", RealDisk(), ("guards",))
        self.guards.renew(NOW)

    def files(self, **options: Any) -> TlsFiles:
        return TlsFiles(self.own.certificate, self.own.key, self.guards.authority, **options)

    def client(self, authority: Path, name: str, organization: str) -> tuple[str, str]:
        """Certificate and key of a client."""
        issuer_key: Any = serialization.load_pem_private_key(authority.with_suffix(".key").read_bytes(), None)
        issuer = x509.load_pem_x509_certificate(authority.read_bytes())
        key = ec.generate_private_key(ec.SECP256R1())
        subject = [(NameOID.COMMON_NAME, name), (NameOID.ORGANIZATION_NAME, organization)]
        made = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(*one) for one in subject]))
            .issuer_name(issuer.subject)
            .public_key(key.public_key())
            .serial_number(5)
            .not_valid_before(NOW - dt.timedelta(hours=1))
            .not_valid_after(NOW + dt.timedelta(hours=1))
            .sign(issuer_key, hashes.SHA256())
        )
        certificate, private = self.root / f"{name}.pem", self.root / f"{name}.key"
        certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        private.write_bytes(key.private_bytes(pem, form, serialization.NoEncryption()))
        return str(certificate), str(private)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return Folder(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def secured(folder: Folder) -> Iterator[LiveServer]:
    access = NoAccess()
    access.current = AccessFile((), (CertificateBinding(binding_of("viewer"), group="guards"),))
    control = AccessControl(access, openness=Openness())
    app = create_app(ObjectStore(1), ObjectStore(1), FakeControl(), access=control)
    with running(app, tls=Tls(folder.files()), unix_socket=folder.root / "s") as server:
        yield LiveServer(server.url.replace("http:", "https:"), server.loop, server.stop)


def get(server: LiveServer, folder: Folder, path: str, client: tuple[str, str] | None = None) -> httpx.Response:
    context = ssl.create_default_context(cafile=str(folder.own.authority))
    if client:
        context.load_cert_chain(*client)
    return httpx.get(f"{server.url}{path}", verify=context, timeout=patient(10))


def test_a_certificate_says_who_asks(secured: LiveServer, folder: Folder) -> None:
    guard = folder.client(folder.guards.authority, "bob", "guards")
    other = folder.client(folder.guards.authority, "eve", "visitors")
    assert get(secured, folder, STATUS, guard).status_code == 200
    answer = get(secured, folder, STATUS, other)
    assert answer.status_code == 403
    assert answer.json()["message"].endswith("and eve is given no role")
    answer = get(secured, folder, STATUS)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="fleet"')


def test_a_certificate_of_another_authority_does_not_come_in(secured: LiveServer, folder: Folder) -> None:
    forged = folder.client(folder.own.authority, "mallory", "guards")
    with pytest.raises(httpx.TransportError):
        get(secured, folder, STATUS, forged)


def test_old_versions_of_tls_are_refused(secured: LiveServer) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with pytest.warns(DeprecationWarning, match="deprecated"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(httpx.TransportError):
        httpx.get(secured.url, verify=context)


def test_who_speaks_no_tls_gets_no_answer(secured: LiveServer) -> None:
    with pytest.raises(httpx.TransportError):
        httpx.get(secured.url.replace("https:", "http:") + "/livez")


def test_who_begins_with_tls_and_says_no_more_is_counted(
    secured: LiveServer, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is an open file for ten seconds: a thousand of them were all that the whole controller may have."""
    monkeypatch.setattr(BoundedListener, "most", 5)
    where = urlsplit(secured.url)
    with contextlib.ExitStack() as silent:
        for _ in range(5):
            silent.enter_context(socket.create_connection((where.hostname, where.port), timeout=patient(10)))
        with socket.create_connection((where.hostname, where.port), timeout=patient(10)) as one_too_many:
            assert one_too_many.recv(1) == b""

    def is_answered() -> bool:
        with contextlib.suppress(httpx.TransportError):
            return get(secured, folder, STATUS).status_code == 401
        return False

    wait_until(is_answered, "the others have left")


def test_the_unix_socket_is_for_root_and_its_owner(secured: LiveServer, folder: Folder) -> None:
    path = folder.root / "s"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), base_url="http://localhost") as client:
        assert client.get(STATUS).status_code == 200
        assert client.get(STATUS, headers={"authorization": "Bearer x"}).status_code == 401
    assert secured.url.startswith("https:")


def test_a_certificate_that_was_renewed_is_shown(folder: Folder, caplog: pytest.LogCaptureFixture) -> None:
    own = OwnCertificate(folder.root / "renewed", RealDisk(), ("127.0.0.1", "localhost"))
    own.renew(NOW - dt.timedelta(days=59, hours=23, minutes=40))
    now = [NOW]
    tls = Tls(TlsFiles(own.certificate, own.key, renew=lambda: own.renew(now[0]) if now else None))
    with running(create_app(ObjectStore(1), ObjectStore(1), FakeControl()), tls=tls) as server:
        address = ("127.0.0.1", int(server.url.rpartition(":")[2]))

        def shown() -> str:
            return ssl.get_server_certificate(address, ca_certs=str(own.authority), timeout=patient(10))

        before = shown()
        tls.look()
        assert shown() == before
        now[0] += dt.timedelta(minutes=30)
        tls.look()
        assert shown() != before
        after = shown()
        own.key.write_bytes(b"junk")
        now.clear()
        tls.look()
        assert shown() == after
    assert "is no certificate with its key" in caplog.text


@pytest.mark.parametrize("broken", ["certificate", "key", "client_ca"])
def test_files_that_are_none_are_named(folder: Folder, tmp_path: Path, broken: str) -> None:
    junk = tmp_path / "junk.pem"
    junk.write_bytes(b"junk")
    files = {"certificate": folder.own.certificate, "key": folder.own.key, "client_ca": folder.guards.authority}
    for wrong in (junk, tmp_path / "missing.pem"):
        with pytest.raises(CannotUseTls, match=wrong.name.replace(".", r"\.")):
            Tls(TlsFiles(**files | {broken: wrong}))


def test_an_encrypted_key_asks_no_terminal(folder: Folder, tmp_path: Path) -> None:
    key: Any = serialization.load_pem_private_key(folder.own.key.read_bytes(), None)
    secret = serialization.BestAvailableEncryption(b"x")
    path = tmp_path / "k.pem"
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, secret))
    with pytest.raises(CannotUseTls, match="the key is encrypted"):
        Tls(TlsFiles(folder.own.certificate, path))


def test_what_a_killed_program_left_is_taken_away_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "s"
    unix_listener(path).close()
    assert path.exists()
    with unix_listener(path), pytest.raises(PortInUse, match="another program listens at"):
        unix_listener(path)
    plain = tmp_path / "plain"
    plain.write_text("mine", encoding="utf-8")
    with pytest.raises(PortInUse, match="is no socket"):
        unix_listener(plain)
    with pytest.raises(OSError, match="longer than names of sockets"):
        unix_listener(tmp_path / ("x" * 120))
    assert plain.read_text(encoding="utf-8") == "mine"
    assert os.path.lexists(path)
