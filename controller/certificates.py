"""A certificate of the controller's own: a small authority in its state directory, and a certificate that is made anew in time."""

import contextlib
from collections.abc import Collection
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ports.disk import Disk

AUTHORITY_FILE: Final = "ca.pem"
"""In the state directory: what clients trust. Public."""
_AUTHORITY_KEY_FILE = "ca.key"
_CERTIFICATE_FILE = "tls.pem"
_KEY_FILE = "tls.key"
_AUTHORITY_LIFE = timedelta(days=3650)
_LIFE = timedelta(days=90)
_RENEWED_BEFORE = timedelta(days=30)
# Where a server listens, and nobody reaches it by.
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared
# Clocks of clients may be behind.
_BACKDATED = timedelta(hours=1)


class OwnCertificate:
    """The files of the authority and of the certificate."""

    def __init__(self, folder: Path, disk: Disk, names: Collection[str]) -> None:
        """Makes nothing yet.

        Args:
            folder: the state directory.
            disk: where it is.
            names: host names and IP addresses that clients reach the controller by.
        """
        self.authority = folder / AUTHORITY_FILE
        self.certificate, self.key = folder / _CERTIFICATE_FILE, folder / _KEY_FILE
        self._authority_key = folder / _AUTHORITY_KEY_FILE
        self._disk = disk
        self._names = sorted({name.lower() for name in names if name and name not in _EVERYWHERE})

    def renew(self, now: datetime) -> bool:
        """Makes what is not there, has other names, or ends soon; False when all is good.

        Args:
            now: UTC.

        Raises:
            OSError: the disk does not take it.
            ValueError: the authority in the directory cannot be read.
        """
        key, authority = self._own_authority(now)
        if self._is_good(authority, now):
            return False
        certificate_key = ec.generate_private_key(ec.SECP256R1())
        certificate = _signed(
            _name(self._names[0]), authority.subject, certificate_key.public_key(), key, now, now + _LIFE, self._names
        )
        # Both in one file as well would be one write; a reader that finds a key of another certificate reads again.
        self._disk.write(self.key, _pem(certificate_key))
        self._disk.write(self.certificate, certificate.public_bytes(serialization.Encoding.PEM), private=False)
        return True

    def _own_authority(self, now: datetime) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
        try:
            found = serialization.load_pem_private_key(self._disk.read(self._authority_key), None)
            authority = x509.load_pem_x509_certificate(self._disk.read(self.authority))
            if not isinstance(found, ec.EllipticCurvePrivateKey):
                raise ValueError(  # noqa: TRY004 - as every other file that is none
                    f"{self._authority_key} is none that was made here: move it and {self.authority} away"
                )
        except FileNotFoundError:
            pass
        else:
            return found, authority
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name(f"fleet controller {self._names[0]}")
        authority = _signed(name, name, key.public_key(), key, now, now + _AUTHORITY_LIFE, None)
        self._disk.write(self._authority_key, _pem(key))
        self._disk.write(self.authority, authority.public_bytes(serialization.Encoding.PEM), private=False)
        return key, authority

    def _is_good(self, authority: x509.Certificate, now: datetime) -> bool:
        try:
            found = x509.load_pem_x509_certificate(self._disk.read(self.certificate))
            key = serialization.load_pem_private_key(self._disk.read(self.key), None)
            found.verify_directly_issued_by(authority)
            named = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except Exception:  # noqa: BLE001 - whatever is wrong with it, another one is made
            return False
        wanted = {_general_name(name) for name in self._names}
        fits = wanted == set(named) and key.public_key() == found.public_key()
        return fits and found.not_valid_before_utc <= now < found.not_valid_after_utc - _RENEWED_BEFORE


def _signed(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    key: ec.EllipticCurvePrivateKey,
    now: datetime,
    end: datetime,
    names: Collection[str] | None,
) -> x509.Certificate:
    """A certificate: of an authority without names, else of a server that is called so."""
    is_authority = names is None
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=0 if is_authority else None), critical=True)
        .add_extension(_usage(is_authority=is_authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
    )
    if names is not None:
        alternatives = x509.SubjectAlternativeName([_general_name(name) for name in names])
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        builder = builder.add_extension(alternatives, critical=False).add_extension(usage, critical=False)
    return builder.sign(key, hashes.SHA256())


def _usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    with contextlib.suppress(ValueError):
        return x509.IPAddress(ip_address(name))
    return x509.DNSName(name)


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
