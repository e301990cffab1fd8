"""Ed25519 keys: who wrote a record is known from its signature, since Kafka cannot restrict who writes which key."""

import hashlib
import hmac
import re
from pathlib import Path
from typing import Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from securesystemslib.signer import CryptoSigner, SSlibKey  # type: ignore[attr-defined] # public, but not in __all__

from ports.disk import Disk, RealDisk

AGENT_KEY_FILE = "agent.key"
"""In the state directory of an agent."""

_RAW_HEX = re.compile(r"[0-9a-f]{64}")


class BadKey(ValueError):  # noqa: N818 - says what it is
    """A key that cannot be used, with the reason; never with key material."""


class SigningKey:
    """A private key. It signs envelopes through `signer`, and shows nothing of itself in logs."""

    def __init__(self, private_key: Ed25519PrivateKey) -> None:
        raw = private_key.public_key().public_bytes_raw()
        self.public_key_hex = raw.hex()
        """The public key, 64 hexadecimal digits."""
        self.signer = CryptoSigner(private_key, verification_key(self.public_key_hex))
        """What a DSSE envelope signs itself with."""
        self._private_key = private_key

    @classmethod
    def generate(cls) -> Self:
        """A new key that lives in memory only."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def load_or_create(cls, path: Path, disk: Disk = RealDisk()) -> Self:
        """Reads the key, or makes one when there is none. A file that exists is never written to.

        Args:
            path: PKCS#8 PEM file; it and its folder are created with access for the owner alone.
            disk: where it is.

        Raises:
            BadKey: the file is there, but holds no Ed25519 key.
            OSError: the file cannot be read or made.
        """
        try:
            return cls(_load(path, disk))
        except FileNotFoundError:
            disk.create(path, _new_pem())  # of two first starts, one key wins
        return cls(_load(path, disk))

    def secret_for(self, purpose: str) -> bytes:
        """32 bytes that nobody without this key can tell, others for each purpose: HMAC-SHA256 of the key and it."""
        return hmac.digest(self._private_key.private_bytes_raw(), purpose.encode(), "sha256")

    def __repr__(self) -> str:
        return f"SigningKey({self.public_key_hex[:8]}…)"


def key_id(public_key_hex: str) -> str:
    """The name of a key in envelopes: SHA-256 of the raw public key, hexadecimal."""
    return hashlib.sha256(bytes.fromhex(public_key_hex)).hexdigest()


def verification_key(public_key_hex: str) -> SSlibKey:
    """What an envelope is verified with.

    Raises:
        BadKey: the text is not 64 hexadecimal digits.
    """
    if not _RAW_HEX.fullmatch(public_key_hex):
        raise BadKey("a public key is 64 lower-case hexadecimal digits")
    return SSlibKey(key_id(public_key_hex), "ed25519", "ed25519", {"public": public_key_hex})


def public_key_from(source: str | Path) -> str:
    """A public key as 64 hexadecimal digits.

    Args:
        source: the digits themselves, or a file that holds them or a PEM public key.

    Raises:
        BadKey: there is no key in it.
        OSError: the file cannot be read.
    """
    if isinstance(source, str) and _RAW_HEX.fullmatch(source.strip().lower()):
        return source.strip().lower()
    content = Path(source).read_bytes().strip()
    text = content.decode("ascii", errors="replace").lower()
    if _RAW_HEX.fullmatch(text):
        return text
    try:
        key = serialization.load_pem_public_key(content)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadKey(f"{source}: neither 64 hexadecimal digits nor a PEM public key") from error
    if not isinstance(key, Ed25519PublicKey):
        raise BadKey(f"{source}: not an Ed25519 key")
    return key.public_bytes_raw().hex()


def _load(path: Path, disk: Disk) -> Ed25519PrivateKey:
    content = disk.read(path)
    try:
        key = serialization.load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadKey(f"{path}: not an unencrypted PKCS#8 PEM private key; it was left as it is") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise BadKey(f"{path}: not an Ed25519 private key; it was left as it is")
    return key


def _new_pem() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
