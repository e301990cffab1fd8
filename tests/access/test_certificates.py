"""The certificate of the controller's own."""

import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from controller.certificates import OwnCertificate
from ports.disk import RealDisk

NOW = datetime.now(UTC)
NAMES = ("fleet.example.org", "127.0.0.1", "::1", "localhost", "0.0.0.0", "")


def read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_it_is_made_once_and_anew_in_time(tmp_path: Path) -> None:
    own = OwnCertificate(tmp_path, RealDisk(), NAMES)
    assert own.renew(NOW)
    first = read(own.certificate)
    authority = read(own.authority)
    first.verify_directly_issued_by(authority)
    alternatives = first.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert sorted(str(name.value) for name in alternatives) == ["127.0.0.1", "::1", "fleet.example.org", "localhost"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("*.key")} == {0o600}

    assert not OwnCertificate(tmp_path, RealDisk(), reversed(NAMES)).renew(NOW + timedelta(days=59))
    assert own.renew(NOW + timedelta(days=60))
    second = read(own.certificate)
    assert second.serial_number != first.serial_number
    assert second.not_valid_after_utc > first.not_valid_after_utc
    assert read(own.authority) == authority, "clients go on trusting what they trust"


@pytest.mark.parametrize("damage", ["names", "missing key", "no certificate", "other authority"])
def test_what_is_wrong_is_made_anew(tmp_path: Path, damage: str) -> None:
    own = OwnCertificate(tmp_path, RealDisk(), NAMES)
    own.renew(NOW)
    if damage == "names":
        own = OwnCertificate(tmp_path, RealDisk(), ("other.example.org",))
    elif damage == "missing key":
        own.key.unlink()
    elif damage == "no certificate":
        own.certificate.write_bytes(b"junk")
    else:
        own.authority.unlink()
    assert own.renew(NOW)
    assert not own.renew(NOW)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(own.certificate, own.key)


def test_an_authority_that_is_none_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "ca.key").write_bytes(b"junk")
    (tmp_path / "ca.pem").write_bytes(b"junk")
    with pytest.raises(ValueError, match=r"PEM|parse|deserialize"):
        OwnCertificate(tmp_path, RealDisk(), NAMES).renew(NOW)
    assert (tmp_path / "ca.key").read_bytes() == b"junk"
