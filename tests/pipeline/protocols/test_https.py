"""HTTPS: whose certificate is taken."""

import datetime as dt
import ipaddress
import ssl
from collections.abc import Iterator
from pathlib import Path

import av
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pipeline.cameras.connection import Connection, open_source
from pipeline.files.source import Source
from tests.patience import patient
from tests.pipeline.protocols.servers import VideoServer, jpegs, mjpeg, playlist, rest_of, write_video


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Of 127.0.0.1, made by itself; with its key in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "camera")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8
    secret = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    file = tmp_path / "certificate.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
    return file


@pytest.fixture
def server(certificate: Path) -> Iterator[VideoServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with VideoServer({"/video.mjpg": mjpeg(jpegs())}, context) as running:
        yield running


def opened(url: str) -> Connection:
    return open_source(Source("gate", url, None, "http", stream=True), patient(5), 2.0)


def test_a_certificate_that_nobody_vouches_for_is_refused(server: VideoServer) -> None:
    with pytest.raises((av.FFmpegError, OSError)):
        opened(f"{server.url}/video.mjpg")
    assert server.asked == []


def test_one_that_the_administrator_names_is_taken(
    server: VideoServer, certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with opened(f"{server.url}/video.mjpg") as connection:
        assert connection.read() is not None
    server.answers |= {"/a.ts": write_video(tmp_path / "a.ts", "libx264").read_bytes(), "/l.m3u8": playlist("a.ts")}
    with opened(f"{server.url}/l.m3u8") as connection:
        assert len([one for one in rest_of(connection) if one.size]) == 20
